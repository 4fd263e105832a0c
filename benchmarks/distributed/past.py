"""The past of a distributed desk: so many orders in history, and as many events in its topics, written from outside.

Each row and each record is the desk's own, made once; the rest are copies with other numbers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import psycopg
from confluent_kafka import Producer

from benchmarks.distributed.desks import Distributed
from benchmarks.past import ended_order, line, record
from hedgerow.core.orders import Status
from hedgerow.core.records import Stream
from hedgerow.history import Batch, Place
from hedgerow.history.rows import Row, order_row, timeline_row
from hedgerow.history.sql import SqlHistory
from hedgerow.journal.cursor import Cursor, to_text
from hedgerow.journal.kafka_client import KafkaSettings
from hedgerow.journal.kafka_message import last_offset

_MARK: Final = 999_999_999  # the number of the order that is copied, in nine digits
_DECIMAL, _HEXADECIMAL = f"{_MARK:09d}", f"{_MARK:08x}"
_DELIVERED_S: Final = 120.0


class Past(NamedTuple):
    """What was written: for each account its partition; of each so many orders and events."""

    journal_id: str
    partitions: dict[str, int]
    epoch: int
    each: int

    def cursor(self, events: int) -> str:
        """After it come so many events of all accounts together, as near as their number divides."""
        last = last_offset(self.each - 1 - events // len(self.partitions))
        places = dict.fromkeys(self.partitions.values(), (last, self.epoch))
        return to_text(Cursor(self.journal_id, Stream.ORDERS_UPDATED, places))

    def numbers(self, account: str) -> range:
        """Of an account's orders."""
        first = list(self.partitions).index(account) * self.each
        return range(first, first + self.each)

    @property
    def beyond(self) -> int:
        """The first number that no order has."""
        return len(self.partitions) * self.each


async def make(desk: Distributed, accounts: Sequence[str], orders: int) -> Past:
    """Fill the topics and history of a desk that was never started; the accounts are on different partitions."""
    each = orders // len(accounts)
    async with desk.open_journal() as journal:
        history = await SqlHistory.open(desk.database)
        try:
            await history.bind(journal.journal_id)
            past = Past(journal.journal_id, {name: journal.partition_of(name) for name in accounts}, 1, each)
            for account in past.partitions:
                await asyncio.to_thread(_events, desk.journal, account, past)
                await asyncio.to_thread(_rows, desk.database, account, past)
                await _take_in(history, past, account)
        finally:
            await history.close()
    await asyncio.to_thread(_tidy, desk.database)
    return past


async def _take_in(history: SqlHistory, past: Past, account: str) -> None:
    """History has read all of the account's events."""
    partition = past.partitions[account]
    epoch = (await history.take_over(partition)).epoch
    place = Place(Stream.ORDERS_UPDATED, partition, last_offset(past.each - 1), epoch)
    await history.commit(Batch(partition=partition, epoch=epoch, places=[place]))


def _events(settings: KafkaSettings, account: str, past: Past) -> None:
    """One message an event."""
    template = record(past.journal_id, account, past.epoch, _MARK, ended_order(account, _MARK)).decode()
    producer = Producer({"bootstrap.servers": settings.servers, "linger.ms": 20, "batch.size": 1 << 20, "acks": "all"})
    topic, partition = settings.topic(Stream.ORDERS_UPDATED), past.partitions[account]
    headers: list[tuple[str, str | bytes | None]] = [("epoch", b"%d" % past.epoch)]
    for number in past.numbers(account):
        value = template.replace(_DECIMAL, f"{number:09d}").replace(_HEXADECIMAL, f"{number:08x}")
        while True:
            try:
                producer.produce(topic, value, account, partition, headers=headers)
                break
            except BufferError:
                producer.poll(0.1)
    assert producer.flush(_DELIVERED_S) == 0, "the broker did not take the past"


def _rows(database: str, account: str, past: Past) -> None:
    """An order, its two ids and one line of its timeline for each event."""
    updated, partition, numbers = ended_order(account, _MARK), past.partitions[account], past.numbers(account)
    order = updated.order
    entry = timeline_row(line(partition, 0, updated)) | {"stream": Stream.ORDERS_UPDATED.value}
    with psycopg.connect(database) as connection:
        _copy(connection, "orders", order_row(order, partition), numbers)
        for name in (order.client_order_id, order.exchange_order_id):
            row = {"account": account, "id": name, "order_id": order.order_id}
            _copy(connection, "order_ids", row, numbers)
        # A message's last offset: `hedgerow.journal.kafka_message`.
        _copy(connection, "timeline", entry, numbers, offset=f"(n - {numbers.start} + 1 << 16) - 1")


async def make_living(desk: Distributed, partitions: Mapping[str, int], orders: int, first: int) -> None:
    """Give history so many orders that live, numbered from `first`.

    Their accounts are not in the vault, so that no exchange is asked for orders that it never had.
    """
    each = orders // len(partitions)
    for at, (account, partition) in enumerate(partitions.items()):
        ended = ended_order(account, _MARK).order
        order = msgspec.structs.replace(ended, status=Status.OPEN, cancel_requested=False)
        numbers = range(first + at * each, first + (at + 1) * each)
        await asyncio.to_thread(_living, desk.database, order_row(order, partition), numbers)
    await asyncio.to_thread(_tidy, desk.database)


def _living(database: str, row: Row, numbers: range) -> None:
    with psycopg.connect(database) as connection:
        _copy(connection, "orders", row, numbers)


def _copy(connection: psycopg.Connection[Any], table: str, row: Row, numbers: range, **computed: str) -> None:
    """Rows like this one, with these numbers; `computed` are SQL expressions of the number `n`."""
    names = ", ".join(f'"{name}"' for name in row)
    values = ", ".join(computed.get(name) or _numbered(value) for name, value in row.items())
    texts = [value for name, value in row.items() if name not in computed and isinstance(value, str)]
    query = f'INSERT INTO history."{table}" ({names}) SELECT {values} FROM generate_series(%s::bigint, %s::bigint) AS n'
    connection.execute(query.encode(), [*texts, numbers.start, numbers.stop - 1])


def _numbered(value: str | int | None) -> str:
    """The SQL of a value in which the number of the copied order is another's."""
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return f"{value - _MARK} + n" if value > _MARK else str(value)
    return f"replace(replace(%s::text, '{_DECIMAL}', lpad(n::text, 9, '0')), '{_HEXADECIMAL}', lpad(to_hex(n), 8, '0'))"


def _tidy(database: str) -> None:
    """As the database does by itself in time."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
