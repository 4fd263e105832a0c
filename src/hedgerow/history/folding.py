"""Writing history: a take-over, and a batch folded in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, bindparam, select, update

from hedgerow.history import Batch, CommandRow, HistoryFault, PartitionState, StaleEpochError, schema
from hedgerow.history.querying import living_in, places_of
from hedgerow.history.rows import (
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
from hedgerow.sql.database import insert_of


def take_over(connection: Connection, partition: int) -> PartitionState:
    """Raise the epoch, then read: whoever still writes with the old one is refused from here on."""
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
    """One batch, in the transaction at hand.

    Raises:
        StaleEpochError: another resolver has taken over; the transaction must not commit.
    """
    _check_epoch(connection, batch)
    insert = insert_of(connection)
    for table, rows in _inserts(batch):
        if rows:
            connection.execute(insert(table).on_conflict_do_nothing(), rows)
    for upsert in _upserts(batch):
        if upsert.rows:
            connection.execute(upsert.statement(insert), upsert.rows)
    _add_intents(connection, batch.commands)


def _add_intents(connection: Connection, commands: Sequence[CommandRow]) -> None:
    """A command's answer may be folded before its intent, by two streams: what was asked is then added to its row."""
    rows = [
        {"of": command.command_id, "asked": command.body_hash, "whole": command.body}
        for command in commands
        if command.body_hash
    ]
    if rows:
        table = schema.commands
        lacking = (table.c.command_id == bindparam("of"), table.c.body_hash == "")
        statement = update(table).where(*lacking).values(body_hash=bindparam("asked"), body=bindparam("whole"))
        connection.execute(statement, rows)


def _check_epoch(connection: Connection, batch: Batch) -> None:
    """The row stays locked until the commit, so that a take-over waits for it or comes before it."""
    table = schema.partitions
    epoch = connection.execute(
        select(table.c.epoch).where(table.c.partition == batch.partition).with_for_update()
    ).scalar()
    if epoch is None or epoch < batch.epoch:
        raise HistoryFault(f"partition {batch.partition} was never taken over with epoch {batch.epoch}")
    if epoch > batch.epoch:
        raise StaleEpochError(f"partition {batch.partition} is at epoch {epoch}, the batch at {batch.epoch}")


def _inserts(batch: Batch) -> list[tuple[Table, list[Row]]]:
    """What is counted once, by its key."""
    return [
        (schema.fills, [fill_row(fill) for fill in batch.fills]),
        (schema.order_ids, list(order_id_rows(batch.orders))),
        (schema.ledger, [ledger_row(account, entry) for account, entry in batch.ledger]),
        (schema.timeline, [timeline_row(entry) for entry in batch.timeline]),
    ]


class _Upsert(NamedTuple):
    """Rows that replace older ones.

    Attributes:
        newer: the column that says which is newer; `None` where the last one written stands.
        changes: the columns that are replaced; every one but the key by default.
    """

    table: Table
    rows: list[Row]
    newer: str | None
    changes: tuple[str, ...] = ()

    def statement(self, insert: Callable[[Table], Any]) -> Any:
        key = [column.name for column in self.table.primary_key]
        changes = self.changes or tuple(name for name in self.rows[0] if name not in key)
        statement = insert(self.table)
        new = statement.excluded
        where = None if self.newer is None else new[self.newer] > self.table.c[self.newer]
        return statement.on_conflict_do_update(
            index_elements=key, set_={name: new[name] for name in changes}, where=where
        )


def _upserts(batch: Batch) -> list[_Upsert]:
    partition = batch.partition
    last_fills: dict[str, int] = {}
    for fill in batch.fills:
        last_fills[fill.account] = max(fill.sequence, last_fills.get(fill.account, 0))
    rules = {account: body(rules) for account, rules in batch.rules.items()}
    return [
        _Upsert(schema.orders, [order_row(order, partition) for order in batch.orders], "version"),
        _Upsert(schema.positions, [position_row(position, partition) for position in batch.positions], "version"),
        _Upsert(schema.balances, [balances_row(*balances) for balances in batch.balances], "time_ms"),
        _Upsert(
            schema.commands,
            [command_row(command) for command in batch.commands],
            "rank",
            ("outcome", "rank", "answer"),
        ),
        _account_column(partition, "last_fill", last_fills, "last_fill"),
        _account_column(partition, "rules", rules),
        _account_column(partition, "since_ms", batch.since_ms),
        _account_column(partition, "fills_read_ms", batch.fills_read_ms),
        _Upsert(schema.places, [place_row(place) for place in batch.places], "offset"),
    ]


def _account_column(partition: int, column: str, values: Mapping[str, Any], newer: str | None = None) -> _Upsert:
    rows = [{"account": account, "partition": partition, column: value} for account, value in values.items()]
    return _Upsert(schema.accounts, rows, newer, (column,))
