"""What a new user does, over HTTP: from the first limit order to a flat account."""

from __future__ import annotations

from decimal import Decimal

from tests.e2e.agreement import agree, requests
from tests.e2e.desk_client import BTC, DeskClient
from tests.e2e.desk_process import until
from tests.e2e.trading.market import told, trades_at
from tests.simulator.running import Running

ETH = "ETH/USDT:USDT"
SOL = "SOL/USDT:USDT"
XRP = "XRP/USDT:USDT"


async def test_a_limit_order_rests_is_amended_and_canceled(desk: DeskClient, exchange: Running) -> None:
    preview = await desk.call(
        "POST",
        "/api/orders/preview",
        {"account": desk.account, "symbol": BTC, "side": "buy", "type": "limit", "amount": "0.01", "price": "50000"},
    )
    assert (preview.status, Decimal(preview.body["notional"]), preview.body["denial"]) == (200, 500, None)
    assert requests(exchange, desk.account, "PlaceOrder") == []
    order = await desk.placed("buy", "0.01", "50000", key="mine")
    assert (order["idempotency_key"], order["origin"]) == ("mine", "desk")
    await desk.becomes(order["order_id"], "open")
    amended = await desk.amend(order["order_id"], price="50100", amount="0.02")
    assert (amended.status, amended.body["outcome"]) == (200, "accepted")
    canceled = await desk.cancel(order["order_id"])
    assert (canceled.status, canceled.body["outcome"]) == (200, "accepted")
    ended = await desk.becomes(order["order_id"], "canceled")
    assert [Decimal(ended[name]) for name in ("price", "amount", "filled")] == [50100, Decimal("0.02"), 0]
    again = await desk.cancel(order["order_id"])
    assert (again.status, again.body["code"]) == (409, "order_ended")
    await agree(desk, exchange)


async def test_the_timeline_of_an_order_is_whole(desk: DeskClient, exchange: Running) -> None:
    order = await desk.placed("buy", "10", "148", symbol=SOL)
    await desk.becomes(order["order_id"], "open")
    assert (await desk.amend(order["order_id"], price="147")).status == 200

    async def amended() -> bool:
        now = await desk.order(order["order_id"])
        return Decimal(now["price"]) == 147 and not now["amend_requested"]

    await until(amended)
    trades_at(exchange, "SOL", "146.000")
    await desk.becomes(order["order_id"], "filled")
    await agree(desk, exchange)
    lines = await desk.timeline(order["order_id"])
    kinds = told(lines)
    assert kinds[0] == "order_intended"
    assert kinds.index("order_intended") < kinds.index("pending") < kinds.index("open") < kinds.index("filled")
    assert {"answered", "amend_intended", "fill_booked"} <= set(kinds)
    assert kinds.count("answered") == 2
    assert all(line["time_ms"] > 0 and line["stream"] for line in lines)
    causes = [line["body"]["cause"] for line in lines if line["kind"] == "order_updated"]
    assert {cause["kind"] for cause in causes} >= {"intent", "report", "fill"}
    assert all(cause["source"] in ("journal", "stream", "rest") for cause in causes)
    fills = sum(Decimal(line["body"]["fill"]["amount"]) for line in lines if line["kind"] == "fill_booked")
    assert fills == 10


async def test_a_protected_position_from_its_order_to_its_end(desk: DeskClient, exchange: Running) -> None:
    trades_at(exchange, "ETH", "3000.00")
    order = await desk.placed("buy", "2", symbol=ETH, take_profit="3300", stop_loss="2700")
    filled = await desk.becomes(order["order_id"], "filled")
    position = await desk.holds("2", ETH)
    assert position is not None
    assert (position["side"], Decimal(position["entry"])) == ("long", Decimal(filled["average"]))
    await agree(desk, exchange)
    assert Decimal(position["fees"]["USDT"]) == sum(Decimal(fill["fee"]) for fill in await desk.fills())

    async def children(**wanted: str) -> bool:
        living = [each for each in await desk.orders(status="living") if each["origin"] == "attached"]
        assert all(each["parent_id"] == order["order_id"] for each in living)
        return {each["role"]: Decimal(each["trigger_price"]) for each in living} == {
            role: Decimal(price) for role, price in wanted.items()
        }

    await until(lambda: children(take_profit="3300", stop_loss="2700"))

    # its PnL moves with the market
    trades_at(exchange, "ETH", "3100.00")

    async def gains() -> bool:
        now = await desk.position(ETH)
        assert now is not None
        pnl = 2 * (Decimal(now["mark"]) - Decimal(now["entry"]))
        assert Decimal(now["unrealised_pnl"]) == pnl
        return pnl > 150

    await until(gains)

    # the stop is moved
    body = {"account": desk.account, "symbol": ETH, "stop_loss": "2950"}
    moved = await desk.call("PUT", "/api/positions/protection", body)
    assert (moved.status, moved.body["outcome"]) == (200, "accepted")

    async def stops_at_2950() -> bool:
        now = await desk.position(ETH)
        return now is not None and now["stop_loss"] is not None and Decimal(now["stop_loss"]) == 2950

    await until(stops_at_2950)
    wrong = await desk.call("PUT", "/api/positions/protection", body | {"stop_loss": "3500"})
    assert (wrong.status, wrong.body["code"], wrong.body["field"]) == (422, "trigger_on_wrong_side", "stop_loss")
    uneven = await desk.call("PUT", "/api/positions/protection", body | {"stop_loss": "2950.001"})
    assert (uneven.status, uneven.body["code"], uneven.body["field"]) == (422, "price_off_tick", "stop_loss")
    before = len(requests(exchange, desk.account, "PlaceOrder"))
    close = {"account": desk.account, "symbol": ETH, "amount": "0.015"}
    uneven = await desk.call("POST", "/api/positions/close", close)
    assert (uneven.status, uneven.body["code"], uneven.body["field"]) == (422, "amount_off_step", "amount")
    uneven = await desk.call("POST", "/api/positions/close", close | {"amount": "1", "price": "3100.001"})
    assert (uneven.status, uneven.body["code"], uneven.body["field"]) == (422, "price_off_tick", "price")
    assert len(requests(exchange, desk.account, "PlaceOrder")) == before

    # half is closed, then the rest
    half = await desk.call("POST", "/api/positions/close", {"account": desk.account, "symbol": ETH, "amount": "1"})
    assert (half.status, len(half.body["orders"])) == (200, 1)
    now = await desk.holds("1", ETH)
    assert now is not None
    assert Decimal(now["realised_pnl"]) > 50
    rest = await desk.call("POST", "/api/positions/close", {"account": desk.account, "symbol": ETH})
    assert rest.status == 200
    await desk.holds("0", ETH)
    await until(lambda: children())
    gone = await desk.call("POST", "/api/positions/close", {"account": desk.account, "symbol": ETH})
    assert (gone.status, gone.body["code"]) == (404, "unknown_position")
    await agree(desk, exchange)


async def test_a_stop_that_is_hit_ends_the_position(desk: DeskClient, exchange: Running) -> None:
    trades_at(exchange, "LTC", "80.00")
    order = await desk.placed("buy", "10", symbol="LTC/USDT:USDT", take_profit="90", stop_loss="75")
    await desk.becomes(order["order_id"], "filled")
    await desk.holds("10", "LTC/USDT:USDT")
    trades_at(exchange, "LTC", "74.00")
    await desk.holds("0", "LTC/USDT:USDT")
    await agree(desk, exchange)
    children = {each["role"]: each for each in await desk.orders() if each["origin"] == "attached"}
    assert (children["stop_loss"]["status"], children["take_profit"]["status"]) == ("filled", "canceled")
    assert {each["parent_id"] for each in children.values()} == {order["order_id"]}
    lines = told(await desk.timeline(children["stop_loss"]["order_id"]))
    assert lines.index("untriggered") < lines.index("fill_booked")


async def test_flatten_cancels_all_and_closes_all(desk: DeskClient, exchange: Running) -> None:
    trades_at(exchange, "ETH", "3000.00")
    await desk.placed("buy", "1", symbol=ETH, stop_loss="2700")
    await desk.placed("sell", "1000", symbol=XRP, take_profit="0.5")
    resting = [(await desk.placed("buy", "0.01", price))["order_id"] for price in ("50000", "50100")]
    await desk.holds("1", ETH)
    await desk.holds("1000", XRP)
    flat = await desk.call("POST", "/api/flatten", {"account": desk.account}, key="flat")
    assert (flat.status, flat.body["note"]) == (200, "flat")
    assert await desk.positions() == []
    for order_id in resting:
        await desk.becomes(order_id, "canceled")
    await agree(desk, exchange)
    assert await desk.orders(status="living") == []
    assert all(each["reduce_only"] for each in flat.body["orders"])
    sent = len(requests(exchange, desk.account, "PlaceOrder"))
    again = await desk.call("POST", "/api/flatten", {"account": desk.account}, key="flat")
    anew = await desk.call("POST", "/api/flatten", {"account": desk.account})
    assert (again.status, anew.status, anew.body["note"]) == (200, 200, "flat")
    assert again.body["command_id"] == flat.body["command_id"]
    assert len(requests(exchange, desk.account, "PlaceOrder")) == sent


async def test_cancel_all_of_a_symbol_and_of_the_account(desk: DeskClient, exchange: Running) -> None:
    bitcoin = [(await desk.placed("buy", "0.01", price))["order_id"] for price in ("50000", "50100")]
    ether = (await desk.placed("buy", "0.1", "2500", symbol=ETH))["order_id"]
    first = await desk.call("DELETE", "/api/orders", account=desk.account, symbol=BTC)
    assert first.status == 200
    for order_id in bitcoin:
        await desk.becomes(order_id, "canceled")
    assert (await desk.order(ether))["status"] == "open"
    assert (await desk.call("DELETE", "/api/orders", account=desk.account)).status == 200
    await desk.becomes(ether, "canceled")
    await agree(desk, exchange)


async def test_an_amount_larger_than_one_market_order_takes_is_closed_in_pieces(
    desk: DeskClient, exchange: Running
) -> None:
    symbol = "SUI/USDT:USDT"
    for amount in ("60000", "40000"):
        await desk.placed("sell", amount, symbol=symbol)
        trades_at(exchange, "SUI", "1.5000")
    await desk.holds("100000", symbol)
    closed = await desk.call("POST", "/api/positions/close", {"account": desk.account, "symbol": symbol})
    assert (closed.status, [Decimal(each["amount"]) for each in closed.body["orders"]]) == (200, [60000, 40000])
    await desk.holds("0", symbol)
    await agree(desk, exchange)


async def test_balances_follow_what_was_paid(desk: DeskClient, exchange: Running) -> None:
    await desk.placed("buy", "0.1", symbol=ETH)
    await desk.holds("0.1", ETH)
    await agree(desk, exchange)
    paid = sum(Decimal(fill["fee"]) for fill in await desk.fills())

    async def told_so() -> bool:
        (account,) = (await desk.call("GET", "/api/balances", account=desk.account)).body
        (usdt,) = [each for each in account["balances"] if each["currency"] == "USDT"]
        return Decimal(usdt["wallet"]) == 100_000 - paid

    await until(told_so)
