"""Distributed desks for tests: each with topics and a database of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from onemachine.deployment import Deployment, Engines
from tests.simulator.running import Controls

_numbers = itertools.count(1)


@contextmanager
def running_desk(folder: Path, engines: Engines, **more: Any) -> Iterator[Deployment]:
    """A desk whose market stands still; at the end it stops, and none of its processes has failed in any life."""
    number = next(_numbers)
    given = {"database": engines.postgres.new_database(), "prefix": f"e2e{number}."} | more
    with Deployment(folder / f"desk{number}", engines, **given) as deployment:
        exchange = Controls(deployment.exchange_url)
        exchange.control("POST", "price", symbol="BTCUSDT", price="62000")  # it may have gone anywhere meanwhile
        exchange.control("POST", "market", running=False)
        yield deployment
    codes = {service.name: service.server.code for service in deployment.services}
    assert set(codes.values()) == {0}, codes
    for log in deployment.folder.glob("*.log"):
        assert "Traceback" not in log.read_text(), f"{log}: {log.read_text()[-4_000:]}"


def mend(deployment: Deployment) -> None:
    """Whatever state a test has left it in: everything runs."""
    engines = deployment.engines
    if engines.redis.server.code is not None:
        engines.redis.start()
    engines.redis.server.resume()
    for service in deployment.services:
        if service.running:
            service.server.resume()
    deployment.start()
