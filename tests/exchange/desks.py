"""Connections to the simulated exchange, as a desk opens them; small orders; and who listens."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from hedgerow.core.commands import OrderTerms, OrderType, Side
from hedgerow.core.reports import Report
from hedgerow.exchange import Answer, Timing
from hedgerow.exchange.ccxt_connection import CcxtConnection
from hedgerow.exchange.connect import connect
from hedgerow.exchange.link import Patience
from hedgerow.exchange.reports import CcxtReports
from hedgerow.vault import Credentials, ExchangeAccount, Secret
from tests.simulator.running import Running

BTC = "BTC/USDT:USDT"
CALM = Patience()
HASTY = Patience(keep_alive_ms=150, answer_ms=400)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def account_at(url: str, **changes: Any) -> ExchangeAccount:
    urls = {"rest": url, "ws": url.replace("http", "ws", 1)}
    account = ExchangeAccount(name="sim", exchange="bybit", environment="simulation", urls=urls)
    return msgspec.structs.replace(account, **changes)


def credentials(key: str, secret: str) -> Credentials:
    return Credentials(values={"apiKey": Secret(key), "secret": Secret(secret)})


def make(
    server: Running,
    account: str,
    *,
    clock: Callable[[], int] = now_ms,
    patience: Patience = CALM,
    environment: str = "simulation",
    **more: Any,
) -> CcxtConnection:
    return connect(
        account_at(server.url, environment=environment),
        credentials(account, f"{account}'s secret"),
        now_ms=clock,
        chance=random.Random(1),
        patience=patience,
        **more,
    )


@asynccontextmanager
async def opened(server: Running, account: str, **more: Any) -> AsyncIterator[CcxtConnection]:
    connection = make(server, account, **more)
    await connection.open()
    try:
        yield connection
    finally:
        await connection.close()


def limit_order(price: str = "50000", amount: str = "0.01", **changes: Any) -> OrderTerms:
    terms = OrderTerms("sim", BTC, Side.BUY, OrderType.LIMIT, Decimal(amount), price=Decimal(price))
    return msgspec.structs.replace(terms, **changes)


def market_order(amount: str = "0.01", **changes: Any) -> OrderTerms:
    terms = OrderTerms("sim", BTC, Side.BUY, OrderType.MARKET, Decimal(amount))
    return msgspec.structs.replace(terms, **changes)


def timing(connection: CcxtConnection) -> Timing:
    start = connection.trading.exchange_time_ms()
    return Timing(start, start + 5_000)


async def place(connection: CcxtConnection, terms: OrderTerms, client_order_id: str) -> Answer:
    trading = connection.trading
    prepared = trading.prepare_order(terms, client_order_id, timing(connection), trading.entry_transport)
    return await prepared.send()


@dataclass
class Listener:
    """Everything that a stream of reports brings."""

    heard: list[Report] = field(default_factory=list)

    def of(self, kind: type[Any]) -> list[Any]:
        return [report for report in self.heard if isinstance(report, kind)]

    async def until(self, holds: Callable[[], object], within_s: float = 5.0) -> None:
        async with asyncio.timeout(within_s):
            while not holds():
                await asyncio.sleep(0.005)


@asynccontextmanager
async def listening(reports: CcxtReports) -> AsyncIterator[Listener]:
    listener = Listener()

    async def listen() -> None:
        async for report in reports.stream():
            listener.heard.append(report)

    task = asyncio.create_task(listen())
    try:
        await listener.until(lambda: listener.heard)
        yield listener
    finally:
        await reports.close()
        await task


def creates(server: Running, account: str) -> dict[str, int]:
    """How many create requests arrived with each client order id."""
    counted: dict[str, int] = server.control("GET", f"orders?account={account}")["create_requests"]
    return counted
