"""What is the SQL history's own: its file, its schema, its plans."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event

import hedgerow.history
from hedgerow.history import HistoryFault, folding, querying, schema
from hedgerow.history.sql import SqlHistory


async def made(path: Path) -> None:
    history = await SqlHistory.open(path)
    await history.take_over(0)
    await history.close()


async def test_the_migrated_schema_is_the_one_in_the_code(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    await made(path)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
        tables = {row[0] for row in connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
    engine.dispose()
    assert any("WHERE living_in IS NOT NULL" in sql for sql in tables), "a comparison does not look at partial indexes"


def test_the_newest_migration_is_the_one_that_the_code_knows() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(hedgerow.history.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == schema.REVISION


async def test_a_start_reads_only_what_lives(tmp_path: Path) -> None:
    """Whatever a start asks of the orders, SQLite answers from the index of the living ones."""
    path = tmp_path / "history.db"
    await made(path)
    engine = create_engine(f"sqlite:///{path}")
    asked: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2:4]))
    with engine.connect() as connection:
        folding.take_over(connection, 0)
        querying.living_orders(connection)
        of_orders = [(statement, values) for statement, values in asked if "FROM orders" in statement]
        assert len(of_orders) == 2
        for statement, values in of_orders:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            assert "USING INDEX ix_orders_living" in plan[0][3]
    engine.dispose()


async def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    history = await SqlHistory.open(tmp_path / "history.db")
    await history.take_over(0)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    await history.close()


def foreign(path: Path) -> None:
    path.write_bytes(b"something else entirely")


def newer(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


def overwritten(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[100:4096] = os.urandom(3996)
    path.write_bytes(whole)


@pytest.mark.parametrize(
    ("damage", "message"),
    [(foreign, "is not the history of Hedgerow"), (newer, "by a newer Hedgerow"), (overwritten, "cannot be read")],
)
async def test_what_cannot_be_used_is_refused_in_a_sentence_and_not_touched(
    tmp_path: Path, damage: Callable[[Path], None], message: str
) -> None:
    path = tmp_path / "history.db"
    await made(path)
    damage(path)
    before = path.read_bytes()
    with pytest.raises(HistoryFault, match=message) as caught:
        await SqlHistory.open(path)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == before


async def test_a_folder_that_is_missing_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(HistoryFault, match="cannot be opened"):
        await SqlHistory.open(tmp_path / "missing" / "history.db")


async def test_a_crash_while_it_was_made_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    """Made, but killed before its first migration."""
    path = tmp_path / "history.db"
    await made(path)
    with sqlite3.connect(path) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            connection.execute(f"DROP TABLE {name}")
    connection.close()
    await made(path)


async def test_a_history_from_before_it_knew_its_journal_takes_the_first_that_is_named(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    await made(path)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE origin")
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.close()
    history = await SqlHistory.open(path)
    assert (await history.take_over(0)).epoch == 2, "nothing else was touched"
    await history.bind("journal1")
    with pytest.raises(HistoryFault, match=f"{path}.*journal1"):
        await history.bind("journal2")
    await history.close()
