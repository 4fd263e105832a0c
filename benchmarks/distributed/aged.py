"""A desk with a long past: how soon it is ready, how fast it tells its past, how soon its cache is right again."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from typing import Final

import psycopg
import redis

from benchmarks.distributed import past
from benchmarks.distributed.desks import PARTITIONS, Distributed, Room, Size, distributed
from benchmarks.distributed.past import Past
from benchmarks.starts import replay
from benchmarks.table import Line, a_second, seconds
from hedgerow.journal.partitions import partition_of
from onemachine.service import Service

DESK: Final = "aged"
SIZE: Final = Size(1, 1)
ACCOUNTS: Final = PARTITIONS
_WITHIN_S: Final = 120.0
_LOOK_S: Final = 0.01


async def measure(room: Room, orders: int, starts: int, replayed: int, replays: int, living: int) -> list[Line]:
    async with distributed(room, DESK, SIZE) as desk:
        written = await past.make(desk, [key.name for key in room.keys[DESK]], orders)
        resolver_s, manager_s, per_s = [], [], list[float]()
        for number in range(1, starts + 1):
            resolver_s.append(await asyncio.to_thread(_start_resolver, desk))
            manager_s.append(await asyncio.to_thread(_start_manager, desk))
            if number == starts:
                per_s = [await _replay(desk, written, replayed) for _ in range(replays)]
            await desk.stop()
        refill_s, laden_s = await _refills(desk, written.beyond, living, starts)
    aged = f"{orders:,} orders and events"
    return [
        a_second(f"replay of {replayed:,} events from Kafka to one client", per_s, at_least=30_000),
        seconds(f"start to ready, {aged}: order_manager", manager_s, at_most=5),
        seconds(f"start to ready, {aged}: order_resolver", resolver_s, at_most=5),
        seconds(f"FLUSHALL -> {living:,} living orders in Redis again", refill_s, at_most=5),
        seconds(f"start to ready with {living:,} living orders: order_manager", laden_s),
    ]


async def _replay(desk: Distributed, written: Past, events: int) -> float:
    each = events // len(written.partitions)
    return await replay(desk.managers[0], desk.token, written.cursor(events), each * len(written.partitions))


def _start_manager(desk: Distributed) -> float:
    (manager,) = desk.deployment.managers
    began_s = time.monotonic()
    manager.start()
    _until(lambda: desk.deployment.is_ready(manager), manager)
    return time.monotonic() - began_s


def _start_resolver(desk: Distributed) -> float:
    """Until it has taken over every partition, and has read what the streams hold."""
    (resolver,) = desk.deployment.resolvers
    with psycopg.connect(desk.database, autocommit=True) as connection:
        before = _epochs(connection)
        began_s = time.monotonic()
        resolver.start()
        _until(lambda: _epochs(connection) >= before + PARTITIONS, resolver)
        _until(lambda: desk.deployment.is_ready(resolver), resolver)
        return time.monotonic() - began_s


def _epochs(connection: psycopg.Connection[tuple[int]]) -> int:
    """Each take-over raises one of them."""
    row = connection.execute("SELECT coalesce(sum(epoch), 0)::bigint FROM history.partitions").fetchone()
    assert row is not None, "a sum is a row"
    return row[0]


async def _refills(desk: Distributed, first: int, living: int, times: int) -> tuple[list[float], list[float]]:
    """Seconds of each refill, and of an order_manager's start with so many living orders."""
    names = _names_on_each_partition()
    await past.make_living(desk, {next(names): number for number in range(PARTITIONS)}, living, first)
    laden_s = [await asyncio.to_thread(_start_manager, desk)]
    await asyncio.to_thread(_start_resolver, desk)
    await asyncio.to_thread(_refill, desk, living)  # what was written from outside is not in the cache yet
    return [await asyncio.to_thread(_refill, desk, living) for _ in range(times)], laden_s


def _names_on_each_partition() -> Iterator[str]:
    for number in range(PARTITIONS):
        yield next(name for at in itertools.count() if partition_of(name := f"gone{at}", PARTITIONS) == number)


def _refill(desk: Distributed, living: int) -> float:
    with redis.Redis.from_url(desk.deployment.engines.redis.url) as client:
        client.flushall()
        began_s = time.monotonic()
    _filled(desk, living)
    return time.monotonic() - began_s


def _filled(desk: Distributed, living: int) -> None:
    """Wait until every living order is in Redis."""
    (resolver,) = desk.deployment.resolvers
    with redis.Redis.from_url(desk.deployment.engines.redis.url) as client:
        _until(lambda: int(client.hlen("orders")) >= living and int(client.dbsize()) > living, resolver)


def _until(holds: Callable[[], bool], service: Service) -> None:
    """Raises StartError where the service ends, or it takes too long."""
    until_s = time.monotonic() + _WITHIN_S
    while not holds():
        assert service.running, service.said
        assert time.monotonic() < until_s, "it took too long"
        time.sleep(_LOOK_S)
