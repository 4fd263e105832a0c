"""Reading history: each function runs on one snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, func, select, tuple_, union

from hedgerow.core.fills import Fill
from hedgerow.core.orders import Order
from hedgerow.core.positions import Position
from hedgerow.core.reports import Balance
from hedgerow.history import FillFilter, LivingState, OrderFilter, Place, TimelineEntry, schema
from hedgerow.history.rows import read_balances, read_fill, read_order, read_position
from hedgerow.history.searching import beginning, in_symbol

_ID_LENGTH = 26  # of our order ids
_MANY = 500  # values in one IN list: SQLite takes 32,766, a plan is quick with few


def places_of(connection: Connection) -> list[Place]:
    rows = connection.execute(select(schema.places).order_by(schema.places.c.stream, schema.places.c.partition))
    return [Place(**row._mapping) for row in rows]


def living_in(connection: Connection, partitions: ColumnElement[bool]) -> list[Order]:
    """The living orders of some partitions, oldest first.

    Sorted here: asked to sort, SQLite would rather walk through every order there ever was in order of age.
    """
    query = select(schema.orders.c.body).where(partitions)
    found = [read_order(text) for text in connection.execute(query).scalars()]
    return sorted(found, key=lambda order: (order.created_ms, order.order_id))


def known_orders(connection: Connection, order_ids: Sequence[str]) -> dict[str, Order]:
    table = schema.orders
    known: dict[str, Order] = {}
    for at in range(0, len(order_ids), _MANY):
        query = select(table.c.order_id, table.c.body).where(table.c.order_id.in_(order_ids[at : at + _MANY]))
        known |= {order_id: read_order(body) for order_id, body in connection.execute(query)}
    return known


def command_ids(connection: Connection, after: str, limit: int) -> list[str]:
    """Each half by its primary key: a page costs the same, however many there are."""
    halves = (schema.orders.c.order_id, schema.commands.c.command_id)
    pages = [select(half.label("id")).where(half > after).order_by(half).limit(limit).subquery() for half in halves]
    both = union(*(select(page.c.id) for page in pages)).subquery()
    return list(connection.execute(select(both.c.id).order_by(both.c.id).limit(limit)).scalars())


def orders(connection: Connection, wanted: OrderFilter) -> tuple[list[Order], list[Place]]:
    table = schema.orders
    query: Select[Any] = select(table.c.created_ms, table.c.order_id, table.c.body)
    for column, value in ((table.c.account, wanted.account), (table.c.symbol, wanted.symbol)):
        if value is not None:
            query = query.where(column == value)
    if wanted.accounts is not None:
        query = query.where(table.c.account.in_(wanted.accounts))
    if wanted.side is not None:
        query = query.where(table.c.side == wanted.side.value)
    if wanted.statuses:
        query = query.where(table.c.status.in_([status.value for status in wanted.statuses]))
    keys = (table.c.created_ms, table.c.order_id)
    query = _page(_between(query, table.c.created_ms, wanted), keys, wanted.before, wanted.limit)
    return [read_order(text) for text in _bodies(connection, query, table, wanted)], places_of(connection)


def living_orders(connection: Connection) -> tuple[list[Order], list[Place]]:
    return living_in(connection, schema.orders.c.living_in >= 0), places_of(connection)


def living_state(connection: Connection, partition: int) -> LivingState:
    """Unsorted: a hundred thousand orders are sorted in one breath, and other threads wait for it."""
    owners, legs, funds, accounts = schema.partitions, schema.positions, schema.balances, schema.accounts
    living = connection.execute(select(schema.orders.c.body).where(schema.orders.c.living_in == partition)).scalars()
    epoch = connection.execute(select(owners.c.epoch).where(owners.c.partition == partition)).scalar()
    positions = connection.execute(select(legs.c.body).where(legs.c.partition == partition)).scalars()
    balances = connection.execute(
        select(funds.c.account, funds.c.body, funds.c.time_ms)
        .join(accounts, accounts.c.account == funds.c.account)
        .where(accounts.c.partition == partition)
    )
    return LivingState(
        epoch=epoch or 0,
        places={place.stream: place for place in places_of(connection) if place.partition == partition},
        orders=[read_order(text) for text in living],
        positions=[read_position(text) for text in positions],
        balances={row.account: (read_balances(row.body), row.time_ms) for row in balances},
    )


def fills(connection: Connection, wanted: FillFilter) -> tuple[list[Fill], list[Place]]:
    table = schema.fills
    query: Select[Any] = select(table.c.time_ms, table.c.fill_id, table.c.body)
    for column, value in (
        (table.c.account, wanted.account),
        (table.c.symbol, wanted.symbol),
        (table.c.order_id, wanted.order_id),
        (table.c.side, wanted.side.value if wanted.side else None),
    ):
        if value is not None:
            query = query.where(column == value)
    keys = (table.c.time_ms, table.c.fill_id)
    query = _page(_between(query, table.c.time_ms, wanted), keys, wanted.before, wanted.limit)
    return [read_fill(text) for text in _bodies(connection, query, table, wanted)], places_of(connection)


def _between(query: Select[Any], column: ColumnElement[Any], wanted: OrderFilter | FillFilter) -> Select[Any]:
    if wanted.since_ms is not None:
        query = query.where(column >= wanted.since_ms)
    return query if wanted.until_ms is None else query.where(column < wanted.until_ms)


def _bodies(
    connection: Connection, query: Select[Any], table: Table, wanted: OrderFilter | FillFilter
) -> Sequence[str]:
    """The bodies of a page. A search asks by each of its ways alone, so that each goes by an index."""
    if wanted.search is None:
        return [row[2] for row in connection.execute(query)]
    ways = [table.c.symbol == symbol for symbol in _symbols(connection, table, wanted.search)]
    if ids := _order_ids(connection, wanted.search):
        ways.append(table.c.order_id.in_(ids))
    rows = {row[1]: row for way in ways for row in connection.execute(query.where(way))}
    newest = sorted(rows.values(), key=lambda row: (row[0], row[1]), reverse=True)
    return [row[2] for row in newest[: wanted.limit]]


def _symbols(connection: Connection, table: Table, search: str) -> list[str]:
    """The symbols in a table that a search is part of: from one to the next in their index, not through every row."""
    symbol = table.c.symbol
    held = select(func.min(symbol).label("symbol")).cte("held", recursive=True)
    following = select(func.min(symbol)).where(symbol > held.c.symbol).scalar_subquery()
    held = held.union_all(select(following).where(held.c.symbol.is_not(None)))
    found = connection.execute(select(held.c.symbol).where(held.c.symbol.is_not(None))).scalars()
    return [each for each in found if in_symbol(search, each)]


def _order_ids(connection: Connection, search: str) -> list[str]:
    """Orders by any id in full, and by the beginning of our own, which are small letters and digits."""
    names, table = schema.order_ids, schema.orders
    accounts = select(schema.accounts.c.account)  # so that the ids' own index serves
    query = select(names.c.order_id).where(names.c.account.in_(accounts), names.c.id == search).limit(_MANY)
    found = set(connection.execute(query).scalars())
    if begins := beginning(search):
        ours = select(table.c.order_id).where(table.c.order_id.between(begins, begins.ljust(_ID_LENGTH, "z")))
        found.update(connection.execute(ours.limit(_MANY)).scalars())
    return list(found)


def _page(
    query: Select[Any], keys: tuple[ColumnElement[Any], ...], before: tuple[int, str] | None, limit: int
) -> Select[Any]:
    """Newest first; a page begins after the keys of the last one on the page before."""
    if before is not None:
        query = query.where(tuple_(*keys) < before)
    return query.order_by(*(key.desc() for key in keys)).limit(limit)


def positions(connection: Connection) -> tuple[list[Position], list[Place]]:
    table = schema.positions
    query = select(table.c.body).order_by(table.c.account, table.c.symbol, table.c.side)
    return [read_position(text) for text in connection.execute(query).scalars()], places_of(connection)


def timeline(connection: Connection, subject: str) -> list[TimelineEntry]:
    """Oldest first; what happened in one millisecond, in the order in which it was written."""
    table = schema.timeline
    query = (
        select(table)
        .where(table.c.subject == subject)
        .order_by(table.c.time_ms, table.c.stream, table.c.partition, table.c.offset)
    )
    return [TimelineEntry(**row._mapping) for row in connection.execute(query)]


def balances(connection: Connection, account: str) -> tuple[list[Balance], int] | None:
    table = schema.balances
    row = connection.execute(select(table.c.body, table.c.time_ms).where(table.c.account == account)).one_or_none()
    return None if row is None else (read_balances(row.body), row.time_ms)


def known_fills(connection: Connection, fill_ids: Sequence[str]) -> set[str]:
    table = schema.fills
    known: set[str] = set()
    for at in range(0, len(fill_ids), _MANY):
        query = select(table.c.fill_id).where(table.c.fill_id.in_(fill_ids[at : at + _MANY]))
        known.update(connection.execute(query).scalars())
    return known


def find_orders(connection: Connection, account: str, ids: Sequence[str]) -> dict[str, Order]:
    """By the id that was asked for."""
    names, table = schema.order_ids, schema.orders
    found: dict[str, Order] = {}
    for at in range(0, len(ids), _MANY):
        query = (
            select(names.c.id, table.c.body)
            .join(table, table.c.order_id == names.c.order_id)
            .where(names.c.account == account, names.c.id.in_(ids[at : at + _MANY]))
        )
        found.update((row.id, read_order(row.body)) for row in connection.execute(query))
    return found


def pairs(connection: Connection, table: Table, key: str, value: str) -> dict[Any, Any]:
    """Two columns of a table as a mapping, without what is null."""
    query = select(table.c[key], table.c[value]).where(table.c[value].is_not(None))
    return {row[0]: row[1] for row in connection.execute(query)}
