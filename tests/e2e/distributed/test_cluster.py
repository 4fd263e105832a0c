"""A desk on three brokers, of which one goes away without a word and comes back, while it trades."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from onemachine.deployment import Deployment, Engines
from onemachine.servers.kafka import Kafka
from onemachine.servers.postgres import Postgres
from tests.e2e.distributed.desks import running_desk
from tests.e2e.distributed.trading import Trading, Traffic
from tests.servers_redis import started


@pytest.fixture
def desk(kafka_cluster: Kafka, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("cluster")
    with (
        started(folder / "redis") as server,
        running_desk(folder, Engines(kafka_cluster, server, postgres), session_ms=3_000) as deployment,
    ):
        yield deployment
        kafka_cluster.start()


@pytest.mark.timeout(240)
async def test_all_agree_after_one_of_three_brokers_was_killed(desk: Deployment) -> None:
    """The one that leads the account's intents."""
    kafka = desk.engines.kafka
    async with Trading(desk, "one-of-three", desk.new_token("trader")) as trading:
        async with Traffic(trading, "one of three") as traffic:
            await traffic.more()
            victim = trading.kafka.leader("order_intents", trading.partition)
            kafka.kill(victim)
            await traffic.more(12)
            await asyncio.to_thread(kafka.start_broker, victim)
            await traffic.more()
        await trading.settles()
