"""Commands made of orders: their head in the log, their parts one after the other, and how far they came."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import Final

import msgspec

from hedgerow.clock import Clock
from hedgerow.core import ids
from hedgerow.core.commands import OrderTerms, OrderType, PositionSide
from hedgerow.core.orders import Order, Status
from hedgerow.core.positions import Position
from hedgerow.core.records import GroupIntended, Outcome
from hedgerow.core.refusals import Code, Refusal
from hedgerow.exchange import ExchangeConnection
from hedgerow.history import History
from hedgerow.order_manager.commanding import Commanding, Done, heading, timing
from hedgerow.order_manager.live import LiveView
from hedgerow.order_manager.placing import Asked, Placing

UNHAPPY: Final = (Status.DENIED, Status.REJECTED, Status.NOT_PLACED)
_FLAT_WITHIN_S: Final = 5.0
_TOLD_WITHIN_S: Final = 2.0
_POSITION_FOLLOWS_MS: Final = 1_000  # a position's event comes after its order's, on a stream of its own
_LOOK_S: Final = 0.05
_Run = Callable[[], Awaitable[Done]]


class Groups:
    """What close, flatten and reverse share."""

    def __init__(
        self,
        *,
        live: LiveView,
        placing: Placing,
        commanding: Commanding,
        history: History,
        clock: Clock,
        id_key: bytes,
    ) -> None:
        self._live = live
        self._placing = placing
        self._commanding = commanding
        self._history = history
        self._clock = clock
        self._id_key = id_key

    async def position(self, account: str, symbol: str, side: PositionSide | None) -> Position | Refusal:
        """The open leg that is meant; a side must be named only where both are open.

        An order is answered before its fills are told: where one may just have opened the leg, word of it is awaited.
        """
        waited = 0.0
        while True:
            found = self._leg(account, symbol, side)
            if isinstance(found, Position) or found.code is not Code.UNKNOWN_POSITION:
                return found
            if waited >= _TOLD_WITHIN_S or not self._may_be_opening(account, symbol):
                return found
            await self._clock.sleep(_LOOK_S)
            waited += _LOOK_S

    def _leg(self, account: str, symbol: str, side: PositionSide | None) -> Position | Refusal:
        self._live.catch_up()
        held = [self._live.position(account, symbol, leg) for leg in PositionSide]
        open_legs = [leg for leg in held if leg is not None and leg.size and side in (None, leg.side)]
        if len(open_legs) == 1:
            return open_legs[0]
        if open_legs:
            return Refusal(Code.MISSING, "both sides are open; name the side: long or short", field="side")
        return Refusal(Code.UNKNOWN_POSITION, f"account {account!r} has no open position in {symbol}", field="symbol")

    def _may_be_opening(self, account: str, symbol: str) -> bool:
        """Whether an order was taken whose outcome is not told yet, or was filled just before its position is told."""
        since = self._clock.now_ms() - _POSITION_FOLLOWS_MS
        orders = (order for order in self._live.orders() if order.account == account and order.symbol == symbol)
        return any(not order.reduce_only and _may_have_opened(order, since) for order in orders)

    async def answered(
        self, command_id: str, account: str, symbol: str | None, asked: Asked, run: _Run, halves: Sequence[str] = ("",)
    ) -> Done:
        """Run a command made of parts; a repeat of it shows its parts as they stand."""
        done = await self._commanding.once(command_id, asked, run)
        if done.refusal is not None:
            return done
        if done.recalled and symbol is not None:
            parts = [part for half in halves for part in await self._recalled(account, symbol, asked, half)]
        else:
            parts = [order for order in self._live.orders() if order.group == command_id]
        return msgspec.structs.replace(done, orders=tuple(parts) or done.orders)

    async def _recalled(self, account: str, symbol: str, asked: Asked, half: str) -> list[Order]:
        """Parts by their keys, those too that history alone has: what ended before this order_manager began."""
        found: list[Order] = []
        for number in count():
            order_id = ids.order_id(self._id_key, account, asked.principal, _key(asked, symbol, half, number))
            part = self._live.order(order_id) or await self._history.order(order_id)
            if part is None:
                break
            found.append(part)
        return found

    async def head(
        self,
        command_id: str,
        account: str,
        action: str,
        symbol: str | None,
        connection: ExchangeConnection,
        asked: Asked,
        denied: Refusal | None = None,
    ) -> Done:
        """Journal what is to be done, or our no to all of it."""
        when = timing(connection.trading)
        intent = GroupIntended(
            **heading(command_id, asked, when),
            action=action,
            symbol=symbol,
            denied=denied,
        )
        if denied is not None:
            return await self._commanding.remember_denial(account, asked, intent)
        return await self._commanding.declare(account, asked, intent)

    async def pieces(
        self, command_id: str, pieces: Sequence[OrderTerms], asked: Asked, *, quantise: bool = False, half: str = ""
    ) -> Done:
        """Send the pieces one after the other; the first that fails ends it, and says why.

        Args:
            half: sets the keys of one list of pieces apart from those of another.
        """
        sent: list[Order] = []
        for number, terms in enumerate(pieces):
            part = msgspec.structs.replace(asked, key=_key(asked, terms.symbol, half, number))
            placed = await self._placing.place(terms, part, quantise=quantise, group=command_id)
            if isinstance(placed, Refusal):
                return Done(command_id=command_id, outcome="denied", refusal=placed, orders=tuple(sent))
            sent.append(placed)
            if placed.status in UNHAPPY:
                return Done(
                    command_id=command_id,
                    outcome=placed.status,
                    refusal=placed.refusal,
                    order=placed,
                    orders=tuple(sent),
                )
        doubtful = any(order.status is Status.IN_DOUBT for order in sent)
        return Done(command_id=command_id, outcome="in_doubt" if doubtful else "accepted", orders=tuple(sent))

    def open(self, account: str, symbol: str | None, side: PositionSide | None = None) -> list[Position]:
        self._live.catch_up()
        held = [position for position in self._live.positions() if position.account == account and position.size]
        return [leg for leg in held if symbol in (None, leg.symbol) and side in (None, leg.side)]

    async def wait_until_flat(self, account: str, symbol: str | None, side: PositionSide | None = None) -> set[str]:
        """Symbols that are still open once all are flat or the patience is over."""
        waited = 0.0
        while (held := {leg.symbol for leg in self.open(account, symbol, side)}) and waited < _FLAT_WITHIN_S:
            await self._clock.sleep(_LOOK_S)
            waited += _LOOK_S
        return held


def _key(asked: Asked, symbol: str, half: str, number: int) -> str:
    return f"{asked.key}/{symbol}/{half}{number}"


def _may_have_opened(order: Order, since_ms: int) -> bool:
    if order.filled:
        return order.updated_ms >= since_ms
    return order.status is Status.ACCEPTED or (order.type is OrderType.MARKET and order.status is Status.OPEN)


def is_ours(head: Done) -> bool:
    """Whether the parts may be sent: only by whoever wrote the head of the group, and only once the log has it."""
    return head.outcome == Outcome.ACCEPTED and not head.recalled
