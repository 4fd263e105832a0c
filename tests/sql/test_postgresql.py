"""What a server may do to those who use it: go away, come back, stand still, refuse."""

from __future__ import annotations

import asyncio
import traceback
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from hedgerow.sql.database import Database
from hedgerow.sql.faults import RowFault, reason
from hedgerow.sql.lookup import Lookup
from hedgerow.sql.postgresql import Patience, PostgresServer, UnusableUrlError
from hedgerow.sql.sqlite import FileKind
from hedgerow.sql.statements import without_waiting
from onemachine.servers.postgres import Postgres
from tests.sql.cut_line import line_to

KIND = FileKind("thing", 0x1234, True, ())
ONE = "SELECT $1 || '!', NULL, 7"
NUMBER = "SELECT $1::bigint"
SECRET = "canary-4711"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "history.db",
        "sqlite:///history.db",
        "mysql://user:canary-4711@localhost/desk",
        "postgresql+asyncpg://user:canary-4711@localhost/desk",
        "postgresql://user:canary-4711@localhost",
        "postgresql://user:canary-4711@localhost:port/desk",
        "postgresql://user:half@canary-4711@localhost/desk",
    ],
)
def test_a_url_that_is_none_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(UnusableUrlError) as caught:
        PostgresServer(url, "thing")
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_plain_urls_are_taken_and_passwords_hidden(scheme: str) -> None:
    server = PostgresServer(f"{scheme}://user:{SECRET}%40@host:5433/desk?sslmode=require", "thing")
    assert server.where == "host:5433/desk"
    assert PostgresServer(f"{scheme}:///desk?host=a,b&port=1,2&password={SECRET}", "thing").where == "a,b:1,2/desk"
    assert PostgresServer(f"{scheme}://user@/desk?host=a&host=b", "thing").where == "a,b/desk"
    engine = server.engine(1)
    assert SECRET not in repr(server) + repr(engine) + str(engine.url) + repr(engine.pool)


def asked(database_url: str, statement: str, patience: Patience) -> DBAPIError:
    engine = PostgresServer(database_url, "public").engine(1, patience)
    with pytest.raises(DBAPIError) as caught, engine.begin() as connection:
        connection.exec_driver_sql(statement)
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1, "the next one is not disturbed"
    engine.dispose()
    return caught.value


def test_a_statement_that_takes_too_long_is_canceled_by_the_server(database_url: str) -> None:
    assert "statement timeout" in reason(asked(database_url, "SELECT pg_sleep(20)", Patience(statement_ms=50)))


def send_what_is_refused(engine: Engine, more: int) -> None:
    """In a pipeline, and so many statements after it; the refusal is noted if it came back while those were sent."""
    with engine.begin() as connection, without_waiting(connection):
        connection.exec_driver_sql("SELECT 1 / 0")
        for _ in range(more):
            try:
                connection.exec_driver_sql("SELECT 1")
            except DBAPIError as refusal:
                refusal.add_note("early")
                raise


@pytest.mark.parametrize(("more", "noted"), [(0, []), (100_000, ["early"])])
def test_what_is_refused_in_a_pipeline_is_told_and_costs_no_connection(
    database_url: str, more: int, noted: list[str]
) -> None:
    """Whether the refusal comes back at the end, or while more is sent."""
    engine = PostgresServer(database_url, "public").engine(1)
    with engine.begin() as connection:
        backend = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
    with pytest.raises(DBAPIError) as caught:
        send_what_is_refused(engine, more)
    assert reason(caught.value) == "division by zero"
    assert getattr(caught.value, "__notes__", []) == noted
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT pg_backend_pid()").scalar() == backend
    engine.dispose()


def test_an_answer_that_does_not_come_is_not_waited_for(database_url: str) -> None:
    """The server's own deadline does not count where the server stands still."""
    fault = asked(database_url, "SELECT pg_sleep(20)", Patience(answer_s=0.2))
    assert reason(fault) == "no answer within 0.2 s"


def test_a_server_that_stands_still_is_given_up_and_used_again(postgres: Postgres, database_url: str) -> None:
    server = PostgresServer(database_url, "thing")
    connection = server.connect(Patience(answer_s=0.3))
    postgres.pause()
    try:
        with pytest.raises(psycopg.OperationalError, match="no answer"):
            connection.execute("SELECT 1")
    finally:
        postgres.resume()
    assert connection.closed
    server.connect().close()


def test_a_lock_is_not_waited_for_for_ever(database_url: str) -> None:
    with psycopg.connect(database_url) as holder:
        holder.execute("CREATE TABLE things (number integer)")
        holder.commit()
        holder.execute("LOCK TABLE things")
        assert "lock timeout" in reason(asked(database_url, "SELECT * FROM things", Patience(lock_ms=50)))


def test_whoever_stands_still_within_a_transaction_loses_its_locks(database_url: str) -> None:
    server = PostgresServer(database_url, "public")
    with psycopg.connect(database_url) as maker:
        maker.execute("CREATE TABLE things (number integer)")
    frozen = server.connect(Patience(idle_ms=100))
    frozen.execute("LOCK TABLE things")
    with server.connect() as other:
        other.execute("INSERT INTO things VALUES (1)")
    with pytest.raises(psycopg.Error):
        frozen.execute("INSERT INTO things VALUES (2)")


def test_nobody_may_be_held_up_for_longer_than_a_frozen_holder_lives() -> None:
    assert Patience().idle_ms < Patience().lock_ms < Patience().statement_ms < Patience().answer_s * 1_000


async def test_a_server_that_was_restarted_is_used_again_by_every_thread(postgres: Postgres, database_url: str) -> None:
    database = Database.open(database_url, KIND)

    def one(connection: Connection) -> Any:
        return connection.exec_driver_sql("SELECT 1").scalar()

    for restart in (postgres.stop, postgres.kill):
        assert (await database.write(one), await database.read(one)) == (1, 1)
        restart()
        with pytest.raises(OperationalError, match="refused"):
            await database.write(one)
        postgres.start()
        assert (await database.write(one), await database.read(one)) == (1, 1)
        restart()
        postgres.start()
        assert (await database.write(one), await database.read(one)) == (1, 1), "without anybody having noticed"
    await database.close()


async def test_readers_of_a_server_cannot_write(database_url: str) -> None:
    database = Database.open(database_url, KIND)
    with pytest.raises(DBAPIError, match="read-only"):
        await database.read(lambda connection: connection.exec_driver_sql("CREATE TABLE things (number integer)"))
    await database.close()


async def test_rows_are_looked_up_as_text(database_url: str) -> None:
    lookup = Lookup(PostgresServer(database_url, "thing"), [ONE, NUMBER])
    assert await lookup.row(ONE, "köy") == ("köy!", None, "7")
    await lookup.close()


async def test_each_question_gets_its_own_answer(database_url: str) -> None:
    """However many are asked at once, and whoever has gone in the meantime."""
    lookup = Lookup(PostgresServer(database_url, "thing"), [ONE])
    asked = [asyncio.ensure_future(lookup.row(ONE, str(number))) for number in range(500)]
    await lookup.row(ONE, "first")
    asked[3].cancel()
    asked[499].cancel()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    wanted = [(f"{number}!", None, "7") for number in range(500)]
    assert [answer for answer in answers if not isinstance(answer, BaseException)] == [
        row for number, row in enumerate(wanted) if not isinstance(answers[number], BaseException)
    ]
    assert await lookup.row(ONE, "last") == ("last!", None, "7")
    await lookup.close()


async def test_a_question_that_fails_harms_no_other(database_url: str) -> None:
    lookup = Lookup(PostgresServer(database_url, "thing"), [NUMBER, ONE])
    with pytest.raises(RowFault, match=r"^insufficient data"):
        await lookup.row(NUMBER, "three")
    assert await lookup.row(ONE, "x") == ("x!", None, "7")
    await lookup.close()


async def test_a_query_that_cannot_be_prepared_is_said_so(database_url: str) -> None:
    lookup = Lookup(PostgresServer(database_url, "thing"), ["SELECT * FROM nowhere WHERE id = $1"])
    with pytest.raises(RowFault, match="nowhere"):
        await lookup.row("SELECT * FROM nowhere WHERE id = $1", "x")
    await lookup.close()


async def test_rows_are_looked_up_again_after_a_restart(postgres: Postgres, database_url: str) -> None:
    lookup = Lookup(PostgresServer(database_url, "thing"), [ONE])
    for restart in (postgres.stop, postgres.kill):
        await lookup.row(ONE, "x")
        restart()
        with pytest.raises(RowFault, match="refused"):
            await lookup.row(ONE, "x")
        postgres.start()
        assert await lookup.row(ONE, "x") == ("x!", None, "7")
        restart()
        postgres.start()
        assert await lookup.row(ONE, "x") == ("x!", None, "7")
    await lookup.close()


async def test_a_look_up_whose_line_is_cut_asks_again(database_url: str) -> None:
    with line_to(database_url) as line:
        lookup = Lookup(PostgresServer(line.url, "thing"), [ONE])
        await lookup.row(ONE, "x")
        line.cut_after(b"cut me")
        assert await lookup.row(ONE, "cut me") == ("cut me!", None, "7")
        assert line.was_cut.is_set()
        await lookup.close()


async def test_a_look_up_that_is_not_answered_is_given_up(postgres: Postgres, database_url: str) -> None:
    lookup = Lookup(PostgresServer(database_url, "thing"), [ONE], Patience(answer_s=0.3))
    await lookup.row(ONE, "x")
    postgres.pause()
    try:
        with pytest.raises(RowFault, match=r"^no answer within 0\.3 s$"):
            await lookup.row(ONE, "x")
    finally:
        postgres.resume()
    assert await lookup.row(ONE, "x") == ("x!", None, "7")
    await lookup.close()


async def test_a_closed_look_up_says_so(database_url: str) -> None:
    lookup = Lookup(PostgresServer(database_url, "thing"), [ONE])
    await lookup.row(ONE, "x")
    await lookup.close()
    with pytest.raises(RowFault, match="closed"):
        await lookup.row(ONE, "x")
