"""One connection to a scripted exchange: the three sides of `ExchangeConnection`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

import msgspec

from hedgerow.core.commands import OrderTerms, PositionSide
from hedgerow.core.records import Transport
from hedgerow.core.reports import (
    Balance,
    FillReport,
    OrderReport,
    PositionReport,
    Report,
    StreamUp,
)
from hedgerow.core.risk_tiers import MarginTerms
from hedgerow.exchange import (
    AccountCheck,
    Amendment,
    Answer,
    Capabilities,
    Channel,
    ExchangeFault,
    Found,
    MarketItem,
    OrderRef,
    Ticker,
    Timing,
)
from tests.services.scripted_exchange import OPEN, ScriptedExchange


class ScriptedConnection:
    """`ExchangeConnection`, and each of its sides, on one scripted account."""

    def __init__(self, exchange: ScriptedExchange) -> None:
        self._exchange = exchange
        self.heard: asyncio.Queue[Report] = asyncio.Queue()
        self.sinks: dict[tuple[Channel, str], list[Callable[[MarketItem], None]]] = {}
        self.closed = False
        self._streaming = False

    @property
    def account(self) -> str:
        return self._exchange.name

    @property
    def trading(self) -> ScriptedConnection:
        return self

    @property
    def reports(self) -> ScriptedConnection:
        return self

    @property
    def market(self) -> ScriptedConnection:
        return self

    async def open(self) -> None:
        await self._exchange.read("open")
        self._exchange.opened += 1
        self._exchange.connections.append(self)

    async def check(self) -> AccountCheck:
        return AccountCheck(
            hedged=False,
            margin_mode="cross",
            can_trade=True,
            may_withdraw=False,
            clock_offset_ms=self._exchange.offset_ms,
            round_trip_ms=1,
            entry_transport=self.entry_transport,
        )

    async def close(self) -> None:
        self.closed = True
        if self in self._exchange.connections:
            self._exchange.connections.remove(self)

    def exchange_time_ms(self) -> int:
        return self._exchange.now_ms()

    # Trading

    @property
    def instruments(self) -> Any:
        return self._exchange.instruments

    @property
    def capabilities(self) -> Capabilities:
        return self._exchange.capabilities

    @property
    def entry_transport(self) -> Transport:
        return Transport.WEBSOCKET

    def prepare_order(
        self, terms: OrderTerms, client_order_id: str, timing: Timing, transport: Transport
    ) -> ScriptedOrder:
        return ScriptedOrder(self._exchange, terms, client_order_id, timing, transport)

    async def amend(self, order: OrderRef, amendment: Amendment, timing: Timing) -> Answer:
        def effect() -> str | None:
            found = self._exchange.find(order)
            if found is None:
                return None
            asked = {name: getattr(amendment, name) for name in amendment.__struct_fields__}
            self._exchange.commands.append(("amend", found.exchange_order_id))
            self._exchange.change(found, **{name: value for name, value in asked.items() if value is not None})
            return found.exchange_order_id

        return await self._exchange.command("amend", timing, effect)

    async def cancel(self, order: OrderRef, timing: Timing) -> Answer:
        def effect() -> str | None:
            found = self._exchange.find(order)
            if found is not None:
                self._exchange.commands.append(("cancel", found.exchange_order_id))
                self._exchange.end(found)
            return None

        return await self._exchange.command("cancel", timing, effect)

    async def cancel_all(self, symbol: str | None, timing: Timing) -> Answer:
        def effect() -> None:
            self._exchange.commands.append(("cancel_all", symbol))
            for order in list(self._exchange.orders.values()):
                if order.status in OPEN and symbol in (None, order.symbol):
                    self._exchange.end(order)

        return await self._exchange.command("cancel_all", timing, effect)

    async def protect(
        self,
        symbol: str,
        side: PositionSide,
        take_profit: Decimal | None,
        stop_loss: Decimal | None,
        trigger_by: str | None,
        timing: Timing,
    ) -> Answer:
        def effect() -> None:
            self._exchange.commands.append(("protect", symbol, side, take_profit, stop_loss))

        return await self._exchange.command("protect", timing, effect)

    async def set_leverage(self, symbol: str, leverage: Decimal, timing: Timing) -> Answer:
        return await self._exchange.command(
            "leverage", timing, lambda: self._exchange.commands.append(("leverage", symbol, leverage))
        )

    async def margin_terms(self, symbol: str) -> MarginTerms:
        await self._exchange.read("margin_terms")
        return self._exchange.margin_terms

    # Reports

    async def stream(self) -> AsyncIterator[Report]:
        assert not self._streaming, "one reader at a time"
        self._streaming = True
        try:
            if self._exchange.stream_up:
                yield StreamUp(self._exchange.clock.now_ms())
            while True:
                yield await self.heard.get()
        finally:
            self._streaming = False

    def heard_ms(self, *_: Any) -> int:
        return self._exchange.heard_ms

    async def open_orders(self) -> list[OrderReport]:
        shown = [order for order in self._exchange.shown() if order.status in OPEN]
        await self._exchange.read("open_orders")
        return shown

    async def find_order(self, order: OrderRef, since_ms: int) -> Found:
        exchange = self._exchange
        await exchange.read("find_order")
        if order.client_order_id in exchange.unreadable:
            raise ExchangeFault("a row does not read")
        found = exchange.find(order)
        if found is not None and found.client_order_id in exchange.hidden:
            found = None
        if found is not None and found.status not in OPEN and found.updated_ms < since_ms:
            found = None  # history is asked from there on
        fills = [
            fill
            for fill in exchange.fills
            if found is not None and fill.exchange_order_id == found.exchange_order_id and fill.time_ms >= since_ms
        ]
        complete = not exchange.incomplete
        exchange.incomplete = max(0, exchange.incomplete - 1)
        return Found(reports=[] if found is None else [found], fills=fills, complete=complete)

    async def fills(self, since_ms: int, symbol: str | None = None) -> list[FillReport]:
        told = [
            fill
            for fill in self._exchange.fills
            if fill.time_ms >= since_ms
            and symbol in (None, fill.symbol)
            and fill.client_order_id not in self._exchange.hidden
        ]
        await self._exchange.read("fills")
        return told

    async def positions(self) -> list[PositionReport]:
        now_ms = self._exchange.now_ms()
        held = [msgspec.structs.replace(leg, updated_ms=now_ms) for leg in self._exchange.positions.values()]
        await self._exchange.read("positions")
        return held

    async def balances(self) -> list[Balance]:
        await self._exchange.read("balances")
        return list(self._exchange.balances)

    # MarketData

    async def ticker(self, symbol: str) -> Ticker:
        await self._exchange.read("ticker")
        return self._exchange.ticker(symbol)

    async def candles(self, *_: Any) -> list[Any]:
        return []

    def watch(self, channel: Channel, symbol: str, interval: str | None, sink: Callable[[MarketItem], None]) -> None:
        self.sinks.setdefault((channel, symbol), []).append(sink)

    def unwatch(self, channel: Channel, symbol: str, interval: str | None, sink: Callable[[MarketItem], None]) -> None:
        self.sinks[channel, symbol].remove(sink)


class ScriptedOrder:
    """`Prepared`: a create that can be sent once."""

    def __init__(
        self, exchange: ScriptedExchange, terms: OrderTerms, client_order_id: str, timing: Timing, transport: Transport
    ) -> None:
        self._exchange = exchange
        self._terms = terms
        self._client_order_id = client_order_id
        self._timing = timing
        self._sent = False
        self.transport = transport

    async def send(self) -> Answer:
        assert not self._sent, "a create is sent once"
        self._sent = True
        return await self._exchange.command(
            "create", self._timing, lambda: self._exchange.create(self._terms, self._client_order_id)
        )
