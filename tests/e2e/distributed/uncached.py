"""Redis loses everything, or is away, while the desk trades: it costs nothing but speed."""

from __future__ import annotations

from typing import Any

import redis

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


SCENES = named(redis_is_emptied, redis_dies_and_comes_back_empty, redis_stands_still)
