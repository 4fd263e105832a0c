"""Commands on living orders: amend, cancel, cancel all."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

import msgspec

from hedgerow.clock import Clock
from hedgerow.core import admission, validation
from hedgerow.core.commands import OrderTerms
from hedgerow.core.instruments import Instrument
from hedgerow.core.limits import AccountRules
from hedgerow.core.orders import Order
from hedgerow.core.records import AmendIntended, CancelAllIntended, CancelIntended
from hedgerow.core.refusals import Code, Refusal
from hedgerow.exchange import Amendment, ExchangeConnection, OrderRef
from hedgerow.history import History
from hedgerow.order_manager.accounts import Accounts
from hedgerow.order_manager.commanding import Commanding, Done, heading, timing
from hedgerow.order_manager.judging import judged_by_its_rules
from hedgerow.order_manager.live import LiveView
from hedgerow.order_manager.marks import Marks
from hedgerow.order_manager.offers import offers
from hedgerow.order_manager.placing import Asked

_D = TypeVar("_D", Decimal, Decimal | None)


class Changing:
    def __init__(
        self,
        *,
        accounts: Accounts,
        live: LiveView,
        marks: Marks,
        history: History,
        commanding: Commanding,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._live = live
        self._marks = marks
        self._history = history
        self._commanding = commanding
        self._clock = clock

    async def find(self, order_id: str) -> Order | Refusal:
        """An order by our id, wherever it is.

        Raises:
            JournalFault: nobody can say now whether there is one; nothing was sent.
        """
        self._live.catch_up()
        order = self._live.order(order_id) or await self._history.order(order_id) or await self._live.find(order_id)
        return order or Refusal(Code.UNKNOWN_ORDER, f"there is no order {order_id!r}", field="order_id")

    # amend

    async def amend(self, order_id: str, change: Amendment, asked: Asked, *, quantise: bool) -> Done | Refusal:
        """Change a living order. It never falls back to cancel and create."""
        order = await self.find(order_id)
        if isinstance(order, Refusal):
            return order
        command_id = self._commanding.command_id("amend", order.account, asked)
        return await self._commanding.once(
            command_id, asked, lambda: self._amend(command_id, order, change, asked, quantise)
        )

    async def _amend(self, command_id: str, order: Order, change: Amendment, asked: Asked, quantise: bool) -> Done:
        connection = self._accounts.connection(order.account)
        if isinstance(connection, Refusal):
            return Done(command_id=command_id, outcome="denied", refusal=connection, order=order)
        instrument = connection.trading.instruments.get(order.symbol)
        if instrument is None:
            return Done(command_id=command_id, outcome="denied", refusal=delisted(order.symbol), order=order)
        terms = _amended(order, change)
        if quantise:
            terms = validation.quantised(terms, instrument)
            change = _only_changed(terms, change)
        rules = self._live.rules(order.account)
        denial = await self._amend_denial(order, terms, rules, connection)
        when = timing(connection.trading)
        price = terms.price or terms.trigger_price
        intent = AmendIntended(
            **heading(command_id, asked, when),
            order_id=order.order_id,
            symbol=order.symbol,
            client_order_id=order.client_order_id,
            exchange_order_id=order.exchange_order_id,
            amount=change.amount,
            price=change.price,
            trigger_price=change.trigger_price,
            take_profit=change.take_profit,
            stop_loss=change.stop_loss,
            notional=instrument.notional(terms.amount, price) if price else None,
            denied=denial,
        )
        if denial is not None:
            return await self._commanding.remember_denial(order.account, asked, intent)
        exposure = self._live.exposure(order.account)
        return await self._commanding.carry_out(
            order.account,
            asked,
            intent,
            lambda: connection.trading.amend(reference(order), change, when),
            order_id=order.order_id,
            judge=lambda place: judged_by_its_rules(
                exposure, place, rules, lambda anew: self._by_rules(order, terms, anew, instrument)
            ),
        )

    async def _amend_denial(
        self, order: Order, terms: OrderTerms, rules: AccountRules, connection: ExchangeConnection
    ) -> Refusal | None:
        if order.ended:
            return Refusal(Code.ORDER_ENDED, f"the order has ended: it is {order.status}", field="order_id")
        if terms.amount <= order.filled:
            message = f"{order.filled} of the order is filled already; the amount must be more"
            return Refusal(Code.AMOUNT_TOO_SMALL, message, field="amount")
        market, max_age_ms = connection.market, rules.limits.mark_max_age_ms
        mark = await self._marks.ensure(order.account, order.symbol, market, max_age_ms // 2)
        instrument = connection.trading.instruments[order.symbol]
        can = offers(connection.trading.capabilities)
        refusal = validation.check_terms(terms, instrument, can, mark.price if mark else None)
        return refusal or self._by_rules(order, terms, rules, instrument)

    def _by_rules(self, order: Order, terms: OrderTerms, rules: AccountRules, instrument: Instrument) -> Refusal | None:
        mark = self._marks.get(order.account, order.symbol)
        price, age_ms = (mark.price, self._clock.now_ms() - mark.time_ms) if mark else (None, 0)
        return admission.check(terms, instrument, rules, price, age_ms, self._live.leverage(terms))

    # cancel

    async def cancel(self, order_id: str, asked: Asked) -> Done | Refusal:
        """Ask the exchange to cancel one order; it may be asked again."""
        order = await self.find(order_id)
        if isinstance(order, Refusal):
            return order
        command_id = self._commanding.command_id("cancel", order.account, asked)
        return await self._commanding.once(command_id, asked, lambda: self._cancel(command_id, order, asked))

    async def _cancel(self, command_id: str, order: Order, asked: Asked) -> Done:
        connection = self._accounts.connection(order.account)
        if isinstance(connection, Refusal):
            return Done(command_id=command_id, outcome="denied", refusal=connection, order=order)
        if order.ended:
            refusal = Refusal(Code.ORDER_ENDED, f"the order has ended: it is {order.status}", field="order_id")
            return Done(command_id=command_id, outcome="denied", refusal=refusal, order=order)
        if order.symbol not in connection.trading.instruments:
            return Done(command_id=command_id, outcome="denied", refusal=delisted(order.symbol), order=order)
        when = timing(connection.trading)
        intent = CancelIntended(
            **heading(command_id, asked, when),
            order_id=order.order_id,
            symbol=order.symbol,
            client_order_id=order.client_order_id,
            exchange_order_id=order.exchange_order_id,
        )
        return await self._commanding.carry_out(
            order.account,
            asked,
            intent,
            lambda: connection.trading.cancel(reference(order), when),
            order_id=order.order_id,
        )

    async def cancel_all(self, account: str, symbol: str | None, asked: Asked) -> Done | Refusal:
        """Ask the exchange to cancel every order of an account, or of one symbol of it, known to us or not."""
        connection = self._accounts.connection(account)
        if isinstance(connection, Refusal):
            return connection
        if symbol is not None and symbol not in connection.trading.instruments:
            return Refusal(Code.UNKNOWN_SYMBOL, f"there is no derivative {symbol!r}", field="symbol")
        command_id = self._commanding.command_id("cancel_all", account, asked)

        async def run() -> Done:
            when = timing(connection.trading)
            intent = CancelAllIntended(
                **heading(command_id, asked, when),
                symbol=symbol,
            )
            asked_for = [o for o in self._live.living(account) if symbol is None or o.symbol == symbol]
            done = await self._commanding.carry_out(
                account, asked, intent, lambda: connection.trading.cancel_all(symbol, when)
            )
            return msgspec.structs.replace(done, orders=tuple(asked_for))

        return await self._commanding.once(command_id, asked, run)


def delisted(symbol: str) -> Refusal:
    return Refusal(Code.UNKNOWN_SYMBOL, f"the exchange does not list {symbol} any more", field="symbol")


def reference(order: Order) -> OrderRef:
    """How the exchange is told which order is meant."""
    return OrderRef(
        symbol=order.symbol,
        exchange_order_id=order.exchange_order_id,
        client_order_id=order.client_order_id,
        conditional=order.trigger_price is not None,
    )


def _amended(order: Order, change: Amendment) -> OrderTerms:
    """The order's terms as they will stand; a zero take profit or stop loss is none."""
    return OrderTerms(
        account=order.account,
        symbol=order.symbol,
        side=order.side,
        type=order.type,
        amount=_or(change.amount, order.amount),
        price=_or(change.price, order.price),
        trigger_price=_or(change.trigger_price, order.trigger_price),
        trigger_by=order.trigger_by,
        trigger_ascending=order.trigger_ascending,
        take_profit=_or(change.take_profit, order.take_profit) or None,
        stop_loss=_or(change.stop_loss, order.stop_loss) or None,
        time_in_force=order.time_in_force,
        post_only=order.post_only,
        reduce_only=order.reduce_only,
        position_side=order.position_side,
    )


def _only_changed(terms: OrderTerms, change: Amendment) -> Amendment:
    """The amendment on the grid: what was asked to change, as quantised."""
    return Amendment(
        amount=terms.amount if change.amount is not None else None,
        price=terms.price if change.price is not None else None,
        trigger_price=terms.trigger_price if change.trigger_price is not None else None,
        take_profit=(terms.take_profit or change.take_profit) if change.take_profit is not None else None,
        stop_loss=(terms.stop_loss or change.stop_loss) if change.stop_loss is not None else None,
    )


def _or(new: Decimal | None, old: _D) -> Decimal | _D:
    return old if new is None else new
