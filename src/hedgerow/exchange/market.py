"""Market data of one account's exchange: one upstream subscription for each topic, shared; the latest wins."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple

import structlog

from hedgerow.core.instruments import Instrument
from hedgerow.exchange import Candle, Channel, ExchangeFault, MarketItem, PublicTrade, Ticker
from hedgerow.exchange.dialect import MarketReader, ResyncError, UnknownInstrumentError
from hedgerow.exchange.kept_socket import KeptSocket
from hedgerow.exchange.link import Link
from hedgerow.exchange.wire_numbers import UnreadableError

_LOG = structlog.get_logger(__name__)
_RENEW_EVERY_MS: Final = 1_000
_TRADES_KEPT: Final = 50  # for whoever comes later; of the other channels the last item tells everything

Sink = Callable[[MarketItem], None]


class _Key(NamedTuple):
    channel: Channel
    symbol: str
    interval: str | None


class _Upstream:
    """One topic, its reader, and who listens."""

    def __init__(self, key: _Key, wire: str, topic: str, reader: MarketReader) -> None:
        self.key = key
        self.wire = wire
        self.topic = topic
        self.reader = reader
        self.sinks: list[Sink] = []
        self.newest: deque[MarketItem] = deque(maxlen=_TRADES_KEPT if key.channel is Channel.TRADES else 1)
        self.asked: frozenset[str] = frozenset()  # trades that were asked for: a push may repeat them
        self.heard_ms = 0
        self.renewed_ms = 0


class _Line(NamedTuple):
    """One public WebSocket and the task that keeps it up."""

    socket: KeptSocket
    task: asyncio.Task[None]


class CcxtMarketData:
    """Tickers, books, public trades and candles. `watch` and `unwatch` need a running loop."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._lines: dict[str, _Line] = {}
        self._by_key: dict[_Key, _Upstream] = {}
        self._by_topic: dict[str, _Upstream] = {}
        self._asking: set[asyncio.Task[None]] = set()

    async def ticker(self, symbol: str) -> Ticker:
        dialect, instrument = self._link.dialect, self._link.listing[symbol]
        reply = await self._link.rest.ask(dialect.ticker(instrument))
        try:
            return dialect.read_ticker(reply, instrument)
        except UnreadableError as error:
            raise ExchangeFault(f"{dialect.exchange}: {error}") from None

    async def candles(
        self, symbol: str, interval: str, since_ms: int | None, until_ms: int | None, limit: int
    ) -> list[Candle]:
        """Oldest first. Raises `ExchangeFault`, for an interval that the exchange lacks too."""
        dialect, instrument = self._link.dialect, self._link.listing[symbol]
        reply = await self._link.rest.ask(dialect.candles(instrument, interval, since_ms, until_ms, limit))
        try:
            return dialect.read_candles(reply, instrument, interval)
        except (UnreadableError, IndexError, KeyError) as error:
            raise ExchangeFault(f"{dialect.exchange}: {error}") from None

    def watch(self, channel: Channel, symbol: str, interval: str | None, sink: Sink) -> None:
        """Keep `sink` fed. What is known already comes at once: the last of a state, some trades, oldest first.

        Raises:
            UnknownInstrumentError, ExchangeFault: no such symbol, no such interval.
        """
        key = _Key(channel, symbol, interval)
        upstream = self._by_key.get(key) or self._open(key)
        upstream.sinks.append(sink)
        for item in tuple(upstream.newest):
            sink(item)

    def unwatch(self, channel: Channel, symbol: str, interval: str | None, sink: Sink) -> None:
        upstream = self._by_key.get(_Key(channel, symbol, interval))
        if upstream is None or sink not in upstream.sinks:
            return
        upstream.sinks.remove(sink)
        if not upstream.sinks:
            del self._by_key[upstream.key], self._by_topic[upstream.topic]
            self._lines[upstream.wire].socket.leave(upstream.topic)

    def heard_ms(self, channel: Channel, symbol: str) -> int:
        return max((each.heard_ms for key, each in self._by_key.items() if key[:2] == (channel, symbol)), default=0)

    async def close(self) -> None:
        for asking in self._asking:
            asking.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
        for line in self._lines.values():
            line.task.cancel()
            await asyncio.gather(line.task, return_exceptions=True)  # a cancellation of ours is not taken for its end
            await line.socket.stop()
        self._lines.clear()
        self._by_key.clear()
        self._by_topic.clear()

    def _open(self, key: _Key) -> _Upstream:
        dialect, instrument = self._link.dialect, self._link.listing[key.symbol]
        topic = dialect.market_topic(key.channel, instrument, key.interval)
        reader = dialect.market_reader(key.channel, instrument, key.interval)
        upstream = _Upstream(key, dialect.market_wire(instrument), topic, reader)
        self._by_key[key] = self._by_topic[topic] = upstream
        self._line(upstream.wire).socket.want(topic)
        if key.channel is Channel.TRADES:
            asking = asyncio.create_task(
                self._begin_with_recent(upstream, instrument), name=f"recent trades of {topic}"
            )
            self._asking.add(asking)
            asking.add_done_callback(self._asking.discard)
        return upstream

    async def _begin_with_recent(self, upstream: _Upstream, instrument: Instrument) -> None:
        """Pushes tell only trades to come, and in a quiet market none comes; once one did, those before it are late."""
        dialect = self._link.dialect
        try:
            reply = await self._link.rest.ask(dialect.recent_trades(instrument, _TRADES_KEPT))
            trades = dialect.read_recent_trades(reply, instrument)
        except (ExchangeFault, UnreadableError, KeyError, TypeError) as error:
            _LOG.info("market.no_recent_trades", topic=upstream.topic, error=str(error))
            return
        if not upstream.newest:
            upstream.asked = frozenset(trade.trade_id for trade in trades)
            for trade in trades:
                self._tell(upstream, trade)

    def _line(self, wire: str) -> _Line:
        line = self._lines.get(wire)
        if line is None:
            link = self._link
            socket = KeptSocket(
                link.client,
                link.dialect,
                link.socket_address(wire),
                log_in=False,
                now_ms=link.now_ms,
                chance=link.chance,
                scrub=link.scrub,
                on_push=self._push,
                on_up=lambda: None,
                on_down=lambda reason: self._down(wire, reason),
                strict=False,
            )
            task = asyncio.create_task(socket.run(), name=f"{wire} market data of {link.account}")
            line = self._lines[wire] = _Line(socket, task)
        return line

    def _push(self, topic: str, message: Mapping[str, Any]) -> None:
        upstream = self._by_topic.get(topic)
        if upstream is None:
            return
        try:
            items = upstream.reader.read(message)
        except (ResyncError, UnreadableError, KeyError, TypeError, ValueError) as error:
            self._resync(upstream, error)
            return
        upstream.heard_ms = self._link.now_ms()
        for item in items:
            if not (isinstance(item, PublicTrade) and item.trade_id in upstream.asked):
                self._tell(upstream, item)

    def _resync(self, upstream: _Upstream, error: Exception) -> None:
        """Ask for a fresh snapshot, at most once a second; what comes until then is dropped."""
        now_ms = self._link.now_ms()
        if now_ms - upstream.renewed_ms < _RENEW_EVERY_MS:
            return
        _LOG.info("market.resync", topic=upstream.topic, error=str(error))
        upstream.renewed_ms = now_ms
        self._renew(upstream)
        self._lines[upstream.wire].socket.renew(upstream.topic)

    def _tell(self, upstream: _Upstream, item: MarketItem) -> None:
        upstream.newest.append(item)
        for sink in tuple(upstream.sinks):
            sink(item)

    def _down(self, wire: str, reason: str) -> None:
        _LOG.warning("market.down", wire=wire, reason=reason)
        for upstream in self._by_topic.values():
            if upstream.wire == wire:
                self._renew(upstream)

    def _renew(self, upstream: _Upstream) -> None:
        """What comes next is a snapshot; nothing old may mix with it."""
        key = upstream.key
        if key.channel is not Channel.TRADES:
            upstream.newest.clear()
        with suppress(UnknownInstrumentError):
            instrument = self._link.listing[key.symbol]
            upstream.reader = self._link.dialect.market_reader(key.channel, instrument, key.interval)
