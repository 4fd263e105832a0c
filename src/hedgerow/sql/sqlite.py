"""SQLite behind SQLAlchemy: files that only their owner can read, checked before anything touches them."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event

from hedgerow.sql.faults import UnusableError

_HEADER: Final = 100  # bytes; https://www.sqlite.org/fileformat.html, 1.3


class UnusableFileError(UnusableError):
    """The file is something else; `str()` says what, for a person."""


class FileKind(NamedTuple):
    """What a file is for: its name in messages, its mark in the header, and how it is kept.

    Attributes:
        wal: for a file with one writing process only: SQLite up to 3.51.2 may corrupt a WAL when one connection
            resets it while another checkpoints.
        pragmas: for the connection that writes.
    """

    name: str
    application: int
    wal: bool
    pragmas: tuple[str, ...]


def prepare_file(path: Path, kind: FileKind) -> None:
    """Make an empty database where there is none, else check that it is one of ours, without writing to it.

    Raises:
        UnusableFileError: it is something else.
    """
    if not path.exists():
        _create(path, kind)
    with path.open("rb") as file:
        header = file.read(_HEADER)
    if not header.startswith(b"SQLite format 3\0") or int.from_bytes(header[68:72], "big") != kind.application:
        raise UnusableFileError(
            f"{path} is not the {kind.name} of Hedgerow, or its beginning is damaged. Nothing was changed."
        )


def _create(path: Path, kind: FileKind) -> None:
    """Under another name first: there is never half a file, and where two processes make it, one of them does."""
    descriptor, new = tempfile.mkstemp(".new", path.name + ".", path.parent)  # mode 0600
    os.close(descriptor)
    try:
        with closing(sqlite3.connect(new, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA application_id = {kind.application}")
            if kind.wal:
                connection.execute("PRAGMA journal_mode = WAL")
        with suppress(FileExistsError):
            os.link(new, path)
    finally:
        os.unlink(new)


def writing_engine(path: Path, kind: FileKind) -> Engine:
    """One connection, that takes the write lock as its transaction begins: none fails half-way for want of it."""
    engine = create_engine(URL.create("sqlite", database=str(path.absolute())), pool_size=1, max_overflow=0)
    _set_up(engine, "BEGIN IMMEDIATE", *kind.pragmas)
    return engine


def reading_engine(path: Path, connections: int) -> Engine:
    """Connections that cannot write, and so never checkpoint; each transaction sees one state of the file."""
    engine = create_engine(
        "sqlite://",
        creator=lambda: connect_reader(path),
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
    )
    _set_up(engine, "BEGIN")
    return engine


def connect_reader(path: Path, timeout_s: float = 5) -> sqlite3.Connection:
    """A connection that cannot write; it waits so long for a lock."""
    uri = path.absolute().as_uri() + "?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=timeout_s, isolation_level=None, check_same_thread=False)


def _set_up(engine: Engine, begin: str, *pragmas: str) -> None:
    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins no transaction of its own: `begin` does
        for pragma in pragmas:
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def _began(connection: Connection) -> None:
        connection.exec_driver_sql(begin)
