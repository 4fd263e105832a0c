"""Writing history: a take-over, and a batch folded in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Table, bindparam, select

from hedgerow.history import Batch, CommandRow, HistoryFault, PartitionState, StaleEpochError, schema
from hedgerow.history.days import equity_rows, result_rows
from hedgerow.history.querying import living_in, places_of
from hedgerow.history.rows import (
    RANKS,
    Row,
    balances_row,
    body,
    command_row,
    fill_row,
    ledger_row,
    order_id_rows,
    order_row,
    place_row,
    position_row,
    read_position,
    read_rules,
    timeline_row,
)
from hedgerow.sql.statements import Put, cut_off_sleepers, insert_of, put, text_of, without_waiting

T = TypeVar("T")


def _once(table: Table) -> Put:
    """What is counted once, by its key."""
    return Put(table, tuple(table.c.keys()))


def _newest(table: Table, newer: str) -> Put:
    """What is replaced whole by what is newer."""
    changes = tuple(column.name for column in table.c if not column.primary_key)
    return Put(table, tuple(table.c.keys()), changes, newer)


def _sums(table: Table) -> Put:
    """What was read in the same transaction, and is replaced by what it has become."""
    return _newest(table, "")._replace(newer=None)


def _of_account(column: str, newer: str | None = None) -> Put:
    return Put(schema.accounts, ("account", "partition", column), (column,), newer)


_ORIGIN: Final = _once(schema.origin)
_FILLS: Final = _once(schema.fills)
_ORDER_IDS: Final = _once(schema.order_ids)
_LEDGER: Final = _once(schema.ledger)
_TIMELINE: Final = _once(schema.timeline)
_ORDERS: Final = _newest(schema.orders, "version")
_POSITIONS: Final = _newest(schema.positions, "version")
_BALANCES: Final = _newest(schema.balances, "time_ms")
_DAY_EQUITY: Final = _newest(schema.day_equity, "time_ms")
_DAY_RESULTS: Final = _sums(schema.day_results)
_PLACES: Final = _newest(schema.places, "offset")
# A command's answer may be folded before its intent, by two streams: what was asked then completes its row.
_COMMANDS: Final = Put(
    schema.commands,
    tuple(schema.commands.c.keys()),
    changes=("outcome", "rank", "answer"),
    newer="rank",
    completed=("body_hash", "body"),
)
_LAST_FILL: Final = _of_account("last_fill", "last_fill")
_RULES: Final = _of_account("rules")
_SINCE: Final = _of_account("since_ms")
_FILLS_READ: Final = _of_account("fills_read_ms")
_EPOCH: Final = (
    select(schema.partitions.c.epoch).where(schema.partitions.c.partition == bindparam("partition")).with_for_update()
)


def bind(connection: Connection, journal_id: str) -> str:
    """The journal that history is made from, by now at the latest."""
    table = schema.origin
    put(connection, _ORIGIN, [{"what": "journal", "id": journal_id}])
    found: str = connection.execute(select(table.c.id).where(table.c.what == "journal")).scalar_one()
    return found


def take_over(connection: Connection, partition: int) -> PartitionState:
    """Raise the epoch, then read: whoever still writes with the old one is refused from here on."""
    cut_off_sleepers(connection)  # an owner that stands still in the midst of a fold holds the partition's row
    insert = insert_of(connection)(schema.partitions).values(partition=partition, epoch=1)
    connection.execute(
        insert.on_conflict_do_update(index_elements=["partition"], set_={"epoch": schema.partitions.c.epoch + 1})
    )
    epoch = connection.execute(
        select(schema.partitions.c.epoch).where(schema.partitions.c.partition == partition)
    ).scalar_one()
    table = schema.accounts
    accounts = connection.execute(select(table).where(table.c.partition == partition)).all()
    positions = connection.execute(
        select(schema.positions.c.body).where(schema.positions.c.partition == partition)
    ).scalars()
    return PartitionState(
        epoch=epoch,
        places={place.stream: place for place in places_of(connection) if place.partition == partition},
        orders=living_in(connection, schema.orders.c.living_in == partition),
        positions=[read_position(text) for text in positions],
        rules={row.account: read_rules(row.rules) for row in accounts if row.rules is not None},
        last_fill={row.account: row.last_fill for row in accounts if row.last_fill},
        since_ms={row.account: row.since_ms for row in accounts if row.since_ms is not None},
        fills_read_ms={row.account: row.fills_read_ms for row in accounts if row.fills_read_ms is not None},
    )


def fold(connection: Connection, batch: Batch) -> None:
    """One batch, in the transaction at hand. Folding it again changes nothing.

    Raises:
        StaleEpochError: another resolver has taken over; the transaction must not commit.
    """
    _check_epoch(connection, batch)
    results = result_rows(connection, batch.fills) if batch.fills else []
    with without_waiting(connection):
        put(connection, _DAY_RESULTS, results)
        for what, rows in _rows(batch):
            put(connection, what, rows)


def _check_epoch(connection: Connection, batch: Batch) -> None:
    """The row stays locked until the commit, so that a take-over waits for it or comes before it."""
    epoch = connection.exec_driver_sql(text_of(connection, _EPOCH), {"partition": batch.partition}).scalar()
    if epoch is None or epoch < batch.epoch:
        raise HistoryFault(f"partition {batch.partition} was never taken over with epoch {batch.epoch}")
    if epoch > batch.epoch:
        raise StaleEpochError(f"partition {batch.partition} is at epoch {epoch}, the batch at {batch.epoch}")


def _rows(batch: Batch) -> list[tuple[Put, Sequence[Row]]]:
    """Each key once: of several versions of a thing, the database sees the one that stands."""
    partition = batch.partition
    orders = _highest(batch.orders, key=lambda order: order.order_id, rank=lambda order: order.version)
    positions = _highest(
        batch.positions,
        key=lambda position: (position.account, position.symbol, position.side),
        rank=lambda position: position.version,
    )
    balances = _highest(batch.balances, key=lambda balances: balances[0], rank=lambda balances: balances[2])
    places = _highest(batch.places, key=lambda place: (place.stream, place.partition), rank=lambda place: place.offset)
    rules = {account: body(rules) for account, rules in batch.rules.items()}
    return [
        (_FILLS, [fill_row(fill) for fill in batch.fills]),
        (_ORDER_IDS, list(order_id_rows(batch.orders))),
        (_LEDGER, [ledger_row(account, entry) for account, entry in batch.ledger]),
        (_TIMELINE, [timeline_row(entry) for entry in batch.timeline]),
        (_ORDERS, [order_row(order, partition) for order in orders]),
        (_POSITIONS, [position_row(position, partition) for position in positions]),
        (_BALANCES, [balances_row(*each) for each in balances]),
        (_DAY_EQUITY, equity_rows(batch.balances)),
        (_COMMANDS, _command_rows(batch.commands)),
        (_LAST_FILL, _account_rows(partition, "last_fill", _last_fills(batch))),
        (_RULES, _account_rows(partition, "rules", rules)),
        (_SINCE, _account_rows(partition, "since_ms", batch.since_ms)),
        (_FILLS_READ, _account_rows(partition, "fills_read_ms", batch.fills_read_ms)),
        (_PLACES, [place_row(place) for place in places]),
    ]


def _highest(things: Iterable[T], *, key: Callable[[T], Any], rank: Callable[[T], int]) -> Iterable[T]:
    """Of each key the highest; of equals the first."""
    found: dict[Any, T] = {}
    for thing in things:
        stored = found.setdefault(key(thing), thing)
        if rank(thing) > rank(stored):
            found[key(thing)] = thing
    return found.values()


def _command_rows(commands: Sequence[CommandRow]) -> Sequence[Row]:
    """As the database would put one after the other."""
    rows: dict[str, Row] = {}
    for command in commands:
        row = rows.get(command.command_id)
        if row is None:
            rows[command.command_id] = command_row(command)
            continue
        if (rank := RANKS[command.outcome]) > row["rank"]:
            row.update(outcome=command.outcome, rank=rank, answer=command.answer)
        if command.body_hash and not row["body_hash"]:
            row.update(body_hash=command.body_hash, body=command.body)
    return list(rows.values())


def _last_fills(batch: Batch) -> dict[str, int]:
    last: dict[str, int] = {}
    for fill in batch.fills:
        last[fill.account] = max(fill.sequence, last.get(fill.account, 0))
    return last


def _account_rows(partition: int, column: str, values: Mapping[str, Any]) -> list[Row]:
    return [{"account": account, "partition": partition, column: value} for account, value in values.items()]
