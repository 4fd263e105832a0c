"""Faults while a distributed desk trades: all of them on one desk, each on an account of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from onemachine.deployment import Deployment, Engines
from onemachine.servers.kafka import Kafka
from onemachine.servers.postgres import Postgres
from tests.e2e.distributed import killing, pausing, sharing, uncached
from tests.e2e.distributed.desks import mend, running_desk
from tests.e2e.distributed.trading import Trading
from tests.servers_redis import started

_SCENES = killing.SCENES | pausing.SCENES | sharing.SCENES | uncached.SCENES
_SESSION_MS = 3_000


@pytest.fixture(scope="module")
def desk(
    kafka_server: Kafka, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Deployment, str]]:
    """Two order_managers and two order_resolvers, and a token for them."""
    folder = tmp_path_factory.mktemp("faults")
    with (
        started(folder / "redis") as server,
        running_desk(folder, Engines(kafka_server, server, postgres), session_ms=_SESSION_MS) as deployment,
    ):
        yield deployment, deployment.new_token("trader")


@pytest.fixture
async def trading(desk: tuple[Deployment, str], name: str) -> AsyncIterator[Trading]:
    deployment, token = desk
    try:
        async with Trading(deployment, name.replace("_", "-")[:32], token) as traded:
            yield traded
    finally:
        mend(deployment)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", _SCENES)
async def test_all_agree_after(trading: Trading, name: str) -> None:
    await _SCENES[name](trading)
