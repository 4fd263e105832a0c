"""A journal at its worst: what it reads comes twice, goes back and on again, and its partitions interleave anyhow.

All of this the port allows, and a broker does at times.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterable, Sequence

from hedgerow.journal import Entry, Journal, Offsets, Position, Record, Tail


def disturbed(entries: Iterable[Entry], chance: random.Random) -> list[Entry]:
    """The same entries, each partition's going back a little at times, the partitions shuffled into each other."""
    lanes: dict[int, deque[Entry]] = defaultdict(deque)
    for entry in entries:
        lane = lanes[entry.partition]
        lane.append(entry)
        if chance.random() < 0.3:
            lane.extend(list(lane)[-chance.randint(1, 4) :])
    disturbed_entries = []
    while lanes:
        partition = chance.choice(sorted(lanes))
        disturbed_entries.append(lanes[partition].popleft())
        if not lanes[partition]:
            del lanes[partition]
    return disturbed_entries


class _RepeatingTail:
    def __init__(self, tail: Tail, chance: random.Random) -> None:
        self._tail = tail
        self._chance = chance
        self._ready: list[Entry] = []
        self._places = tail.offsets

    @property
    def offsets(self) -> dict[int, int]:
        return dict(self._places)

    @property
    def in_memory(self) -> bool:
        return self._tail.in_memory

    def take(self, limit: int = 500) -> list[Entry]:
        self._ready.extend(disturbed(self._tail.take(limit), self._chance))
        taken, self._ready = self._ready[:limit], self._ready[limit:]
        for entry in taken:
            self._places[entry.partition] = max(entry.offset, self._places.get(entry.partition, -1))
        return taken

    async def next(self, limit: int = 500) -> list[Entry]:
        if not self._ready:
            self._ready = disturbed(await self._tail.next(limit), self._chance)
        return self.take(limit)

    def close(self) -> None:
        self._ready = []
        self._tail.close()


class RepeatingJournal:
    def __init__(self, journal: Journal, seed: int) -> None:
        self._journal = journal
        self._chance = random.Random(seed)

    @property
    def journal_id(self) -> str:
        return self._journal.journal_id

    @property
    def partitions(self) -> int:
        return self._journal.partitions

    def partition_of(self, account: str) -> int:
        return self._journal.partition_of(account)

    async def append(self, stream: str, account: str, records: Sequence[Record], *, lazy: bool = False) -> Position:
        return await self._journal.append(stream, account, records, lazy=lazy)

    async def append_in_order(
        self, account: str, parts: Sequence[tuple[str, Sequence[Record]]], *, lazy: bool = False
    ) -> list[Position]:
        return await self._journal.append_in_order(account, parts, lazy=lazy)

    async def end(self, stream: str) -> dict[int, int]:
        return await self._journal.end(stream)

    async def read(
        self, stream: str, after: Offsets, partitions: Sequence[int] | None = None, limit: int = 1000
    ) -> AsyncIterator[list[Entry]]:
        entries = [entry async for batch in self._journal.read(stream, after, partitions, limit) for entry in batch]
        entries = disturbed(entries, self._chance)
        for at in range(0, len(entries), limit):
            await asyncio.sleep(0)
            yield entries[at : at + limit]

    def tail(self, stream: str, after: Offsets, partitions: Sequence[int] | None = None) -> _RepeatingTail:
        return _RepeatingTail(self._journal.tail(stream, after, partitions), self._chance)

    async def trim(self, stream: str, before: Offsets) -> None:
        await self._journal.trim(stream, before)

    async def close(self) -> None:
        await self._journal.close()
