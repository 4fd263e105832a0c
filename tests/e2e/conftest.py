"""One simulated exchange and one desk for each file; every test trades on an account of its own."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.e2e.agreement import no_secret_in
from tests.e2e.desk_client import DeskClient, client
from tests.e2e.desk_process import Account, DeskProcess, new_account
from tests.simulator.running import Running

pytest.register_assert_rewrite(
    *(f"tests.e2e.restart.{name}" for name in ("placing", "changing", "following")),
    *(f"tests.e2e.faults.{name}" for name in ("order_entry", "private_stream")),
)
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def exchange() -> Iterator[Running]:
    """Its market stands still but for what a test does to it."""
    running = Running("--seed", "11")
    assert running.url, "the simulated exchange does not start"
    yield running
    running.stop()


@pytest.fixture(scope="module")
def desk_process(tmp_path_factory: pytest.TempPathFactory, exchange: Running) -> Iterator[DeskProcess]:
    """A desk without accounts. At the end it stops cleanly, without a traceback or a secret in what it left."""
    folder = tmp_path_factory.mktemp("desk")
    desk = DeskProcess(folder)
    try:
        asyncio.run(desk.start())
        yield desk
        code = asyncio.run(desk.stop())
        assert (code, "Traceback" in desk.err) == (0, False), desk.err[-4000:]
        no_secret_in(folder, "canarykey", "canarysecret")
    finally:
        desk.end()


@pytest.fixture
def account(exchange: Running) -> Account:
    return new_account(exchange, f"user{next(_numbers)}")


@pytest.fixture
async def desk(desk_process: DeskProcess, exchange: Running, account: Account) -> AsyncIterator[DeskClient]:
    """The owner's client on a new account that is connected and followed; no fault is left behind."""
    async with client(desk_process, account.name) as trader:
        added = await trader.call("POST", "/api/accounts", account.body())
        assert added.status == 201, added
        await trader.followed()
        yield trader
        exchange.control("DELETE", "faults")
        await trader.call("DELETE", f"/api/accounts/{account.name}")
