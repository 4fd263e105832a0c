"""The REST routes, called without a socket."""

from __future__ import annotations

import pytest

from tests.simulator.bybit.wire import Wire

LINEAR = {"category": "linear"}


def test_instruments_are_paged_to_an_empty_cursor() -> None:
    wire, seen, cursor = Wire(), [], ""
    while True:
        page = wire.get("/v5/market/instruments-info", **LINEAR, limit="5", cursor=cursor)["result"]
        seen += [row["symbol"] for row in page["list"]]
        cursor = page["nextPageCursor"]
        if not cursor:
            break
    assert seen == list(wire.exchange.instruments)
    assert len(seen) >= 10


@pytest.mark.parametrize("query", [{"category": "linear", "status": "PreLaunch"}, {"category": "inverse"}])
def test_what_is_not_traded_here_has_no_rows(query: dict[str, str]) -> None:
    assert Wire().get("/v5/market/instruments-info", **query)["result"]["list"] == []


def test_an_unknown_category_or_symbol_is_refused() -> None:
    wire = Wire()
    assert wire.get("/v5/market/instruments-info", category="swaps")["retCode"] == 10001
    assert wire.get("/v5/market/tickers", **LINEAR, symbol="NOPEUSDT")["retCode"] == 10001
    assert wire.get("/v5/order/realtime", **LINEAR)["retCode"] == 10001


def test_an_open_order_is_found_by_either_id_until_and_after_it_ends() -> None:
    wire = Wire()
    order_id = wire.buy(price="50000", orderLinkId="mine")
    for query in ({"orderId": order_id}, {"orderLinkId": "mine"}):
        (row,) = wire.get("/v5/order/realtime", **LINEAR, **query)["result"]["list"]
        assert (row["orderStatus"], row["orderId"], row["tpslMode"]) == ("New", order_id, "")
    assert wire.post("/v5/order/cancel", symbol="BTCUSDT", orderLinkId="mine")["retCode"] == 0
    (ended,) = wire.get("/v5/order/realtime", **LINEAR, orderLinkId="mine")["result"]["list"]
    assert (ended["orderStatus"], ended["cancelType"]) == ("Cancelled", "CancelByUser")
    assert wire.get("/v5/order/realtime", **LINEAR, symbol="BTCUSDT")["result"]["list"] == []
    (recent,) = wire.get("/v5/order/realtime", **LINEAR, symbol="BTCUSDT", openOnly="1")["result"]["list"]
    (old,) = wire.get("/v5/order/history", **LINEAR, orderStatus="Cancelled")["result"]["list"]
    assert recent == old == ended


def test_more_open_orders_than_a_page_are_listed_newest_first() -> None:
    wire = Wire()
    ids = [wire.buy("0.001", price=str(50_000 + number)) for number in range(45)]
    seen, cursor = [], ""
    while True:
        page = wire.get("/v5/order/realtime", **LINEAR, symbol="BTCUSDT", cursor=cursor)["result"]
        assert len(page["list"]) <= 20
        seen += [row["orderId"] for row in page["list"]]
        cursor = page["nextPageCursor"]
        if not cursor:
            break
    assert seen == ids[::-1]


def test_executions_keep_to_seven_days() -> None:
    wire = Wire()
    wire.buy()
    day = 86_400_000
    now = wire.now_ms

    def count(**query: str) -> int:
        answer = wire.get("/v5/execution/list", **LINEAR, **query)
        return len(answer["result"]["list"]) if answer["retCode"] == 0 else -answer["retCode"]

    assert count() > 0
    assert count(startTime=str(now - 6 * day), endTime=str(now)) > 0
    assert count(startTime=str(now - 8 * day), endTime=str(now)) == -10001
    assert count(startTime=str(now - 8 * day)) == 0
    assert count(endTime=str(now - day)) == 0
    assert count(execType="Funding") == 0
    wire.now_ms += 8 * day
    assert count() == 0


def test_a_position_is_listed_by_symbol_always_and_by_settle_coin_when_held() -> None:
    wire = Wire()
    assert wire.get("/v5/position/list", **LINEAR, settleCoin="USDT")["result"]["list"] == []
    (flat,) = wire.get("/v5/position/list", **LINEAR, symbol="ETHUSDT")["result"]["list"]
    assert (flat["side"], flat["avgPrice"]) == ("", "0")
    wire.buy()
    (held,) = wire.get("/v5/position/list", **LINEAR, settleCoin="USDT", limit="200")["result"]["list"]
    assert (held["symbol"], held["side"], held["size"]) == ("BTCUSDT", "Buy", "0.010")


def test_modes_that_are_already_so_say_so_in_bybits_codes() -> None:
    wire = Wire()
    wire.post("/v5/position/set-leverage", symbol="BTCUSDT", buyLeverage="20", sellLeverage="20")
    again = wire.post("/v5/position/set-leverage", symbol="BTCUSDT", buyLeverage="20", sellLeverage="20")
    assert again["retCode"] == 110043
    assert wire.post("/v5/position/switch-mode", coin="USDT", mode=0)["retCode"] == 110025
    assert wire.post("/v5/position/switch-mode", coin="USDT", mode=3)["retCode"] == 110029
    assert wire.post("/v5/account/set-margin-mode", setMarginMode="REGULAR_MARGIN")["retCode"] == 110026


def test_a_batch_answers_each_order_with_a_code_of_its_own() -> None:
    wire = Wire()
    good = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "50000"}
    answer = wire.post("/v5/order/create-batch", request=[good, {**good, "qty": "0.0001"}])
    assert answer["retCode"] == 0
    assert [row["code"] == 0 for row in answer["retExtInfo"]["list"]] == [True, False]
    assert [bool(row["orderId"]) for row in answer["result"]["list"]] == [True, False]
    assert wire.post("/v5/order/create-batch", request=[good] * 11)["retCode"] == 10001
    ids = [{"symbol": "BTCUSDT", "orderId": answer["result"]["list"][0]["orderId"]}]
    assert wire.post("/v5/order/cancel-batch", request=ids)["retExtInfo"]["list"] == [{"code": 0, "msg": "OK"}]


def test_cancel_all_wants_a_scope_and_names_what_went() -> None:
    wire = Wire()
    ids = {wire.buy(price="50000"), wire.buy(price="50001")}
    assert wire.post("/v5/order/cancel-all")["retCode"] == 10001
    assert wire.post("/v5/order/cancel-all", settleCoin="USDC")["result"]["list"] == []
    gone = wire.post("/v5/order/cancel-all", settleCoin="USDT")["result"]
    assert ({row["orderId"] for row in gone["list"]}, gone["success"]) == (ids, "1")


def test_what_closing_brought_in_is_told_net_of_fees() -> None:
    wire = Wire()
    wire.buy("0.01")
    closing = {"symbol": "BTCUSDT", "side": "Sell", "orderType": "Market", "qty": "0.01", "reduceOnly": True}
    assert wire.post("/v5/order/create", **closing)["retCode"] == 0
    (row,) = wire.get("/v5/position/closed-pnl", **LINEAR)["result"]["list"]
    assert (row["side"], float(row["closedSize"])) == ("Sell", 0.01)
    bought, sold = float(row["avgEntryPrice"]), float(row["avgExitPrice"])
    assert 59_000 < sold < bought < 61_000
    assert float(row["closedPnl"]) < (sold - bought) * 0.01


def test_candles_are_folded_from_trades() -> None:
    wire = Wire()
    wire.buy()
    price = wire.get("/v5/execution/list", **LINEAR)["result"]["list"][0]["execPrice"]
    wire.now_ms += 60_000
    for interval in ("1", "5", "D", "W"):
        newest, *older = wire.get("/v5/market/kline", **LINEAR, symbol="BTCUSDT", interval=interval)["result"]["list"]
        assert newest[4] == price
        assert int(newest[0]) <= wire.now_ms
        assert [row[0] for row in older] == sorted((row[0] for row in older), reverse=True)
    assert wire.get("/v5/market/kline", **LINEAR, symbol="BTCUSDT", interval="7")["retCode"] == 10001
    (trade, *_) = wire.get("/v5/market/recent-trade", **LINEAR, symbol="BTCUSDT", limit="1")["result"]["list"]
    assert trade["price"] == price


def test_a_ticker_always_has_its_open_interest() -> None:
    wire = Wire()
    wire.buy("0.5")
    (row,) = wire.get("/v5/market/tickers", **LINEAR, symbol="BTCUSDT")["result"]["list"]
    assert float(row["openInterest"]) == 0.5
    assert float(row["openInterestValue"]) > 0


def test_the_wallet_is_in_usdt() -> None:
    wire = Wire()
    (row,) = wire.get("/v5/account/wallet-balance", accountType="UNIFIED")["result"]["list"]
    assert (row["totalEquity"], row["coin"][0]["coin"]) == ("100000", "USDT")
    assert wire.get("/v5/account/wallet-balance", accountType="SPOT")["retCode"] == 10001
    assert wire.get("/v5/account/wallet-balance", accountType="UNIFIED", coin="BTC")["result"]["list"][0]["coin"] == []
