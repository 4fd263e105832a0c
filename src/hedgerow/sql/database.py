"""One SQL database: a thread that writes, a few that read, and a transaction for every call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy import Connection, Engine

from hedgerow.sql.migrating import upgrade
from hedgerow.sql.sqlite import FileKind, prepare_file, reading_engine, writing_engine

if TYPE_CHECKING:
    from hedgerow.sql.lookup import Lookup
    from hedgerow.sql.postgresql import PostgresServer

_READERS: Final = 3
T = TypeVar("T")


class Database:
    """Work is a function of a connection; it runs in one transaction on a thread of this database.

    Attributes:
        path: of the SQLite file; `None` on a server.
        server: the server; `None` for a file.
    """

    def __init__(
        self, writing: Engine, reading: Engine, path: Path | None = None, server: PostgresServer | None = None
    ) -> None:
        self.path = path
        self.server = server
        self._engines = (writing, reading)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sql-writer")
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="sql-reader")

    @classmethod
    def open(cls, place: str | Path, kind: FileKind) -> Database:
        """Open a path as a SQLite file, or a URL such as `postgresql://…`; blocks.

        Raises:
            UnusableFileError, UnusableUrlError: it is something else.
        """
        if isinstance(place, Path):
            prepare_file(place, kind)
            return cls(writing_engine(place, kind), reading_engine(place, _READERS), path=place)
        # Imported here because a desk in one process does not need it, and it takes its time.
        from hedgerow.sql.postgresql import PostgresServer

        server = PostgresServer(place, kind.name)
        engine = server.engine(1 + _READERS)
        reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        return cls(engine, reading, server=server)

    @property
    def engine(self) -> Engine:
        """The one that writes."""
        return self._engines[0]

    @property
    def where(self) -> str:
        """For people: the path, or host, port and database."""
        return str(self.path) if self.server is None else self.server.where

    def lookup(self, queries: Iterable[str]) -> Lookup | None:
        """Rows by key from a server, to be closed by its owner; `None` for a file, which is quicker to read itself."""
        if self.server is None:
            return None
        from hedgerow.sql.lookup import Lookup

        return Lookup(self.server, queries)

    def migrate(self, migrations: Path, head: str) -> None:
        """Bring it to the revision that this version knows; blocks. Raises UnusableFileError."""
        if self.server is None:
            upgrade(self.engine, migrations, head)
            return
        from hedgerow.sql.postgresql import FOR_MIGRATIONS

        engine = self.server.engine(1, FOR_MIGRATIONS)
        try:
            upgrade(engine, migrations, head, self.server.namespace)
        finally:
            engine.dispose()

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
