from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from hedgerow.sql.database import Database
from hedgerow.sql.sqlite import FileKind, UnusableFileError, prepare_file

KIND = FileKind("thing", 0x1234, True, ("PRAGMA synchronous = NORMAL",))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database.open(tmp_path / "thing.db", KIND)
    await opened.write(lambda connection: connection.exec_driver_sql("CREATE TABLE things (number INTEGER)") and None)
    yield opened
    await opened.close()


def insert(number: int, connection: Connection) -> None:
    connection.exec_driver_sql("INSERT INTO things VALUES (?)", (number,))


def numbers(connection: Connection) -> list[int]:
    return list(connection.exec_driver_sql("SELECT number FROM things ORDER BY rowid").scalars())


async def test_writes_happen_in_the_order_in_which_they_were_asked_for(database: Database) -> None:
    await asyncio.gather(*(database.write(lambda c, number=number: insert(number, c)) for number in range(50)))
    assert await database.read(numbers) == list(range(50))


async def test_work_that_raises_writes_nothing(database: Database) -> None:
    def work(connection: Connection) -> None:
        insert(1, connection)
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(work)
    assert await database.read(numbers) == []


async def test_a_read_is_of_one_moment_and_waits_for_no_writer(database: Database) -> None:
    """A second connection commits between two statements of one read."""
    assert database.path is not None

    def twice(connection: Connection) -> tuple[list[int], list[int]]:
        first = numbers(connection)
        with sqlite3.connect(str(database.path)) as writer:
            writer.execute("INSERT INTO things VALUES (7)")
        writer.close()
        return first, numbers(connection)

    assert await database.read(twice) == ([], [])
    assert await database.read(numbers) == [7]


async def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(OperationalError, match="readonly"):
        await database.read(lambda connection: insert(1, connection))


def test_a_file_of_another_kind_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "thing.db"
    prepare_file(path, KIND)
    before = path.read_bytes()
    with pytest.raises(UnusableFileError, match="is not the other of Hedgerow"):
        prepare_file(path, KIND._replace(name="other", application=0x4321))
    assert path.read_bytes() == before
    prepare_file(path, KIND)


def test_making_a_file_leaves_nothing_beside_it(tmp_path: Path) -> None:
    prepare_file(tmp_path / "thing.db", KIND)
    assert [path.name for path in tmp_path.iterdir()] == ["thing.db"]
