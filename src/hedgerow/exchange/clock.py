"""The exchange's clock, measured: our clock plus an offset that every answer narrows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

_KEPT: Final = 8  # measurements


class _Measured(NamedTuple):
    """One exchange of time. The true offset lies between `low` and `high`; the round trip is their distance."""

    low: int
    high: int


class ExchangeClock:
    """What time it is at the exchange.

    The best of the last few measurements counts: the one with the smallest round trip. A measurement that contradicts
    it means that one of the two clocks was set: then the older ones are forgotten.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._measured: list[_Measured] = []
        self._offset = 0

    def measured(self, sent_ms: int, received_ms: int, server_ms: int) -> None:
        """Take one measurement: our clock when a request left and when its answer came, and the time it told."""
        if received_ms < sent_ms:
            return  # our clock was set back in between
        latest = _Measured(server_ms - received_ms, server_ms - sent_ms)
        kept = [each for each in self._measured if each.low <= latest.high + 1 and latest.low <= each.high + 1]
        self._measured = [*(kept if len(kept) == len(self._measured) else []), latest][-_KEPT:]
        best = min(self._measured, key=lambda each: each.high - each.low)
        self._offset = (best.low + best.high) // 2

    def now_ms(self) -> int:
        return self._now_ms() + self._offset

    @property
    def offset_ms(self) -> int:
        """The exchange's clock minus ours."""
        return self._offset

    @property
    def round_trip_ms(self) -> int | None:
        """Of the measurement that counts; `None` before the first."""
        return min((each.high - each.low for each in self._measured), default=None)
