"""What an exchange says in its own way: the Protocol that a dialect module fills in, and the words they share.

A dialect knows the wire and does no I/O: it builds requests from our commands and reads rows into our reports.
Signing, addresses, connections, logins and pings stay ccxt's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from hedgerow.core.commands import OrderTerms, PositionSide
from hedgerow.core.instruments import Instrument
from hedgerow.core.reports import Balance, FillReport, OrderReport, PositionReport, Report, Source
from hedgerow.core.risk_tiers import RiskTier
from hedgerow.exchange import (
    Amendment,
    Candle,
    Capabilities,
    Channel,
    MarketItem,
    OrderRef,
    PublicTrade,
    Ticker,
    Timing,
)

Row = Mapping[str, Any]


class Lane(StrEnum):
    """The classes of requests that exchanges limit apart."""

    CREATE = "create"
    AMEND = "amend"
    CANCEL = "cancel"
    STATE = "state"  # leverage, protection
    QUERY = "query"


class Rate(msgspec.Struct, frozen=True):
    """At most `burst` at once, and `per_second` in the long run."""

    per_second: int
    burst: int


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request, not yet signed.

    Attributes:
        path: as ccxt's `sign()` takes it.
        operation: its name on the exchange's order entry WebSocket, where it can go there.
    """

    lane: Lane
    method: str
    path: str
    params: Mapping[str, Any]
    operation: str | None = None
    private: bool = True


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that reads as one: the exchange's code and words, and what it carries.

    Attributes:
        hold_ms: where the exchange turned us away for haste, how long to send nothing more of the kind.
    """

    code: str
    message: str
    result: Row
    exchange_order_id: str | None = None
    client_order_id: str | None = None
    time_ms: int | None = None
    hold_ms: int | None = None


class AccountState(msgspec.Struct, frozen=True, kw_only=True):
    """How the account is set up at the exchange."""

    hedged: bool
    margin_mode: str
    can_trade: bool
    may_withdraw: bool
    warnings: tuple[str, ...] = ()


class Fees(msgspec.Struct, frozen=True):
    maker: Decimal
    taker: Decimal


class UnknownInstrumentError(LookupError):
    """A row names an instrument that the exchange did not list when instruments were last loaded."""


class ResyncError(Exception):
    """A market stream skipped something: it must be subscribed anew."""


class Listing:
    """The instruments of one exchange, by our symbol and by its own."""

    def __init__(self, instruments: Sequence[Instrument] = ()) -> None:
        self.by_symbol: Mapping[str, Instrument] = {each.symbol: each for each in instruments}
        self._by_exchange_symbol = {each.exchange_symbol: each for each in instruments}

    def __getitem__(self, symbol: str) -> Instrument:
        try:
            return self.by_symbol[symbol]
        except KeyError:
            raise UnknownInstrumentError(symbol) from None

    def of_wire(self, exchange_symbol: str) -> Instrument:
        try:
            return self._by_exchange_symbol[exchange_symbol]
        except KeyError:
            raise UnknownInstrumentError(exchange_symbol) from None


class MarketReader(Protocol):
    """Turns the pushes of one market topic into items; keeps what deltas need."""

    def read(self, message: Row) -> list[MarketItem]:
        """What one push brings.

        Raises:
            ResyncError: it does not follow what came before.
            UnreadableError: it does not read.
        """
        ...


Ask = Callable[[Call], Awaitable[Reply]]


class Dialect(Protocol):
    """One exchange's wire."""

    exchange: str

    # set-up
    def settings(self) -> dict[str, Any]:
        """ccxt's constructor options, the account mode explicit."""
        ...

    def addresses(self, rest: str | None, websocket: str | None) -> dict[str, Any]:
        """What to lay over ccxt's `urls['api']` so that everything goes to these base addresses."""
        ...

    def capabilities(self, environment: str) -> Capabilities: ...

    def rates(self, environment: str) -> Mapping[Lane, Rate]:
        """The exchange's limits a lane; a lane without one is not limited."""
        ...

    def socket_address(self, addresses: Row, wire: str) -> str:
        """The WebSocket address in ccxt's `urls['api']` of `trade`, `private`, or a `market_wire`."""
        ...

    async def log_in(self, client: Any, url: str) -> None:
        """Authenticate ccxt's connection to `url`; raises what ccxt raises."""
        ...

    def instrument(self, market: Row) -> Instrument | None:
        """A market of ccxt's as an instrument, exact, from its raw texts; `None` for what is no derivative of ours."""
        ...

    # commands
    def create(self, instrument: Instrument, terms: OrderTerms, client_order_id: str) -> Call: ...

    def amend(self, instrument: Instrument, order: OrderRef, amendment: Amendment) -> Call: ...

    def cancel(self, instrument: Instrument, order: OrderRef) -> Call: ...

    def cancel_all(self, listing: Listing, symbol: str | None) -> list[Call]: ...

    def protect(
        self,
        instrument: Instrument,
        side: PositionSide | None,
        take_profit: Decimal | None,
        stop_loss: Decimal | None,
        trigger_by: str | None,
    ) -> Call:
        """`side` is `None` in one-way mode."""
        ...

    def set_leverage(self, instrument: Instrument, leverage: Decimal) -> Call: ...

    def entry_frame(self, call: Call, request_id: str, timing: Timing) -> str:
        """The frame of a command on the order entry WebSocket."""
        ...

    # answers
    def read_reply(self, status: int, body: bytes) -> Reply | None:
        """What came over HTTP, or `None` where it is no answer of the exchange (a 5xx, HTML, cut short …)."""
        ...

    def read_entry_reply(self, message: Row) -> Reply | None: ...

    # WebSocket
    def subscribe_frame(self, topics: Sequence[str], request_id: str, *, leave: bool = False) -> str: ...

    def subscribed(self, message: Row) -> bool:
        """Whether an acknowledgement says that the subscription stands."""
        ...

    def answers(self, message: Row) -> str | None:
        """The id of the request of ours that this frame answers: order entry or subscription."""
        ...

    def topic(self, message: Row) -> str | None:
        """The topic of a push; `None` for any other frame."""
        ...

    @property
    def private_topics(self) -> tuple[str, ...]: ...

    def read_push(self, message: Row, listing: Listing, margin_mode: str | None) -> list[Report]:
        """The reports in one private push, in its order.

        Raises:
            UnknownInstrumentError, UnreadableError: nothing of this push was used.
        """
        ...

    # questions
    def server_time(self) -> Call: ...

    def read_server_time(self, reply: Reply) -> int: ...

    async def account_state(self, ask: Ask, listing: Listing) -> AccountState: ...

    def fees(self, listing: Listing) -> list[Call]: ...

    def read_fees(self, rows: Sequence[Row]) -> dict[str, Fees]:
        """By the exchange's symbol."""
        ...

    def open_orders(self, listing: Listing) -> list[Call]: ...

    def order_places(self, instrument: Instrument, order: OrderRef, since_ms: int, now_ms: int) -> list[Call]:
        """Every place where one order can be found: open and conditional orders, history."""
        ...

    def order_fills(self, instrument: Instrument, order: OrderRef, since_ms: int, now_ms: int) -> list[Call]: ...

    def fills(self, listing: Listing, symbol: str | None, since_ms: int, now_ms: int) -> list[Call]: ...

    def positions(self, listing: Listing) -> list[Call]: ...

    def balances(self) -> Call: ...

    def rows(self, reply: Reply) -> list[Row]:
        """The rows of one page."""
        ...

    def next_page(self, call: Call, reply: Reply) -> Call | None: ...

    def read_orders(self, rows: Sequence[Row], listing: Listing, source: Source) -> list[OrderReport]: ...

    def read_fills(self, rows: Sequence[Row], listing: Listing, source: Source) -> list[FillReport]: ...

    def read_positions(
        self, rows: Sequence[Row], listing: Listing, source: Source, margin_mode: str | None
    ) -> list[PositionReport]: ...

    def read_balances(self, rows: Sequence[Row]) -> list[Balance]: ...

    # margin
    def risk_tiers(self, instrument: Instrument) -> Call: ...

    def read_risk_tiers(self, rows: Sequence[Row]) -> tuple[RiskTier, ...]:
        """From the lowest up."""
        ...

    def position(self, instrument: Instrument) -> Call:
        """The legs of one instrument, flat ones too."""
        ...

    def read_leverage(self, rows: Sequence[Row]) -> Decimal | None: ...

    # market data
    def market_wire(self, instrument: Instrument) -> str:
        """Which public WebSocket carries this instrument."""
        ...

    def market_topic(self, channel: Channel, instrument: Instrument, interval: str | None) -> str: ...

    def market_reader(self, channel: Channel, instrument: Instrument, interval: str | None) -> MarketReader: ...

    def ticker(self, instrument: Instrument) -> Call: ...

    def read_ticker(self, reply: Reply, instrument: Instrument) -> Ticker: ...

    def candles(
        self, instrument: Instrument, interval: str, since_ms: int | None, until_ms: int | None, limit: int
    ) -> Call: ...

    def read_candles(self, reply: Reply, instrument: Instrument, interval: str) -> list[Candle]: ...

    def recent_trades(self, instrument: Instrument, limit: int) -> Call: ...

    def read_recent_trades(self, reply: Reply, instrument: Instrument) -> list[PublicTrade]:
        """Oldest first."""
        ...
