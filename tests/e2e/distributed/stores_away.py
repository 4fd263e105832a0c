"""Kafka or PostgreSQL goes away and comes back, while the desk trades: no process of it is started again for that."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tests.e2e.agreement import creates
from tests.e2e.desk_client import DeskClient
from tests.e2e.desk_process import until
from tests.e2e.distributed.trading import Trading, Traffic
from tests.e2e.side_by_side import named


async def the_only_broker_is_stopped(trading: Trading) -> None:
    kafka = trading.deployment.engines.kafka
    await _broker_is_away(trading, kafka.stop)


async def the_only_broker_is_killed(trading: Trading) -> None:
    kafka = trading.deployment.engines.kafka
    await _broker_is_away(trading, kafka.kill)


async def _broker_is_away(trading: Trading, leave: Callable[[], None]) -> None:
    """Nothing is sent that could not be journaled; what was known is shown."""
    here, there = trading.desks
    resting = await here.placed("buy", "0.001", "50000")
    await trading.becomes(there, resting["order_id"], "open")
    async with Traffic(trading, "no journal") as traffic:
        await traffic.more()
        await asyncio.to_thread(leave)
        refused = await asyncio.gather(
            *(desk.place("buy", "0.001", "49000", key="meanwhile") for desk in (here, there))
        )
        assert [each.status for each in refused] == [503, 503], refused
        assert {each.body["code"] for each in refused} <= {"journal_down", "not_sent"}, refused
        assert (await there.order(resting["order_id"]))["status"] == "open"
        assert (await _health(here))["state"] == "down"
        await asyncio.to_thread(trading.deployment.engines.kafka.start)
        await traffic.more(9, within_s=90)
    await trading.settles()
    placed = await here.place("buy", "0.001", "49000", key="meanwhile")
    assert placed.status in (201, 202, 422, 503), placed
    assert sum(creates(trading.exchange, trading.account).values()) == len(creates(trading.exchange, trading.account))
    await trading.settles()


async def the_database_is_stopped(trading: Trading) -> None:
    await _database_is_away(trading, trading.deployment.engines.postgres.stop)


async def the_database_is_killed(trading: Trading) -> None:
    await _database_is_away(trading, trading.deployment.engines.postgres.kill)


async def _database_is_away(trading: Trading, leave: Callable[[], None]) -> None:
    here, there = trading.desks
    async with Traffic(trading, "no database") as traffic:
        await traffic.more()
        await asyncio.to_thread(leave)
        await until(lambda: _refuses(lambda: here.call("GET", "/api/orders", account=trading.account)), 20)
        for desk in (here, there):
            placed = await desk.place("buy", "0.001", "49000", key=f"meanwhile {desk.url}")
            assert placed.status in (201, 202, 503), placed
            assert placed.status != 503 or placed.body["code"] in ("vault_down", "history_down"), placed
        await asyncio.to_thread(trading.deployment.engines.postgres.start)
        await traffic.more(9, within_s=90)
        await trading.shared_out()
    await trading.settles()


async def _refuses(ask: Callable[[], Awaitable[Any]]) -> bool:
    answer = await ask()
    assert answer.status in (200, 503), answer
    return answer.status == 503 and answer.body["code"] in ("vault_down", "history_down")


async def _health(desk: DeskClient) -> dict[str, Any]:
    answer = await desk.call("GET", "/api/health")
    assert isinstance(answer.body, dict), answer
    return answer.body


SCENES = named(the_only_broker_is_stopped, the_only_broker_is_killed, the_database_is_stopped, the_database_is_killed)
