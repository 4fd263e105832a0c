"""One SQL database: a thread that writes, a few that read, and a transaction for every call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.dialects import postgresql, sqlite

from hedgerow.sql.sqlite import FileKind, prepare_file, reading_engine, writing_engine

_READERS: Final = 3
T = TypeVar("T")


class Database:
    """Work is a function of a connection; it runs in one transaction on a thread of this database.

    Attributes:
        path: of the SQLite file; `None` on a server.
    """

    def __init__(self, writing: Engine, reading: Engine, path: Path | None) -> None:
        self.path = path
        self._engines = (writing, reading)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sql-writer")
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="sql-reader")

    @classmethod
    def open(cls, place: str | Path, kind: FileKind) -> Database:
        """Open a path as a SQLite file, or a URL such as `postgresql+psycopg://…`; blocks."""
        if isinstance(place, Path):
            prepare_file(place, kind)
            return cls(writing_engine(place, kind), reading_engine(place, _READERS), place)
        engine = create_engine(place, pool_size=1 + _READERS, pool_pre_ping=True)
        return cls(engine, engine.execution_options(isolation_level="REPEATABLE READ"), None)

    @property
    def engine(self) -> Engine:
        """The one that writes."""
        return self._engines[0]

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run work in one transaction, after all that was asked for before; it commits unless it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, self._in_transaction, 0, work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run work on one snapshot of the database."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._in_transaction, 1, work)

    def _in_transaction(self, engine: int, work: Callable[[Connection], T]) -> T:
        with self._engines[engine].begin() as connection:
            return work(connection)

    async def close(self) -> None:
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._readers.shutdown(cancel_futures=True)
        self._writer.shutdown()
        for engine in reversed(self._engines):
            engine.dispose()


def insert_of(connection: Connection) -> Any:
    """The database's own INSERT … ON CONFLICT, which SQLite and PostgreSQL spell alike."""
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
