"""What the page's history asks: filters, tables, and days, by HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.asking import order, placed
from tests.services.desk import Desk, Manager
from tests.services.scripted_exchange import ETH, SYMBOL, ScriptedExchange
from tests.services.virtual_clock import START_MS, VirtualClock


@pytest.fixture
async def manager(desk: Desk, exchange: ScriptedExchange, clock: VirtualClock) -> Manager:
    """With an order that rests, and a sell in ETH that has filled."""
    await desk.following()
    manager = await desk.manager()
    await placed(manager)
    await clock.advance(1)
    sold = await manager.browser.call("POST", "/api/orders", order(side="sell", symbol=ETH), key="k")
    assert sold.status == 201
    await clock.advance(1)
    exchange.fill(exchange.by_client(sold.body["client_order_id"]), "1")
    await clock.advance(1)
    return manager


async def symbols(manager: Manager, query: str) -> list[str]:
    path, _, _ = query.partition("?")
    answer = await manager.browser.get(query)
    assert answer.status == 200, answer.body
    return [each["symbol"] for each in answer.body[path.removeprefix("/api/")]]


async def test_orders_are_found_by_side_time_status_and_search(manager: Manager, desk: Desk) -> None:
    assert await symbols(manager, "/api/orders?side=sell") == [ETH]
    assert await symbols(manager, "/api/orders?status=open&status=filled") == [ETH, SYMBOL]
    assert await symbols(manager, f"/api/orders?until={START_MS + 900}") == [SYMBOL]
    assert await symbols(manager, f"/api/orders?since={START_MS + 900}") == [ETH]
    assert await symbols(manager, "/api/orders?search=btc") == [SYMBOL]
    [eth] = [each for each in desk.witness.orders.values() if each.symbol == ETH]
    for search in (eth.order_id[:6], eth.order_id, eth.client_order_id, eth.exchange_order_id):
        assert await symbols(manager, f"/api/orders?search={search}") == [ETH]
    assert await symbols(manager, "/api/orders?search=nothing") == []


async def test_an_order_that_history_does_not_have_yet_is_searched_too(manager: Manager) -> None:
    await manager.browser.call("POST", "/api/orders", order(side="sell"), key="new")
    assert await symbols(manager, "/api/orders?search=BTC&side=sell") == [SYMBOL]
    assert await symbols(manager, "/api/orders?search=eth&status=open") == []


async def test_fills_are_found_by_side_time_and_search(manager: Manager, desk: Desk) -> None:
    assert await symbols(manager, "/api/fills?side=sell") == [ETH]
    assert await symbols(manager, "/api/fills?side=buy") == []
    [fill] = desk.witness.fills
    assert await symbols(manager, f"/api/fills?until={fill.time_ms}") == []
    assert await symbols(manager, f"/api/fills?until={fill.time_ms + 1}&search=eth") == [ETH]
    assert await symbols(manager, f"/api/fills?search={fill.order_id[:8]}") == [ETH]


BAD = [
    ("/api/orders?side=up", "side"),
    ("/api/fills?search=", "search"),
    (f"/api/orders?search={'x' * 65}", "search"),
    ("/api/orders.csv?status=gone", "status"),
    ("/api/fills.csv?limit=3", "limit"),
    ("/api/equity?since=0", "since"),
    ("/api/equity?until=-1", "until"),
]


@pytest.mark.parametrize(("path", "field"), BAD, ids=[path for path, _ in BAD])
async def test_what_cannot_be_asked_is_said(manager: Manager, path: str, field: str) -> None:
    answer = await manager.browser.get(path)
    assert (answer.status, answer.body["field"]) == (400, field)


async def table(manager: Manager, path: str) -> tuple[dict[str, str], list[str]]:
    answer = await manager.browser.get(path)
    assert answer.status == 200
    return answer.headers, answer.body.decode().split("\r\n")


async def test_tables_are_files_with_the_same_filters(manager: Manager) -> None:
    headers, lines = await table(manager, "/api/orders.csv")
    assert headers["content-type"] == "text/csv; charset=utf-8"
    assert headers["content-disposition"] == 'attachment; filename="orders.csv"'
    assert lines[0].startswith("created,updated,account,symbol,side")
    assert [line.split(",")[3] for line in lines[1:-1]] == [ETH, SYMBOL]
    assert lines[-1] == ""
    _, lines = await table(manager, "/api/orders.csv?side=buy&search=btc")
    assert [line.split(",")[3] for line in lines[1:-1]] == [SYMBOL]
    _, lines = await table(manager, "/api/fills.csv?side=buy")
    assert len(lines) == 2, "only its head"
    _, lines = await table(manager, "/api/fills.csv?account=sim")
    assert lines[1].split(",")[2:6] == [ETH, "sell", "1", "60000"]


async def test_of_nothing_an_unknown_account_is_why(manager: Manager) -> None:
    for path in ("/api/fills.csv", "/api/orders.csv", "/api/equity"):
        answer = await manager.browser.get(f"{path}?account=nobody")
        assert (answer.status, answer.body["code"]) == (404, "unknown_account")


async def test_a_day_closes_with_equity_and_what_was_realised(
    manager: Manager, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    exchange.fill(exchange.place(symbol=ETH), "0.25", "59000")
    await clock.advance(1)
    [today] = (await manager.browser.get("/api/equity")).body
    expected: dict[str, Any] = {"account": "sim", "currency": "USDT", "day": "2023-11-14", "equity": "100000"}
    expected |= {"realised_gross": "250", "fees": "0.2", "realised_net": "249.8", "fills": 2}
    assert today == expected | {"start_ms": START_MS // 86_400_000 * 86_400_000}
    until = today["start_ms"] + 86_400_000
    assert (await manager.browser.get(f"/api/equity?until={until}")).body == [today]
    assert (await manager.browser.get(f"/api/equity?until={today['start_ms']}")).body == []
    later = (await manager.browser.get(f"/api/equity?account=sim&until={until + 1}")).body
    assert [(day["day"], day["equity"], day["fills"]) for day in later] == [
        ("2023-11-14", "100000", 2),
        ("2023-11-15", "100000", 0),
    ]
