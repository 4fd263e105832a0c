"""Whose a text is, asked at every request: a file's rows are remembered for as long as nobody has written to it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Generic, NamedTuple, TypeVar

from hedgerow.sql.database import Database
from hedgerow.sql.faults import RowFault
from hedgerow.sql.sqlite import connect_reader
from hedgerow.vault import VaultFault
from hedgerow.vault.transactions import read

_KEPT: Final = 1_024
T = TypeVar("T")


class Question(NamedTuple, Generic[T]):
    """A query that ends with `digest = `, and what its one row is; a server gives the columns as text."""

    query: str
    read: Callable[[Sequence[Any]], T]


class _Remembered(Generic[T]):
    """Rows by digest, from a SQLite file that other processes may write too.

    A few microseconds on the event loop: `data_version` tells whether anyone has committed since the last time
    (https://www.sqlite.org/pragma.html#pragma_data_version), and the look-up after it sees at least that.
    """

    def __init__(self, path: Path, question: Question[T]) -> None:
        self._connection = connect_reader(path, timeout_s=0)
        self._query = question.query + "?"
        self._read = question.read
        self._version: int | None = None
        self._rows: dict[bytes, T | None] = {}

    def get(self, digest: bytes) -> T | None:
        """Raises sqlite3.OperationalError while somebody writes."""
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version or len(self._rows) >= _KEPT:
            self._rows, self._version = {}, version
        if digest not in self._rows:
            row = self._connection.execute(self._query, (digest,)).fetchone()
            self._rows[digest] = None if row is None else self._read(row)
        return self._rows[digest]

    def close(self) -> None:
        self._connection.close()


class ByDigest(Generic[T]):
    """What is valid, by digest; as quick as its database allows."""

    def __init__(self, database: Database, question: Question[T]) -> None:
        self._database = database
        self._question = question
        self._on_server = question.query + "$1"
        self._lookup = database.lookup([self._on_server])
        self._remembered = None if database.path is None else _Remembered(database.path, question)

    async def get(self, digest: bytes) -> T | None:
        """Raises VaultFault."""
        if self._lookup is not None:
            try:
                row = await self._lookup.row(self._on_server, digest)
            except RowFault as fault:
                raise VaultFault(f"The vault failed: {fault}.") from None
            return None if row is None else self._question.read(row)
        assert self._remembered is not None
        try:
            return self._remembered.get(digest)
        except sqlite3.OperationalError:
            return await self._awaited(digest)
        except sqlite3.Error as error:
            raise VaultFault(f"The vault cannot be read: {error}.") from error

    async def _awaited(self, digest: bytes) -> T | None:
        """Somebody writes just now: wait for it, but not on the event loop."""
        query = self._question.query + "?"
        row = await read(self._database, lambda c: c.exec_driver_sql(query, (digest,)).one_or_none())
        return None if row is None else self._question.read(row)

    async def close(self) -> None:
        if self._remembered is not None:
            self._remembered.close()
        if self._lookup is not None:
            await self._lookup.close()
