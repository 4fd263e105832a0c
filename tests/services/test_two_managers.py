"""Several order_managers on one journal agree without locks: one send a key, and limits that hold across them."""

from __future__ import annotations

import asyncio

import pytest

from tests.services.asking import order
from tests.services.desk import Desk, Manager
from tests.services.scripted_exchange import ScriptedExchange
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
