"""What is PostgreSQL's own in history: several processes, a server that comes and goes, an outcome nobody heard."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from hedgerow.core.limits import AccountRules, TradingState
from hedgerow.core.records import LedgerEntry
from hedgerow.history import Batch, FillFilter, HistoryFault, OrderFilter, PartitionState, StaleEpochError, schema
from hedgerow.history.sql import SqlHistory
from hedgerow.sql.postgresql import PostgresServer
from onemachine.servers.postgres import Postgres
from tests.contracts.samples import balance, command, fill, line, order, place, position
from tests.sql.cut_line import line_to

_WITHIN_S = 30


def whole_batch(epoch: int) -> Batch:
    """Something of everything."""
    return Batch(
        partition=0,
        epoch=epoch,
        places=[place(7, epoch=epoch), place(3, stream="fills", epoch=epoch)],
        orders=[order(1), order(2), order(1, version=2)],
        fills=[fill(1), fill(2)],
        positions=[position()],
        ledger=[("sim", LedgerEntry(entry_id="e1", currency="USDT", amount=order().amount, reason="fee", time_ms=1))],
        balances=[("sim", [balance()], 9)],
        rules={"sim": AccountRules(state=TradingState.HALTED)},
        since_ms={"sim": 5},
        fills_read_ms={"sim": 6},
        timeline=[line(1), line(2)],
        commands=[command(), command(outcome="accepted", answer="{}")],
    )


def rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    """All that stands in history."""
    with psycopg.connect(url) as connection:
        return {
            name: sorted(connection.execute(f'SELECT * FROM history."{name}"'.encode()).fetchall(), key=repr)
            for name in schema.metadata.tables
        }


async def test_the_migrated_schema_is_the_one_in_the_code(migrated_database_url: str) -> None:
    """History and vault stand beside each other, and nothing stands anywhere else."""
    engine = PostgresServer(migrated_database_url, "history").engine(1)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
        namespaces = connection.exec_driver_sql(
            "SELECT DISTINCT schemaname FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).scalars()
        assert sorted(namespaces) == ["history", "vault"]
        living = connection.exec_driver_sql(
            "SELECT indexdef FROM pg_indexes WHERE indexname = 'ix_orders_living'"
        ).scalar_one()
        assert living.endswith("WHERE (living_in IS NOT NULL)")
    engine.dispose()


async def test_a_start_reads_only_what_lives(database_url: str) -> None:
    history = await SqlHistory.open(database_url)
    await history.take_over(0)
    await history.close()
    with psycopg.connect(database_url) as connection:
        connection.execute("SET search_path TO history")
        connection.execute(
            "INSERT INTO orders SELECT n::text, 0, 'a', 's', 'filled', NULL, n, 1, '{}' FROM generate_series(1, 5000) n"
        )
        connection.execute("ANALYZE orders")
        for condition in ("living_in = 0", "living_in >= 0"):
            plan = connection.execute(f"EXPLAIN SELECT body FROM orders WHERE {condition}".encode()).fetchall()
            assert "ix_orders_living" in str(plan)


async def test_folding_again_what_was_committed_unheard_changes_nothing(database_url: str) -> None:
    """The line breaks after COMMIT: it was done, and nobody was told."""
    with line_to(database_url) as line:
        history = await SqlHistory.open(line.url)
        epoch = (await history.take_over(0)).epoch
        line.cut_after(b"COMMIT")
        with pytest.raises(HistoryFault):
            await history.commit(whole_batch(epoch))
        assert line.was_cut.wait(_WITHIN_S)
        once = rows(database_url)
        assert all(once[name] for name in once if name != "origin"), "it was committed, something of everything"
        await history.commit(whole_batch(epoch))
        assert rows(database_url) == once
        await history.close()


async def test_what_was_not_committed_is_not_there(database_url: str) -> None:
    """The line breaks before COMMIT."""
    with line_to(database_url) as line:
        history = await SqlHistory.open(line.url)
        epoch = (await history.take_over(0)).epoch
        before = rows(database_url)
        line.cut_after(b"INSERT INTO places")
        with pytest.raises(HistoryFault):
            await history.commit(whole_batch(epoch))
        assert rows(database_url) == before
        await history.commit(whole_batch(epoch))
        assert len((await history.fills(FillFilter()))[0]) == 2
        await history.close()


async def test_a_batch_that_the_server_refuses_in_part_is_not_there_at_all(database_url: str) -> None:
    history = await SqlHistory.open(database_url)
    epoch = (await history.take_over(0)).epoch
    before = rows(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE history.commands ADD CONSTRAINT none CHECK (outcome <> 'accepted')")
    with pytest.raises(HistoryFault, match='constraint "none"') as caught:
        await history.commit(whole_batch(epoch))
    assert "hash" not in str(caught.value), "the row is not shown"
    assert rows(database_url) == before
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE history.commands DROP CONSTRAINT none")
    await history.commit(whole_batch(epoch))
    assert rows(database_url) != before
    await history.close()


async def test_a_take_over_that_was_not_heard_only_costs_an_epoch(database_url: str) -> None:
    with line_to(database_url) as line:
        history = await SqlHistory.open(line.url)
        line.cut_after(b"COMMIT")
        with pytest.raises(HistoryFault):
            await history.take_over(0)
        assert (await history.take_over(0)).epoch == 2
        with pytest.raises(StaleEpochError):
            await history.commit(whole_batch(1))
        await history.close()


@pytest.mark.parametrize("end", [Postgres.stop, Postgres.kill], ids=["stopped", "killed"])
async def test_it_works_again_after_the_server_went_and_came_back(
    postgres: Postgres, database_url: str, end: Callable[[Postgres], None]
) -> None:
    history = await SqlHistory.open(database_url)
    epoch = (await history.take_over(0)).epoch
    await history.commit(whole_batch(epoch))
    await history.order("order1")
    before = rows(database_url)
    end(postgres)
    try:
        for call in (
            lambda: history.commit(whole_batch(epoch)),
            lambda: history.orders(OrderFilter()),
            lambda: history.order("order1"),
            lambda: history.command("command1"),
        ):
            began = time.monotonic()
            with pytest.raises(HistoryFault, match="refused") as caught:
                await call()
            assert time.monotonic() - began < _WITHIN_S
            assert postgres.password not in "".join(traceback.format_exception(caught.value))
    finally:
        postgres.start()
    assert rows(database_url) == before
    await history.commit(whole_batch(epoch))
    assert await history.order("order1") == order(1, version=2)
    assert await history.command("command1") == command(outcome="accepted", answer="{}")
    assert len((await history.orders(OrderFilter()))[0]) == 2
    assert rows(database_url) == before
    await history.close()


async def test_a_take_over_waits_for_a_commit_under_way_and_shuts_out_the_next(database_url: str) -> None:
    history = await SqlHistory.open(database_url)
    epoch = (await history.take_over(0)).epoch
    with psycopg.connect(database_url) as committing:
        committing.execute("SELECT epoch FROM history.partitions WHERE partition = 0 FOR UPDATE")
        taking = asyncio.create_task(history.take_over(0))
        await _until_somebody_waits_for_a_lock(database_url)
        committing.execute("INSERT INTO history.places VALUES ('fills', 0, 41, 1)")
        assert not taking.done()
        committing.commit()
    state = await taking
    assert (state.epoch, state.places["fills"].offset) == (epoch + 1, 41), "it reads what was committed before it"
    with pytest.raises(StaleEpochError):
        await history.commit(whole_batch(epoch))
    await history.close()


async def _until_somebody_waits_for_a_lock(url: str) -> None:
    async with asyncio.timeout(_WITHIN_S):
        with psycopg.connect(url, autocommit=True) as looking:
            while not looking.execute(
                "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            ).fetchone():
                await asyncio.sleep(0.005)


async def test_partitions_do_not_wait_for_each_other(database_url: str) -> None:
    history = await SqlHistory.open(database_url)
    with psycopg.connect(database_url) as committing:
        await history.take_over(0)
        committing.execute("SELECT epoch FROM history.partitions WHERE partition = 0 FOR UPDATE")
        epoch = (await history.take_over(1)).epoch
        await history.commit(Batch(partition=1, epoch=epoch, places=[place(1, partition=1)]))
    await history.close()


def run_at_once(script: str, url: str, names: list[str]) -> list[str]:
    """Run a script in several processes that begin together; gives what each printed."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, url, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
            env={"PYTHONPATH": "src:."},
        )
        for name in names
    ]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        told: dict[int, str] = {}
        threads = [
            threading.Thread(target=lambda at, one: told.update({at: one.communicate("go\n", _WITHIN_S)[0]}), args=pair)
            for pair in enumerate(processes)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [process.returncode for process in processes] == [0] * len(processes)
        return [told[at] for at in range(len(processes))]
    finally:
        for process in processes:
            process.kill()
            process.wait()


OPENING = """
import asyncio, sys
from hedgerow.history.sql import SqlHistory

async def main(url):
    print("ready", flush=True)
    sys.stdin.readline()
    history = await SqlHistory.open(url)
    print((await history.take_over(0)).epoch)
    await history.close()

asyncio.run(main(sys.argv[1]))
"""


def test_processes_that_start_at_once_migrate_once(database_url: str) -> None:
    told = run_at_once(OPENING, database_url, ["a", "b", "c"])
    assert sorted(map(int, told)) == [1, 2, 3]


FENCING = """
import asyncio, sys
from hedgerow.history import Batch, StaleEpochError
from hedgerow.history.sql import SqlHistory
from tests.contracts.samples import fill, place

async def main(url, name):
    history = await SqlHistory.open(url)
    print("ready", flush=True)
    sys.stdin.readline()
    number = 0
    for _ in range(12):
        state = await history.take_over(0)
        offset = state.places["fills"].offset if "fills" in state.places else 0
        for _ in range(12):
            number += 1
            offset += 1
            folded = fill(number, account=name)
            places = [place(offset, stream="fills", epoch=state.epoch)]
            try:
                await history.commit(Batch(partition=0, epoch=state.epoch, places=places, fills=[folded]))
            except StaleEpochError:
                print("stale")
                break
    await history.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_no_two_processes_fold_the_same_place(database_url: str) -> None:
    """Law: as many fills as places, however often one process takes over from the other in the middle of its work."""
    await (await SqlHistory.open(database_url)).close()
    told = await asyncio.to_thread(run_at_once, FENCING, database_url, ["a", "b"])
    assert "stale" in "".join(told), "they never met"
    stands = rows(database_url)
    (place_row,) = stands["places"]
    assert len(stands["fills"]) == place_row[2]


async def test_what_cannot_be_opened_is_said_in_a_sentence_without_the_password(
    postgres: Postgres, database_url: str, tmp_path: Path
) -> None:
    wrong = database_url.replace(postgres.password, "canary-wrong")
    nowhere = database_url.replace(f":{postgres.port}/", ":1/")
    missing = postgres.url("missing")
    for url, said in ((wrong, "password authentication"), (nowhere, "refused"), (missing, '"missing" does not exist')):
        with pytest.raises(HistoryFault, match=said) as caught:
            await SqlHistory.open(url)
        shown = "".join(traceback.format_exception(caught.value))
        assert postgres.password not in shown
        assert "canary" not in shown
        assert "\n" not in str(caught.value)


async def test_a_newer_history_is_refused(database_url: str) -> None:
    await (await SqlHistory.open(database_url)).close()
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE history.alembic_version SET version_num = '9999'")
    with pytest.raises(HistoryFault, match="newer Hedgerow"):
        await SqlHistory.open(database_url)


async def test_whoever_may_make_nothing_uses_what_was_made(postgres: Postgres, database_url: str) -> None:
    """The tables made by one role, the desk run by another that may only read and write them."""
    await (await SqlHistory.open(database_url)).close()
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP ROLE IF EXISTS desk")
        connection.execute("CREATE ROLE desk LOGIN PASSWORD 'of-the-desk'")
        connection.execute("GRANT USAGE ON SCHEMA history TO desk")
        connection.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA history TO desk")
    credentials = f"hedgerow:{postgres.password}"
    history = await SqlHistory.open(database_url.replace(credentials, "desk:of-the-desk"))
    await history.commit(whole_batch((await history.take_over(0)).epoch))
    assert await history.order("order1") is not None
    await history.close()
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP OWNED BY desk")
        connection.execute("DROP ROLE desk")


async def test_an_owner_that_stands_still_in_a_fold_does_not_keep_its_partition(migrated_database_url: str) -> None:
    """Its transaction waits for the rest of a pipeline, so the server does not find it idle."""
    history = await SqlHistory.open(migrated_database_url)
    await history.take_over(0)
    sleeper = PostgresServer(migrated_database_url, "history").connect()
    with pytest.raises(psycopg.OperationalError), sleeper.pipeline():  # noqa: PT012
        sleeper.execute("SELECT epoch FROM partitions WHERE partition = 0 FOR UPDATE")
        sleeper.pgconn.send_flush_request()
        sleeper.pgconn.flush()
        assert await _comes(lambda: _stands_still(migrated_database_url))
        assert (await _taken_over(history)).epoch == 2
        sleeper.execute("SELECT 1").fetchone()
    await history.close()


async def _taken_over(history: SqlHistory) -> PartitionState:
    """As a resolver does it: again, when it has waited for the lock in vain."""
    until = time.monotonic() + _WITHIN_S
    while True:
        try:
            return await history.take_over(0)
        except HistoryFault:
            assert time.monotonic() < until


def _stands_still(url: str) -> bool:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND wait_event = 'ClientRead'"
        )
        return found.fetchone() is not None


async def _comes(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + _WITHIN_S
    while not holds() and time.monotonic() < until:
        await asyncio.sleep(0.01)
    return holds()
