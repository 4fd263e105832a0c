"""The embedded journal: one SQLite file, one writer thread, and the newest entries of each stream in memory."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from hedgerow.journal import Entry, JournalClosed, JournalFault, Offsets, Position, Record
from hedgerow.journal.folder import Lock
from hedgerow.journal.partitions import partition_of
from hedgerow.journal.ring import Ring, RingTail
from hedgerow.journal.room import Room
from hedgerow.journal.sqlite_file import Contents, connect_writer, explained, prepare
from hedgerow.journal.sqlite_readers import Readers
from hedgerow.journal.sqlite_writer import Append, Outcome, Part, Request, Trim, Writer

_WAITING: Final = 4_096  # appends between the loop and the disk; one more waits for room


def _random_id() -> str:
    return secrets.token_hex(8)


class _Only:
    """Awaits the one place of an append of one part; the write is under way already."""

    __slots__ = ("_places",)

    def __init__(self, places: asyncio.Future[list[Position]]) -> None:
        self._places = places

    def __await__(self) -> Generator[Any, None, Position]:
        return (yield from self._places)[0]


class SqliteJournal:
    """`Journal` on one SQLite file (WAL, synchronous=FULL), whose one owner is this process.

    It is crash-only: after a failed commit nothing is appended any more until it is opened anew. It belongs to the
    event loop on which it was opened.
    """

    def __init__(self, path: Path, contents: Contents, lock: Lock, ring: int) -> None:
        self._path = path
        self._contents = contents
        self._lock = lock
        self._ring_size = ring
        self._loop = asyncio.get_running_loop()
        self._room = Room(_WAITING)
        self._partition_of: dict[str, int] = {}
        self._rings: dict[str, Ring] = {}
        for stream in {slot.stream for slot in contents.slots}:
            heads = {slot.partition: slot.head for slot in contents.slots if slot.stream == stream and slot.head >= 0}
            self._rings[stream] = Ring(ring, heads)
        self._fault: JournalFault | None = None
        self._closed = False
        self._readers = Readers(path)
        self._writer = Writer(connect_writer(path), contents.slots, self._tell)

    @classmethod
    async def open(
        cls, path: Path, *, partitions: int = 4, ring: int = 20_000, new_id: Callable[[], str] = _random_id
    ) -> SqliteJournal:
        """Open a journal, or make one where there is none.

        Args:
            partitions: of a new journal; an existing one keeps its own for ever.
            ring: how many of the newest entries of each stream are kept in memory.
            new_id: names a new journal.

        Raises:
            JournalFault: it is damaged, is something else, is newer, or is in use; `str()` says what to do, and
                nothing was changed.
        """
        lock = Lock(path.with_name(path.name + ".lock"), f"The journal {path}")
        try:
            contents = await asyncio.to_thread(prepare, path, partitions, new_id)
            with explained(path):
                return cls(path, contents, lock, ring)
        except BaseException:
            lock.release()
            raise

    @property
    def journal_id(self) -> str:
        return self._contents.journal_id

    @property
    def partitions(self) -> int:
        return self._contents.partitions

    def partition_of(self, account: str) -> int:
        partition = self._partition_of.get(account)
        if partition is None:
            partition = self._partition_of[account] = partition_of(account, self.partitions)
        return partition

    def append(
        self, stream: str, account: str, records: Sequence[Record], *, lazy: bool = False
    ) -> Awaitable[Position]:
        future: asyncio.Future[list[Position]] = self._loop.create_future()
        request = self._request(account, [(stream, records)], lazy, future)
        if self._fault is None and self._room.taken():
            self._writer.put(request)
            return _Only(future)
        return self._only(request)

    async def _only(self, request: Append) -> Position:
        return (await self._awaited(request))[0]

    async def append_in_order(
        self, account: str, parts: Sequence[tuple[str, Sequence[Record]]], *, lazy: bool = False
    ) -> list[Position]:
        future: asyncio.Future[list[Position]] = self._loop.create_future()
        return await self._awaited(self._request(account, parts, lazy, future))

    def _request(
        self, account: str, parts: Sequence[Part], lazy: bool, future: asyncio.Future[list[Position]]
    ) -> Append:
        assert all(records for _, records in parts), "an append of nothing has no place"
        return Append(self.partition_of(account), account, parts, lazy, future)

    async def _awaited(self, request: Append) -> list[Position]:
        await self._room.take()  # first come, first served: an account's appends keep their order
        self._put(request)
        return await request.done

    async def trim(self, stream: str, before: Offsets) -> None:
        await self._room.take()
        future: asyncio.Future[None] = self._loop.create_future()
        self._put(Trim(stream, dict(before), future))
        await future

    def _put(self, request: Request) -> None:
        if self._fault is not None:
            self._room.release()
            raise self._fault
        self._writer.put(request)

    def _tell(self, outcome: Outcome) -> None:
        """On the writer's thread: one call into the loop for a whole commit."""
        self._loop.call_soon_threadsafe(self._settle, outcome)

    def _settle(self, outcome: Outcome) -> None:
        """Rings first: whoever sees an append return can read it. Then writers, then readers.

        An order that waits to go out is ahead of all who only read about it.
        """
        if outcome.fault is not None:
            self._fail(outcome)
            return
        touched: set[Ring] = set()
        for request, parts in zip(outcome.requests, outcome.results, strict=True):
            if isinstance(request, Append):
                for (stream, _), entries in zip(request.parts, parts, strict=True):
                    self._ring(stream).extend(entries)
                    touched.add(self._ring(stream))
            else:
                _trim(self._ring(request.stream), request.before)
        for request, parts in zip(outcome.requests, outcome.results, strict=True):
            self._room.release()
            if request.done.cancelled():
                continue
            if isinstance(request, Append):
                request.done.set_result([Position(request.partition, entries[-1].offset) for entries in parts])
            else:
                request.done.set_result(None)
        self._loop.call_soon(_wake, touched)

    def _fail(self, outcome: Outcome) -> None:
        if self._fault is None:
            self._fault = JournalFault(f"The journal {self._path} failed, and must be opened anew: {outcome.fault}.")
            for ring in self._rings.values():
                ring.fail(self._fault)
        for request in outcome.requests:
            self._room.release()
            if not request.done.cancelled():
                request.done.set_exception(self._fault)

    def _ring(self, stream: str) -> Ring:
        ring = self._rings.get(stream)
        if ring is None:
            ring = self._rings[stream] = Ring(self._ring_size, {})
            if self._fault is not None:
                ring.fail(self._fault)
        return ring

    async def end(self, stream: str) -> dict[int, int]:
        if self._fault is not None:
            raise self._fault
        return dict(self._ring(stream).heads)

    async def read(
        self, stream: str, after: Offsets, partitions: Sequence[int] | None = None, limit: int = 1000
    ) -> AsyncIterator[list[Entry]]:
        ring = self._ring(stream)
        ring.check_places(after)
        wanted = range(self.partitions) if partitions is None else partitions
        for partition, end in ring.heads.copy().items():
            if partition not in wanted:
                continue
            place = after.get(partition, -1)
            while place < end:
                entries = await self._readers.fetch(stream, partition, place, end, limit)
                if not entries:
                    break
                place = entries[-1].offset
                yield entries

    def tail(self, stream: str, after: Offsets, partitions: Sequence[int] | None = None) -> RingTail:
        ring = self._ring(stream)
        wanted = range(self.partitions) if partitions is None else partitions
        fetch = partial(self._fetch, ring, stream)
        return RingTail(ring, after, wanted, fetch)

    async def _fetch(self, ring: Ring, stream: str, partition: int, after: int, limit: int) -> list[Entry]:
        return await self._readers.fetch(stream, partition, after, ring.heads.get(partition, -1), limit)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._fault = self._fault or JournalClosed("the journal is closed")
        await asyncio.to_thread(self._close)
        for ring in self._rings.values():
            ring.fail(self._fault)

    def _close(self) -> None:
        self._readers.close()
        self._writer.close()  # the last to close: it moves the WAL into the file, and removes it
        self._lock.release()


def _wake(rings: Iterable[Ring]) -> None:
    for ring in rings:
        ring.wake()


def _trim(ring: Ring, before: Mapping[int, int]) -> None:
    for partition, offset in before.items():
        ring.trimmed(partition, min(offset, ring.heads.get(partition, -1)))
