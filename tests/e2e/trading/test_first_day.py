"""What a new user does, over HTTP: from the first limit order to a flat account."""

from __future__ import annotations

from decimal import Decimal

from tests.e2e.agreement import agree
from tests.e2e.desk_client import BTC, DeskClient
from tests.simulator.running import Running


async def test_a_limit_order_rests_is_amended_and_canceled(desk: DeskClient, exchange: Running) -> None:
    order = await desk.placed("buy", "0.01", "50000")
    await desk.becomes(order["order_id"], "open")
    amended = await desk.amend(order["order_id"], price="50100", amount="0.02")
    assert (amended.status, amended.body["outcome"]) == (200, "accepted")
    await desk.call("GET", "/api/orders")
    canceled = await desk.cancel(order["order_id"])
    assert canceled.status == 200
    ended = await desk.becomes(order["order_id"], "canceled")
    assert [Decimal(ended[name]) for name in ("price", "amount", "filled")] == [50100, Decimal("0.02"), 0]
    await agree(desk, exchange)


async def test_a_protected_market_order_becomes_a_position_that_is_closed_in_parts(
    desk: DeskClient, exchange: Running
) -> None:
    order = await desk.placed("buy", "0.02", take_profit="66000", stop_loss="54000")
    filled = await desk.becomes(order["order_id"], "filled")
    position = await desk.holds("0.02")
    assert position is not None
    assert Decimal(position["entry"]) == Decimal(filled["average"])
    assert position["symbol"] == BTC
    await agree(desk, exchange)
