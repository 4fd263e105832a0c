"""A Redis that is away, hangs or comes back: nobody waits long, and nobody has to do anything."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import redis
import structlog

from hedgerow.cache import Applied, Version
from hedgerow.cache.redis import RedisCache
from onemachine.servers.redis import RedisServer
from onemachine.servers.server import free_port
from tests.cache.waiting import away, until
from tests.contracts.samples import living_orders, order

DEADLINE_S = 0.2
LOOK_AGAIN_S = 0.1


@pytest.fixture
async def cache(own_redis: RedisServer) -> AsyncIterator[RedisCache]:
    cache = RedisCache(own_redis.url, deadline_s=DEADLINE_S, look_again_s=LOOK_AGAIN_S)
    yield cache
    await cache.close()


async def answers(cache: RedisCache) -> bool:
    return bool(await cache.life())


async def test_a_server_that_is_not_there_is_said_so_at_once_and_found_when_it_comes(own_redis: RedisServer) -> None:
    own_redis.server.stop()
    cache = RedisCache(own_redis.url, look_again_s=LOOK_AGAIN_S)
    assert str(await away(cache.living)) == "Redis cannot be reached"
    own_redis.start()
    await until(lambda: answers(cache))
    await cache.close()


async def test_a_server_that_hangs_costs_one_deadline_and_then_nothing(
    cache: RedisCache, own_redis: RedisServer
) -> None:
    await cache.put_orders([(Version(1, 1), order())])
    own_redis.server.pause()
    began = time.monotonic()
    assert "does not answer within 0.2 s" in str(await away(cache.living))
    assert DEADLINE_S * 0.9 < time.monotonic() - began < DEADLINE_S + 2, "one deadline"
    began = time.monotonic()
    for _ in range(1_000):
        await away(cache.living)
    assert time.monotonic() - began < 1, "they did not wait"
    own_redis.server.resume()
    await until(lambda: answers(cache))
    assert await living_orders(cache) == [(Version(1, 1), order())]


async def test_answers_are_never_mixed_up_after_a_hang(cache: RedisCache, own_redis: RedisServer) -> None:
    """What was asked before, and is answered late, must not be taken for the answer to something else."""
    await cache.put_orders([(Version(1, number), order(number)) for number in range(50)])
    own_redis.server.pause()
    asked = [cache.find_orders([f"order{number}"]) for number in range(50)]
    lost = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(each, Exception) for each in lost)
    own_redis.server.resume()
    await until(lambda: answers(cache))
    found = await asyncio.gather(*(cache.find_orders([f"order{number}"]) for number in range(50)))
    assert [[kept.order_id for _, kept in each] for each in found] == [[f"order{number}"] for number in range(50)]


async def test_a_caller_that_goes_away_leaves_nothing_behind(cache: RedisCache) -> None:
    await cache.put_orders([(Version(1, number), order(number)) for number in range(50)])
    for number in range(50):
        gone = asyncio.ensure_future(cache.find_orders([f"order{number}"]))
        for _ in range(number % 7):
            await asyncio.sleep(0)
        gone.cancel()
    found = await asyncio.gather(*(cache.find_orders([f"order{number}"]) for number in range(50)))
    assert [[kept.order_id for _, kept in each] for each in found] == [[f"order{number}"] for number in range(50)]


async def test_a_server_that_was_killed_begins_another_life_empty(cache: RedisCache, own_redis: RedisServer) -> None:
    await cache.put_orders([(Version(1, 1), order())])
    before = await cache.life()
    marker = Applied(journal="j", life=before, epoch=1, whole=True, offsets={})
    await cache.put_applied(0, marker, instead_of=None)
    own_redis.restart(kill=True)
    await until(lambda: answers(cache))
    assert await cache.life() != before
    assert await cache.applied(0) is None
    assert await living_orders(cache) == []


async def test_it_is_told_once_when_it_goes_and_when_it_comes(cache: RedisCache, own_redis: RedisServer) -> None:
    with structlog.testing.capture_logs() as told:
        own_redis.server.stop()
        for _ in range(20):
            await away(cache.living)
        own_redis.start()
        await until(lambda: answers(cache))
    assert [line["event"] for line in told] == ["redis lost", "redis is back"]


async def test_a_refused_write_is_said_in_a_word_and_reading_goes_on(cache: RedisCache, own_redis: RedisServer) -> None:
    await cache.put_orders([(Version(1, 1), order())])
    plain = redis.Redis(port=own_redis.port)
    plain.config_set("maxmemory", "1")
    refused = await away(lambda: cache.put_orders([(Version(1, 2), order(2))]))
    assert str(refused) == "Redis refuses: its memory is full"
    assert len(await living_orders(cache)) == 1
    plain.config_set("maxmemory", "0")
    await cache.put_orders([(Version(1, 2), order(2))])


async def test_a_master_that_became_a_replica_is_read_and_left_for_the_next(
    cache: RedisCache, own_redis: RedisServer
) -> None:
    await cache.put_orders([(Version(1, 1), order())])
    plain = redis.Redis(port=own_redis.port)
    plain.replicaof("127.0.0.1", str(free_port()))
    refused = await away(lambda: cache.put_orders([(Version(1, 2), order(2))]))
    assert "replica" in str(refused)
    plain.replicaof("NO", "ONE")
    await cache.put_orders([(Version(1, 2), order(2))])
    assert len(await living_orders(cache)) == 2


async def test_what_is_not_ours_is_not_read(cache: RedisCache, own_redis: RedisServer) -> None:
    plain = redis.Redis(port=own_redis.port)
    plain.hset("orders:order1", mapping={"epoch": "1", "offset": "1", "data": "{"})
    assert "cannot be read" in str(await away(lambda: cache.find_orders(["order1"])))
    plain.set("orders:order2", "a string")
    assert "WRONGTYPE" in str(await away(lambda: cache.find_orders(["order2"])))


async def test_a_password_is_in_no_message_and_in_no_log(own_redis: RedisServer) -> None:
    redis.Redis(port=own_redis.port).config_set("requirepass", "right-one")
    said = []
    with structlog.testing.capture_logs() as told:
        for host in (f"127.0.0.1:{own_redis.port}", f"127.0.0.1:{free_port()}"):
            cache = RedisCache(f"redis://:s3cret-pw@{host}/0")
            said.append(str(await away(cache.life)))
            said.append(repr(cache))
            await cache.close()
    assert said[0] == "Redis refuses the password"
    assert "s3cret" not in f"{said} {told}"
    right = RedisCache(f"redis://:right-one@127.0.0.1:{own_redis.port}/0")
    assert await right.life()
    await right.close()


@pytest.mark.parametrize("url", ["", "s3cret-pw", "http://:s3cret-pw@localhost", "redis://:s3cret#pw@localhost:x/0"])
def test_an_address_that_is_none_is_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="is no redis://") as refused:
        RedisCache(url)
    assert "s3cret" not in str(refused.value)
    assert refused.value.__suppress_context__
