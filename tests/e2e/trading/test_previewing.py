"""What a preview says beside what the simulated exchange then does."""

from __future__ import annotations

from decimal import Decimal

from tests.e2e.desk_client import DeskClient
from tests.e2e.trading.market import trades_at
from tests.simulator.running import Running

AVAX = "AVAX/USDT:USDT"
DOT = "DOT/USDT:USDT"


async def test_the_liquidation_price_is_the_exchanges_own(desk: DeskClient, exchange: Running) -> None:
    trades_at(exchange, "DOT", "6.0000")
    trades_at(exchange, "AVAX", "30.000")
    beside = await desk.placed("sell", "30000", symbol=DOT)
    await desk.becomes(beside["order_id"], "filled")
    await desk.holds("30000", DOT)
    asked = {
        "account": desk.account,
        "symbol": AVAX,
        "side": "buy",
        "type": "limit",
        "price": "30.2",
        "amount": "7000",
    }
    preview = await desk.call("POST", "/api/orders/preview", asked)
    assert preview.status == 200
    assert (preview.body["margin_mode"], preview.body["denial"]) == ("cross", None)
    notional, leverage = Decimal(preview.body["notional"]), Decimal(preview.body["leverage"])
    assert Decimal(preview.body["initial_margin"]) == notional / leverage
    [balances] = (await desk.call("GET", f"/api/balances?account={desk.account}")).body
    usdt = next(each for each in balances["balances"] if each["currency"] == "USDT")
    assert preview.body["available"] == usdt["available"]
    order = await desk.placed("buy", "7000", "30.2", symbol=AVAX)
    filled = await desk.becomes(order["order_id"], "filled")
    position = await desk.holds("7000", AVAX)
    assert position is not None
    estimated, told = Decimal(preview.body["liquidation_price"]), Decimal(position["liquidation_price"])
    slipped = Decimal("30.2") - Decimal(filled["average"])
    assert abs(estimated - told) < slipped + Decimal("0.1"), (estimated, told)
