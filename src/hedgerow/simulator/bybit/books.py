"""Public order book topics: a snapshot, then the levels that changed, of the first N levels of each side.

https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook.  What was sent last is remembered, so that a delta
says exactly what a reader lacks: levels that came into the first N, changed, or left.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from hedgerow.simulator.bybit.backend import Backend
from hedgerow.simulator.bybit.replies import encode

DEPTHS = frozenset({"1", "50", "200", "500", "1000"})
QUIET_SNAPSHOT_MS = 3_000  # level 1 is sent again after three seconds without a change

Side = dict[Decimal, Decimal]


class BookTopic(msgspec.Struct):
    topic: str
    symbol: str
    depth: int
    bids: Side
    asks: Side
    update: int
    seq: int
    sent_ms: int

    def snapshot(self, now_ms: int) -> bytes:
        bids = [_level(price, quantity) for price, quantity in self.bids.items()]
        asks = [_level(price, quantity) for price, quantity in self.asks.items()]
        return self._frame("snapshot", bids, asks, now_ms)

    def advance(self, backend: Backend, now_ms: int) -> bytes | None:
        """The delta to the book as it is now, None where nothing changed."""
        bids, asks = _first(backend, self.symbol, self.depth)
        bid_changes, ask_changes = _changes(self.bids, bids), _changes(self.asks, asks)
        if not bid_changes and not ask_changes:
            return self._repeated(now_ms)
        self.bids, self.asks = bids, asks
        self.update += 1
        self.seq = backend.book_seq(self.symbol)[1]
        self.sent_ms = now_ms
        return self._frame("delta", bid_changes, ask_changes, now_ms)

    def _repeated(self, now_ms: int) -> bytes | None:
        if self.depth != 1 or now_ms - self.sent_ms < QUIET_SNAPSHOT_MS:
            return None
        self.sent_ms = now_ms
        return self.snapshot(now_ms)

    def _frame(self, kind: str, bids: list[list[str]], asks: list[list[str]], now_ms: int) -> bytes:
        data: dict[str, Any] = {"s": self.symbol, "b": bids, "a": asks, "u": self.update, "seq": self.seq}
        return encode({"topic": self.topic, "type": kind, "ts": now_ms, "data": data, "cts": now_ms})


def opened(topic: str, symbol: str, depth: int, backend: Backend, now_ms: int) -> BookTopic:
    bids, asks = _first(backend, symbol, depth)
    update, seq = backend.book_seq(symbol)
    return BookTopic(topic, symbol, depth, bids, asks, update, seq, now_ms)


def _first(backend: Backend, symbol: str, depth: int) -> tuple[Side, Side]:
    bids, asks = backend.market.depth(symbol, depth)
    return dict(bids), dict(asks)


def _changes(before: Mapping[Decimal, Decimal], after: Mapping[Decimal, Decimal]) -> list[list[str]]:
    changed = [_level(price, quantity) for price, quantity in after.items() if before.get(price) != quantity]
    changed += [[format(price, "f"), "0"] for price in before if price not in after]
    return changed


def _level(price: Decimal, quantity: Decimal) -> list[str]:
    return [format(price, "f"), format(quantity, "f")]
