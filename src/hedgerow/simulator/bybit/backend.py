"""What the wire needs of the exchange behind it: to read, and to command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

import msgspec

from hedgerow.simulator.bybit.auth import ApiKey
from hedgerow.simulator.candles import Candle, Day
from hedgerow.simulator.messages import (
    Command,
    Execution,
    Instrument,
    Order,
    Position,
    PriceChanged,
    PublicTrade,
    Result,
    Wallet,
)

Level = tuple[Decimal, Decimal]


class Reads(Protocol):
    """An account's state: the engine's own, or an older one where a fault asks for stale reads."""

    def open_orders(self, account: str, symbol: str = "") -> Sequence[Order]: ...

    def order(self, account: str, *, order_id: str = "", order_link_id: str = "") -> Order | None: ...

    def order_history(self, account: str) -> Sequence[Order]: ...

    def executions(self, account: str) -> Sequence[Execution]: ...

    def position(self, account: str, symbol: str) -> Position: ...

    def positions(self, account: str) -> Sequence[Position]: ...

    def wallet(self, account: str) -> Wallet: ...


class MarketReads(Protocol):
    def depth(self, symbol: str, levels: int) -> tuple[Sequence[Level], Sequence[Level]]: ...

    def prices(self, symbol: str) -> PriceChanged: ...

    def public_trades(self, symbol: str) -> Sequence[PublicTrade]: ...


class Backend(Protocol):
    """The exchange: `execute` has done, and stored, what it answers."""

    @property
    def instruments(self) -> Mapping[str, Instrument]: ...

    @property
    def market(self) -> MarketReads: ...

    def execute(self, command: Command) -> Result: ...

    def candles(self, symbol: str, minutes: int) -> Sequence[Candle]: ...

    def latest_candles(self, symbol: str, minutes: int) -> Sequence[Candle]: ...

    def day(self, symbol: str, now_ms: int) -> Day: ...

    def open_interest(self, symbol: str) -> Decimal: ...

    def book_seq(self, symbol: str) -> tuple[int, int]:
        """The book's update id and cross sequence."""
        ...


class Call(msgspec.Struct):
    """One request: who, what, when."""

    now_ms: int
    query: Mapping[str, str] = {}
    body: bytes = b""
    key: ApiKey | None = None
    reads: Reads | None = None

    @property
    def account(self) -> str:
        assert self.key is not None, "a signed route was called without a key"
        return self.key.account

    @property
    def state(self) -> Reads:
        assert self.reads is not None, "a signed route was called without a state"
        return self.reads
