"""What is in Redis, as any client sees it; and what becomes of it in time."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncIterator

import msgspec
import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hedgerow.cache import Version
from hedgerow.cache.redis import RedisCache
from hedgerow.core.commands import PositionSide
from hedgerow.core.orders import Status
from onemachine.servers.redis import RedisServer
from tests.cache.waiting import until
from tests.contracts.samples import balance, living_orders, order, position

LONG = "positions:BTC/USDT:USDT:long"
_prefixes = itertools.count()


@pytest.fixture
def prefix() -> str:
    return f"redis-{next(_prefixes)}:"


@pytest.fixture
async def cache(redis_server: RedisServer, prefix: str) -> AsyncIterator[RedisCache]:
    cache = RedisCache(redis_server.url, prefix=prefix, deadline_s=5)
    yield cache
    await cache.close()


@pytest.fixture
def plain(redis_server: RedisServer) -> redis.Redis:
    """Any client."""
    return redis.Redis(port=redis_server.port, decode_responses=True)


def keys(plain: redis.Redis, prefix: str) -> set[str]:
    return {key.removeprefix(prefix) for key in plain.scan_iter(f"{prefix}*")}


async def test_any_client_can_read_an_order(cache: RedisCache, plain: redis.Redis, prefix: str) -> None:
    await cache.put_orders([(Version(3, 2**53 + 1), order())])
    row = plain.hgetall(f"{prefix}orders:order1")
    assert (row["epoch"], row["offset"]) == ("3", str(2**53 + 1))
    told = msgspec.json.decode(row["data"])
    assert (told["status"], told["price"], told["fees"]) == ("open", "60000.10", {"USDT": "0.00000001"})


async def test_any_client_can_read_a_position(cache: RedisCache, plain: redis.Redis, prefix: str) -> None:
    await cache.put_positions([(Version(1, 1), position()), (Version(1, 1), position(account="b", amount="2"))])
    told = {name: msgspec.json.decode(text) for name, text in plain.hgetall(prefix + LONG).items()}
    assert {name: leg["amount"] for name, leg in told.items()} == {"sim": "0.01", "b": "2"}


async def test_a_flip_leaves_the_new_side_alone(cache: RedisCache, plain: redis.Redis, prefix: str) -> None:
    await cache.put_positions([(Version(1, 1), position())])
    short = msgspec.structs.replace(position(), side=PositionSide.SHORT)
    await cache.put_positions([(Version(1, 2), position(amount="0")), (Version(1, 3), short)])
    assert not plain.exists(prefix + LONG)
    assert plain.hkeys(f"{prefix}positions:BTC/USDT:USDT:short") == ["sim"]
    assert plain.smembers(f"{prefix}positions") == {"BTC/USDT:USDT:short"}


async def test_what_is_left_of_a_flat_position_goes_in_time(cache: RedisCache, plain: redis.Redis, prefix: str) -> None:
    versions = f"{prefix}versions:BTC/USDT:USDT:long"
    await cache.put_positions([(Version(1, 1), position()), (Version(1, 1), position(account="b"))])
    await cache.put_positions([(Version(1, 2), position(amount="0"))])
    assert plain.ttl(versions) == -1, "somebody has this leg still"
    await cache.put_positions([(Version(1, 2), position(account="b", amount="0"))])
    assert 86_000 < plain.ttl(versions) <= 86_400
    await cache.put_positions([(Version(1, 1), position())])
    assert await cache.positions() == []
    await cache.put_positions([(Version(1, 3), position())])
    assert plain.ttl(versions) == -1


async def test_an_order_stays_for_a_while_after_its_end(cache: RedisCache, plain: redis.Redis, prefix: str) -> None:
    key = f"{prefix}orders:order1"
    await cache.put_orders([(Version(1, 1), order())])
    assert plain.ttl(key) == -1
    await cache.put_orders([(Version(1, 2), order(status=Status.CANCELED))])
    assert 3_590 < plain.ttl(key) <= 3_600
    assert not plain.exists(f"{prefix}orders"), "it is not among the living"
    await cache.put_orders([(Version(1, 3), order())])
    assert plain.ttl(key) == -1, "it lives again"


async def test_an_ended_order_is_removed_in_its_time(
    redis_server: RedisServer, plain: redis.Redis, prefix: str
) -> None:
    cache = RedisCache(redis_server.url, prefix=prefix, ended_s=1, deadline_s=5)
    await cache.put_orders([(Version(1, 1), order(1)), (Version(1, 2), order(2, status=Status.FILLED))])

    async def gone() -> bool:
        return keys(plain, prefix) == {"orders", "orders:order1"}

    await until(gone)
    assert [kept.order_id for _, kept in await living_orders(cache)] == ["order1"]
    await cache.close()


async def test_several_desks_share_a_server_by_their_prefixes(
    cache: RedisCache, redis_server: RedisServer, plain: redis.Redis, prefix: str
) -> None:
    other = RedisCache(redis_server.url, prefix=f"other-{prefix}", deadline_s=5)
    for desk in (cache, other):
        await desk.put_orders([(Version(1, 1), order())])
        await desk.put_positions([(Version(1, 1), position())])
        await desk.put_balances("sim", Version(1, 1), [balance()], 7)
    plain.set(f"{prefix}somebody", "else's")
    await cache.clear()
    assert keys(plain, prefix) == {"somebody"}
    assert len(await living_orders(other)) == len(await other.positions()) == 1
    await other.close()


async def test_scripts_are_loaded_again_where_the_server_has_lost_them(cache: RedisCache, plain: redis.Redis) -> None:
    await cache.put_orders([(Version(1, 1), order())])
    plain.script_flush()
    await cache.put_orders([(Version(1, 2), order(2))])
    assert len(await living_orders(cache)) == 2


async def test_many_living_orders(cache: RedisCache) -> None:
    many = [(Version(1, number), order(number)) for number in range(3_000)]
    await cache.put_orders(many)
    assert sorted(await living_orders(cache)) == sorted(many, key=lambda kept: kept[0])


# --- the guard

# around 2**53, where doubles begin to err, and as long as nanoseconds since 1970
NANOSECONDS = 1_700_000_000_000_000_000
NUMBERS = st.one_of(
    st.integers(9, 11), st.integers(2**53, 2**53 + 2), st.integers(NANOSECONDS, NANOSECONDS + 9), st.just(2**63 - 1)
)
VERSIONS = st.builds(Version, st.sampled_from([1, 9, 10, 2**53, 2**53 + 1]), NUMBERS)


async def test_versions_that_doubles_cannot_tell_apart(cache: RedisCache) -> None:
    for epoch, offset in ((1, NANOSECONDS), (1, 2**53), (2**53, 0)):
        older, newer = Version(epoch, offset), Version(epoch, offset + 1)
        if epoch == 2**53:
            newer = Version(epoch + 1, offset)
        await cache.put_orders([(older, order()), (newer, order(version=2)), (older, order(version=3))])
        await cache.put_positions([(older, position()), (newer, position(version=2)), (older, position(version=3))])
        for version, wallet in ((older, "1"), (newer, "2"), (older, "3")):
            await cache.put_balances("sim", version, [balance(wallet)], 7)
        assert await living_orders(cache) == [(newer, order(version=2))]
        assert await cache.positions() == [(newer, position(version=2))]
        assert await cache.balances("sim") == (newer, [balance("2")], 7)
        await cache.clear()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrivals=st.lists(st.lists(st.tuples(VERSIONS, st.booleans()), max_size=4), min_size=1, max_size=4))
async def test_whatever_comes_in_whatever_order_the_newest_stands(
    cache: RedisCache, arrivals: list[list[tuple[Version, bool]]]
) -> None:
    """Several in one call, or one after the other; living and ended, open and flat."""
    await cache.clear()
    for some in arrivals:
        await cache.put_orders(
            [(version, order(status=Status.OPEN if lives else Status.FILLED)) for version, lives in some]
        )
        await cache.put_positions([(version, position(amount="1" if lives else "0")) for version, lives in some])
    flat = [arrival for some in arrivals for arrival in some]
    if not flat:
        return
    newest = max(version for version, _ in flat)
    lives = next(lives for version, lives in flat if version == newest)  # the same version again changes nothing
    [(version, kept)] = await cache.find_orders(["order1"])
    assert (version, kept.ended) == (newest, not lives)
    assert set(await cache.living()) == ({"order1"} if lives else set())
    assert await cache.positions() == ([(newest, position(amount="1"))] if lives else [])


async def test_a_hundred_writers_in_any_order_leave_the_newest(cache: RedisCache, redis_server: RedisServer) -> None:
    """2,000 shuffled changes of 20 orders and of 20 positions, over ten connections."""
    chance = random.Random(5)
    changes = [
        (Version(1 + step // 50, NANOSECONDS + step), number, chance.random() < 0.5)
        for number in range(20)
        for step in range(100)
    ]
    newest = {number: (version, lives) for version, number, lives in changes}
    chance.shuffle(changes)
    caches = [RedisCache(redis_server.url, prefix=cache._prefix, deadline_s=20) for _ in range(10)]

    async def write(writer: int) -> None:
        for version, number, lives in changes[writer::100]:
            status = Status.OPEN if lives else Status.CANCELED
            await caches[writer % 10].put_orders([(version, order(number, status=status))])
            leg = position(account=f"a{number}", amount="1" if lives else "0")
            await caches[writer % 10].put_positions([(version, leg)])

    await asyncio.gather(*(write(writer) for writer in range(100)))
    kept = {
        order.order_id: (version, not order.ended)
        for version, order in await cache.find_orders([f"order{number}" for number in range(20)])
    }
    assert kept == {f"order{number}": truth for number, truth in newest.items()}
    open_legs = {leg.account: version for version, leg in await cache.positions()}
    assert open_legs == {f"a{number}": version for number, (version, lives) in newest.items() if lives}
    for each in caches:
        await each.close()
