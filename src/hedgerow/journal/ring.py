"""The newest entries of one stream in memory, and the readers that live on them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping

from hedgerow.journal import Entry, JournalClosed, RecordsGone

Fetch = Callable[[int, int, int], Awaitable[list[Entry]]]
"""(partition, after offset, limit) -> what the store holds; raises RecordsGone where that is no longer kept."""

_FETCHED = 2_000  # entries in one read of the store, so that a thread's hand-over is spread over many


class Ring:
    """The newest entries of one stream, numbered in the order in which they became durable.

    Attributes:
        heads: the last offset of each partition that has one.
        floors: the highest offset of each partition that is not here any more (or never was).
        start: the number of the oldest entry here.
    """

    def __init__(self, size: int, heads: Mapping[int, int]) -> None:
        self.heads = dict(heads)
        self.floors = dict(heads)
        self.start = 0
        self._size = size
        self._slack = max(1, size // 4)  # old entries go by the slab: a list drops its front in one move
        self._entries: list[Entry] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._fault: Exception | None = None

    @property
    def end(self) -> int:
        """The number that the next entry will have."""
        return self.start + len(self._entries)

    def extend(self, entries: Iterable[Entry]) -> None:
        """Take in entries that are durable now; `wake` tells the readers."""
        for entry in entries:
            self._entries.append(entry)
            self.heads[entry.partition] = entry.offset
        excess = len(self._entries) - self._size
        if excess > self._slack:
            self._drop(excess)

    def _drop(self, count: int) -> None:
        for entry in self._entries[:count]:
            self.floors[entry.partition] = entry.offset
        del self._entries[:count]
        self.start += count

    def trimmed(self, partition: int, offset: int) -> None:
        """Entries up to this offset are given up: no reader may begin before it."""
        self.floors[partition] = max(self.floors.get(partition, -1), offset)

    def slice(self, at: int, limit: int) -> list[Entry]:
        return self._entries[at - self.start : at - self.start + limit]

    def first_after(self, places: Mapping[int, int], partitions: Collection[int]) -> int:
        """The number of the first entry that a reader at these places has not seen."""
        if all(places.get(partition, -1) == self.heads.get(partition, -1) for partition in partitions):
            return self.end
        return self.start

    def wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def fail(self, fault: Exception) -> None:
        """No entry will ever come again: every reader that waits, now or later, gets the fault."""
        self._fault = fault
        self.wake()

    def check(self) -> None:
        if self._fault is not None:
            raise self._fault

    def check_places(self, places: Mapping[int, int]) -> None:
        """Raises `RecordsGone` where a reader comes from beyond the end: an older backup was put in place."""
        for partition, offset in places.items():
            if offset > self.heads.get(partition, -1):
                raise RecordsGone(f"partition {partition} ends before offset {offset}: its newest records were lost")

    async def changed(self) -> None:
        """Wait for `wake`."""
        self.check()
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future


class RingTail:
    """A `Tail` on a ring; where it stands before the ring, it reads the store until it can join.

    It joins without gap or repeat because it remembers the offset it handed out last in each partition.
    """

    def __init__(self, ring: Ring, after: Mapping[int, int], partitions: Iterable[int], fetch: Fetch) -> None:
        self._ring = ring
        self._partitions = frozenset(partitions)
        self._places = {partition: offset for partition, offset in after.items() if partition in self._partitions}
        self._fetch = fetch
        self._fetched: list[Entry] = []
        self._at: int | None = None  # its number in the ring, once it has joined
        self._open = True

    @property
    def offsets(self) -> dict[int, int]:
        return dict(self._places)

    @property
    def in_memory(self) -> bool:
        return bool(self._fetched) or self._behind() is None

    def take(self, limit: int = 500) -> list[Entry]:
        if not self._open:
            return []
        if self._fetched:
            return self._take_fetched(limit)
        return self._take_from_ring(limit) if self._joined() else []

    def _take_fetched(self, limit: int) -> list[Entry]:
        taken, self._fetched = self._fetched[:limit], self._fetched[limit:]
        for entry in taken:
            self._places[entry.partition] = entry.offset
        return taken

    def _take_from_ring(self, limit: int) -> list[Entry]:
        assert self._at is not None
        ring, places, partitions = self._ring, self._places, self._partitions
        taken: list[Entry] = []
        while not taken and self._at < ring.end:
            piece = ring.slice(self._at, limit)
            self._at += len(piece)
            for entry in piece:
                partition, offset = entry[0], entry[1]
                if partition in partitions and offset > places.get(partition, -1):
                    places[partition] = offset
                    taken.append(entry)
        return taken

    def _joined(self) -> bool:
        """Whether it stands in the ring; joins it where it can."""
        ring = self._ring
        if self._at is not None and self._at < ring.start:
            self._at = None  # too slow: the ring went on without it
        if self._at is None and self._behind() is None:
            self._at = ring.first_after(self._places, self._partitions)
        return self._at is not None

    def _behind(self) -> int | None:
        """A partition in which something to be read has left the ring."""
        floors = self._ring.floors
        for partition in self._partitions:
            if self._places.get(partition, -1) < floors.get(partition, -1):
                return partition
        return None

    async def next(self, limit: int = 500) -> list[Entry]:
        while True:
            if not self._open:
                raise JournalClosed("the tail is closed")
            taken = self.take(limit)
            if taken:
                return taken
            self._ring.check()
            self._ring.check_places(self._places)
            if self._at is not None:
                await self._ring.changed()
            else:
                await self._fetch_more(limit)

    async def _fetch_more(self, limit: int) -> None:
        partition = self._behind()
        if partition is None:
            return
        floor = self._ring.floors[partition]
        self._fetched = await self._fetch(partition, self._places.get(partition, -1), max(limit, _FETCHED))
        if not self._fetched:
            self._places[partition] = floor  # offsets may skip: nothing is kept between here and there

    def close(self) -> None:
        self._open = False
        self._fetched = []
        self._ring.wake()
