"""The newest entries of one topic in memory: those that a consumer brings, and one's own once they are written."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final, NamedTuple

from hedgerow.journal import Entry, JournalClosed, JournalFault, RecordsGone
from hedgerow.journal.kafka_message import last_offset, message_of
from hedgerow.journal.ring import Fetch, Ring, RingTail

_AGAIN_S: Final = 0.2  # between questions to brokers that do not answer


class Own(NamedTuple):
    """A message that was written from here; `at_hand` is called once it is in the ring, which is no haste if `lazy`."""

    message: int
    entries: list[Entry]
    at_hand: Callable[[], None]
    lazy: bool = False

    @property
    def partition(self) -> int:
        return self.entries[0].partition


class LiveRing(Ring):
    """A ring that is fed from two sides, of one event loop.

    What was written here need not come back from the broker: it is taken in at once where it is the next message of its
    partition, and else when what others wrote before it has come. Whatever comes a second time is dropped.

    Attributes:
        wanted: set while something written here waits for what others wrote before it.
    """

    def __init__(self, size: int, heads: Mapping[int, int]) -> None:
        super().__init__(size, heads)
        self.wanted = threading.Event()
        self._own: dict[int, deque[Own]] = defaultdict(deque)

    def arrive(self, entries: Iterable[Entry]) -> None:
        """Take in what the consumer brings; `wake` tells the readers."""
        fresh = [entry for entry in entries if entry.offset > self.heads.get(entry.partition, -1)]
        self.extend(fresh)
        for partition in {entry.partition for entry in fresh}:
            self._join(partition)
        self._say_what_is_wanted()

    def take_own(self, own: Own) -> None:
        """Take in what was written here, now or as soon as it is its turn."""
        if self._fault is not None:
            own.at_hand()
            return
        self._own[own.partition].append(own)
        self._join(own.partition)
        self._say_what_is_wanted()

    def forget(self, own: Own) -> None:
        """Nobody waits for this one any more."""
        if own in self._own[own.partition]:
            self._own[own.partition].remove(own)
            self._say_what_is_wanted()

    def _join(self, partition: int) -> None:
        waiting = self._own[partition]
        while waiting:
            own, read = waiting[0], message_of(self.heads.get(partition, -1))
            if own.message > read + 1:
                return
            if own.message == read + 1:
                self.extend(own.entries)
            waiting.popleft().at_hand()

    def _say_what_is_wanted(self) -> None:
        if any(not own.lazy for waiting in self._own.values() for own in waiting):
            self.wanted.set()
        else:
            self.wanted.clear()

    def skip_to(self, heads: Mapping[int, int]) -> None:
        """Begin anew at these heads: what is before them is read from the broker by whoever wants it."""
        self._drop(len(self._entries))
        self.start += 1  # so that every tail looks again at where it stands
        for partition, head in heads.items():
            self.floors[partition] = self.heads[partition] = max(head, self.heads.get(partition, -1))
        for partition in list(self._own):
            self._join(partition)
        self._say_what_is_wanted()
        self.wake()

    def fail(self, fault: Exception) -> None:
        super().fail(fault)
        for waiting in self._own.values():
            while waiting:
                waiting.popleft().at_hand()

    def is_behind(self, places: Mapping[int, int]) -> bool:
        """Whether a reader has seen more than has come here yet."""
        return any(offset > self.heads.get(partition, -1) for partition, offset in places.items())


class LiveTail(RingTail):
    """A tail whose reader may come from another process, which has read further than this one.

    Only the brokers can tell whether what it has read is there; then it waits until it has come here.
    """

    def __init__(
        self,
        ring: LiveRing,
        after: Mapping[int, int],
        partitions: Iterable[int],
        fetch: Fetch,
        ends: Callable[[], Awaitable[Mapping[int, int]]],
    ) -> None:
        super().__init__(ring, after, partitions, fetch)
        self._live = ring
        self._ends = ends

    async def next(self, limit: int = 500) -> list[Entry]:
        if self._open and self._live.is_behind(self._places):
            await self._come_level()
        return await super().next(limit)

    async def _come_level(self) -> None:
        ends = await self._asked()
        for partition, offset in self._places.items():
            if offset > ends.get(partition, -1):
                raise RecordsGone(f"partition {partition} ends before offset {offset}: its newest records were lost")
        while self._open and self._live.is_behind(self._places):
            await self._live.changed()

    async def _asked(self) -> Mapping[int, int]:
        """Where the topic ends, as soon as the brokers say so."""
        while self._open:
            self._live.check()
            try:
                return await self._ends()
            except JournalClosed:
                raise
            except JournalFault:
                await asyncio.sleep(_AGAIN_S)
        raise JournalClosed("the tail is closed")


def heads_of(ends: Mapping[int, int]) -> dict[int, int]:
    """The last offset of each partition that has one, by how many messages were ever written to it."""
    return {partition: last_offset(end - 1) for partition, end in ends.items() if end > 0}
