"""The real ccxt client over real sockets: REST."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import ccxt
import pytest

from tests.simulator.running import Running

BTC = "BTC/USDT:USDT"
ETH = "ETH/USDT:USDT"


async def test_markets_have_the_published_steps(bybit: Any) -> None:
    market = bybit.market(BTC)
    assert (market["precision"]["price"], market["precision"]["amount"]) == ("0.10", "0.001")
    assert (market["limits"]["amount"]["min"], market["limits"]["leverage"]["max"]) == ("0.001", "100.00")
    assert (market["linear"], market["active"], market["settle"], market["contractSize"]) == (True, True, "USDT", "1")
    assert len(bybit.symbols) >= 10


async def test_market_data(bybit: Any, server: Running) -> None:
    assert abs(await bybit.fetch_time() - bybit.milliseconds()) < 5000
    assert set(await bybit.fetch_tickers()) == set(bybit.symbols)
    ticker = await bybit.fetch_ticker(BTC)
    assert ticker["symbol"] == BTC
    assert float(ticker["bid"]) < float(ticker["ask"])
    book = await bybit.fetch_order_book(BTC, 5)
    assert (len(book["bids"]), book["bids"][0][0] < book["asks"][0][0]) == (5, True)
    await bybit.create_order(BTC, "market", "buy", "0.001")
    assert (await bybit.fetch_trades(BTC))[-1]["symbol"] == BTC
    for timeframe in ("1m", "5m", "15m", "1h", "1d"):
        assert len(await bybit.fetch_ohlcv(BTC, timeframe)) >= 1
    assert (await bybit.fetch_leverage_tiers([BTC]))[BTC][0]["maxLeverage"] == "100.00"
    assert await bybit.fetch_funding_rate_history(BTC) == []
    assert (await bybit.fetch_funding_rate(BTC))["fundingRate"] == "0.0001"


async def test_the_account_without_options_set_is_a_unified_one(server: Running) -> None:
    exchange = server.client(server.account())
    exchange.has["fetchCurrencies"] = True
    for option in ("enableUnifiedMargin", "enableUnifiedAccount", "unifiedMarginStatus"):
        exchange.options[option] = None
    try:
        await exchange.load_markets()
        assert await exchange.is_unified_enabled() == [False, True]
        assert (await exchange.fetch_trading_fee(BTC))["taker"] == "0.00055"
        assert (await exchange.fetch_trading_fees())[ETH]["maker"] == "0.0002"
    finally:
        await exchange.close()


async def test_an_order_is_acknowledged_with_its_ids_and_nothing_else(bybit: Any) -> None:
    order = await bybit.create_order(BTC, "limit", "buy", "0.01", "50000", {"clientOrderId": "mine-1"})
    assert (order["clientOrderId"], order["info"].keys()) == ("mine-1", {"orderId", "orderLinkId"})
    (found,) = await bybit.fetch_open_orders(BTC, params={"orderLinkId": "mine-1"})
    assert (found["id"], found["status"]) == (order["id"], "open")
    assert (found["amount"], found["price"]) == ("0.010", "50000.00")
    assert (await bybit.fetch_order(order["id"], BTC, {"acknowledged": True}))["status"] == "open"


async def test_an_order_is_edited_and_cancelled(bybit: Any) -> None:
    order = await bybit.create_order(BTC, "limit", "buy", "0.01", "50000")
    await bybit.edit_order(order["id"], BTC, "limit", "buy", "0.02", "50001")
    (edited,) = await bybit.fetch_open_orders(BTC)
    assert (edited["id"], Decimal(edited["amount"]), Decimal(edited["price"])) == (order["id"], Decimal("0.02"), 50001)
    await bybit.cancel_order(order["id"], BTC)
    assert await bybit.fetch_open_orders(BTC) == []
    (canceled,) = await bybit.fetch_canceled_orders(BTC)
    assert (canceled["id"], canceled["status"]) == (order["id"], "canceled")
    with pytest.raises(ccxt.OrderNotFound, match="110001"):
        await bybit.cancel_order(order["id"], BTC)


@pytest.mark.parametrize(
    ("kind", "price", "params", "status", "stop"),
    [
        ("limit", "50000", {"timeInForce": "PostOnly"}, "New", ""),
        ("limit", "50000", {"reduceOnly": False}, "New", ""),
        ("market", None, {"triggerPrice": "70000", "triggerDirection": "ascending"}, "Untriggered", "Stop"),
        ("limit", "40000", {"triggerPrice": "41000", "triggerDirection": "descending"}, "Untriggered", "Stop"),
        (
            "market",
            None,
            {"triggerPrice": "70000", "triggerDirection": "ascending", "triggerBy": "MarkPrice"},
            "Untriggered",
            "Stop",
        ),
        ("limit", "50000", {"takeProfit": {"triggerPrice": "70000"}, "stopLoss": {"triggerPrice": "40000"}}, "New", ""),
        (
            "limit",
            "50000",
            {"takeProfit": {"triggerPrice": "70000", "price": "70100"}, "stopLoss": {"triggerPrice": "40000"}},
            "New",
            "",
        ),
    ],
)
async def test_each_kind_of_resting_order(
    bybit: Any, kind: str, price: str | None, params: dict[str, Any], status: str, stop: str
) -> None:
    order = await bybit.create_order(BTC, kind, "buy", "0.01", price, params)
    (found,) = await bybit.fetch_open_orders(BTC)
    assert (found["id"], found["info"]["orderStatus"]) == (order["id"], status)
    assert found["info"]["stopOrderType"] == stop
    gone = await bybit.cancel_all_orders(BTC)
    assert [each["id"] for each in gone] == [order["id"]]
    assert await bybit.fetch_open_orders(BTC) == []


@pytest.mark.parametrize("tif", ["IOC", "FOK"])
async def test_an_order_that_cannot_fill_at_once_is_cancelled(bybit: Any, tif: str) -> None:
    await bybit.create_order(BTC, "limit", "buy", "0.01", "50000", {"timeInForce": tif})
    (canceled,) = await bybit.fetch_canceled_orders(BTC)
    assert (canceled["filled"], canceled["timeInForce"]) == ("0", tif)


async def test_a_position_is_opened_protected_and_closed(bybit: Any) -> None:
    await bybit.set_leverage(25, BTC)
    with pytest.raises(ccxt.BadRequest, match="110043"):
        await bybit.set_leverage(25, BTC)
    await bybit.create_order(BTC, "market", "buy", "0.01")
    (position,) = await bybit.fetch_positions()
    assert (position["symbol"], position["side"], position["contracts"]) == (BTC, "long", "0.01")
    assert position["leverage"] == "25"
    await bybit.create_order(BTC, "market", "sell", None, None, {"stopLossPrice": "40000", "takeProfitPrice": "80000"})
    assert {each["info"]["stopOrderType"] for each in await bybit.fetch_open_orders(BTC)} == {"TakeProfit", "StopLoss"}
    (protected,) = await bybit.fetch_positions([BTC])
    assert (Decimal(protected["stopLossPrice"]), Decimal(protected["takeProfitPrice"])) == (40_000, 80_000)
    await bybit.create_order(BTC, "market", "sell", "0.01", None, {"reduceOnly": True})
    assert await bybit.fetch_positions() == []
    assert await bybit.fetch_open_orders(BTC) == []
    fills = await bybit.fetch_my_trades(BTC)
    assert {fill["takerOrMaker"] for fill in fills} == {"taker"}
    assert {fill["fee"]["currency"] for fill in fills} == {"USDT"}
    balance = await bybit.fetch_balance()
    assert 99_990 < float(balance["USDT"]["total"]) < 100_000
    assert (await bybit.fetch_closed_orders(BTC))[-1]["status"] == "closed"


async def test_a_stop_loss_triggers_when_the_market_gets_there(bybit: Any, server: Running) -> None:
    symbol = "LTC/USDT:USDT"
    await bybit.create_order(symbol, "market", "buy", "1", None, {"stopLoss": {"triggerPrice": "70"}})
    assert [Decimal(each["triggerPrice"]) for each in await bybit.fetch_open_orders(symbol)] == [70]
    server.control("POST", "price", symbol="LTCUSDT", price="69")
    assert await bybit.fetch_positions() == []
    last = (await bybit.fetch_my_trades(symbol))[-1]
    assert (last["side"], last["info"]["stopOrderType"]) == ("sell", "StopLoss")
    server.control("POST", "price", symbol="LTCUSDT", price="80")


@pytest.mark.parametrize(
    ("price", "amount", "params", "error", "code"),
    [
        ("50000", "1000", {}, ccxt.InsufficientFunds, "110007"),
        ("50000", "0.01", {"clientOrderId": "twice"}, ccxt.InvalidOrder, "110072"),
        ("50000", "0.01", {"reduceOnly": True}, ccxt.InvalidOrder, "110017"),
        ("50000.05", "0.01", {}, ccxt.BadRequest, "10001"),
        ("50000", "0.0105", {}, ccxt.BadRequest, "10001"),
        ("500", "0.001", {}, ccxt.ExchangeError, "1100"),
    ],
)
async def test_a_refusal_has_bybits_code(
    bybit: Any, price: str, amount: str, params: dict[str, Any], error: type[Exception], code: str
) -> None:
    if "clientOrderId" in params:
        await bybit.create_order(BTC, "limit", "buy", amount, price, params)
    request = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit"}
    with pytest.raises(error, match=code):
        await bybit.privatePostV5OrderCreate(
            {
                **request,
                "qty": amount,
                "price": price,
                "orderLinkId": params.get("clientOrderId", ""),
                "reduceOnly": params.get("reduceOnly", False),
            }
        )


async def test_more_than_fifty_open_orders_are_read_page_by_page(bybit: Any) -> None:
    ids = set()
    for number in range(6):
        batch = [
            {
                "symbol": BTC,
                "type": "limit",
                "side": "buy",
                "amount": "0.001",
                "price": str(40_000 + 10 * number + each),
            }
            for each in range(10)
        ]
        ids |= {order["id"] for order in await bybit.create_orders(batch)}
    assert len(ids) == 60
    assert len(await bybit.fetch_open_orders(BTC)) == 20
    pages = await bybit.fetch_open_orders(BTC, params={"paginate": True})
    assert {order["id"] for order in pages} == ids
    canceled = await bybit.cancel_orders(sorted(ids)[:10], BTC)
    assert len(canceled) == 10
    assert len(await bybit.cancel_all_orders(params={"settleCoin": "USDT"})) == 50


async def test_two_accounts_see_only_their_own(server: Running, bybit: Any) -> None:
    await bybit.create_order(BTC, "limit", "buy", "0.01", "50000")
    other = server.client(server.account())
    try:
        await other.load_markets()
        assert await other.fetch_open_orders(BTC) == []
    finally:
        await other.close()


async def test_a_wrong_key_secret_or_clock_is_refused(server: Running) -> None:
    name = server.account()
    for key, secret, error in (
        ("nobody", "x", ccxt.AuthenticationError),
        (name, "wrong", ccxt.AuthenticationError),
    ):
        exchange = server.client(name)
        exchange.apiKey, exchange.secret = key, secret
        try:
            with pytest.raises(error):
                await exchange.fetch_balance()
        finally:
            await exchange.close()
    exchange = server.client(name)
    exchange.options["timeDifference"] = 6_000
    try:
        with pytest.raises(ccxt.InvalidNonce, match="10002"):
            await exchange.fetch_balance()
    finally:
        await exchange.close()
