"""Evidence from an exchange: the private stream's raw frames, and every list, read to its end."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import structlog

from hedgerow.core.reports import (
    Balance,
    FillReport,
    OrderReport,
    PositionReport,
    Report,
    Source,
    StreamDown,
    StreamUp,
)
from hedgerow.exchange import ExchangeFault, Found, OrderRef
from hedgerow.exchange.dialect import Call, Listing, Row, UnknownInstrumentError
from hedgerow.exchange.kept_socket import KeptSocket
from hedgerow.exchange.link import Link
from hedgerow.exchange.wire_numbers import UnreadableError

_LOG = structlog.get_logger(__name__)
_T = TypeVar("_T")
_MOST_WAITING: Final = 50_000  # frames; a reader that falls further behind starts anew from REST
_EARLIER_MS: Final = 60_000  # how much further back an order is looked for than asked

_Item = StreamUp | StreamDown | Mapping[str, Any] | None


class CcxtReports:
    """The evidence of one account. Its private WebSocket is up while the stream is read."""

    def __init__(self, link: Link, most_waiting: int = _MOST_WAITING) -> None:
        self._link = link
        self._most_waiting = most_waiting
        self._waiting: deque[_Item] = deque()
        self._arrived = asyncio.Event()
        self._socket: KeptSocket | None = None
        self._running: asyncio.Task[None] | None = None
        self._complained: set[str] = set()

    def heard_ms(self) -> int:
        return 0 if self._socket is None else self._socket.heard_ms

    def exchange_time_ms(self) -> int:
        return self._link.clock.now_ms()

    # the private stream

    async def stream(self) -> AsyncIterator[Report]:
        assert self._socket is None, "one reader at a time"
        link = self._link
        socket = self._socket = KeptSocket(
            link.client,
            link.dialect,
            link.socket_address("private"),
            log_in=True,
            now_ms=link.now_ms,
            chance=link.chance,
            scrub=link.scrub,
            on_push=self._push,
            on_up=lambda: self._put(StreamUp(link.now_ms())),
            on_down=lambda reason: self._put(StreamDown(link.now_ms(), reason)),
        )
        for topic in link.dialect.private_topics:
            socket.want(topic)
        self._running = asyncio.create_task(socket.run(), name=f"private stream of {link.account}")
        try:
            while (item := await self._next()) is not None:
                if isinstance(item, StreamUp | StreamDown):
                    yield item
                    continue
                for report in await self._read(item):
                    yield report
        finally:
            await self._hang_up()
            self._waiting.clear()

    async def close(self) -> None:
        """End the stream; its reader still gets what has come already."""
        await self._hang_up()
        self._put(None)

    async def _hang_up(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)  # a cancellation of ours is not taken for its end
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.stop()

    def _push(self, topic: str, message: Mapping[str, Any]) -> None:
        if len(self._waiting) >= self._most_waiting and self._socket is not None:
            self._socket.drop("the reader is too slow")
            return
        self._put(message)

    def _put(self, item: _Item) -> None:
        self._waiting.append(item)
        self._arrived.set()

    async def _next(self) -> _Item:
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        return self._waiting.popleft()

    async def _read(self, message: Mapping[str, Any]) -> Sequence[Report]:
        """The reports of one push; none where it does not read, which is said once for each reason."""
        link = self._link
        try:
            return await link.read(lambda listing: link.dialect.read_push(message, listing, link.margin_mode))
        except Exception as error:  # whatever one push holds, the stream lives
            text = link.scrub(f"{type(error).__name__}: {error}")
            if text not in self._complained and len(self._complained) < 100:
                self._complained.add(text)
                _LOG.error("exchange.report_skipped", account=link.account, error=text)
            return ()

    # the lists

    async def open_orders(self) -> list[OrderReport]:
        orders = await self._all(self._link.dialect.open_orders(self._link.listing), self._link.dialect.read_orders)
        return list({order.exchange_order_id: order for order in orders}.values())

    async def find_order(self, order: OrderRef, since_ms: int) -> Found:
        """Look in open and conditional orders, in history and in the executions; by our own id where there is one."""
        link = self._link
        try:
            instrument = link.listing[order.symbol]
        except UnknownInstrumentError:
            raise ExchangeFault(f"{link.dialect.exchange} does not list {order.symbol} any more") from None
        since_ms, now_ms = since_ms - _EARLIER_MS, link.clock.now_ms()
        reports: list[OrderReport] = []
        fills: list[FillReport] = []
        complete = True
        for call in link.dialect.order_places(instrument, order, since_ms, now_ms):
            try:
                reports += await self._all([call], link.dialect.read_orders)
            except ExchangeFault:
                complete = False
        try:
            fills = await self._all(
                link.dialect.order_fills(instrument, order, since_ms, now_ms), link.dialect.read_fills
            )
        except ExchangeFault:
            complete = False
        return Found(
            reports=[report for report in reports if _is_of(report, order)],
            fills=[fill for fill in _in_order(fills) if _is_of(fill, order)],
            complete=complete,
        )

    async def fills(self, since_ms: int, symbol: str | None = None) -> list[FillReport]:
        link = self._link
        calls = link.dialect.fills(link.listing, symbol, since_ms, link.clock.now_ms())
        return _in_order(await self._all(calls, link.dialect.read_fills))

    async def positions(self) -> list[PositionReport]:
        link = self._link
        return await self._all(
            link.dialect.positions(link.listing),
            lambda rows, listing, source: link.dialect.read_positions(rows, listing, source, link.margin_mode),
        )

    async def balances(self) -> list[Balance]:
        link = self._link
        return await self._all([link.dialect.balances()], lambda rows, _, __: link.dialect.read_balances(rows))

    async def _all(self, calls: Sequence[Call], read: Callable[[Sequence[Row], Listing, Source], list[_T]]) -> list[_T]:
        """What several questions bring, complete.

        Raises:
            ExchangeFault: a page is missing, or a row does not read.
        """
        link = self._link
        try:
            rows = await link.rest.all_rows(calls)
            return await link.read(lambda listing: read(rows, listing, Source.REST))
        except (UnreadableError, UnknownInstrumentError) as error:
            text = link.scrub(f"{type(error).__name__}: {error}")
            raise ExchangeFault(f"{link.dialect.exchange}: a row does not read: {text}") from None


def _is_of(report: OrderReport | FillReport, order: OrderRef) -> bool:
    """Whether it is exactly this order: by our id where we have one, never by price and size."""
    if order.client_order_id:
        return report.client_order_id == order.client_order_id
    return report.exchange_order_id == order.exchange_order_id


def _in_order(fills: Sequence[FillReport]) -> list[FillReport]:
    """Oldest first, each once: spans and pages may overlap. Pages come newest first."""
    once = {(fill.symbol, fill.trade_id, fill.exchange_order_id, fill.side): fill for fill in reversed(fills)}
    return sorted(once.values(), key=lambda fill: fill.time_ms)
