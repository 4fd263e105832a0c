"""Reversing a position: both halves or a clear word on which, never more than was meant."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from hedgerow.core.reports import OrderReport
from tests.services.desk import Desk, Manager
from tests.services.scripted_exchange import LOST, REFUSED, SYMBOL, Script, ScriptedExchange
from tests.services.virtual_clock import VirtualClock

BODY = {"account": "sim", "symbol": SYMBOL}


@pytest.fixture
async def manager(desk: Desk, exchange: ScriptedExchange) -> Manager:
    """Of a desk that holds 2 long."""
    await desk.following()
    manager = await desk.manager()
    exchange.fill(exchange.place(amount=Decimal(2)), "2")
    await desk.clock.advance(1)
    return manager


def sent(exchange: ScriptedExchange) -> list[OrderReport]:
    """What the desk placed, in its order."""
    return [order for order in exchange.orders.values() if order.client_order_id]


def terms(orders: list[OrderReport]) -> list[tuple[str, str, bool]]:
    return [(order.side, str(order.amount), order.reduce_only) for order in orders]


def asking(manager: Manager, key: str = "k", **more: Any) -> asyncio.Future[Any]:
    return asyncio.ensure_future(manager.browser.request("POST", "/api/positions/reverse", BODY | more, key=key))


async def closed(exchange: ScriptedExchange, clock: VirtualClock) -> None:
    """The first half is at the exchange, and fills."""
    await clock.until(lambda: len(sent(exchange)) == 1)
    [close] = sent(exchange)
    exchange.fill(close, str(close.amount), "60000")


async def of(task: asyncio.Future[Any]) -> Any:
    return await task


async def test_it_closes_and_once_flat_opens_as_much_on_the_other_side(
    manager: Manager, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resting = await manager.browser.call(
        "POST", "/api/orders", BODY | {"side": "sell", "type": "limit", "amount": "1", "price": "70000"}
    )
    asked = asking(manager)
    await clock.until(lambda: len(sent(exchange)) == 2)
    await clock.advance(1)
    assert terms(sent(exchange)[1:]) == [("sell", "2", True)], "the other half waits for the first"
    exchange.fill(sent(exchange)[1], "2", "60000")
    answer = await clock.run(of(asked))
    assert (answer.status, answer.body["outcome"], answer.body["note"]) == (200, "accepted", "reversed")
    assert terms(sent(exchange)[1:]) == [("sell", "2", True), ("sell", "2", False)]
    assert {order["group"] for order in answer.body["orders"]} == {answer.body["command_id"]}
    assert sent(exchange)[0].status == "open", resting.body
    exchange.fill(sent(exchange)[2], "2", "59990")
    await clock.advance(1)
    assert manager.desk.witness.size() == "-2"


async def test_a_repeat_sends_nothing_and_shows_both_halves(
    manager: Manager, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    asked = asking(manager)
    await closed(exchange, clock)
    first = await clock.run(of(asked))
    exchange.fill(sent(exchange)[1], "2", "59990")
    await clock.advance(1)
    second = await manager.desk.manager("b")
    for again in (await clock.run(of(asking(manager))), await clock.run(of(asking(second)))):
        assert (again.status, again.body["note"]) == (200, "reversed")
        assert again.body["command_id"] == first.body["command_id"]
        assert [order["status"] for order in again.body["orders"]] == ["filled", "filled"]
    assert exchange.arrived.total() == 2
    other = await clock.run(of(asking(manager, side="long")))
    assert other.status == 409


LIMITS: list[tuple[dict[str, Any], str]] = [
    ({"position_notional": "100000"}, "position_notional_limit"),
    ({"order_notional": "100000"}, "order_notional_limit"),
    ({"open_orders": 0}, "open_orders_limit"),
]


@pytest.mark.parametrize(("limits", "code"), LIMITS, ids=[code for _, code in LIMITS])
async def test_what_the_limits_forbid_is_known_before_anything_leaves(
    limits: dict[str, Any], code: str, manager: Manager, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    set_to = await manager.browser.call("PUT", "/api/limits", {"account": "sim"} | limits)
    assert set_to.status == 200
    denied = await clock.run(of(asking(manager)))
    assert (denied.status, denied.body["code"]) == (422, code)
    assert not sent(exchange)
    await manager.browser.call("PUT", "/api/limits", {"account": "sim"} | dict.fromkeys(limits))
    again = await clock.run(of(asking(manager)))
    assert (again.status, again.body["code"]) == (422, code), "the same key, the same answer"
    assert not sent(exchange)


async def test_the_pieces_together_must_keep_the_limit(
    manager: Manager, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    exchange.fill(exchange.place(amount=Decimal(118)), "118")  # two pieces of 50, one of 20
    await clock.advance(1)
    limits = {"account": "sim", "order_notional": None, "position_notional": "7000000"}
    await manager.browser.call("PUT", "/api/limits", limits)
    denied = await clock.run(of(asking(manager)))
    assert (denied.status, denied.body["code"]) == (422, "position_notional_limit")
    assert not sent(exchange)
    await manager.browser.call("PUT", "/api/limits", limits | {"position_notional": "7300000"})
    asked = asking(manager, "again")
    await clock.until(lambda: len(sent(exchange)) == 3)
    for order in sent(exchange):
        exchange.fill(order, str(order.amount), "60000")
    answer = await clock.run(of(asked))
    assert (answer.status, answer.body["note"]) == (200, "reversed")
    assert terms(sent(exchange)[3:]) == [("sell", "50", False), ("sell", "50", False), ("sell", "20", False)]


async def test_halted_nothing_is_reversed(manager: Manager, exchange: ScriptedExchange, clock: VirtualClock) -> None:
    await manager.browser.call("PUT", "/api/trading-state", {"account": "sim", "state": "halted"})
    denied = await clock.run(of(asking(manager)))
    assert (denied.status, denied.body["code"]) == (422, "halted")
    assert not sent(exchange)


async def test_a_close_in_doubt_opens_nothing(
    manager: Manager, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    exchange.scripts.append(LOST)
    answer = await clock.run(of(asking(manager)))
    assert (answer.status, answer.body["outcome"]) == (202, "in_doubt")
    assert "nothing was opened" in answer.body["note"]
    exchange.fill(sent(exchange)[0], "2", "60000")
    await clock.advance(30)
    assert exchange.arrived.total() == 1


async def test_a_close_that_does_not_fill_in_time_opens_nothing(
    manager: Manager, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    answer = await clock.run(of(asking(manager)))
    assert (answer.status, answer.body["outcome"]) == (200, "accepted")
    assert answer.body["note"].startswith("not flat in time, so nothing was opened on the other side")
    exchange.fill(sent(exchange)[0], "2", "60000")
    await clock.advance(30)
    assert exchange.arrived.total() == 1


async def test_a_half_that_is_refused_says_which(
    manager: Manager, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    exchange.scripts.append(REFUSED)
    first = await clock.run(of(asking(manager)))
    assert (first.status, first.body["exchange_code"]) == (422, "110007")
    assert first.body["detail"].startswith("the position was not closed, and nothing was opened on the other side")
    exchange.scripts.extend([Script(), REFUSED])
    asked = asking(manager, "again")
    await closed(exchange, clock)
    second = await clock.run(of(asked))
    assert (second.status, second.body["exchange_code"]) == (422, "110007")
    assert second.body["detail"].startswith("the position is closed, and not all of it was opened on the other side")


async def test_who_died_between_the_halves_left_a_closed_position_and_a_word(
    manager: Manager, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    asked = asking(manager)
    await clock.until(lambda: len(sent(exchange)) == 1)
    await manager.kill()
    asked.cancel()
    exchange.fill(sent(exchange)[0], "2", "60000")
    await clock.advance(15)
    second = await manager.desk.manager("b")
    again = await clock.run(of(asking(second)))
    assert again.status == 200
    assert again.body["note"].startswith("only the close was sent: nothing was opened on the other side")
    await clock.advance(30)
    assert exchange.arrived.total() == 1
    assert manager.desk.witness.size() == "0"


async def test_two_managers_with_the_same_key_reverse_once(
    manager: Manager, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    managers = manager, await manager.desk.manager("b")
    release = [each.life.hold("order_intents") for each in managers]
    asked = [asking(each) for each in managers]
    await clock.advance(0.5)
    for let in release:
        let()
    await closed(exchange, clock)
    await clock.until(lambda: all(task.done() for task in asked))
    assert {task.result().status for task in asked} <= {200, 202}
    assert terms(sent(exchange)) == [("sell", "2", True), ("sell", "2", False)]


async def test_without_a_position_there_is_nothing_to_reverse(
    manager: Manager, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    answer = await clock.run(of(asking(manager, side="short")))
    assert (answer.status, answer.body["code"]) == (404, "unknown_position")
    unknown = await clock.run(of(asking(manager, account="nobody")))
    assert (unknown.status, unknown.body["code"]) == (404, "unknown_account")
