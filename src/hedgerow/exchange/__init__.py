"""The abstract Exchange account: trading, reports and market data of one set of credentials at one exchange.

ccxt is behind it; nothing of ccxt shows. Every call has a deadline of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

import msgspec

from hedgerow.core.commands import OrderTerms, PositionSide
from hedgerow.core.instruments import Instrument
from hedgerow.core.records import Transport
from hedgerow.core.reports import Balance, FillReport, OrderReport, PositionReport, Report
from hedgerow.core.risk_tiers import MarginTerms


class ExchangeFault(Exception):  # noqa: N818
    """The exchange did not answer a question as it should; `str()` is fit for a log, without secrets."""


class KeyRefusedFault(ExchangeFault):
    """The exchange does not take the key itself: it is wrong, of another environment, expired, or bound elsewhere."""


class Said(StrEnum):
    """What is known after a command was handed over."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"  # a raw code on the list of definite refusals
    IN_DOUBT = "in_doubt"  # everything else
    NOT_SENT = "not_sent"  # it surely never left: no bytes were handed to a socket, or the deadline had passed


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one command.

    Attributes:
        exchange_order_id: where accepted, of orders.
        code, message: the exchange's own, where it refused or where they explain a doubt.
        sent_ms, answered_ms: our clock.
    """

    said: Said
    exchange_order_id: str | None = None
    client_order_id: str | None = None
    code: str | None = None
    message: str | None = None
    sent_ms: int = 0
    answered_ms: int = 0


class Timing(msgspec.Struct, frozen=True):
    """A request's timestamp and deadline on the exchange's clock, in ms."""

    timestamp_ms: int
    deadline_ms: int


class Prepared(Protocol):
    """A create request, built and signed, with no byte sent. It can be sent once."""

    @property
    def transport(self) -> Transport: ...

    async def send(self) -> Answer:
        """Send and wait for the answer. Never raises but for cancellation; never retries."""
        ...


class OrderRef(msgspec.Struct, frozen=True, kw_only=True):
    """An order at the exchange: by its id there if known, else by the client order id."""

    symbol: str
    exchange_order_id: str
    client_order_id: str
    conditional: bool = False


class Amendment(msgspec.Struct, frozen=True, kw_only=True):
    """What changes; `None` stays, a zero take profit or stop loss removes it."""

    amount: Decimal | None = None
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a search for one order brought. `complete`: every place was read to its end and answered well."""

    reports: Sequence[OrderReport]
    fills: Sequence[FillReport]
    complete: bool


class Ticker(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="ticker"):
    symbol: str
    last: Decimal | None
    mark: Decimal | None
    index: Decimal | None
    bid: Decimal | None
    ask: Decimal | None
    volume: Decimal | None = None  # base, 24 h
    change: Decimal | None = None  # fraction, 24 h
    high: Decimal | None = None
    low: Decimal | None = None
    funding_rate: Decimal | None = None
    next_funding_ms: int | None = None
    time_ms: int = 0


class Level(msgspec.Struct, frozen=True, array_like=True):
    price: Decimal
    amount: Decimal


class OrderBook(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="order_book"):
    symbol: str
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    time_ms: int


class PublicTrade(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="trade"):
    symbol: str
    trade_id: str
    side: str
    price: Decimal
    amount: Decimal
    time_ms: int


class Candle(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="candle"):
    symbol: str
    interval: str
    start_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


class Channel(StrEnum):
    TICKER = "ticker"
    ORDER_BOOK = "order_book"
    TRADES = "trades"
    CANDLES = "candles"


MarketItem = Ticker | OrderBook | PublicTrade | Candle


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What the exchange can do natively, by ccxt's `has` and our dialect."""

    websocket_orders: bool
    amend: bool
    cancel_all: bool
    attached_protection: bool
    position_protection: bool
    conditional_orders: bool
    trigger_by: tuple[str, ...]
    post_only: bool
    reduce_only: bool
    time_in_force: tuple[str, ...]
    hedge_mode: bool
    leverage: bool
    proves_absence: (
        bool  # a request has a deadline that the exchange keeps, and lookups by client order id are complete
    )


class Trading(Protocol):
    """The order_manager's side: commands."""

    @property
    def instruments(self) -> Mapping[str, Instrument]: ...

    @property
    def capabilities(self) -> Capabilities: ...

    def exchange_time_ms(self) -> int:
        """The exchange's clock as measured; our clock plus an offset."""
        ...

    @property
    def entry_transport(self) -> Transport:
        """What a create would use now: the exchange's WebSocket where it has one and it is up, else REST."""
        ...

    def prepare_order(
        self, terms: OrderTerms, client_order_id: str, timing: Timing, transport: Transport
    ) -> Prepared: ...

    async def amend(self, order: OrderRef, amendment: Amendment, timing: Timing) -> Answer: ...

    async def cancel(self, order: OrderRef, timing: Timing) -> Answer: ...

    async def cancel_all(self, symbol: str | None, timing: Timing) -> Answer: ...

    async def protect(
        self,
        symbol: str,
        side: PositionSide,
        take_profit: Decimal | None,
        stop_loss: Decimal | None,
        trigger_by: str | None,
        timing: Timing,
    ) -> Answer: ...

    async def set_leverage(self, symbol: str, leverage: Decimal, timing: Timing) -> Answer: ...

    async def margin_terms(self, symbol: str) -> MarginTerms:
        """Ask how a position in this symbol is margined. Raises `ExchangeFault`."""
        ...


class Reports(Protocol):
    """The order_resolver's side: evidence."""

    def stream(self) -> AsyncIterator[Report]:
        """Reports of the private stream as they come, with `StreamUp` and `StreamDown`; reconnects for ever."""
        ...

    def heard_ms(self) -> int:
        """When the private stream last gave any sign of life, our clock."""
        ...

    def exchange_time_ms(self) -> int: ...

    async def open_orders(self) -> list[OrderReport]:
        """Every open and conditional order, every page. Raises `ExchangeFault` unless complete."""
        ...

    async def find_order(self, order: OrderRef, since_ms: int) -> Found:
        """Look for one order in open and conditional orders, history and executions."""
        ...

    async def fills(self, since_ms: int, symbol: str | None = None) -> list[FillReport]:
        """Every execution since, of every kind, every page, oldest first. Raises `ExchangeFault` unless complete."""
        ...

    async def positions(self) -> list[PositionReport]: ...

    async def balances(self) -> list[Balance]: ...


class MarketData(Protocol):
    async def ticker(self, symbol: str) -> Ticker: ...

    async def candles(
        self, symbol: str, interval: str, since_ms: int | None, until_ms: int | None, limit: int
    ) -> list[Candle]:
        """Oldest first; those that start at or after `since_ms` and before `until_ms`, `limit` of them at most."""
        ...

    def watch(self, channel: Channel, symbol: str, interval: str | None, sink: Callable[[MarketItem], None]) -> None:
        """Keep `sink` fed; one upstream subscription for each channel and symbol, shared."""
        ...

    def unwatch(
        self, channel: Channel, symbol: str, interval: str | None, sink: Callable[[MarketItem], None]
    ) -> None: ...

    def heard_ms(self, channel: Channel, symbol: str) -> int:
        """When this channel last brought something, our clock; 0 for never."""
        ...


class AccountCheck(msgspec.Struct, frozen=True, kw_only=True):
    """How an account stands at its exchange.

    Attributes:
        clock_offset_ms: the exchange's clock minus ours.
        warnings: what a person should know or mend, in sentences.
    """

    hedged: bool
    margin_mode: str
    can_trade: bool
    may_withdraw: bool
    clock_offset_ms: int
    round_trip_ms: int
    entry_transport: Transport
    warnings: tuple[str, ...] = ()


class ExchangeConnection(Protocol):
    """One account's connection: opened once, closed once. A service uses the side that it needs."""

    @property
    def account(self) -> str: ...

    @property
    def trading(self) -> Trading: ...

    @property
    def reports(self) -> Reports: ...

    @property
    def market(self) -> MarketData: ...

    async def open(self) -> None:
        """Load instruments, measure the clock, check the account's mode.

        Raises:
            ExchangeFault: the exchange cannot be reached or refuses the credentials.
        """
        ...

    async def check(self) -> AccountCheck:
        """Ask anew how the account is set up. The connection must be open.

        Raises:
            ExchangeFault: the exchange does not answer, or refuses the credentials.
        """
        ...

    async def close(self) -> None: ...
