"""Distributed desks on one Kafka, one Redis and one PostgreSQL; each desk has topics and a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from onemachine.deployment import Deployment, Engines
from onemachine.servers.kafka import Kafka
from onemachine.servers.postgres import Postgres
from onemachine.servers.redis import RedisServer
from tests.e2e.desk_client import DeskClient
from tests.e2e.distributed.desks import running_desk
from tests.simulator.running import Controls

pytest.register_assert_rewrite(
    *(
        f"tests.e2e.distributed.{name}"
        for name in ("witnesses", "trading", "killing", "pausing", "sharing", "uncached", "stores_away")
    )
)
Deploy = Callable[..., Deployment]


@pytest.fixture
def engines(kafka_server: Kafka, own_redis: RedisServer, postgres: Postgres) -> Engines:
    """Kafka and PostgreSQL are shared with all tests; the Redis is this test's, for a desk owns the whole of one."""
    return Engines(kafka_server, own_redis, postgres)


@pytest.fixture
def deploy(engines: Engines, tmp_path: Path) -> Iterator[Deploy]:
    """Start a desk; at the end it stops, and no process of it has failed."""
    with ExitStack() as opened:

        def start(**more: Any) -> Deployment:
            return opened.enter_context(running_desk(tmp_path, more.pop("engines", engines), **more))

        yield start


@pytest.fixture
def deployment(deploy: Deploy) -> Deployment:
    """Two order_managers and two order_resolvers."""
    return deploy()


@pytest.fixture
def exchange(deployment: Deployment) -> Controls:
    return Controls(deployment.exchange_url)


@pytest.fixture
async def managers(deployment: Deployment) -> AsyncIterator[list[DeskClient]]:
    """A client of each order_manager, all with the same token; the account is followed."""
    token = deployment.new_token("trader")
    clients = [DeskClient(url, token, "sim") for url in deployment.manager_urls]
    for each in clients:
        await each.followed()
    yield clients
    for each in clients:
        await each.__aexit__()
