"""Reversing a position at the simulated exchange, through the real ccxt client."""

from __future__ import annotations

from decimal import Decimal

from tests.e2e.agreement import agree, requests
from tests.e2e.desk_client import DeskClient
from tests.e2e.desk_process import until
from tests.e2e.trading.market import trades_at
from tests.simulator.running import Running

LINK = "LINK/USDT:USDT"


async def test_a_long_becomes_as_large_a_short_and_its_stop_goes_with_it(desk: DeskClient, exchange: Running) -> None:
    trades_at(exchange, "LINK", "14.000")
    order = await desk.placed("buy", "20", symbol=LINK, stop_loss="12")
    await desk.becomes(order["order_id"], "filled")
    await desk.holds("20", LINK)
    body = {"account": desk.account, "symbol": LINK}
    done = await desk.call("POST", "/api/positions/reverse", body, key="turn")
    assert (done.status, done.body["note"]) == (200, "reversed")
    assert [(part["side"], Decimal(part["amount"]), part["reduce_only"]) for part in done.body["orders"]] == [
        ("sell", 20, True),
        ("sell", 20, False),
    ]

    async def is_short() -> bool:
        now = await desk.position(LINK)
        return now is not None and (now["side"], Decimal(now["amount"])) == ("short", 20)

    await until(is_short)

    async def unguarded() -> bool:
        return not await desk.orders(status="living")

    await until(unguarded)
    placed = len(requests(exchange, desk.account, "PlaceOrder"))
    again = await desk.call("POST", "/api/positions/reverse", body, key="turn")
    assert (again.status, again.body["command_id"]) == (200, done.body["command_id"])
    assert len(requests(exchange, desk.account, "PlaceOrder")) == placed
    await agree(desk, exchange)
