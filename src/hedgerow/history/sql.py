"""History in SQL: one schema for SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from hedgerow.core.fills import Fill
from hedgerow.core.limits import AccountRules
from hedgerow.core.orders import Order
from hedgerow.core.positions import Position
from hedgerow.core.reports import Balance
from hedgerow.history import (
    Batch,
    CommandRow,
    DayFilter,
    Days,
    FillFilter,
    HistoryFault,
    LivingState,
    OrderFilter,
    PartitionState,
    Place,
    TimelineEntry,
    days,
    folding,
    querying,
    schema,
)
from hedgerow.history.rows import read_order, read_rules
from hedgerow.sql.database import Database
from hedgerow.sql.faults import RowFault, UnusableError, explained, reason
from hedgerow.sql.sqlite import FileKind, connect_reader

# synchronous=NORMAL: a power cut may take the last commits, never the file. They hold their own places in the
# streams, so the next start folds the same records again; the journal is what must not lose any.
_FILE: Final = FileKind("history", 0x48474853, True, ("PRAGMA synchronous = NORMAL",))
_MIGRATIONS: Final = Path(__file__).parent / "migrations"
# One row by its key.
_ORDER: Final = "SELECT body FROM orders WHERE order_id = $1"
_ORDERS: Final = "SELECT order_id, body FROM orders WHERE order_id IN (SELECT value FROM json_each(?1))"  # SQLite's
_COMMAND: Final = f"SELECT {', '.join(CommandRow.__struct_fields__)} FROM commands WHERE command_id = $1"  # noqa: S608
T = TypeVar("T")


class SqlHistory:
    """`History` on SQLAlchemy. Writes go through one thread, in the order in which they were asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # One row by its key costs SQLite microseconds: cheaper on the loop than the way to a thread and back.
        self._direct = None if database.path is None else connect_reader(database.path)
        if self._direct is not None:
            self._direct.execute("PRAGMA cache_size = -16384")  # KiB: the upper pages of a large index stay at hand
        self._lookup = database.lookup([_ORDER, _COMMAND])

    @classmethod
    async def open(cls, place: str | Path) -> SqlHistory:
        """Open a SQLite file by its path, or a database by its URL, and bring its schema up to date.

        Raises:
            HistoryFault: it is damaged, is something else, or is newer; `str()` says what to do.
        """
        return cls(await asyncio.to_thread(_open, place))

    async def bind(self, journal_id: str) -> None:
        made_from = await self._guarded(self._database.write(partial(folding.bind, journal_id=journal_id)))
        if made_from != journal_id:
            raise HistoryFault(
                f"The history {self._database.where} was made from the journal {made_from}, and this is the journal"
                f" {journal_id}. Nothing was changed: restore the one that belongs to the other."
            )

    async def take_over(self, partition: int) -> PartitionState:
        return await self._guarded(self._database.write(partial(folding.take_over, partition=partition)))

    async def commit(self, batch: Batch) -> None:
        await self._guarded(self._database.write(partial(folding.fold, batch=batch)))

    async def known_fills(self, fill_ids: Sequence[str]) -> set[str]:
        return await self._read(partial(querying.known_fills, fill_ids=fill_ids))

    async def find_orders(self, account: str, ids: Sequence[str]) -> dict[str, Order]:
        return await self._read(partial(querying.find_orders, account=account, ids=ids))

    async def order(self, order_id: str) -> Order | None:
        row = await self._row(_ORDER, order_id)
        return None if row is None else read_order(row[0])

    async def known_orders(self, order_ids: Sequence[str]) -> dict[str, Order]:
        if self._direct is None:
            return await self._read(partial(querying.known_orders, order_ids=order_ids))
        try:
            rows = self._direct.execute(_ORDERS, (json.dumps(order_ids),)).fetchall()
        except sqlite3.Error as error:
            raise _unreadable(error) from error
        return {order_id: read_order(body) for order_id, body in rows}

    async def command(self, command_id: str) -> CommandRow | None:
        row = await self._row(_COMMAND, command_id)
        if row is None:
            return None
        fields = dict(zip(CommandRow.__struct_fields__, row, strict=True))
        return CommandRow(**fields | {"time_ms": int(fields["time_ms"])})

    async def command_ids(self, after: str, limit: int) -> list[str]:
        return await self._read(partial(querying.command_ids, after=after, limit=limit))

    async def orders(self, wanted: OrderFilter) -> tuple[list[Order], list[Place]]:
        return await self._read(partial(querying.orders, wanted=wanted))

    async def living_orders(self) -> tuple[list[Order], list[Place]]:
        return await self._read(querying.living_orders)

    async def living_state(self, partition: int) -> LivingState:
        return await self._read(partial(querying.living_state, partition=partition))

    async def positions(self) -> tuple[list[Position], list[Place]]:
        return await self._read(querying.positions)

    async def fills(self, wanted: FillFilter) -> tuple[list[Fill], list[Place]]:
        return await self._read(partial(querying.fills, wanted=wanted))

    async def days(self, wanted: DayFilter) -> Days:
        return await self._read(partial(days.days, wanted=wanted))

    async def timeline(self, subject: str) -> list[TimelineEntry]:
        return await self._read(partial(querying.timeline, subject=subject))

    async def balances(self, account: str) -> tuple[list[Balance], int] | None:
        return await self._read(partial(querying.balances, account=account))

    async def rules(self) -> dict[str, AccountRules]:
        texts = await self._read(partial(querying.pairs, table=schema.accounts, key="account", value="rules"))
        return {account: read_rules(rules) for account, rules in texts.items()}

    async def epochs(self) -> dict[int, int]:
        return await self._read(partial(querying.pairs, table=schema.partitions, key="partition", value="epoch"))

    async def places(self) -> list[Place]:
        return await self._read(querying.places_of)

    async def close(self) -> None:
        if self._direct is not None:
            self._direct.close()
        if self._lookup is not None:
            await self._lookup.close()
        await self._database.close()

    async def _read(self, work: Callable[[Connection], T]) -> T:
        return await self._guarded(self._database.read(work))

    async def _row(self, query: str, key: str) -> Sequence[Any] | None:
        """One row by its key; a server gives every column as text."""
        try:
            if self._lookup is not None:
                return await self._lookup.row(query, key)
            assert self._direct is not None
            row: Sequence[Any] | None = self._direct.execute(query, {"1": key}).fetchone()
        except (sqlite3.Error, RowFault) as error:
            raise _unreadable(error) from error
        return row

    async def _guarded(self, work: Awaitable[T]) -> T:
        try:
            return await work
        except SQLAlchemyError as error:
            raise HistoryFault(f"history failed: {reason(error)}") from error
        except RuntimeError as error:  # its threads have ended
            raise HistoryFault("history is closed") from error


def _unreadable(error: Exception) -> HistoryFault:
    return HistoryFault(f"history cannot be read: {reason(error)}")


def _open(place: str | Path) -> Database:
    database = None
    try:
        database = Database.open(place, _FILE)
        database.migrate(_MIGRATIONS, schema.REVISION)
    except (UnusableError, OSError, SQLAlchemyError) as error:
        if database is not None:
            database.engine.dispose()
        raise HistoryFault(explained("history", place, error)) from None
    return database
