"""A desk on a Kafka and a PostgreSQL of its own, which go away and come back while it trades."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from onemachine.deployment import Deployment, Engines
from onemachine.servers.postgres import Postgres
from tests.e2e.distributed import stores_away
from tests.e2e.distributed.desks import mend, running_desk
from tests.e2e.distributed.trading import Trading
from tests.servers_kafka import made
from tests.servers_redis import started

_SESSION_MS = 3_000


@pytest.fixture(scope="module")
def desk(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Deployment, str]]:
    """On a broker and a database server that nobody else uses; `postgres` only says whether there can be one."""
    folder = tmp_path_factory.mktemp("stores")
    with made() as kafka, Postgres() as database, started(folder / "redis") as server:
        engines = Engines(kafka, server, database)
        with running_desk(folder, engines, session_ms=_SESSION_MS) as deployment:
            yield deployment, deployment.new_token("trader")


@pytest.fixture
async def trading(desk: tuple[Deployment, str], name: str) -> AsyncIterator[Trading]:
    deployment, token = desk
    try:
        async with Trading(deployment, name.replace("_", "-")[:32], token) as traded:
            yield traded
    finally:
        deployment.engines.kafka.start()
        deployment.engines.postgres.ensure_running()
        mend(deployment)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", stores_away.SCENES)
async def test_all_agree_after(trading: Trading, name: str) -> None:
    await stores_away.SCENES[name](trading)
