"""The past that a benchmark writes is one that a desk would have written: history and journal read it as their own."""

from __future__ import annotations

from pathlib import Path

from benchmarks.distributed import past
from benchmarks.distributed.desks import PARTITIONS, TOPICS, Distributed, spread_keys
from hedgerow.core.orders import Status
from hedgerow.core.records import OrderUpdated, Stream
from hedgerow.history import OrderFilter
from hedgerow.history.sql import SqlHistory
from hedgerow.journal.cursor import from_text
from hedgerow.journal.envelope import decode
from hedgerow.journal.kafka_client import KafkaSettings
from hedgerow.journal.kafka_topics import create_topics
from onemachine.deployment import Deployment, Engines
from onemachine.servers.kafka import Kafka
from onemachine.servers.postgres import Postgres
from onemachine.servers.redis import RedisServer

_ORDERS, _LIVING = 40, 8


async def _desk(kafka: Kafka, redis: RedisServer, postgres: Postgres, settings: KafkaSettings, at: Path) -> Distributed:
    """Never started: its topics and its database are all that is written to."""
    await create_topics(settings, TOPICS)
    database = postgres.new_database()
    engines = Engines(kafka, redis, postgres)
    deployment = Deployment(at / "desk", engines, database=database, prefix=settings.prefix, accounts=())
    return Distributed(deployment, (), settings, database, "")


async def test_a_written_past_is_read_as_a_desks_own(
    kafka_server: Kafka, redis_server: RedisServer, postgres: Postgres, kafka_settings: KafkaSettings, tmp_path: Path
) -> None:
    desk = await _desk(kafka_server, redis_server, postgres, kafka_settings, tmp_path)
    accounts = [key.name for key in spread_keys("aged", PARTITIONS)]
    written = await past.make(desk, accounts, _ORDERS)
    await past.make_living(desk, {"gone": 2}, _LIVING, written.beyond)
    history = await SqlHistory.open(desk.database)
    try:
        ended, places = await history.orders(OrderFilter(statuses=(Status.CANCELED,), limit=1_000))
        living, _ = await history.living_orders()
        assert len({order.order_id for order in ended}) == _ORDERS
        assert {order.account for order in ended} == set(accounts)
        assert [order.status for order in living] == [Status.OPEN] * _LIVING
        one = ended[0]
        assert one.client_order_id is not None
        assert await history.find_orders(one.account, [one.client_order_id]) == {one.client_order_id: one}
        (told,) = await history.timeline(one.order_id)
        async with desk.open_journal() as journal:
            events = [entry async for batch in journal.read(Stream.ORDERS_UPDATED, {}) for entry in batch]
            bodies = {
                body.order.order_id: body for entry in events if isinstance(body := _body(entry.payload), OrderUpdated)
            }
            assert bodies[one.order_id].order == one
            assert told.offset in {entry.offset for entry in events if entry.partition == told.partition}
            heads = {place.partition: place.offset for place in places if place.stream == Stream.ORDERS_UPDATED}
            assert heads == await journal.end(Stream.ORDERS_UPDATED)
            after = from_text(written.cursor(12)).offsets
            left = [entry async for batch in journal.read(Stream.ORDERS_UPDATED, after) for entry in batch]
            assert len(left) == 12
    finally:
        await history.close()
        postgres.drop_database(desk.database)


def _body(payload: bytes) -> object:
    return decode(payload).body
