"""Reading the journal's file: read-only connections, each on a thread of its own."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

from hedgerow.journal import Entry, JournalClosed, JournalFault, RecordsGone
from hedgerow.journal.sqlite_file import connect_reader, select_sql

_THREADS: Final = 2
_make_entry = partial(tuple.__new__, Entry)


class Readers:
    """Short read transactions only: a long one would keep the WAL from starting over."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="journal-reader")
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._closed = False

    async def fetch(self, stream: str, partition: int, after: int, up_to: int, limit: int) -> list[Entry]:
        """At most `limit` entries of one partition, after one offset and up to another.

        Raises:
            RecordsGone: what follows `after` is no longer kept.
            JournalFault: the file cannot be read.
        """
        if self._closed:
            raise JournalClosed("the journal is closed")
        work = partial(self._fetch, stream, partition, after, up_to, limit)
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _fetch(self, stream: str, partition: int, after: int, up_to: int, limit: int) -> list[Entry]:
        try:
            connection = self._connection()
            connection.execute("BEGIN")  # so that a trim cannot fall between the two
            try:
                return _select(connection, stream, partition, after, up_to, limit)
            finally:
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise JournalFault(f"The journal {self._path} cannot be read: {error}.") from error

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect_reader(self._path)
            self._connections.append(connection)
        return connection

    def close(self) -> None:
        """Ends the threads; blocks until the reads under way are done."""
        self._closed = True
        self._threads.shutdown(cancel_futures=True)
        for connection in self._connections:
            connection.close()


def _select(
    connection: sqlite3.Connection, stream: str, partition: int, after: int, up_to: int, limit: int
) -> list[Entry]:
    row = connection.execute(
        "SELECT slot, trimmed FROM slots WHERE stream = ? AND partition = ?", (stream, partition)
    ).fetchone()
    if row is None:
        return []
    slot, trimmed = row
    if after < trimmed:
        raise RecordsGone(f"{stream}, partition {partition}: what follows offset {after} is no longer kept")
    rows = connection.execute(select_sql(slot), (partition, after, up_to, limit))
    return list(map(_make_entry, rows))
