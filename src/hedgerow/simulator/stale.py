"""Older states of an account, kept only while a `stale_read` fault is armed."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import msgspec

from hedgerow.simulator.bybit.backend import Reads
from hedgerow.simulator.messages import Execution, Order, Position, Wallet

KEPT_STATES = 1_000


class AccountState(msgspec.Struct):
    """What one account looked like at a moment; reads as the engine does, for that account."""

    at_ms: int
    open: Sequence[Order]
    ended: Sequence[Order]
    fills: Sequence[Execution]
    held: Sequence[Position]
    flat: dict[str, Position]
    owned: Wallet

    def open_orders(self, account: str, symbol: str = "") -> Sequence[Order]:
        return [order for order in self.open if symbol in ("", order.symbol)]

    def order(self, account: str, *, order_id: str = "", order_link_id: str = "") -> Order | None:
        for order in (*self.open, *self.ended):
            if order.order_id == order_id or (order_link_id and order.order_link_id == order_link_id):
                return order
        return None

    def order_history(self, account: str) -> Sequence[Order]:
        return self.ended

    def executions(self, account: str) -> Sequence[Execution]:
        return self.fills

    def position(self, account: str, symbol: str) -> Position:
        return next((position for position in self.held if position.symbol == symbol), self.flat[symbol])

    def positions(self, account: str) -> Sequence[Position]:
        return self.held

    def wallet(self, account: str) -> Wallet:
        return self.owned


class Past:
    def __init__(self, symbols: Sequence[str]) -> None:
        self._symbols = symbols
        self._states: dict[str, deque[AccountState]] = {}

    def keep(self, reads: Reads, account: str, now_ms: int) -> None:
        """The account as it stands now."""
        held = list(reads.positions(account))
        touched = {position.symbol for position in held}
        flat = {symbol: reads.position(account, symbol) for symbol in self._symbols if symbol not in touched}
        state = AccountState(
            now_ms,
            list(reads.open_orders(account)),
            list(reads.order_history(account)),
            list(reads.executions(account)),
            held,
            flat,
            reads.wallet(account),
        )
        self._states.setdefault(account, deque(maxlen=KEPT_STATES)).append(state)

    @property
    def any(self) -> bool:
        return bool(self._states)

    def at(self, account: str, moment_ms: int) -> AccountState | None:
        """The newest state at that moment or before; the oldest kept where all are younger."""
        states = self._states.get(account)
        if not states:
            return None
        return next((state for state in reversed(states) if state.at_ms <= moment_ms), states[0])

    def forget(self) -> None:
        self._states.clear()
