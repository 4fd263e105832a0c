"""Each fault, as the real ccxt client suffers it."""

from __future__ import annotations

import asyncio
import json
import time
from decimal import Decimal
from typing import Any

import ccxt
import pytest

from tests.simulator.running import Running, until

BTC = "BTC/USDT:USDT"
CREATE = "/v5/order/create"


def orders(server: Running, bybit: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.control("GET", f"orders?account={bybit.apiKey}")["orders"]
    return found


async def buy(bybit: Any, link_id: str, price: str = "50000") -> Any:
    return await bybit.create_order(BTC, "limit", "buy", "0.01", price, {"clientOrderId": link_id})


async def test_a_lost_reply_is_an_order_that_exists(bybit: Any, server: Running) -> None:
    server.fault("reply_lost", CREATE, account=bybit.apiKey)
    with pytest.raises(ccxt.ExchangeNotAvailable):
        await buy(bybit, "lost")
    (order,) = orders(server, bybit)
    assert (order["order_link_id"], order["status"], order["create_requests"]) == ("lost", "New", 1)
    assert (await buy(bybit, "after"))["id"]


async def test_a_connection_cut_before_the_order_is_taken(bybit: Any, server: Running) -> None:
    server.fault("reply_lost", CREATE, account=bybit.apiKey, executed=False)
    with pytest.raises(ccxt.ExchangeNotAvailable):
        await buy(bybit, "never")
    assert orders(server, bybit) == []


async def test_a_reply_later_than_the_client_waits(bybit: Any, server: Running) -> None:
    server.fault("reply_delayed", CREATE, account=bybit.apiKey, ms=600)
    bybit.timeout = 200
    with pytest.raises(ccxt.RequestTimeout):
        await buy(bybit, "late")
    assert len(orders(server, bybit)) == 1


@pytest.mark.parametrize("executed", [True, False])
async def test_a_server_error_tells_nothing_of_the_order(bybit: Any, server: Running, executed: bool) -> None:
    server.fault("reply_status", CREATE, account=bybit.apiKey, status=502, executed=executed)
    with pytest.raises(ccxt.ExchangeNotAvailable):
        await buy(bybit, "unknown")
    assert len(orders(server, bybit)) == int(executed)


@pytest.mark.parametrize("fault", [{"kind": "reply_html"}, {"kind": "reply_status", "status": 524}])
async def test_a_body_that_is_no_json_looks_like_an_order_without_an_id(
    bybit: Any, server: Running, fault: dict[str, Any]
) -> None:
    server.fault(**fault, target=CREATE, account=bybit.apiKey)
    assert (await buy(bybit, "html"))["id"] is None
    assert len(orders(server, bybit)) == 1


async def test_a_body_cut_short(bybit: Any, server: Running) -> None:
    server.fault("reply_cut_short", CREATE, account=bybit.apiKey)
    with pytest.raises(ccxt.BaseError):
        await buy(bybit, "short")
    assert len(orders(server, bybit)) == 1


async def test_order_entry_without_a_reply_or_with_its_socket_cut(bybit: Any, server: Running) -> None:
    server.fault("reply_lost", "order.create", account=bybit.apiKey)
    waiting = asyncio.create_task(
        bybit.create_order_ws(BTC, "limit", "buy", "0.01", "50000", {"clientOrderId": "mute"})
    )
    await until(lambda: len(orders(server, bybit)) == 1)
    assert not waiting.done()
    server.fault("socket_cut", "order.create", account=bybit.apiKey)
    with pytest.raises(ccxt.NetworkError):
        await bybit.create_order_ws(BTC, "limit", "buy", "0.01", "50000", {"clientOrderId": "cut"})
    with pytest.raises(ccxt.NetworkError):
        await waiting
    assert [order["order_link_id"] for order in orders(server, bybit)] == ["mute", "cut"]


async def test_an_account_that_is_not_let_in(bybit: Any, server: Running) -> None:
    """The socket is nobody's yet: the fault goes by the key that it shows, and strikes no other account."""
    server.fault("socket_cut", "auth", account="somebody-else")
    server.fault("socket_cut", "auth", account=bybit.apiKey, channel="private")
    server.fault("socket_cut", "auth", account=bybit.apiKey, channel="trade")
    with pytest.raises(ccxt.NetworkError):
        await bybit.create_order_ws(BTC, "limit", "buy", "0.01", "50000", {"clientOrderId": "out"})
    assert orders(server, bybit) == []
    assert (await bybit.create_order_ws(BTC, "limit", "buy", "0.01", "50000", {"clientOrderId": "in"}))["id"]


class Pushes:
    """Every order row pushed to this client, by a hook below `watch_orders`."""

    def __init__(self, bybit: Any) -> None:
        self.rows: list[tuple[str, str]] = []
        bybit.handle_order = self._read
        self.watching = asyncio.create_task(bybit.watch_orders())

    def _read(self, client: Any, message: dict[str, Any]) -> None:
        self.rows += [(row["orderLinkId"], row["orderStatus"]) for row in message["data"]]


@pytest.fixture
async def pushes(bybit: Any, server: Running) -> Any:
    found = Pushes(bybit)
    await until(
        lambda: any(
            each["account"] == bybit.apiKey and "order" in each["topics"]
            for each in server.control("GET", "sockets")["sockets"]
        )
    )
    yield found
    found.watching.cancel()
    await asyncio.wait([found.watching])


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("push_dropped", ["b", "c"]),
        ("push_repeated", ["a", "a", "b", "c"]),
        ("push_reordered", ["b", "a", "c"]),
    ],
)
async def test_a_push_is_dropped_repeated_or_overtaken(
    bybit: Any, server: Running, pushes: Pushes, kind: str, told: list[str]
) -> None:
    server.fault(kind, "order", account=bybit.apiKey)
    for link_id in "abc":
        await buy(bybit, link_id)
    await until(lambda: bool(pushes.rows) and pushes.rows[-1][0] == "c")
    assert pushes.rows == [(link_id, "New") for link_id in told]


async def test_a_delayed_push_still_comes(bybit: Any, server: Running, pushes: Pushes) -> None:
    server.fault("push_delayed", "order", account=bybit.apiKey, ms=100)
    await buy(bybit, "a")
    await buy(bybit, "b")
    await until(lambda: len(pushes.rows) == 2)
    assert [link_id for link_id, _ in pushes.rows] == ["b", "a"]


async def test_a_silent_socket_stays_open_and_says_nothing(bybit: Any, server: Running, pushes: Pushes) -> None:
    server.fault("socket_silent", "order", account=bybit.apiKey)
    await buy(bybit, "a")
    await buy(bybit, "b")
    assert len(orders(server, bybit)) == 2
    assert pushes.rows == []
    assert not pushes.watching.done()


async def test_a_stale_read_knows_what_was_so(bybit: Any, server: Running) -> None:
    before = await buy(bybit, "before")
    server.fault("stale_read", "/v5/order/realtime", account=bybit.apiKey, ms=60_000)
    after = await buy(bybit, "after")
    assert [order["id"] for order in await bybit.fetch_open_orders(BTC)] == [before["id"]]
    assert [order["id"] for order in await bybit.fetch_open_orders(BTC)] == [before["id"], after["id"]]


async def test_the_oracle_counts_requests_and_knows_when_they_arrived(bybit: Any, server: Running) -> None:
    sent_ns = time.monotonic_ns()
    await buy(bybit, "once")
    with pytest.raises(ccxt.InvalidOrder):
        await buy(bybit, "once")
    answered_ns = time.monotonic_ns()
    assert server.control("GET", f"orders?account={bybit.apiKey}")["create_requests"] == {"once": 2}
    requests = [each for each in server.control("GET", "requests")["requests"] if each["account"] == bybit.apiKey]
    assert [(each["order_link_id"], each["code"]) for each in requests] == [("once", 0), ("once", 110072)]
    assert sent_ns < requests[0]["arrived_ns"] < requests[1]["arrived_ns"] < answered_ns


async def test_an_order_from_the_exchanges_own_page(bybit: Any, server: Running) -> None:
    order = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "50000"}
    placed = server.control("POST", "orders", account=bybit.apiKey, order=order)
    (found,) = await bybit.fetch_open_orders(BTC)
    assert (found["id"], found["clientOrderId"]) == (placed["orderId"], None)


async def test_a_set_price_fills_what_rests_on_the_way(bybit: Any, server: Running) -> None:
    symbol = "BCH/USDT:USDT"
    order = await bybit.create_order(symbol, "limit", "buy", "1", "350")
    server.control("POST", "price", symbol="BCHUSDT", price="340")
    filled = await bybit.fetch_order(order["id"], symbol, {"acknowledged": True})
    assert (filled["status"], Decimal(filled["filled"])) == ("closed", 1)
    assert float((await bybit.fetch_ticker(symbol))["last"]) == 340
    server.control("POST", "price", symbol="BCHUSDT", price="400")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("price", {"symbol": "BTCUSDT", "price": "60000.05"}),
        ("price", {"symbol": "NOPEUSDT", "price": "1"}),
        ("faults", {"kind": "earthquake"}),
        ("faults", {"kind": "reply_lost", "surprise": 1}),
        ("keys", {"key": "k", "secret": "s", "account": "maker-x"}),
        ("market/step", {"steps": 0}),
    ],
)
def test_a_control_call_that_makes_no_sense_is_refused(server: Running, path: str, body: dict[str, Any]) -> None:
    status, answer = server.raw(f"/control/{path}", body=json.dumps(body).encode())
    assert (status, "error" in json.loads(answer)) == (400, True)
