"""Each service does its part while the other is away, and takes up what it finds when it comes back."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from hedgerow.core.orders import Order, Status
from hedgerow.history import OrderFilter
from tests.e2e.agreement import agree, creates, held_orders
from tests.e2e.desk_process import SOURCE, Account, DeskProcess, until
from tests.e2e.trading.market import external, trades_at
from tests.e2e.two_runtimes.runtimes import ManagerRuntime, Pair, pair
from tests.simulator.running import Running

PRICE = "50000"  # rests
ETH = "ETH/USDT:USDT"
KEY = "the same request"


@pytest.fixture
async def both(tmp_path: Path, account: Account) -> AsyncIterator[Pair]:
    async with pair(DeskProcess(tmp_path), account) as services:
        yield services


async def in_history(services: Pair) -> list[Order]:
    orders, _ = await services.ports.history.orders(OrderFilter(account=services.account.name, limit=1_000))
    return orders


async def test_orders_placed_while_nobody_follows_are_followed_later(both: Pair, exchange: Running) -> None:
    await both.manager.start()
    rests = await both.desk.placed("buy", "0.01", PRICE)
    fills = await both.desk.placed("buy", "0.1", symbol=ETH, stop_loss="2700")
    assert (rests["status"], fills["status"]) == ("accepted", "accepted")
    (shown,) = (await both.desk.call("GET", "/api/accounts")).body
    assert (shown["ready"], shown["followed"]) == (True, False)
    assert await in_history(both) == []
    await both.resolver.start()
    await both.desk.becomes(rests["order_id"], "open")
    await both.desk.becomes(fills["order_id"], "filled")
    await both.desk.followed()
    await agree(both.desk, exchange)


async def test_a_resolver_alone_follows_what_the_exchange_does(both: Pair, exchange: Running) -> None:
    await both.resolver.start()
    resting = external(
        exchange, both.account.name, symbol="DOTUSDT", side="Buy", orderType="Limit", qty="10", price="5.5"
    )

    async def adopted() -> bool:
        return [order.status for order in await in_history(both)] == [Status.OPEN]

    await until(adopted, within_s=30)
    trades_at(exchange, "DOT", "5.4000")

    async def filled() -> bool:
        (order,) = await in_history(both)
        return order.status is Status.FILLED and order.exchange_order_id == resting

    await until(filled)
    await both.manager.start()
    position = await both.desk.holds("10", "DOT/USDT:USDT")
    assert position is not None
    assert position["side"] == "long"
    await agree(both.desk, exchange)


async def test_a_doubt_is_settled_although_its_manager_died_while_it_sent(both: Pair, exchange: Running) -> None:
    await both.resolver.start()
    await both.manager.start()
    exchange.fault("reply_delayed", "order.create", account=both.account.name, ms=30_000)
    asked = asyncio.ensure_future(both.desk.place("buy", "0.01", PRICE, key=KEY))
    await until(lambda: held_orders(exchange, both.account.name))
    await both.manager.kill()
    assert isinstance((await asyncio.gather(asked, return_exceptions=True))[0], Exception)

    async def settled() -> bool:
        return [order.status for order in await in_history(both)] == [Status.OPEN]

    await until(settled, within_s=20)
    await both.manager.start()
    again = await both.desk.place("buy", "0.01", PRICE, key=KEY)
    assert (again.status, again.order["status"]) == (201, "open")
    await agree(both.desk, exchange)
    assert list(creates(exchange, both.account.name).values()) == [1]


async def test_an_order_that_never_left_is_proven_absent_without_its_manager(both: Pair, exchange: Running) -> None:
    await both.resolver.start()
    await both.manager.start()
    exchange.fault("reply_lost", "order.create", account=both.account.name, executed=False)
    asked = asyncio.ensure_future(both.desk.place("buy", "0.01", PRICE))

    async def intended() -> bool:
        return bool(await in_history(both))

    await until(intended)
    await both.manager.kill()
    await asyncio.gather(asked, return_exceptions=True)

    async def proven() -> bool:
        return [order.status for order in await in_history(both)] == [Status.NOT_PLACED]

    await until(proven, within_s=30)
    assert creates(exchange, both.account.name) == {}


async def test_they_come_and_go_in_turn(both: Pair, exchange: Running) -> None:
    """Orders in every phase of it: each sent once, each followed to where it stands."""
    await both.manager.start()
    for number in range(4):
        await both.desk.placed("buy", "0.001", str(50_000 + number))
        await both.resolver.start()
        await both.desk.placed("buy", "0.01", symbol=ETH)
        await both.desk.placed("sell", "0.01", symbol=ETH)
        if number % 2:
            await both.manager.kill()
            await both.resolver.kill()
            await both.manager.start()
        else:
            await both.resolver.kill()
        await both.desk.placed("buy", "0.002", str(51_000 + number))
    await both.resolver.start()
    await agree(both.desk, exchange)
    statuses = [order.status for order in await in_history(both)]
    assert (statuses.count(Status.OPEN), statuses.count(Status.FILLED)) == (8, 8)


async def test_two_managers_agree_on_who_sends(both: Pair, exchange: Running) -> None:
    """The same key at both doors at once: the log's order decides, without a lock."""
    second = ManagerRuntime(both.ports, both.account)
    await both.resolver.start()
    await both.manager.start()
    await second.start()
    try:
        for number in range(5):
            terms = ("buy", "0.001", str(50_000 + number))
            doors = [both.desk, second.desk] * 3
            answers = await asyncio.gather(*(door.place(*terms, key=f"race {number}") for door in doors))
            assert {answer.status for answer in answers} <= {201, 202}
            assert len({answer.order["order_id"] for answer in answers}) == 1
        await agree(both.desk, exchange)
        assert await second.desk.orders() == await both.desk.orders()
        assert sorted(creates(exchange, both.account.name).values()) == [1] * 5
        order = await both.desk.placed("buy", "0.001", "51000")
        assert (await second.desk.cancel(order["order_id"])).status == 200
        await both.desk.becomes(order["order_id"], "canceled")
        assert Decimal((await second.desk.order(order["order_id"]))["filled"]) == 0
    finally:
        await second.kill()


@pytest.mark.parametrize(("one", "other"), [("order_manager", "order_resolver"), ("order_resolver", "order_manager")])
def test_neither_loads_the_other(one: str, other: str) -> None:
    look = f"import sys, hedgerow.{one}.service; sys.exit(any('{other}' in name for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", look], env={"PYTHONPATH": str(SOURCE)}).returncode == 0
