"""One simulated exchange for all tests over sockets; each has an account of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from hedgerow.exchange.ccxt_connection import CcxtConnection
from tests.exchange.desks import HASTY, opened
from tests.simulator.running import Running


@pytest.fixture(scope="session")
def one_server() -> Iterator[Running]:
    running = Running("--seed", "7")
    yield running
    assert running.stop() == 0


@pytest.fixture
def server(one_server: Running) -> Iterator[Running]:
    """Without a fault at the start and the end."""
    yield one_server
    one_server.control("DELETE", "faults")


@pytest.fixture
def account(server: Running) -> str:
    return server.account()


@pytest.fixture
async def desk(server: Running, account: str) -> AsyncIterator[CcxtConnection]:
    """Open, and impatient, so that faults show soon."""
    async with opened(server, account, patience=HASTY) as connection:
        yield connection


@pytest.fixture(autouse=True)
def no_loose_ends(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing left unclosed, and no exception that nobody read."""
    yield
    loose = [record.getMessage() for record in caplog.get_records("call") if record.name == "asyncio"]
    assert loose == []
