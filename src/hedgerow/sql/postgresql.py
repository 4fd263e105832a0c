"""PostgreSQL behind SQLAlchemy: a server that may be away, slow or gone, and none of it for longer than was said."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from typing import Any, Final, NamedTuple, TypeVar

import psycopg
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError

from hedgerow.sql.faults import UnusableError

CONNECT_S: Final = 5
_SCHEMES: Final = ("postgresql", "postgres", "postgresql+psycopg")
_HOST: Final = re.compile(r"[A-Za-z0-9_.:%-]*")

# https://www.postgresql.org/docs/current/libpq-connect.html: a peer that vanishes is noticed within about ten seconds,
# whether it owes an answer to what was sent or nothing was sent at all.
_SOCKET: Final = {
    "connect_timeout": CONNECT_S,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
RV = TypeVar("RV")


class UnusableUrlError(UnusableError):
    """It is no URL of a PostgreSQL database; `str()` says what is wrong, without any of it."""


class Patience(NamedTuple):
    """How long each thing may take.

    Attributes:
        answer_s: until a server that says nothing is given up, and the connection with it.
        statement_ms: of the server's own work on one statement.
        lock_ms: of it spent waiting for a lock.
        idle_ms: within a transaction, until the server gives it up. Shorter than `lock_ms`: a process that stands
            still while it holds a partition's row is cut off before whoever takes the partition over gives up.
    """

    answer_s: float = 25.0
    statement_ms: int = 20_000
    lock_ms: int = 7_000
    idle_ms: int = 5_000


FOR_WORK: Final = Patience()
FOR_MIGRATIONS: Final = Patience(answer_s=600.0, statement_ms=0, lock_ms=120_000, idle_ms=60_000)
FOR_ROWS: Final = Patience(answer_s=6.0, statement_ms=5_000, lock_ms=5_000)


class TimelyConnection(psycopg.Connection[Any]):
    """A connection whose every wait ends: libpq itself waits for ever for a server that stands still."""

    answer_s = FOR_WORK.answer_s

    def wait(self, gen: Generator[Any, Any, RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Raises psycopg.OperationalError, with the connection closed, where no answer came."""
        try:
            return super().wait(gen, interval, self.answer_s if timeout is None else timeout)
        except psycopg.errors.PipelineAborted:
            raise  # an answer: what was sent after a statement that the server refused
        except psycopg.OperationalError as error:
            if error.sqlstate is not None or self.closed:
                raise  # the server's own words, or a connection that is gone
            self.close()  # whoever asks next must not read this answer
            raise psycopg.OperationalError(f"no answer within {self.answer_s:g} s") from None


class PostgresServer:
    """A database on a server, and within it the namespace (PostgreSQL: schema) that is ours.

    History and vault share a database: each has its tables, and the table of its revision, in its own namespace.
    """

    def __init__(self, url: str, namespace: str) -> None:
        """Raises UnusableUrlError.

        Args:
            url: what libpq knows may follow as a query: `?sslmode=verify-full&sslrootcert=…`, or several hosts as
                `?host=a,b&port=5432,5432&target_session_attrs=read-write`.
        """
        self.namespace = namespace
        self._arguments: Mapping[str, Any] = {"application_name": f"hedgerow {namespace}", **_SOCKET, **_read(url)}

    def __repr__(self) -> str:
        return f"PostgresServer({self.where!r}, {self.namespace!r})"

    @property
    def where(self) -> str:
        """Host, port and database, for people."""
        host, port = self._arguments.get("host", "the local socket"), self._arguments.get("port")
        return f"{host}{'' if port is None else f':{port}'}/{self._arguments['dbname']}"

    def engine(self, connections: int, patience: Patience = FOR_WORK) -> Engine:
        """A pool that tries a connection before it lends it: what a restart cut off is made anew."""
        return create_engine(
            "postgresql+psycopg://",  # nothing that could be shown
            creator=lambda: self.connect(patience),
            pool_size=connections,
            max_overflow=0,
            pool_pre_ping=True,
            use_native_hstore=False,  # or SQLAlchemy asks for it at the first connect
            hide_parameters=True,
        )

    def connect(self, patience: Patience = FOR_WORK, *, reads_rows: bool = False) -> TimelyConnection:
        """Connect; blocks. Raises psycopg.OperationalError.

        Args:
            reads_rows: a connection for single statements that only read.
        """
        connection = TimelyConnection.connect(**self._arguments, autocommit=True)
        connection.answer_s = patience.answer_s
        settings = {
            "search_path": f'"{self.namespace}"',
            "statement_timeout": patience.statement_ms,
            "lock_timeout": patience.lock_ms,
            "idle_in_transaction_session_timeout": patience.idle_ms,
            "default_transaction_read_only": "on" if reads_rows else "off",
        }
        # In one round trip, and not as startup options, which poolers refuse.
        connection.execute("; ".join(f"SET {name} = {value}" for name, value in settings.items()).encode())
        connection.autocommit = reads_rows
        return connection


def _read(url: str) -> dict[str, str]:
    """As libpq's parameters."""
    try:
        read = make_url(url)
    except (ArgumentError, ValueError):
        read = None
    if read is None or read.drivername not in _SCHEMES or not read.database:
        raise UnusableUrlError("The database's URL is not of the form postgresql://user:password@host:port/database.")
    if not _HOST.fullmatch(read.host or ""):
        # Most likely the end of a password: never shown.
        raise UnusableUrlError(
            "The database's URL has no proper host: special characters in its password are written as %40 (for @),"
            " %2F (for /) and so on."
        )
    options = {name: value if isinstance(value, str) else ",".join(value) for name, value in read.query.items()}
    return options | read.translate_connect_args(username="user", database="dbname")
