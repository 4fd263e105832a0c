"""INSERT … ON CONFLICT, made from a table once for each database.

SQLAlchemy knows how each database spells it; what it does for every row and every call would cost more than the
database itself. SQLite takes the rows by its driver's executemany; PostgreSQL takes them in one statement, as one JSON
array that the server takes apart: its driver would take longer over each row than the server does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import (
    JSON,
    ClauseElement,
    ColumnElement,
    Connection,
    Dialect,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    case,
    cast,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

_encode: Final = msgspec.json.Encoder().encode
Row = Mapping[str, Any]
_EMPTY: Final[ColumnElement[str]] = literal_column("''")
_DIALECTS: Final[Mapping[str, Dialect]] = {
    "sqlite": sqlite.dialect(paramstyle="named"),
    "postgresql": postgresql.psycopg.dialect(),  # type: ignore[no-untyped-call]
}
# https://www.postgresql.org/docs/current/monitoring-stats.html: in a transaction, waiting for its client, and not idle.
_CUT_OFF_SLEEPERS: Final = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
  AND application_name = current_setting('application_name')
  AND state = 'active' AND wait_event = 'ClientRead' AND state_change < clock_timestamp() - interval '5 s'
"""


class Put(NamedTuple):
    """Rows into a table, each a mapping of `columns`; what happens to a row whose key is there already:

    Attributes:
        changes: these columns are replaced. With none of them, and nothing to complete, the row that is there stands.
        newer: replaced only where this column is higher than the stored one; `None`: always.
        completed: replaced whatever is newer where the first of them is empty text and the new one is not.
    """

    table: Table
    columns: tuple[str, ...]
    changes: tuple[str, ...] = ()
    newer: str | None = None
    completed: tuple[str, ...] = ()


def put(connection: Connection, what: Put, rows: Sequence[Row]) -> None:
    """Put rows; each key at most once among rows that replace what is there."""
    if not rows:
        return
    dialect = connection.dialect.name
    values = {"rows": _encode(rows).decode()} if dialect == "postgresql" else list(rows)
    connection.exec_driver_sql(_put_text(dialect, what), values)


@contextmanager
def without_waiting(connection: Connection) -> Iterator[None]:
    """What is put within this goes to a server at once, and one answer is waited for at the end.

    Raises:
        DBAPIError: any of it failed.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    driver: Any = connection.connection.driver_connection
    try:
        with driver.pipeline():
            yield
    except connection.dialect.loaded_dbapi.Error as error:
        raise DBAPIError("", None, error, hide_parameters=True) from None


def cut_off_sleepers(connection: Connection) -> None:
    """End what another client has begun with `without_waiting` and does not go on with: it may hold locks.

    To a server that waits for the rest of a pipeline the client is not idle, so it would wait for ever.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_CUT_OFF_SLEEPERS)


def insert_of(connection: Connection) -> Any:
    """The database's own INSERT … ON CONFLICT, which SQLite and PostgreSQL spell alike."""
    return _insert(connection.dialect.name)


def text_of(connection: Connection, statement: ClauseElement) -> str:
    """A statement that is kept for good, as the text that `exec_driver_sql` takes with its values by name."""
    return _text(connection.dialect.name, statement)


@cache
def _text(dialect: str, statement: ClauseElement) -> str:
    return str(statement.compile(dialect=_DIALECTS[dialect]))


def _insert(dialect: str) -> Any:
    return postgresql.insert if dialect == "postgresql" else sqlite.insert


@cache
def _put_text(dialect: str, what: Put) -> str:
    statement = _insert(dialect)(what.table)
    if dialect == "postgresql":
        statement = statement.from_select(what.columns, _taken_apart(what))
    new, old = statement.excluded, what.table.c
    if not what.changes and not what.completed:
        statement = statement.on_conflict_do_nothing()
    else:
        newer = None if what.newer is None else new[what.newer] > old[what.newer]
        lacking = _lacking(what, new)
        statement = statement.on_conflict_do_update(
            index_elements=[column.name for column in what.table.primary_key],
            set_={name: _if(newer, new[name], old[name]) if what.completed else new[name] for name in what.changes}
            | {name: _if(lacking, new[name], old[name]) for name in what.completed},
            where=newer if lacking is None or newer is None else newer | lacking,
        )
    return str(statement.compile(dialect=_DIALECTS[dialect], column_keys=what.columns))


def _taken_apart(what: Put) -> Select[Any]:
    """https://www.postgresql.org/docs/current/functions-json.html, json_to_recordset."""
    columns = [column(name, what.table.c[name].type) for name in what.columns]
    rows = func.json_to_recordset(cast(bindparam("rows", type_=Text), JSON)).table_valued(*columns)
    return select(*rows.render_derived(name="new_rows", with_types=True).c)


def _lacking(what: Put, new: Any) -> ColumnElement[bool] | None:
    if not what.completed:
        return None
    first = what.completed[0]
    return and_(what.table.c[first] == _EMPTY, new[first] != _EMPTY)


def _if(condition: ColumnElement[bool] | None, new: Any, old: Any) -> Any:
    return new if condition is None else case((condition, new), else_=old)
