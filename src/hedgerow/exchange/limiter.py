"""Our own rate limits: one lane for each class of requests, so that a queue of orders never delays a cancel."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from hedgerow.exchange.dialect import Lane, Rate

_LONGEST_WAIT_MS: Final = 10_000


class TooBusyError(Exception):
    """The lane has no room before the request's time is over; nothing was sent."""


class _Lane:
    """A generic cell rate algorithm: `due_us` is when the next request would be due at an even pace."""

    def __init__(self, rate: Rate) -> None:
        self.pace_us = 1_000_000 // rate.per_second
        self.slack_us = self.pace_us * (rate.burst - 1)
        self.due_us = 0

    def wait_us(self, now_us: int) -> int:
        return max(0, self.due_us - self.slack_us - now_us)

    def take(self, now_us: int) -> None:
        self.due_us = max(self.due_us, now_us) + self.pace_us


class Limiter:
    """Spaces requests, lane by lane, as the exchange allows.

    Cancels have a lane of their own, so their share is always free. `now_ms` must never run backwards.
    """

    def __init__(self, rates: Mapping[Lane, Rate], now_ms: Callable[[], int]) -> None:
        self._lanes = {lane: _Lane(rate) for lane, rate in rates.items()}
        self._held_until_ms: dict[Lane, int] = {}
        self._now_ms = now_ms

    def reserve(self, lane: Lane, within_ms: int = _LONGEST_WAIT_MS) -> int:
        """Take the next place in the lane.

        Returns:
            how many ms to wait before sending.

        Raises:
            TooBusyError: that would be more than `within_ms`; no place is taken.
        """
        if not self._lanes and not self._held_until_ms:
            return 0
        now_ms = self._now_ms()
        wait_ms = max(0, self._held_until_ms.get(lane, 0) - now_ms)
        limited = self._lanes.get(lane)
        if limited is not None:
            wait_ms = max(wait_ms, -(-limited.wait_us(now_ms * 1000) // 1000))
        if wait_ms > within_ms:
            raise TooBusyError(f"the exchange's rate limit for {lane} requests leaves no room within {within_ms} ms")
        if limited is not None:
            limited.take(now_ms * 1000)
        return wait_ms

    async def admit(self, lane: Lane, within_ms: int = _LONGEST_WAIT_MS) -> None:
        """Wait for one's turn.

        Raises:
            TooBusyError: it would not come within `within_ms`.
        """
        wait_ms = self.reserve(lane, within_ms)
        if wait_ms:
            await asyncio.sleep(wait_ms / 1000)

    def hold(self, lane: Lane, for_ms: int) -> None:
        """The exchange turned us away for haste: send nothing more in this lane for a while."""
        until_ms = self._now_ms() + max(0, for_ms)
        self._held_until_ms[lane] = max(until_ms, self._held_until_ms.get(lane, 0))
