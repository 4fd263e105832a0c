"""Candles from public trades: one-minute candles are kept, a bounded number a symbol; longer ones are folded from them.

A minute without a trade repeats the last close with no volume, as Bybit's candles do
(https://bybit-exchange.github.io/docs/v5/market/kline).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

import msgspec

from hedgerow.simulator.messages import PublicTrade

MINUTE_MS = 60_000
KEPT_MINUTES = 2_880
DAY_MINUTES = 1_440
_ZERO = Decimal(0)


class Candle(msgspec.Struct):
    start_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    turnover: Decimal
    last_trade_ms: int

    def add(self, price: Decimal, quantity: Decimal, time_ms: int) -> None:
        self.high = max(self.high, price)
        self.low = min(self.low, price)
        self.close = price
        self.volume += quantity
        self.turnover += price * quantity
        self.last_trade_ms = time_ms


class Day(msgspec.Struct, frozen=True):
    """The last twenty-four hours, or as much of them as there is."""

    open: Decimal
    high: Decimal
    low: Decimal
    hour_ago: Decimal
    volume: Decimal
    turnover: Decimal


class Candles:
    """The one-minute candles of one symbol, oldest first."""

    def __init__(self, first_price: Decimal) -> None:
        self._minutes: deque[Candle] = deque(maxlen=KEPT_MINUTES)
        self._first_price = first_price
        self._closed_day: tuple[int, Day] | None = None

    @property
    def last(self) -> Candle | None:
        return self._minutes[-1] if self._minutes else None

    def add(self, trade: PublicTrade) -> None:
        self.advance(trade.time_ms)
        self._minutes[-1].add(trade.price, trade.qty, trade.time_ms)

    def advance(self, now_ms: int) -> None:
        """Fills the minutes up to now."""
        start = now_ms - now_ms % MINUTE_MS
        newest = self.last
        close = newest.close if newest else self._first_price
        following = newest.start_ms + MINUTE_MS if newest else start
        following = max(following, start - (KEPT_MINUTES - 1) * MINUTE_MS)
        for minute in range(following, start + 1, MINUTE_MS):
            self._minutes.append(Candle(minute, close, close, close, close, _ZERO, _ZERO, minute))

    def folded(self, minutes: int) -> list[Candle]:
        """Candles of `minutes` minutes, aligned to the epoch (weeks to Monday), oldest first."""
        return _folded(self._minutes, minutes)

    def latest(self, minutes: int) -> list[Candle]:
        """The last two of `folded`, or the one that there is, without looking at those before."""
        wanted: list[Candle] = []
        starts: set[int] = set()
        for minute in reversed(self._minutes):
            starts.add(_start(minute, minutes))
            if len(starts) > 2:
                break
            wanted.append(minute)
        wanted.reverse()
        return _folded(wanted, minutes)

    def day(self, now_ms: int) -> Day:
        """Its closed minutes are summed once a minute, the running one each time."""
        self.advance(now_ms)
        running = self._minutes[-1]
        if self._closed_day is None or self._closed_day[0] != running.start_ms:
            self._closed_day = running.start_ms, self._closed()
        closed = self._closed_day[1]
        return Day(
            open=closed.open,
            high=max(closed.high, running.high),
            low=min(closed.low, running.low),
            hour_ago=closed.hour_ago,
            volume=closed.volume + running.volume,
            turnover=closed.turnover + running.turnover,
        )

    def _closed(self) -> Day:
        count = len(self._minutes)
        window = list(islice(self._minutes, max(0, count - DAY_MINUTES), count))
        closed = window[:-1]
        return Day(
            open=window[0].open,
            high=max((minute.high for minute in closed), default=window[0].open),
            low=min((minute.low for minute in closed), default=window[0].open),
            hour_ago=window[max(0, len(window) - 60)].open,
            volume=sum((minute.volume for minute in closed), _ZERO),
            turnover=sum((minute.turnover for minute in closed), _ZERO),
        )

    def begin(self, minutes: Sequence[Candle]) -> None:
        """What was before the first trade."""
        assert not self._minutes
        self._minutes.extend(minutes)

    def snapshot(self) -> list[Any]:
        built: list[Any] = msgspec.to_builtins([msgspec.structs.astuple(minute) for minute in self._minutes])
        return built

    def restore(self, snapshot: list[Any]) -> None:
        fields = Candle.__struct_fields__
        self._minutes.extend(msgspec.convert(dict(zip(fields, row, strict=True)), Candle) for row in snapshot)


def _start(minute: Candle, minutes: int) -> int:
    """Where the longer candle begins that a minute is part of."""
    offset_ms = 4 * 86_400_000 if minutes == 7 * DAY_MINUTES else 0  # the epoch was a Thursday
    return minute.start_ms - (minute.start_ms - offset_ms) % (minutes * MINUTE_MS)


def _folded(kept: Iterable[Candle], minutes: int) -> list[Candle]:
    folded: list[Candle] = []
    for minute in kept:
        start = _start(minute, minutes)
        if folded and folded[-1].start_ms == start:
            _merge(folded[-1], minute)
        else:
            folded.append(msgspec.structs.replace(minute, start_ms=start))
    return folded


def _merge(candle: Candle, minute: Candle) -> None:
    candle.high = max(candle.high, minute.high)
    candle.low = min(candle.low, minute.low)
    candle.close = minute.close
    candle.volume += minute.volume
    candle.turnover += minute.turnover
    candle.last_trade_ms = minute.last_trade_ms
