"""One desk and one exchange for the whole folder: what is refused leaves nothing behind for the next test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

import pytest

from tests.e2e.agreement import no_secret_in
from tests.e2e.desk_client import DeskClient, client
from tests.e2e.desk_process import Account, DeskProcess, new_account
from tests.simulator.running import Running

ETH = "ETH/USDT:USDT"


class Ground(NamedTuple):
    """What the bad requests are about: an account that trades, one that is removed, a resting order, a token."""

    account: Account
    order_id: str
    read_token: str
    revoked_token: str


@pytest.fixture(scope="package")
def exchange() -> Iterator[Running]:
    running = Running("--seed", "12")
    assert running.url, "the simulated exchange does not start"
    yield running
    running.stop()


@pytest.fixture(scope="package")
def desk_process(tmp_path_factory: pytest.TempPathFactory, exchange: Running) -> Iterator[DeskProcess]:
    """Whatever it is asked: it stops cleanly, has logged no fault, and no file holds a secret in clear."""
    folder = tmp_path_factory.mktemp("desk")
    desk = DeskProcess(folder)
    try:
        asyncio.run(desk.start())
        yield desk
        assert asyncio.run(desk.stop()) == 0
        for sign in ("Traceback", "request failed", "Task exception"):
            assert sign not in desk.err, desk.err[-4000:]
        no_secret_in(folder, "canarykey", "canarysecret", "hgt_")
    finally:
        desk.end()


@pytest.fixture(scope="package")
def ground(desk_process: DeskProcess, exchange: Running) -> Ground:
    return asyncio.run(_made_ready(desk_process, exchange))


async def _made_ready(desk_process: DeskProcess, exchange: Running) -> Ground:
    account = new_account(exchange, "solid")
    async with client(desk_process, account.name) as owner:
        assert (await owner.call("POST", "/api/accounts", account.body())).status == 201
        await owner.followed()
        order = await owner.placed("buy", "0.01", "50000", key="used-before")
        await owner.placed("buy", "0.1", symbol=ETH)
        await owner.holds("0.1", ETH)
        read, revoked = [await _token(owner, name) for name in ("reader", "gone")]
        assert (await owner.call("DELETE", "/api/tokens/gone")).status == 200
    return Ground(account, order["order_id"], read, revoked)


async def _token(owner: DeskClient, name: str) -> str:
    made = await owner.call("POST", "/api/tokens", {"name": name, "scope": "read" if name == "reader" else "trade"})
    assert made.status == 201, made
    return str(made.body["token"])


@pytest.fixture
async def desk(desk_process: DeskProcess, exchange: Running, ground: Ground) -> AsyncIterator[DeskClient]:
    """The owner's client; at the end of each test not one order request may have reached the exchange."""
    before = _last_request(exchange)
    async with client(desk_process, ground.account.name) as owner:
        yield owner
        state = await owner.call("GET", "/api/limits", account=ground.account.name)
        assert state.body[0]["trading_state"] == "active"
    sent = exchange.control("GET", f"requests?after={before}")["requests"]
    assert sent == [], "something was sent"


def _last_request(exchange: Running) -> int:
    known: list[dict[str, Any]] = exchange.control("GET", "requests")["requests"]
    return max((each["number"] for each in known), default=0)
