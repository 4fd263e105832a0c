"""What is the SQL history's own: its file, its schema, its plans."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event

import hedgerow.history
from hedgerow.core.commands import Side
from hedgerow.core.days import DAY_MS
from hedgerow.history import (
    Batch,
    DayFilter,
    FillFilter,
    HistoryFault,
    OrderFilter,
    folding,
    querying,
    schema,
)
from hedgerow.history.sql import SqlHistory
from tests.contracts.samples import balance, fill, order


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


def taken_back(path: Path, revision: str) -> None:
    """To the schema of an older version."""
    with sqlite3.connect(path) as connection:
        for table, key in (("orders", "created_ms_order_id"), ("fills", "time_ms_fill_id")):
            connection.execute(f"DROP INDEX ix_{table}_symbol_{key}")
            connection.execute(f"ALTER TABLE {table} DROP COLUMN side")
        connection.execute("DROP TABLE day_equity")
        connection.execute("DROP TABLE day_results")
        if revision == "0001":
            connection.execute("DROP TABLE origin")
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.close()


async def test_what_an_older_version_kept_is_counted_by_day_and_searched(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    history = await SqlHistory.open(path)
    await history.take_over(0)
    fills = [fill(1, realised_pnl=Decimal("2.50")), fill(2, realised_pnl=Decimal(-1)), fill(3, fee_currency="BNB")]
    fills.append(fill(4, time_ms=DAY_MS + 1))
    balances = [("sim", [balance("7.10")], 2 * DAY_MS)]
    batch = Batch(partition=0, epoch=1, places=(), orders=[order(side=Side.SELL)], fills=fills, balances=balances)
    await history.commit(batch)
    told = await history.days(DayFilter(first=0, last=9))
    assert told.results["sim", "USDT", 0] == (Decimal("1.5"), Decimal("0.0660002"), 3)
    await history.close()
    taken_back(path, "0002")
    history = await SqlHistory.open(path)
    assert await history.days(DayFilter(first=0, last=9)) == told
    assert [one.order_id for one in (await history.orders(OrderFilter(side=Side.SELL)))[0]] == ["order1"]
    assert len((await history.fills(FillFilter(side=Side.BUY)))[0]) == 4
    await history.commit(batch)
    assert await history.days(DayFilter(first=0, last=9)) == told
    await history.close()


async def test_a_history_from_before_it_knew_its_journal_takes_the_first_that_is_named(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    await made(path)
    taken_back(path, "0001")
    history = await SqlHistory.open(path)
    assert (await history.take_over(0)).epoch == 2, "nothing else was touched"
    await history.bind("journal1")
    with pytest.raises(HistoryFault, match=f"{path}.*journal1"):
        await history.bind("journal2")
    await history.close()


@pytest.mark.parametrize(("table", "index"), [("orders", "created_ms_order_id"), ("fills", "time_ms_fill_id")])
async def test_a_search_goes_by_indexes_alone(tmp_path: Path, table: str, index: str) -> None:
    """However many rows there are, and though nothing is found."""
    path = tmp_path / "history.db"
    history = await SqlHistory.open(path)
    await history.take_over(0)
    await history.commit(Batch(partition=0, epoch=1, places=(), orders=[order()], fills=[fill()]))
    await history.close()
    engine = create_engine(f"sqlite:///{path}")
    asked: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2:4]))
    with engine.connect() as connection:
        ask: Callable[[Any], Any] = (
            (lambda search: querying.orders(connection, OrderFilter(search=search)))
            if table == "orders"
            else (lambda search: querying.fills(connection, FillFilter(search=search)))
        )
        assert [len(ask(search)[0]) for search in ("btc", "order1", "x1", "nothing")] == [1, 1, 1, 0]
        plans = [
            line[3]
            for statement, values in list(asked)
            for line in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
        ]
    engine.dispose()
    assert any(f"ix_{table}_symbol_{index}" in plan for plan in plans)
    assert not [plan for plan in plans if plan in (f"SCAN {table}", "SCAN orders", "SCAN order_ids")]
