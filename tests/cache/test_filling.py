"""A partition's caches on a real Redis that is emptied, killed and held up: they come back by themselves."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
import redis

from hedgerow.cache import Version
from hedgerow.cache.redis import RedisCache
from hedgerow.clock import SystemClock
from hedgerow.core.orders import Order, Status
from hedgerow.history import Batch
from hedgerow.history.sql import SqlHistory
from hedgerow.order_resolver.caching import Caching
from hedgerow.order_resolver.publishing import Folding
from onemachine.servers.redis import RedisServer
from tests.cache.waiting import until
from tests.contracts.samples import balance, living_orders, order, place, position

MANY = 5_000


class Keeper:
    """History of one partition, its cache in Redis and the task that keeps it; `seen` is read by another process."""

    def __init__(self, history: SqlHistory, redis_url: str) -> None:
        self.history = history
        self.cache = RedisCache(redis_url, deadline_s=0.5, look_again_s=0.1)
        self.seen = RedisCache(redis_url, deadline_s=5, look_again_s=0.1)
        self.offset = 0
        self.caching = Caching(
            self.cache,
            history,
            SystemClock(),
            0,
            epoch=1,
            journal_id="j",
            partition_of=lambda _: 0,
            places={},
        )

    async def fold(self, *orders: Order) -> None:
        self.offset += 1
        places = [place(self.offset)]
        await self.history.commit(Batch(partition=0, epoch=1, places=places, orders=orders))
        self.caching.put([Folding(places=places, orders=[(Version(1, self.offset), each) for each in orders])])

    async def is_whole(self, living: int = MANY) -> bool:
        applied = await self.seen.applied(0)
        return applied is not None and applied.whole and len(await self.seen.living()) == living

    async def close(self) -> None:
        await self.cache.close()
        await self.seen.close()


@pytest.fixture
async def keeper(tmp_path: Path, own_redis: RedisServer) -> AsyncIterator[Keeper]:
    history = await SqlHistory.open(tmp_path / "history.db")
    await history.take_over(0)
    many = [order(number, fees={"USDT": Decimal("0.0331")}) for number in range(MANY)]
    places = [place(0), place(0, stream="positions_updated"), place(0, stream="balances_updated")]
    await history.commit(
        Batch(
            partition=0,
            epoch=1,
            places=places,
            orders=many,
            positions=[position()],
            balances=[("sim", [balance()], 1)],
            since_ms={"sim": 1},
        )
    )
    keeper = Keeper(history, own_redis.url)
    task = asyncio.create_task(keeper.caching.run())
    await until(keeper.is_whole)
    yield keeper
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await keeper.close()
    await history.close()


async def all_is_there(keeper: Keeper) -> None:
    orders = await living_orders(keeper.seen)
    assert {each.order_id for _, each in orders} == {f"order{number}" for number in range(MANY)}
    assert [leg for _, leg in await keeper.seen.positions()] == [position()]
    funds = await keeper.seen.balances("sim")
    assert funds is not None
    assert funds[1] == [balance()]


async def test_flushall_loses_nothing(keeper: Keeper, own_redis: RedisServer) -> None:
    plain = redis.Redis(port=own_redis.port)
    for _ in range(2):
        plain.flushall()
        await until(keeper.is_whole)
        await all_is_there(keeper)


async def test_flushall_amid_writes_loses_nothing(keeper: Keeper, own_redis: RedisServer) -> None:
    plain = redis.Redis(port=own_redis.port)
    for number in range(40):
        await keeper.fold(order(number, version=2 + number))
        if number % 10 == 5:
            plain.flushall()
        await asyncio.sleep(0)
    await until(keeper.is_whole)

    async def last_is_there() -> bool:
        return [each.version for _, each in await keeper.seen.find_orders(["order39"])] == [41]

    await until(last_is_there)
    await all_is_there(keeper)


async def test_a_killed_server_comes_back_full(keeper: Keeper, own_redis: RedisServer) -> None:
    own_redis.server.kill()
    await keeper.fold(order(0, version=2, status=Status.FILLED), order(MANY))
    own_redis.start()
    await until(keeper.is_whole)
    living = await keeper.seen.living()
    assert "order0" not in living
    assert f"order{MANY}" in living


async def test_an_older_copy_that_came_back_is_put_right(keeper: Keeper, own_redis: RedisServer) -> None:
    """A restart from a file, or a replica that lagged: old values with their old marker."""
    plain = redis.Redis(port=own_redis.port)
    copies = {key: plain.dump(key) for key in plain.keys("orders:order[012]")}
    index, marker = plain.dump("orders"), plain.dump("applied:0")
    await keeper.fold(*(order(number, version=2, status=Status.CANCELED) for number in range(3)))

    async def ended() -> bool:
        return await keeper.is_whole(MANY - 3)

    await until(ended)
    for key, value in {**copies, b"orders": index, b"applied:0": marker}.items():
        assert isinstance(value, bytes)
        plain.restore(key, 0, value, replace=True)
    assert len(await keeper.seen.living()) == MANY
    await until(ended)
    assert "order1" not in await keeper.seen.living()


async def test_a_server_that_hangs_delays_nobody(keeper: Keeper, own_redis: RedisServer) -> None:
    own_redis.server.pause()
    began = time.monotonic()
    for number in range(50):
        await keeper.fold(order(number, version=2, status=Status.FILLED))
    assert time.monotonic() - began < 5, "history waited for the cache"
    own_redis.server.resume()

    async def ended() -> bool:
        return await keeper.is_whole(MANY - 50)

    await until(ended)
