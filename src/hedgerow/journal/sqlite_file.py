"""The journal's SQLite file: its making, its check before anything is touched, and its statements.

Every (stream, partition) has a table of its own, keyed by offset, so that an append writes at the right end of a
B-tree: one page, whatever else goes on.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from hedgerow.journal import JournalFault

SCHEMA: Final = 1
_APPLICATION: Final = 0x48474A4C  # "HGJL", in the file's header
_HEADER: Final = 100  # bytes; https://www.sqlite.org/fileformat.html, 1.3
_CHEAP: Final = 16 << 20  # bytes that `quick_check` reads in well under a second
_NEWEST: Final = 16  # entries of each table that every open reads

_MADE: Final = (
    f"PRAGMA application_id = {_APPLICATION}",
    f"PRAGMA user_version = {SCHEMA}",
    "CREATE TABLE meta (journal_id TEXT NOT NULL, partitions INTEGER NOT NULL)",
    "CREATE TABLE slots (slot INTEGER PRIMARY KEY, stream TEXT NOT NULL, partition INTEGER NOT NULL,"
    " trimmed INTEGER NOT NULL DEFAULT -1, UNIQUE (stream, partition))",
)


class Slot(NamedTuple):
    """One partition of one stream: its table's number, its last offset, and the highest offset that was given up."""

    slot: int
    stream: str
    partition: int
    head: int
    trimmed: int


class Contents(NamedTuple):
    journal_id: str
    partitions: int
    slots: list[Slot]


def insert_sql(slot: int) -> str:
    """Binds a whole `Entry`, whose partition the table already says."""
    return f"INSERT INTO slot_{slot} (offset, epoch, account, payload) VALUES (?2, ?3, ?4, ?5)"  # noqa: S608


def select_sql(slot: int) -> str:
    """(partition, after, up to, limit) -> rows shaped as `Entry`."""
    return (
        f"SELECT ?1, offset, epoch, account, payload FROM slot_{slot}"  # noqa: S608
        " WHERE offset > ?2 AND offset <= ?3 ORDER BY offset LIMIT ?4"
    )


def delete_sql(slot: int) -> str:
    """(up to, limit): the oldest rows first."""
    return (
        f"DELETE FROM slot_{slot} WHERE offset IN"  # noqa: S608
        f" (SELECT offset FROM slot_{slot} WHERE offset <= ? ORDER BY offset LIMIT ?)"
    )


def make_slot(connection: sqlite3.Connection, stream: str, partition: int) -> Slot:
    """Add a partition of a stream, within the transaction at hand."""
    row = connection.execute("INSERT INTO slots (stream, partition) VALUES (?, ?)", (stream, partition))
    slot = row.lastrowid
    assert slot is not None
    connection.execute(
        f"CREATE TABLE slot_{slot} (offset INTEGER PRIMARY KEY, epoch INTEGER NOT NULL,"
        " account TEXT NOT NULL, payload BLOB NOT NULL)"
    )
    return Slot(slot, stream, partition, -1, -1)


def create(path: Path, partitions: int, journal_id: str) -> None:
    """Make an empty journal under another name, then rename it: there is never half a file."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(sqlite3.connect(new, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN")
        for statement in _MADE:
            connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES (?, ?)", (journal_id, partitions))
        connection.execute("COMMIT")
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def connect_writer(path: Path) -> sqlite3.Connection:
    """The one connection that writes and checkpoints.

    It checkpoints by hand only, between commits. SQLite up to 3.51.2 may corrupt a file when one connection resets
    the WAL while another checkpoints (https://www.sqlite.org/wal.html#walresetbug): with one, that cannot happen.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("PRAGMA cache_size = -8192")
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write, and so never checkpoints, not even when it is closed."""
    uri = path.absolute().as_uri() + "?mode=ro"
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=256)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Say what SQLite's errors mean for the person who started the desk."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise _damaged(path, str(error)) from error
        raise JournalFault(f"The journal {path} cannot be opened: {error}.") from error
    except OSError as error:
        raise JournalFault(f"The journal {path} cannot be opened: {error.strerror}.") from error


def _damaged(path: Path, why: str) -> JournalFault:
    why = " ".join(why.split())  # SQLite tells it in lines
    return JournalFault(f"The journal {path} is damaged ({why}). Nothing was changed: restore it from a backup.")


def prepare(path: Path, partitions: int, new_id: Callable[[], str]) -> Contents:
    """Make the journal where there is none, else check it without writing to it; returns what it holds.

    Raises:
        JournalFault: it is damaged, is something else, or was written by a newer version.
    """
    with explained(path):
        if not path.exists():
            create(path, partitions, new_id())
        _check_header(path)
        with closing(connect_reader(path)) as connection:
            connection.execute("BEGIN")
            return _contents(path, connection)


def _check_header(path: Path) -> None:
    with path.open("rb") as file:
        header = file.read(_HEADER)
    application, version = header[68:72], int.from_bytes(header[60:64], "big")
    if not header.startswith(b"SQLite format 3\0") or int.from_bytes(application, "big") != _APPLICATION:
        raise JournalFault(f"{path} is not a journal of Hedgerow, or its beginning is damaged. Nothing was changed.")
    if version > SCHEMA:
        raise JournalFault(
            f"The journal {path} was written by a newer Hedgerow (format {version}, this one reads up to {SCHEMA})."
            " Nothing was changed: run the newer one."
        )


def _contents(path: Path, connection: sqlite3.Connection) -> Contents:
    """Read what every open needs, and with it as much of the file as can be checked cheaply."""
    if path.stat().st_size <= _CHEAP:
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise _damaged(path, verdict)
    meta = connection.execute("SELECT journal_id, partitions FROM meta").fetchone()
    if meta is None:
        raise _damaged(path, "it does not say which journal it is")
    slots = []
    for slot, stream, partition, trimmed in connection.execute("SELECT slot, stream, partition, trimmed FROM slots"):
        newest = connection.execute(
            f"SELECT offset, epoch, account, payload FROM slot_{slot} ORDER BY offset DESC LIMIT {_NEWEST}"  # noqa: S608
        ).fetchall()
        head = newest[0][0] if newest else -1
        slots.append(Slot(slot, stream, partition, max(head, trimmed), trimmed))
    return Contents(meta[0], meta[1], slots)
