"""Leverage, limits and trading states: what the desk itself says no to, before anything is sent."""

from __future__ import annotations

from decimal import Decimal

from tests.e2e.agreement import agree, creates
from tests.e2e.desk_client import BTC, DeskClient
from tests.simulator.running import Running

ETH = "ETH/USDT:USDT"


async def test_leverage_is_set_at_the_exchange(desk: DeskClient, exchange: Running) -> None:
    body = {"account": desk.account, "symbol": ETH, "leverage": "5"}
    assert (await desk.call("PUT", "/api/leverage", body)).status == 200
    assert (await desk.call("PUT", "/api/leverage", body)).status == 200  # it is so already
    await desk.placed("buy", "0.1", symbol=ETH)
    position = await desk.holds("0.1", ETH)
    assert position is not None
    assert Decimal(position["leverage"]) == 5
    over = await desk.call("PUT", "/api/leverage", body | {"leverage": "26"})
    assert (over.status, over.body["code"], over.body["field"]) == (422, "leverage_limit", "leverage")
    beyond = await desk.call("PUT", "/api/leverage", body | {"leverage": "101"})
    assert (beyond.status, beyond.body["code"]) == (422, "leverage_out_of_range")
    await agree(desk, exchange)


async def test_limits_bind_and_are_lifted(desk: DeskClient, exchange: Running) -> None:
    changed = await desk.call("PUT", "/api/limits", {"account": desk.account, "order_notional": "400"})
    assert (changed.status, changed.body["limits"]["order_notional"]) == (200, "400")
    denied = await desk.place("buy", "0.01", "50000", key="too large")
    assert (denied.status, denied.body["code"], denied.order["status"]) == (422, "order_notional_limit", "denied")
    shown = await desk.call("GET", "/api/limits", account=desk.account)
    assert shown.body[0]["limits"]["order_notional"] == "400"
    lifted = await desk.call("PUT", "/api/limits", {"account": desk.account, "order_notional": None})
    assert lifted.body["limits"]["order_notional"] is None
    again = await desk.place("buy", "0.01", "50000", key="too large")
    assert (again.status, again.order["order_id"]) == (422, denied.order["order_id"])
    assert (await desk.place("buy", "0.01", "50000")).status == 201
    await agree(desk, exchange)
    assert len(creates(exchange, desk.account)) == 1


async def test_the_position_limit_counts_what_rests(desk: DeskClient, exchange: Running) -> None:
    await desk.call("PUT", "/api/limits", {"account": desk.account, "position_notional": "1000", "open_orders": 2})
    assert (await desk.place("buy", "0.01", "50000")).status == 201
    over = await desk.place("buy", "0.02", "50000")
    assert (over.status, over.body["code"]) == (422, "position_notional_limit")
    assert (await desk.place("buy", "0.001", "50000")).status == 201
    third = await desk.place("buy", "0.001", "50000")
    assert (third.status, third.body["code"]) == (422, "open_orders_limit")
    await agree(desk, exchange)


async def test_a_price_that_slipped_is_denied(desk: DeskClient, exchange: Running) -> None:
    denied = await desk.place("buy", "0.001", "80000")
    assert (denied.status, denied.body["code"], denied.body["field"]) == (422, "price_collar", "price")
    denied = await desk.place("sell", "0.001", "40000")
    assert (denied.status, denied.body["code"]) == (422, "price_collar")
    assert creates(exchange, desk.account) == {}


async def test_halted_and_reducing_let_only_out(desk: DeskClient, exchange: Running) -> None:
    await desk.placed("buy", "0.1", symbol=ETH)
    await desk.holds("0.1", ETH)
    resting = await desk.placed("buy", "0.01", "50000")
    for state, code in (("reducing", "reducing_only"), ("halted", "halted")):
        changed = await desk.call("PUT", "/api/trading-state", {"account": desk.account, "state": state})
        assert (changed.status, changed.body["trading_state"]) == (200, state)
        denied = await desk.place("buy", "0.01", "50000")
        assert (denied.status, denied.body["code"]) == (422, code)
        out = await desk.place("sell", "0.04", symbol=ETH, reduce_only=True)
        assert out.status == 201
    assert (await desk.cancel(resting["order_id"])).status == 200
    await desk.holds("0.02", ETH)
    back = await desk.call("PUT", "/api/trading-state", {"account": desk.account, "state": "active"})
    assert back.body["trading_state"] == "active"
    assert (await desk.place("buy", "0.001", "50000", symbol=BTC)).status == 201
    await agree(desk, exchange)
