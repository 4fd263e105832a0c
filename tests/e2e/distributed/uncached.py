"""Redis loses everything, or is away, while the desk trades: it costs nothing but speed."""

from __future__ import annotations

from typing import Any

import redis

from onemachine.servers.redis import RedisServer
from onemachine.servers.server import HOST
from tests.e2e.desk_process import until
from tests.e2e.distributed.trading import Trading, Traffic
from tests.e2e.side_by_side import named


async def redis_is_emptied(trading: Trading) -> None:
    async with Traffic(trading, "emptied") as traffic:
        for _ in range(3):
            await traffic.more()
            with redis.Redis.from_url(trading.deployment.engines.redis.url) as plain:
                plain.flushall()
            await _every_question_is_answered(trading)
        await traffic.more()
    await trading.settles()


async def redis_dies_and_comes_back_empty(trading: Trading) -> None:
    server = trading.deployment.engines.redis
    async with Traffic(trading, "killed") as traffic:
        await traffic.more()
        server.server.kill()
        await until(lambda: _says(trading, "degraded"), 20)
        await _every_question_is_answered(trading)
        await traffic.more(12)
        server.start()
        await until(lambda: _says(trading, "up"), 40)
        await traffic.more()
    await trading.settles()


async def redis_stands_still(trading: Trading) -> None:
    """Its connections stay open, and it does not answer: no call waits for it longer than its deadline."""
    server = trading.deployment.engines.redis.server
    async with Traffic(trading, "still") as traffic:
        await traffic.more()
        server.pause()
        await until(lambda: _says(trading, "degraded"), 20)
        await _every_question_is_answered(trading)
        await traffic.more()
        server.resume()
        await until(lambda: _says(trading, "up"), 40)
    await trading.settles()


async def redis_fails_over_to_a_replica_that_lags(trading: Trading) -> None:
    """Its replica takes its place and its address, with what stood in it a while ago, and knows nothing of that.

    As Redis replicates: asynchronously, so that a new master may lack what was written last
    (https://redis.io/docs/latest/operate/oss_and_stack/management/replication/).
    """
    master = trading.deployment.engines.redis
    here, there = trading.desks
    with RedisServer(trading.deployment.folder / "replica") as replica, redis.Redis.from_url(replica.url) as plain:
        resting = (await here.placed("buy", "0.001", "50000"))["order_id"]
        await trading.becomes(there, resting, "open")
        plain.replicaof(HOST, str(master.port))
        await until(lambda: plain.hexists("orders", resting), 20)
        plain.replicaof("NO", "ONE")  # from here on it lags
        async with Traffic(trading, "behind its back") as traffic:
            await traffic.more()
            assert (await there.cancel(resting)).status == 200
            await trading.becomes(here, resting, "canceled")
            master.server.kill()
            assert plain.hexists("orders", resting), "what it holds is not so any more"
            plain.config_set("port", master.port)
            await until(lambda: _says(trading, "up"), 40)
            await traffic.more()
        await trading.settles()
        assert not plain.hexists("orders", resting)
    master.start()
    await trading.settles()


async def _every_question_is_answered(trading: Trading) -> None:
    for desk in trading.desks:
        for path in ("orders", "positions", "fills", "accounts"):
            assert (await desk.call("GET", f"/api/{path}")).status == 200


async def _says(trading: Trading, state: str) -> bool:
    """Whether every order_manager says so of the cache, and none is worse than that."""
    healths: list[dict[str, Any]] = [(await desk.call("GET", "/api/health")).body for desk in trading.desks]
    parts = [part for health in healths for part in health["parts"] if part["name"] == "cache"]
    if state == "degraded" and any(health["state"] == "up" for health in healths):
        return False
    return [part["state"] for part in parts] == [state] * len(healths)


SCENES = named(
    redis_is_emptied, redis_dies_and_comes_back_empty, redis_stands_still, redis_fails_over_to_a_replica_that_lags
)
