"""The public topics that somebody listens to, and what each has to say next.

https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook, .../trade, .../ticker, .../kline
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from hedgerow.simulator.bybit import listings
from hedgerow.simulator.bybit.backend import Backend
from hedgerow.simulator.bybit.books import DEPTHS, BookTopic, opened
from hedgerow.simulator.bybit.replies import encode
from hedgerow.simulator.candles import MINUTE_MS, Candle
from hedgerow.simulator.messages import PublicTrade

TICKER_EVERY_MS = 100
CANDLE_EVERY_MS = 1_000
_BOOKS = "orderbook"
_TRADES = "publicTrade"
_TICKERS = "tickers"
_CANDLES = "kline"
_SILENT = frozenset({"allLiquidation", "liquidation"})  # known to Bybit; nobody is liquidated here


class Topic(msgspec.Struct, frozen=True):
    kind: str
    argument: str  # a depth, an interval, or nothing
    symbol: str


def parse(topic: str, backend: Backend) -> Topic | None:
    """`orderbook.50.BTCUSDT`, `publicTrade.BTCUSDT`, `tickers.BTCUSDT`, `kline.1.BTCUSDT`."""
    kind, _, rest = topic.partition(".")
    if kind in (_BOOKS, _CANDLES):
        argument, _, symbol = rest.partition(".")
        if argument not in (DEPTHS if kind == _BOOKS else listings.INTERVALS):
            return None
    else:
        argument, symbol = "", rest
        if kind not in (_TRADES, _TICKERS) and kind not in _SILENT:
            return None
    return Topic(kind, argument, symbol) if symbol in backend.instruments else None


class PublicTopics:
    """State of the topics with a listener: opened by the first, forgotten after the last."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._listeners: dict[str, int] = {}
        self._books: dict[str, BookTopic] = {}
        self._tickers: dict[str, dict[str, Any]] = {}
        self._candles: dict[str, tuple[Topic, Candle | None]] = {}
        self._trades: dict[str, list[PublicTrade]] = {}
        self._tickers_due_ms = 0
        self._candles_due_ms = 0

    def listen(self, topic: str, now_ms: int) -> bytes | None:
        """One more listener; what it is sent first, if anything."""
        parsed = parse(topic, self._backend)
        assert parsed is not None, topic
        self._listeners[topic] = self._listeners.get(topic, 0) + 1
        if parsed.kind == _BOOKS:
            book = self._books.get(topic)
            if book is None:
                book = opened(topic, parsed.symbol, int(parsed.argument), self._backend, now_ms)
                self._books[topic] = book
            return book.snapshot(now_ms)
        if parsed.kind == _TICKERS:
            row = self._tickers.get(topic) or listings.ticker_row(self._backend, parsed.symbol, now_ms)
            self._tickers[topic] = row
            return self._ticker_frame(topic, "snapshot", row, now_ms)
        if parsed.kind == _CANDLES:
            self._candles.setdefault(topic, (parsed, None))
        elif parsed.kind == _TRADES:
            self._trades.setdefault(topic, [])
        return None

    def leave(self, topic: str) -> None:
        left = self._listeners.get(topic, 0) - 1
        if left > 0:
            self._listeners[topic] = left
            return
        for state in (self._listeners, self._books, self._tickers, self._candles, self._trades):
            state.pop(topic, None)

    def traded(self, trades: Iterable[PublicTrade]) -> None:
        for trade in trades:
            heard = self._trades.get(f"{_TRADES}.{trade.symbol}")
            if heard is not None:
                heard.append(trade)

    def frames(self, changed_books: frozenset[str], now_ms: int) -> Iterator[tuple[str, bytes]]:
        """What there is to say since the last call: (topic, frame)."""
        yield from self._trade_frames(now_ms)
        for topic, book in self._books.items():
            if book.symbol in changed_books or book.depth == 1:
                said = book.advance(self._backend, now_ms)
                if said is not None:
                    yield topic, said
        if now_ms >= self._tickers_due_ms:
            self._tickers_due_ms = now_ms + TICKER_EVERY_MS
            yield from self._ticker_frames(now_ms)
        if now_ms >= self._candles_due_ms:
            self._candles_due_ms = now_ms + CANDLE_EVERY_MS
            yield from self._candle_frames(now_ms)

    def _trade_frames(self, now_ms: int) -> Iterator[tuple[str, bytes]]:
        for topic, trades in self._trades.items():
            if trades:
                data = [_trade(trade) for trade in trades]
                trades.clear()
                yield topic, encode({"topic": topic, "type": "snapshot", "ts": now_ms, "data": data})

    def _ticker_frames(self, now_ms: int) -> Iterator[tuple[str, bytes]]:
        for topic, before in self._tickers.items():
            row = listings.ticker_row(self._backend, before["symbol"], now_ms)
            changed = {name: value for name, value in row.items() if before[name] != value}
            if changed:
                self._tickers[topic] = row
                yield topic, self._ticker_frame(topic, "delta", {"symbol": row["symbol"], **changed}, now_ms)

    def _ticker_frame(self, topic: str, kind: str, data: dict[str, Any], now_ms: int) -> bytes:
        seq = self._backend.book_seq(data["symbol"])[1]
        return encode({"topic": topic, "type": kind, "data": data, "cs": seq, "ts": now_ms})

    def _candle_frames(self, now_ms: int) -> Iterator[tuple[str, bytes]]:
        for topic, (parsed, before) in self._candles.items():
            minutes = listings.INTERVALS[parsed.argument]
            candles = self._backend.latest_candles(parsed.symbol, minutes)
            if not candles:
                continue
            running = candles[-1]
            data = []
            if before is not None and before.start_ms != running.start_ms:
                closed = next((candle for candle in candles if candle.start_ms == before.start_ms), before)
                data.append(_candle(closed, parsed.argument, minutes, confirmed=True))
            if data or before != running:
                data.append(_candle(running, parsed.argument, minutes, confirmed=False))
                self._candles[topic] = (parsed, running)
                yield topic, encode({"topic": topic, "data": data, "ts": now_ms, "type": "snapshot"})


def _trade(trade: PublicTrade) -> dict[str, Any]:
    return {
        "T": trade.time_ms,
        "s": trade.symbol,
        "S": trade.side,
        "v": format(trade.qty, "f"),
        "p": format(trade.price, "f"),
        "L": "PlusTick" if trade.side == "Buy" else "MinusTick",
        "i": trade.trade_id,
        "BT": False,
        "RPI": False,
        "seq": trade.seq,
    }


def _candle(candle: Candle, interval: str, minutes: int, *, confirmed: bool) -> dict[str, Any]:
    return {
        "start": candle.start_ms,
        "end": candle.start_ms + minutes * MINUTE_MS - 1,
        "interval": interval,
        "open": format(candle.open, "f"),
        "close": format(candle.close, "f"),
        "high": format(candle.high, "f"),
        "low": format(candle.low, "f"),
        "volume": format(candle.volume, "f"),
        "turnover": format(candle.turnover, "f"),
        "confirm": confirmed,
        "timestamp": candle.last_trade_ms,
    }
