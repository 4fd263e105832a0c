"""Opening and closing a connection: instruments, clock, mode; and clear words where it cannot be."""

from __future__ import annotations

import asyncio
import gc
import json
import random
from decimal import Decimal
from typing import Any

import pytest
import structlog.testing

from hedgerow.core.records import Transport
from hedgerow.exchange import Channel, ExchangeConnection, ExchangeFault, MarketItem, Said
from hedgerow.exchange.ccxt_connection import CcxtConnection
from hedgerow.exchange.connect import connect
from hedgerow.exchange.limiter import Limiter
from tests.exchange.desks import (
    BTC,
    account_at,
    creates,
    credentials,
    limit_order,
    listening,
    make,
    now_ms,
    opened,
    place,
)
from tests.simulator.running import Running


async def test_it_opens_with_exact_instruments_and_order_entry_up(desk: CcxtConnection, server: Running) -> None:
    port: ExchangeConnection = desk
    assert port.account == "sim"
    assert desk.trading.entry_transport is Transport.WEBSOCKET
    instruments = desk.trading.instruments
    assert len(instruments) >= 10
    raw = {row["symbol"]: row for row in _raw_instruments(server)}
    for instrument in instruments.values():
        row = raw[instrument.exchange_symbol]
        assert instrument.price_tick == Decimal(row["priceFilter"]["tickSize"])
        assert instrument.amount_step == Decimal(row["lotSizeFilter"]["qtyStep"])
        assert instrument.min_amount == Decimal(row["lotSizeFilter"]["minOrderQty"])
        assert instrument.max_market_amount == Decimal(row["lotSizeFilter"]["maxMktOrderQty"])
        assert instrument.min_notional == Decimal(row["lotSizeFilter"]["minNotionalValue"])
        assert instrument.max_leverage == Decimal(row["leverageFilter"]["maxLeverage"])
    btc = instruments[BTC]
    assert (btc.base, btc.quote, btc.settle, btc.linear, btc.contract_size) == ("BTC", "USDT", "USDT", True, Decimal(1))
    assert (btc.maker_fee, btc.taker_fee) == (Decimal("0.0002"), Decimal("0.00055"))


@pytest.mark.parametrize(("environment", "advised"), [("simulation", False), ("demo", True)])
async def test_what_is_amiss_with_a_key_is_logged_but_for_a_simulated_account(
    environment: str, advised: bool, server: Running, account: str
) -> None:
    with structlog.testing.capture_logs() as logs:
        async with opened(server, account, environment=environment) as desk:
            assert (await desk.check()).warnings
    assert bool([line for line in logs if line["event"] == "account.check"]) is advised


def _raw_instruments(server: Running) -> list[dict[str, Any]]:
    status, body = server.raw("/v5/market/instruments-info?category=linear&limit=1000")
    assert status == 200
    rows: list[dict[str, Any]] = json.loads(body)["result"]["list"]
    return rows


async def test_the_check_tells_mode_permissions_and_clock(desk: CcxtConnection) -> None:
    check = await desk.check()
    assert (check.hedged, check.margin_mode, check.can_trade, check.may_withdraw) == (False, "cross", True, False)
    assert abs(check.clock_offset_ms) < 1_000
    assert check.entry_transport is Transport.WEBSOCKET


async def test_ccxt_is_set_up_to_send_once_and_unlimited_by_itself(desk: CcxtConnection) -> None:
    link = desk._link
    assert link is not None
    client = link.client
    assert (client.enableRateLimit, client.verbose, client.number) == (False, False, str)
    assert not client.options.get("maxRetriesOnFailure")
    assert client.streaming["keepAlive"] == 150
    assert isinstance(link.limiter, Limiter)


@pytest.mark.parametrize("skew_ms", [-100_000, 100_000])
async def test_a_clock_that_is_wrong_does_not_matter(server: Running, account: str, skew_ms: int) -> None:
    async with opened(server, account, clock=lambda: now_ms() + skew_ms) as desk:
        assert abs((await desk.check()).clock_offset_ms + skew_ms) < 1_000
        assert desk.trading.entry_transport is Transport.WEBSOCKET
        assert (await place(desk, limit_order(), "hg1")).said is Said.ACCEPTED
        async with listening(desk.reports) as stream:
            assert stream.heard
    assert creates(server, account) == {"hg1": 1}


async def test_it_opens_without_order_entry_where_nothing_is_to_be_sent(server: Running, account: str) -> None:
    async with opened(server, account, sends_orders=False) as desk:
        assert desk.trading.entry_transport is Transport.REST


async def test_it_closes_cleanly_and_twice(server: Running, account: str) -> None:
    before = asyncio.all_tasks()
    desk = make(server, account)
    await desk.open()
    items: list[MarketItem] = []
    desk.market.watch(Channel.TICKER, BTC, None, items.append)
    async with listening(desk.reports):
        await place(desk, limit_order(), "hg1")
    await desk.close()
    await desk.close()
    del desk
    gc.collect()
    assert asyncio.all_tasks() == before


async def test_wrong_credentials_are_a_fault(server: Running) -> None:
    desk = make(server, "nobody")
    with pytest.raises(ExchangeFault, match="10003 API key is invalid"):
        await desk.open()


async def test_an_exchange_that_cannot_be_reached_is_a_fault() -> None:
    desk = connect(account_at("http://127.0.0.1:1"), credentials("k", "s"), now_ms=now_ms, chance=random.Random(1))
    with pytest.raises(ExchangeFault, match="did not answer v5/market/time"):
        await desk.open()


@pytest.mark.parametrize(
    "path", ["/v5/market/time", "/v5/market/instruments-info", "/v5/user/query-api", "/v5/account/info"]
)
async def test_an_exchange_that_answers_nonsense_is_a_fault(server: Running, account: str, path: str) -> None:
    server.fault("reply_status", path, status=200, body='{"retCode":0,"retMsg":"OK","result":{}}', count=20)
    desk = make(server, account)
    with pytest.raises(ExchangeFault):
        await desk.open()


async def test_default_fees_stand_where_the_accounts_are_not_told(server: Running, account: str) -> None:
    server.fault("reply_html", "/v5/account/fee-rate", account=account, count=5)
    async with opened(server, account) as desk:
        assert desk.trading.instruments[BTC].taker_fee > 0


@pytest.mark.parametrize(
    ("changes", "names", "words"),
    [
        ({"exchange": "nowhere"}, ("k", "s"), "exchange 'nowhere' is not supported"),
        ({"urls": {}}, ("k", "s"), "needs its addresses"),
        ({"environment": "moon"}, ("k", "s"), "unknown environment 'moon'"),
        ({}, ("k", ""), "bybit needs secret"),
    ],
)
async def test_what_cannot_be_connected_is_said_clearly(
    server: Running, changes: dict[str, Any], names: tuple[str, str], words: str
) -> None:
    with pytest.raises(ExchangeFault, match=words):
        await connect(
            account_at(server.url, **changes), credentials(*names), now_ms=now_ms, chance=random.Random(1)
        ).open()


@pytest.mark.parametrize(
    ("environment", "rest", "trade"),
    [
        ("live", "https://api.bybit.com", "wss://stream.bybit.com/v5/trade"),
        ("testnet", "https://api-testnet.bybit.com", "wss://stream-testnet.bybit.com/v5/trade"),
        ("demo", "https://api-demo.bybit.com", "wss://stream-demo.bybit.com/v5/trade"),
    ],
)
async def test_each_environment_has_its_own_addresses(environment: str, rest: str, trade: str) -> None:
    account = account_at("http://unused", environment=environment, urls={})
    desk = connect(account, credentials("key", "secret"), now_ms=now_ms, chance=random.Random(1))
    link = desk._make_link()
    try:
        assert link.client.implode_hostname(link.client.urls["api"]["private"]) == rest
        assert link.socket_address("trade") == trade
        assert link.limiter._lanes  # real exchanges are not hurried
    finally:
        await desk.close()
