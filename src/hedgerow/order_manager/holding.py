"""Commands on positions: close, protect, leverage, flatten."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from hedgerow.core import closing, validation
from hedgerow.core.commands import PositionSide, TriggerBy
from hedgerow.core.decimals import ZERO
from hedgerow.core.orders import Order
from hedgerow.core.positions import Position
from hedgerow.core.protection import check_protection
from hedgerow.core.records import LeverageIntended, ProtectIntended
from hedgerow.core.refusals import Code, Refusal
from hedgerow.exchange import ExchangeConnection
from hedgerow.order_manager.accounts import Accounts
from hedgerow.order_manager.changing import Changing, delisted
from hedgerow.order_manager.commanding import Commanding, Done, heading, timing
from hedgerow.order_manager.groups import UNHAPPY, Groups, is_ours
from hedgerow.order_manager.judging import judged
from hedgerow.order_manager.live import LiveView
from hedgerow.order_manager.margins import Margins
from hedgerow.order_manager.marks import Marks
from hedgerow.order_manager.placing import Asked


class Holding:
    def __init__(
        self,
        *,
        accounts: Accounts,
        live: LiveView,
        marks: Marks,
        changing: Changing,
        commanding: Commanding,
        groups: Groups,
        margins: Margins,
    ) -> None:
        self._accounts = accounts
        self._live = live
        self._marks = marks
        self._changing = changing
        self._commanding = commanding
        self._groups = groups
        self._margins = margins

    # close

    async def close(
        self,
        account: str,
        symbol: str,
        side: PositionSide | None,
        amount: Decimal | None,
        price: Decimal | None,
        asked: Asked,
        *,
        quantise: bool,
    ) -> Done | Refusal:
        """Close all of a position or part of it, reduce-only, in pieces that the exchange takes."""
        connection = self._accounts.connection(account)
        if isinstance(connection, Refusal):
            return connection
        command_id = self._commanding.command_id("close", account, asked)

        async def run() -> Done:
            position = await self._groups.position(account, symbol, side)
            if isinstance(position, Refusal):
                return Done(command_id=command_id, outcome="denied", refusal=position)
            instrument = connection.trading.instruments.get(symbol)
            if instrument is None:
                return Done(command_id=command_id, outcome="denied", refusal=delisted(symbol))
            pieces = closing.close(position, amount, price, instrument)
            head = await self._groups.head(command_id, account, "close", symbol, connection, asked)
            if not is_ours(head):
                return head
            return await self._groups.pieces(command_id, pieces, asked, quantise=quantise)

        done = await self._groups.answered(command_id, account, symbol, asked, run)
        if done.refusal is not None or not done.recalled:
            return done
        held = {held.symbol for held in self._groups.open(account, symbol) if side in (None, held.side)}
        return msgspec.structs.replace(done, note=_how_closed(held, amount, done.orders))

    # protect

    async def protect(
        self,
        account: str,
        symbol: str,
        side: PositionSide | None,
        take_profit: Decimal | None,
        stop_loss: Decimal | None,
        trigger_by: TriggerBy | None,
        asked: Asked,
    ) -> Done | Refusal:
        """Set, move or clear (zero) the take profit and stop loss of a position."""
        connection = self._accounts.connection(account)
        if isinstance(connection, Refusal):
            return connection
        command_id = self._commanding.command_id("protect", account, asked)

        async def run() -> Done:
            position = await self._groups.position(account, symbol, side)
            if isinstance(position, Refusal):
                return Done(command_id=command_id, outcome="denied", refusal=position)
            if symbol not in connection.trading.instruments:
                return Done(command_id=command_id, outcome="denied", refusal=delisted(symbol))
            denial = await self._protection_denial(position, take_profit, stop_loss, connection)
            when = timing(connection.trading)
            intent = ProtectIntended(
                **heading(command_id, asked, when),
                symbol=symbol,
                position_side=position.side,
                take_profit=take_profit,
                stop_loss=stop_loss,
                trigger_by=trigger_by,
                denied=denial,
            )
            if denial is not None:
                return await self._commanding.remember_denial(account, asked, intent)
            return await self._commanding.carry_out(
                account,
                asked,
                intent,
                lambda: connection.trading.protect(symbol, position.side, take_profit, stop_loss, trigger_by, when),
            )

        return await self._commanding.once(command_id, asked, run)

    async def _protection_denial(
        self,
        position: Position,
        take_profit: Decimal | None,
        stop_loss: Decimal | None,
        connection: ExchangeConnection,
    ) -> Refusal | None:
        instrument = connection.trading.instruments[position.symbol]
        for field, price in (("take_profit", take_profit), ("stop_loss", stop_loss)):
            if price and (refusal := validation.price_refusal(price, instrument, field)) is not None:
                return refusal
        max_age_ms = self._live.rules(position.account).limits.mark_max_age_ms
        mark = await self._marks.fresh(position.account, position.symbol, connection.market, max_age_ms)
        return check_protection(position, mark.price if mark else None, take_profit, stop_loss)

    # leverage

    async def set_leverage(self, account: str, symbol: str, leverage: Decimal, asked: Asked) -> Done | Refusal:
        connection = self._accounts.connection(account)
        if isinstance(connection, Refusal):
            return connection
        instrument = connection.trading.instruments.get(symbol)
        if instrument is None:
            return Refusal(Code.UNKNOWN_SYMBOL, f"there is no derivative {symbol!r}", field="symbol")
        if leverage < 1 or (instrument.max_leverage is not None and leverage > instrument.max_leverage):
            message = f"the exchange takes 1 to {instrument.max_leverage} for {symbol}"
            return Refusal(Code.LEVERAGE_OUT_OF_RANGE, message, field="leverage")
        command_id = self._commanding.command_id("leverage", account, asked)

        async def run() -> Done:
            when = timing(connection.trading)
            intent = LeverageIntended(
                **heading(command_id, asked, when),
                symbol=symbol,
                leverage=leverage,
            )
            exposure = self._live.exposure(account)
            return await self._commanding.carry_out(
                account,
                asked,
                intent,
                lambda: connection.trading.set_leverage(symbol, leverage, when),
                judge=lambda place: judged(exposure, place),
            )

        done = await self._commanding.once(command_id, asked, run)
        self._margins.forget(account, symbol)
        return done

    # flatten

    async def flatten(self, account: str, symbol: str | None, asked: Asked) -> Done | Refusal:
        """Cancel all, then close all; the stops that protect a position stay until it is flat. Safe to repeat."""
        connection = self._accounts.connection(account)
        if isinstance(connection, Refusal):
            return connection
        if symbol is not None and symbol not in connection.trading.instruments:
            return Refusal(Code.UNKNOWN_SYMBOL, f"there is no derivative {symbol!r}", field="symbol")
        command_id = self._commanding.command_id("flatten", account, asked)

        async def run() -> Done:
            head = await self._groups.head(command_id, account, "flatten", symbol, connection, asked)
            if not is_ours(head):
                return head
            return await self._flatten(command_id, account, symbol, connection, asked)

        done = await self._groups.answered(command_id, account, symbol, asked, run)
        if done.refusal is not None or not done.recalled:
            return done
        return msgspec.structs.replace(
            done, note=_how_flat({held.symbol for held in self._groups.open(account, symbol)})
        )

    async def _flatten(
        self, command_id: str, account: str, symbol: str | None, connection: ExchangeConnection, asked: Asked
    ) -> Done:
        living = [order for order in self._live.living(account) if symbol in (None, order.symbol)]
        instruments = connection.trading.instruments
        held = [position for position in self._groups.open(account, symbol) if position.symbol in instruments]
        plan = closing.flatten(living, held, instruments)
        await self._cancel_each(plan.cancels, asked)
        done = await self._groups.pieces(command_id, plan.closes, asked)
        if done.refusal is not None:
            return done
        left = await self._groups.wait_until_flat(account, symbol)
        await self._cancel_each([order for order in plan.protective if order.symbol not in left], asked)
        return msgspec.structs.replace(done, note=_how_flat(left))

    async def _cancel_each(self, orders: Sequence[Order], asked: Asked) -> None:
        """Cancel these orders side by side; one that has ended meanwhile is as good as canceled."""
        parts = [msgspec.structs.replace(asked, key=f"{asked.key}/cancel/{order.order_id}") for order in orders]
        await asyncio.gather(
            *(self._changing.cancel(order.order_id, part) for order, part in zip(orders, parts, strict=True))
        )


def _how_closed(held: set[str], amount: Decimal | None, sent: Sequence[Order]) -> str:
    """How far a close came whose sender may have died on the way."""
    if not held:
        return "flat"
    taken = sum((order.amount for order in sent if order.status not in UNHAPPY), ZERO)
    if amount is not None and taken >= amount:
        return "all of it was sent"
    return f"not flat yet: {', '.join(sorted(held))}; close what is left under another key"


def _how_flat(held: set[str]) -> str:
    if not held:
        return "flat"
    return f"not flat yet: {', '.join(sorted(held))}; its stops are kept; flatten again, under another key"
