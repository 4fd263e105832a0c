"""Several order_managers on one journal agree without locks: one send a key, and limits that hold across them."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
import structlog

from hedgerow.core.records import Heartbeat, Stream
from hedgerow.core.reports import ReportedStatus
from tests.services.asking import order
from tests.services.desk import Desk, Manager
from tests.services.scripted_exchange import ETH, SYMBOL, ScriptedExchange
from tests.services.virtual_clock import VirtualClock


async def both(desk: Desk) -> tuple[Manager, Manager]:
    return await desk.manager("a"), await desk.manager("b")


@pytest.mark.parametrize("resolved", [True, False], ids=["followed", "alone"])
async def test_two_managers_with_the_same_key_send_once(
    resolved: bool, desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    if resolved:
        await desk.following()
    managers = await both(desk)
    release = [m.life.hold("order_intents") for m in managers]  # neither sees the other's intent in time
    asked = [asyncio.ensure_future(m.browser.request("POST", "/api/orders", order(), key="k")) for m in managers]
    await clock.advance(0.5)
    assert exchange.arrived.total() == 0
    for let in release:
        let()
    await clock.advance(1)
    answers = [task.result() for task in asked]
    assert {answer.status for answer in answers} <= {201, 202}
    assert len({answer.body["order_id"] for answer in answers}) == 1
    assert exchange.arrived.total() == 1
    await clock.advance(20)
    if resolved:
        assert [o.status for o in desk.witness.orders.values()] == ["open"]


async def test_two_managers_with_the_same_key_and_other_bodies_agree_on_the_first(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    managers = await both(desk)
    release = [m.life.hold("order_intents") for m in managers]
    asked = [
        asyncio.ensure_future(m.browser.request("POST", "/api/orders", order(amount), key="k"))
        for m, amount in zip(managers, ("1", "2"), strict=True)
    ]
    await clock.advance(0.5)
    for let in release:
        let()
    await clock.advance(1)
    answers = [task.result() for task in asked]
    assert sorted(answer.status for answer in answers) == [201, 409]
    assert exchange.arrived.total() == 1
    [sent] = exchange.orders.values()
    winner = next(answer for answer in answers if answer.status == 201)
    assert winner.body["amount"] == str(sent.amount)


async def test_an_order_that_was_placed_elsewhere_a_moment_ago_is_found(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    here, there = await both(desk)
    release = there.life.hold("order_intents")
    placed = await clock.run(here.browser.call("POST", "/api/orders", order()))
    asked = asyncio.ensure_future(there.browser.request("DELETE", f"/api/orders/{placed.body['order_id']}"))
    await clock.settle()
    shown = asyncio.ensure_future(there.browser.request("GET", f"/api/orders/{placed.body['order_id']}"))
    await clock.settle()
    assert not asked.done()
    assert not shown.done()
    release()
    await clock.until(lambda: asked.done() and shown.done())
    assert asked.result().status == 200, asked.result().body
    assert shown.result().body["order"]["order_id"] == placed.body["order_id"]
    assert exchange.by_client(placed.body["client_order_id"]).status is ReportedStatus.CANCELED


async def test_an_order_that_nobody_can_look_for_is_not_said_to_be_unknown(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    here, there = await both(desk)
    there.life.hold("order_intents")
    placed = await clock.run(here.browser.call("POST", "/api/orders", order()))
    answer = await clock.run(there.browser.request("DELETE", f"/api/orders/{placed.body['order_id']}"))
    assert (answer.status, answer.body["code"]) == (503, "journal_down")


async def test_the_limits_hold_across_two_managers(desk: Desk, exchange: ScriptedExchange, clock: VirtualClock) -> None:
    managers = await both(desk)
    limits = {"account": "sim", "position_notional": "300000"}
    answer = await managers[0].browser.call("PUT", "/api/limits", limits)
    assert answer.status == 200, answer.body
    await clock.settle()
    release = [m.life.hold("order_intents") for m in managers]
    asked = [
        asyncio.ensure_future(m.browser.request("POST", "/api/orders", order("2"))) for m in managers for _ in range(3)
    ]
    await clock.advance(0.5)
    for let in release:
        let()
    await clock.advance(1)
    statuses = sorted(task.result().status for task in asked)
    assert statuses == [201, 201, 422, 422, 422, 422]
    assert exchange.arrived.total() == 2


RULES: list[tuple[str, dict[str, Any], str]] = [
    ("/api/limits", {"price_collar": "0.01"}, "price_collar"),
    ("/api/limits", {"leverage": "2"}, "leverage_limit"),
    ("/api/limits", {"order_notional": "1000"}, "order_notional_limit"),
    ("/api/limits", {"position_notional": "1000"}, "position_notional_limit"),
    ("/api/trading-state", {"state": "halted"}, "halted"),
    ("/api/trading-state", {"state": "reducing"}, "reducing_only"),
]


@pytest.mark.parametrize(("path", "rule", "code"), RULES, ids=[code for _, _, code in RULES])
@pytest.mark.parametrize("amend", [False, True], ids=["place", "amend"])
async def test_rules_set_at_one_hold_at_another_that_has_not_read_them_yet(
    amend: bool,
    path: str,
    rule: dict[str, Any],
    code: str,
    desk: Desk,
    exchange: ScriptedExchange,
    clock: VirtualClock,
) -> None:
    exchange.hold(ETH, Decimal(1))
    exchange.hold(SYMBOL, Decimal("0.001"))  # at a leverage of 10
    await desk.following()
    one, other = await both(desk)
    resting = (await other.browser.call("POST", "/api/orders", order("0.001", "58000"))).body["order_id"]
    await clock.advance(1)
    release = other.life.hold("order_intents")
    assert (await one.browser.call("PUT", path, {"account": "sim", **rule})).status == 200
    call: tuple[Any, ...] = ("POST", "/api/orders", order("1", "61000"))
    if amend:
        call = ("PATCH", f"/api/orders/{resting}", {"amount": "1", "price": "61000"})
    asked = asyncio.ensure_future(other.browser.request(*call))
    await clock.advance(0.5)
    release()
    await clock.advance(1)
    assert (asked.result().status, asked.result().body["code"]) == (422, code)
    assert exchange.arrived.total() == 1
    assert exchange.commands == []


async def test_what_was_filled_through_one_counts_at_the_other(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    one, other = await both(desk)
    await one.browser.call("PUT", "/api/limits", {"account": "sim", "position_notional": "130000"})
    assert (await one.browser.call("POST", "/api/orders", order("1"))).status == 201
    await clock.advance(1)
    exchange.fill(next(iter(exchange.orders.values())), "1")
    await clock.advance(1)
    assert (await other.browser.call("POST", "/api/orders", order("1"))).status == 201
    for manager in (one, other):
        refused = await manager.browser.call("POST", "/api/orders", order("1"))
        assert (refused.status, refused.body["code"]) == (422, "position_notional_limit")
    assert exchange.arrived.total() == 2


async def test_two_managers_that_flatten_under_one_key_close_once(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    exchange.hold(SYMBOL, Decimal(120))
    exchange.place("theirs")
    await desk.following()
    managers = await both(desk)
    release = [m.life.hold("order_intents") for m in managers]
    asked = [
        asyncio.ensure_future(m.browser.request("POST", "/api/flatten", {"account": "sim"}, key="k")) for m in managers
    ]
    await clock.advance(0.5)
    for let in release:
        let()
    await clock.advance(10)
    assert {task.result().status for task in asked} <= {200, 202}
    assert [command for command in exchange.commands if command[0] == "cancel"] == [("cancel", "sim-x1")]
    assert sorted(o.amount for o in exchange.orders.values() if o.reduce_only) == [20, 50, 50]


async def test_a_resolver_that_was_taken_over_beats_for_nobody(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    first = await desk.following()
    await clock.advance(1)
    await first.kill()
    await desk.following()  # epoch 2
    manager = await desk.manager()
    await clock.advance(6)
    stale = Heartbeat(stream_up=False, reconciled_ms=0, heard_ms=0, reason="cut off")
    await desk.write(stale, Stream.HEARTBEATS)
    await clock.settle()
    [account] = (await manager.browser.get("/api/accounts")).body
    assert account["followed"]


async def test_a_manager_whose_place_retention_took_goes_on_with_what_is_kept(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resolver = await desk.following()
    placed = await desk.placed("a")
    await clock.advance(1)
    await resolver.kill()
    await desk.intend("b")
    await desk.intend("c")
    intents = (await desk.journal.end("order_intents"))[0]
    await desk.journal.trim("order_intents", {0: intents - 1})
    with structlog.testing.capture_logs() as logs:
        manager = await desk.manager()
        await clock.advance(1)
    assert len([line for line in logs if "retention" in line["event"]]) == 1
    known = {o["order_id"] for o in (await manager.browser.get("/api/orders")).body["orders"]}
    assert known == {"a", "c"}
    answer = await manager.browser.call("POST", "/api/orders", order())
    assert answer.status == 201
    assert placed.client_order_id == "hga"
    await desk.history.close()
    answer = await manager.browser.call("POST", "/api/orders", order(), key="who knows")
    assert (answer.status, answer.body["code"]) == (503, "history_down"), "what it missed, history alone can tell"
