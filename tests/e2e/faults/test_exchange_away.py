"""The exchange is gone for a while, and comes back as it was: the desk waits, says so, and goes on."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.agreement import agree, held_orders
from tests.e2e.desk_client import DeskClient, client
from tests.e2e.desk_process import DeskProcess, new_account, until
from tests.simulator.running import Running


@pytest.fixture
def start_exchange(tmp_path: Path) -> Iterator[Callable[[int], Running]]:
    """Starts an exchange that keeps its state, on a port or on a free one."""
    started: list[Running] = []

    def start(port: int) -> Running:
        started.append(Running("--seed", "5", "--data", str(tmp_path), "--port", str(port)))
        assert started[-1].url, "the simulated exchange does not start"
        return started[-1]

    yield start
    for each in started:
        each.stop(signal.SIGKILL)


async def test_an_exchange_that_goes_away_and_comes_back(
    desk_process: DeskProcess, start_exchange: Callable[[int], Running]
) -> None:
    exchange = start_exchange(0)
    account = new_account(exchange, "away")
    async with client(desk_process, account.name) as desk:
        await desk.call("POST", "/api/accounts", account.body())
        await desk.followed()
        order = await desk.placed("buy", "0.01", "50000")
        await desk.becomes(order["order_id"], "open")

        exchange.stop(signal.SIGKILL)
        await until(lambda: is_shown_as(desk, "degraded"), within_s=30)
        lost = await desk.place("buy", "0.01", "50001")
        assert lost.status in (202, 422, 503), lost
        assert (await desk.order(order["order_id"]))["status"] == "open"

        exchange = start_exchange(urlsplit(exchange.url).port or 0)
        await desk.followed()
        await until(lambda: is_shown_as(desk, "up"), within_s=60)
        await desk.becomes(order["order_id"], "open")
        await agree(desk, exchange)
        assert [each["status"] for each in held_orders(exchange, account.name)] == ["New"]
        again = await desk.placed("buy", "0.01", "50002")
        await desk.becomes(again["order_id"], "open")
        assert (await desk.cancel(order["order_id"])).status == 200
        await agree(desk, exchange)


async def is_shown_as(desk: DeskClient, state: str) -> bool:
    parts = (await desk.call("GET", "/api/health")).body["parts"]
    (following,) = [each for each in parts if each["name"] == f"{desk.account}: following"]
    return bool(following["state"] == state)
