"""The real ccxt client over real sockets: the three WebSockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import ccxt
import pytest

from tests.simulator.running import Running, until

BTC = "BTC/USDT:USDT"
Watch = Callable[[], Awaitable[Any]]


class Watcher:
    """One `watch_*` in a loop, and all that it gave."""

    def __init__(self, watch: Watch) -> None:
        self.seen: list[Any] = []
        self.failures: list[Exception] = []
        self._watch = watch
        self._task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            try:
                given = await self._watch()
            except ccxt.NetworkError as error:
                self.failures.append(error)
            else:
                self.seen += given if isinstance(given, list) else [given]

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])


@pytest.fixture
async def watch() -> AsyncIterator[Callable[[Watch], Watcher]]:
    watchers: list[Watcher] = []

    def start(source: Watch) -> Watcher:
        watchers.append(Watcher(source))
        return watchers[-1]

    yield start
    for watcher in watchers:
        await watcher.stop()


def topics(server: Running, account: str, channel: str = "private") -> list[str]:
    """What the account's open sockets are subscribed to."""
    sockets = server.control("GET", "sockets")["sockets"]
    return [
        topic
        for each in sockets
        if (each["account"], each["channel"]) == (account, channel)
        for topic in each["topics"]
    ]


async def subscribed(server: Running, account: str, *wanted: str) -> None:
    await until(lambda: set(wanted) <= set(topics(server, account)))


async def test_an_order_is_followed_from_new_to_filled(
    bybit: Any, server: Running, watch: Callable[[Watch], Watcher]
) -> None:
    rows: list[dict[str, Any]] = []
    handle = bybit.handle_order
    bybit.handle_order = lambda client, message: (rows.extend(message["data"]), handle(client, message))
    watch(bybit.watch_orders)
    fills, positions, balance = watch(bybit.watch_my_trades), watch(bybit.watch_positions), watch(bybit.watch_balance)
    await subscribed(server, bybit.apiKey, "order", "execution", "position", "wallet")
    order = await bybit.create_order(BTC, "market", "buy", "0.02", None, {"clientOrderId": "followed"})
    await until(lambda: bool(rows) and rows[-1]["orderStatus"] == "Filled")
    assert rows[0]["orderStatus"] == "New"
    assert {row["orderId"] for row in rows} == {order["id"]}
    assert {row["orderLinkId"] for row in rows} == {"followed"}
    await until(lambda: bool(fills.seen) and bool(positions.seen) and bool(balance.seen))
    assert {fill["order"] for fill in fills.seen} == {order["id"]}
    assert (positions.seen[-1]["symbol"], positions.seen[-1]["side"]) == (BTC, "long")
    assert float(balance.seen[-1]["USDT"]["total"]) < 100_000


async def test_orders_are_entered_edited_and_cancelled_over_the_socket(bybit: Any) -> None:
    order = await bybit.create_order_ws(BTC, "limit", "buy", "0.01", "50000", {"clientOrderId": "entered"})
    assert (bool(order["id"]), order["clientOrderId"]) == (True, "entered")
    edited = await bybit.edit_order_ws(order["id"], BTC, "limit", "buy", "0.02", "50001")
    assert edited["id"] == order["id"]
    (found,) = await bybit.fetch_open_orders(BTC)
    assert float(found["price"]) == 50_001
    await bybit.cancel_order_ws(order["id"], BTC)
    assert await bybit.fetch_open_orders(BTC) == []
    with pytest.raises(ccxt.OrderNotFound, match="110001"):
        await bybit.cancel_order_ws(order["id"], BTC)
    with pytest.raises(ccxt.InvalidOrder, match="110072"):
        await bybit.create_order_ws(BTC, "limit", "buy", "0.01", "50000", {"clientOrderId": "entered"})


async def test_market_data_is_watched(bybit: Any, server: Running, watch: Callable[[Watch], Watcher]) -> None:
    ticker, trades = watch(lambda: bybit.watch_ticker(BTC)), watch(lambda: bybit.watch_trades(BTC))
    book = watch(lambda: bybit.watch_order_book(BTC, 50))
    best = watch(lambda: bybit.watch_bids_asks([BTC]))
    candles = watch(lambda: bybit.watch_ohlcv(BTC, "1m"))
    await until(lambda: bool(ticker.seen) and bool(book.seen) and bool(best.seen))
    assert ticker.seen[0]["symbol"] == BTC
    assert book.seen[0]["bids"][0][0] < book.seen[0]["asks"][0][0]
    await bybit.create_order(BTC, "limit", "buy", "0.123", "50000.1")
    await until(lambda: [50000.1, 0.123] in [list(level[:2]) for level in book.seen[-1]["bids"]])
    await bybit.create_order(BTC, "market", "buy", "0.01")
    await until(lambda: bool(trades.seen) and bool(candles.seen))
    assert {trade["side"] for trade in trades.seen} == {"buy"}
    await until(lambda: float(ticker.seen[-1]["last"]) == float(trades.seen[-1]["price"]))
    await bybit.un_watch_trades(BTC)


async def test_a_quiet_socket_is_kept_alive_and_a_silent_one_is_noticed(
    bybit: Any, server: Running, watch: Callable[[Watch], Watcher]
) -> None:
    orders = watch(bybit.watch_orders)
    await subscribed(server, bybit.apiKey, "order")
    url = bybit.urls["api"]["ws"]["private"]["contract"]
    await until(lambda: bool(bybit.clients[url].lastPong))
    assert orders.failures == []
    server.fault("socket_silent", "ping", account=bybit.apiKey)
    await until(lambda: bool(orders.failures), within_s=10)


async def test_a_cut_socket_is_opened_again_with_its_topics(
    bybit: Any, server: Running, watch: Callable[[Watch], Watcher]
) -> None:
    orders = watch(bybit.watch_orders)
    await subscribed(server, bybit.apiKey, "order")
    assert server.control("POST", "sockets/cut", account=bybit.apiKey, channel="private") == {"cut": 1}
    await until(lambda: bool(orders.failures))
    await subscribed(server, bybit.apiKey, "order")
    await bybit.create_order(BTC, "limit", "buy", "0.01", "50000")
    await until(lambda: bool(orders.seen))


async def test_a_socket_with_a_wrong_secret_is_told_and_closed(server: Running) -> None:
    exchange = server.client(server.account())
    await exchange.load_markets()
    exchange.secret = "wrong"
    try:
        with pytest.raises(ccxt.AuthenticationError):
            await exchange.create_order_ws(BTC, "limit", "buy", "0.01", "50000")
        with pytest.raises(ccxt.BaseError):
            await exchange.watch_orders()
    finally:
        await exchange.close()


async def test_pushes_come_after_the_acknowledgement(bybit: Any, server: Running) -> None:
    """On one connection each, both told by the same loop of the client."""
    told: list[str] = []
    handle_order, handle_answer = bybit.handle_order, bybit.handle_order_ws
    bybit.handle_order = lambda client, message: (told.append("push"), handle_order(client, message))
    bybit.handle_order_ws = lambda client, message: (told.append("answer"), handle_answer(client, message))
    watching = asyncio.create_task(bybit.watch_orders())
    await subscribed(server, bybit.apiKey, "order")
    await bybit.create_order_ws(BTC, "limit", "buy", "0.01", "50000")
    await watching
    assert told == ["answer", "push"]
