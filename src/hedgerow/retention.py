"""Retention: streams are cut behind what history has folded, so that a journal does not grow for ever."""

from __future__ import annotations

import msgspec

from hedgerow.clock import Clock
from hedgerow.core.records import Stream
from hedgerow.history import History
from hedgerow.journal import Journal


class Keep(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the newest records of each partition of a stream stay, and how often the rest is given up."""

    records: int = 500_000
    heartbeats: int = 1_000
    every_s: float = 600.0


class Retention:
    def __init__(self, journal: Journal, history: History, clock: Clock, keep: Keep) -> None:
        self._journal = journal
        self._history = history
        self._clock = clock
        self._keep = keep

    async def run(self) -> None:
        while True:
            await self._clock.sleep(self._keep.every_s)
            await self.cut()

    async def cut(self) -> None:
        """Give up what is old and folded; what history has not folded yet always stays."""
        folded = {(place.stream, place.partition): place.offset for place in await self._history.places()}
        for stream in Stream:
            ends = await self._journal.end(stream)
            if stream is Stream.HEARTBEATS:
                before = {partition: end - self._keep.heartbeats for partition, end in ends.items()}
            else:
                before = {
                    partition: min(end - self._keep.records, folded.get((stream, partition), -1))
                    for partition, end in ends.items()
                }
            before = {partition: offset for partition, offset in before.items() if offset >= 0}
            if before:
                await self._journal.trim(stream, before)
