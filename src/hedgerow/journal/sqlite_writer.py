"""The journal's writer: one thread with the one connection that writes, commits in groups, and checkpoints."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, NamedTuple

from hedgerow.journal import Entry, Position, Record
from hedgerow.journal.sqlite_file import SCHEMA, Slot, delete_sql, insert_sql, make_slot

LAZY_S: Final = 0.005  # how long a lazy append waits for company
_IDLE_S: Final = 0.05  # how long nobody must have asked for anything before a checkpoint takes its time
_PAGE: Final = 4096
_CHECKPOINT_IDLE: Final = 1 << 20  # bytes of WAL worth a checkpoint when nobody waits
_CHECKPOINT_NOW: Final = 8 << 20  # … and when somebody may: some 15 ms, once in about 2,000 commits
_GROWN: Final = _CHECKPOINT_NOW // _PAGE  # frames that the WAL is grown to ahead of time
_GROWTH: Final = 256  # … so many at a time
_GROUP: Final = 2_048  # requests in one commit at most
_TRIM_ROWS: Final = 2_000  # rows deleted in one transaction, between commits


Part = tuple[str, Sequence[Record]]
"""Records for one stream; never none."""


class Append(NamedTuple):
    """Records of one account, for one stream or several: one transaction holds them all."""

    partition: int
    account: str
    parts: Sequence[Part]
    lazy: bool
    done: asyncio.Future[list[Position]]


class Trim(NamedTuple):
    stream: str
    before: Mapping[int, int]
    done: asyncio.Future[None]


Request = Append | Trim


class Outcome(NamedTuple):
    """What became of a group of requests: in their order, the entries of each part of each append.

    After a fault it is unknown whether any of the group was written.
    """

    requests: list[Request]
    results: list[list[list[Entry]]]
    fault: Exception | None


class _Table:
    """One partition of one stream, as the thread knows it."""

    __slots__ = ("head", "insert", "slot")

    def __init__(self, slot: Slot) -> None:
        self.slot = slot.slot
        self.head = slot.head
        self.insert = insert_sql(slot.slot)

    def entries(self, append: Append, records: Sequence[Record]) -> list[Entry]:
        """The records with their offsets; the head moves on. After a fault nobody asks for it again."""
        first = self.head + 1
        self.head += len(records)
        return [
            Entry(append.partition, offset, record.epoch, append.account, record.payload)
            for offset, record in enumerate(records, first)
        ]


class Writer:
    """Owns the writing connection. `tell` is called on the thread, once a commit, with what became of it."""

    def __init__(self, connection: sqlite3.Connection, slots: Iterable[Slot], tell: Callable[[Outcome], None]) -> None:
        self._connection = connection
        self._tables = {(slot.stream, slot.partition): _Table(slot) for slot in slots}
        self._doomed = {slot.slot: slot.trimmed for slot in slots if slot.trimmed >= 0}
        self._tell = tell
        self._queue: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._stopping = False
        self._fault: Exception | None = None
        self._wal_bytes = 0
        self._to_grow = 0  # until the first request: a file that is only looked at stays as it is
        self._used = False
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
        self._thread.start()

    def put(self, request: Request) -> None:
        self._queue.put(request)

    def close(self) -> None:
        """Write what is waiting, then close the file; blocks until that is done."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping:
            requests = self._collect()
            if requests:
                self._write(requests)
            if self._fault is None:
                self._guard(partial(self._tidy, not requests))
        with suppress(sqlite3.Error):
            self._connection.close()  # the last connection that may write: checkpoints what is left

    def _collect(self) -> list[Request]:
        """What waits now; lazy appends alone wait a moment for company. Empty when it is time to tidy up."""
        first = self._get(self._patience())
        if first is None:
            return []
        requests, lazy, until = [first], _is_lazy(first), time.monotonic() + LAZY_S
        while len(requests) < _GROUP:
            request = self._get(max(0.0, until - time.monotonic()) if lazy else 0)
            if request is None:
                break
            requests.append(request)
            lazy = lazy and _is_lazy(request)
        return requests

    def _get(self, patience_s: float | None) -> Request | None:
        if self._stopping:
            return None
        try:
            request = self._queue.get(timeout=patience_s)
        except queue.Empty:
            return None
        self._stopping = request is None
        return request

    def _patience(self) -> float | None:
        """Seconds to wait for a request before tidying up; `None` for ever."""
        if self._doomed:
            return 0
        return _IDLE_S if self._to_grow or self._wal_bytes >= _CHECKPOINT_IDLE else None

    def _write(self, requests: list[Request]) -> None:
        if not self._used:
            self._used, self._to_grow = True, _GROWN
        results: list[list[list[Entry]]] = []
        if self._fault is None:
            self._guard(partial(self._commit, requests, results))
        with suppress(RuntimeError):  # the loop has ended: nobody waits for the answer any more
            self._tell(Outcome(requests, results, self._fault))

    def _guard(self, work: Callable[[], None]) -> None:
        """Any failure is the last thing this journal did: what the file holds now, only opening it anew can tell."""
        try:
            work()
        except sqlite3.Error as error:
            self._fault = error
            self._doomed, self._wal_bytes, self._to_grow = {}, 0, 0
            with suppress(sqlite3.Error):
                self._connection.rollback()

    def _commit(self, requests: list[Request], results: list[list[list[Entry]]]) -> None:
        if len(requests) == 1 and self._insert_alone(requests[0], results):
            return
        self._connection.execute("BEGIN")
        doomed: dict[int, int] = {}
        for request in requests:
            if isinstance(request, Append):
                results.append([self._insert(request, stream, records) for stream, records in request.parts])
            else:
                results.append([])
                doomed.update(self._give_up(request))
        self._connection.execute("COMMIT")
        self._doomed.update(doomed)

    def _insert_alone(self, request: Request, results: list[list[list[Entry]]]) -> bool:
        """One record alone: its statement is a transaction of its own, and saves two others."""
        if not isinstance(request, Append) or len(request.parts) != 1:
            return False
        stream, records = request.parts[0]
        table = self._tables.get((stream, request.partition))
        if table is None or len(records) != 1:
            return False
        entries = table.entries(request, records)
        self._connection.execute(table.insert, entries[0])
        self._wal_bytes += 2 * _PAGE
        results.append([entries])
        return True

    def _insert(self, append: Append, stream: str, records: Sequence[Record]) -> list[Entry]:
        key = (stream, append.partition)
        table = self._tables.get(key)
        if table is None:
            table = self._tables[key] = _Table(make_slot(self._connection, *key))
        entries = table.entries(append, records)
        self._connection.executemany(table.insert, entries)
        self._wal_bytes += _PAGE + sum(len(entry.payload) for entry in entries)
        return entries

    def _give_up(self, trim: Trim) -> dict[int, int]:
        """Mark what is given up; the rows go later, a few at a time."""
        doomed = {}
        for partition, offset in trim.before.items():
            table = self._tables.get((trim.stream, partition))
            if table is not None:
                doomed[table.slot] = offset = min(offset, table.head)
                self._connection.execute(
                    "UPDATE slots SET trimmed = ? WHERE slot = ? AND trimmed < ?", (offset, table.slot, offset)
                )
        return doomed

    def _tidy(self, idle: bool) -> None:
        if self._doomed:
            self._delete_some()
        elif self._to_grow and idle and not self._stopping:
            self._grow_some()
        elif self._wal_bytes >= (_CHECKPOINT_IDLE if idle else _CHECKPOINT_NOW):
            self._checkpoint()

    def _grow_some(self) -> None:
        """Write frames that change nothing, until the WAL has the size at which it starts over.

        A commit into a file that does not grow is durable in half the time: the file system has no size to write down.
        Frames without a sync are safe: the next commit's sync covers them, and nothing stands behind them until then.
        """
        self._connection.execute("PRAGMA synchronous = OFF")
        for _ in range(_GROWTH):
            self._connection.execute(f"PRAGMA user_version = {SCHEMA}")  # as it is: an UPDATE would write nothing
        self._connection.execute("PRAGMA synchronous = FULL")
        self._to_grow -= _GROWTH
        self._wal_bytes += _GROWTH * _PAGE
        if not self._to_grow:
            self._checkpoint()

    def _checkpoint(self) -> None:
        """Passive: never waits for a reader. Readers are short, so the next one gets the rest."""
        self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        self._wal_bytes = 0

    def _delete_some(self) -> None:
        slot, offset = next(iter(self._doomed.items()))
        deleted = self._connection.execute(delete_sql(slot), (offset, _TRIM_ROWS)).rowcount
        self._wal_bytes += deleted * 64 + _PAGE
        if deleted < _TRIM_ROWS:
            del self._doomed[slot]


def _is_lazy(request: Request) -> bool:
    return isinstance(request, Append) and request.lazy
