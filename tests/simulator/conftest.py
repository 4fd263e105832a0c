"""One simulated exchange for all tests that need sockets; each test has an account of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from tests.simulator.running import Running


@pytest.fixture(scope="session")
def shared_server() -> Iterator[Running]:
    running = Running("--seed", "7")
    yield running
    assert running.stop() == 0


@pytest.fixture
def server(shared_server: Running) -> Iterator[Running]:
    """Without a fault at the start and the end."""
    yield shared_server
    shared_server.control("DELETE", "faults")


@pytest.fixture
async def bybit(server: Running) -> AsyncIterator[Any]:
    """ccxt.pro on a new account; `bybit.apiKey` is its name too."""
    exchange = server.client(server.account())
    await exchange.load_markets()
    yield exchange
    await exchange.close()
