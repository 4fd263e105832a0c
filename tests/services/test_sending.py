"""An order is sent once: checked, journaled, admitted by the log's order, sent, and its outcome told for good."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hedgerow.exchange import Said
from hedgerow.journal import JournalFault
from hedgerow.journal.envelope import decode
from hedgerow.vault import Scope
from tests.services.asking import order
from tests.services.desk import Desk
from tests.services.scripted_exchange import GONE, LOST, REFUSED, Script, ScriptedExchange
from tests.services.virtual_clock import VirtualClock

LIMITS = "/api/limits"


async def intents(desk: Desk) -> list[dict[str, Any]]:
    """What `order_intents` holds, oldest first."""
    batches = [batch async for batch in desk.journal.read("order_intents", {})]
    return [decode(entry.payload).body for batch in batches for entry in batch]


# --- the order of effects


async def test_the_intent_is_durable_before_anything_is_sent(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    manager = await desk.manager()
    exchange.on_command = manager.life.effects.append
    answer = await manager.browser.call("POST", "/api/orders", order())
    await clock.settle()
    assert answer.status == 201
    assert manager.life.effects == ["journal order_intents", "create", "journal orders_executed"]
    assert answer.body["status"] == "accepted"
    assert exchange.arrived.total() == 1


async def test_what_goes_out_is_what_was_asked_for(desk: Desk, exchange: ScriptedExchange) -> None:
    manager = await desk.manager()
    answer = await manager.browser.call("POST", "/api/orders", order("0.010", "59999.90", post_only=True))
    [sent] = exchange.orders.values()
    assert (str(sent.amount), str(sent.price)) == ("0.010", "59999.90")
    assert sent.client_order_id == answer.body["client_order_id"]
    [intent] = await intents(desk)
    assert (str(intent.terms.amount), str(intent.terms.price)) == ("0.010", "59999.90")


@pytest.mark.parametrize("done", [True, False], ids=["written", "not-written"])
async def test_a_journal_that_fails_means_that_nothing_is_sent(
    done: bool, desk: Desk, exchange: ScriptedExchange
) -> None:
    manager = await desk.manager()
    manager.life.fail("journal order_intents", JournalFault("disk full"), done=done)
    answer = await manager.browser.call("POST", "/api/orders", order(), key="k")
    assert (answer.status, answer.body["code"]) == (503, "journal_down")
    assert exchange.arrived.total() == 0


async def test_a_journal_that_fails_after_the_send_leaves_it_to_the_resolver(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    manager = await desk.manager()
    manager.life.fail("journal orders_executed", JournalFault("disk full"))
    exchange.pushes = False
    answer = await manager.browser.call("POST", "/api/orders", order())
    assert answer.status == 201
    await clock.until(lambda: desk.witness.status(answer.body["order_id"]) == "open", within=15)
    assert exchange.arrived.total() == 1


# --- outcomes and their statuses

DONE: list[tuple[Script, int, str]] = [
    (Script(), 201, "accepted"),
    (LOST, 202, "in_doubt"),
    (GONE, 202, "in_doubt"),
    (REFUSED, 422, "rejected"),
    (Script(lands=False, said=Said.NOT_SENT), 503, "not_placed"),
]


@pytest.mark.parametrize(("script", "status", "stands"), DONE, ids=lambda value: str(value)[:12])
async def test_outcomes_and_their_answers(
    script: Script, status: int, stands: str, desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following(reconcile=10_000)
    exchange.pushes = False
    exchange.scripts.append(script)
    manager = await desk.manager()
    answer = await manager.browser.call("POST", "/api/orders", order(), key="k")
    assert answer.status == status
    told = answer.body if status < 300 else answer.body["order"]
    assert told["status"] == stands
    await clock.settle()
    assert desk.witness.status(told["order_id"]) == stands
    assert exchange.arrived.total() == int(script.lands)


async def test_a_doubt_is_settled_and_the_repeat_tells_how(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    exchange.pushes = False
    exchange.scripts.extend([LOST, GONE])
    manager = await desk.manager()
    lost = await manager.browser.call("POST", "/api/orders", order(), key="lost")
    gone = await manager.browser.call("POST", "/api/orders", order(), key="gone")
    assert (lost.status, gone.status) == (202, 202)
    await clock.advance(20)
    again = await manager.browser.call("POST", "/api/orders", order(), key="lost")
    assert (again.status, again.body["status"], again.body["order_id"]) == (201, "open", lost.body["order_id"])
    again = await manager.browser.call("POST", "/api/orders", order(), key="gone")
    assert (again.status, again.body["order"]["status"]) == (422, "not_placed")
    assert exchange.arrived.total() == 1


async def test_a_denial_is_journaled_under_its_key_and_nothing_is_sent(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    manager = await desk.manager()
    answer = await manager.browser.call("POST", "/api/orders", order("1", "70000"), key="k")
    assert (answer.status, answer.body["code"]) == (422, "price_collar")
    exchange.tick("69000")
    again = await manager.browser.call("POST", "/api/orders", order("1", "70000"), key="k")
    assert (again.status, again.body["order"]["order_id"]) == (422, answer.body["order"]["order_id"])
    await clock.settle()
    assert desk.witness.status(answer.body["order"]["order_id"]) == "denied"
    assert len(await intents(desk)) == 1
    assert exchange.arrived.total() == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (order("0"), "amount"),
        (order("-1"), "amount"),
        (order("1e3"), "amount"),
        (order("NaN"), "amount"),
        (order(" 1"), "amount"),
        (order(side="up"), "side"),
        (order(colour="red"), "colour"),
        ({"account": "sim"}, "symbol"),
    ],
)
async def test_malformed_input_makes_no_order(
    body: dict[str, Any], field: str, desk: Desk, exchange: ScriptedExchange
) -> None:
    manager = await desk.manager()
    answer = await manager.browser.call("POST", "/api/orders", body)
    assert (answer.status, answer.body["field"]) == (400, field)
    assert await intents(desk) == []


@pytest.mark.parametrize(("field", "status"), [("account", 404), ("symbol", 404)])
async def test_what_does_not_exist_makes_no_order(
    field: str, status: int, desk: Desk, exchange: ScriptedExchange
) -> None:
    manager = await desk.manager()
    answer = await manager.browser.call("POST", "/api/orders", order() | {field: "nothing"})
    assert (answer.status, answer.body["field"]) == (status, field)
    assert await intents(desk) == []


async def test_an_account_that_is_not_connected_says_why(desk: Desk, exchange: ScriptedExchange) -> None:
    exchange.fail("open", 100, "connection refused")
    manager = await desk.manager()
    answer = await manager.browser.call("POST", "/api/orders", order())
    assert answer.status == 503
    assert "connection refused" in answer.body["detail"]


# --- time


async def test_an_order_that_was_held_up_past_its_deadline_is_not_sent(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    manager = await desk.manager()
    release = manager.life.hold("order_intents")
    asking = asyncio.ensure_future(manager.browser.request("POST", "/api/orders", order()))
    await clock.advance(6)
    assert exchange.arrived.total() == 0
    release()
    answer = await clock.run(_of(asking))
    assert (answer.status, answer.body["code"]) == (503, "not_sent")
    assert exchange.arrived.total() == 0
    await clock.advance(30)
    assert [order.status for order in desk.witness.orders.values()] == ["not_placed"]


async def _of(task: asyncio.Future[Any]) -> Any:
    return await task


async def test_a_request_that_arrives_late_arrives_expired(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    exchange.scripts.append(Script(lands_s=6, said=Said.IN_DOUBT, answer_s=3))
    manager = await desk.manager()
    answer = await manager.browser.call("POST", "/api/orders", order())
    await clock.advance(30)
    assert exchange.arrived.total() == 0
    assert desk.witness.status(answer.body["order_id"]) == "not_placed"


async def test_a_request_that_arrives_just_in_time_is_found(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    exchange.pushes = False
    exchange.scripts.append(Script(lands_s=4.9, said=Said.IN_DOUBT))
    manager = await desk.manager()
    answer = await manager.browser.call("POST", "/api/orders", order())
    await clock.advance(30)
    assert desk.witness.status(answer.body["order_id"]) == "open"
    assert exchange.arrived.total() == 1


async def test_a_send_that_a_shutdown_cancels_is_left_to_the_resolver(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    exchange.pushes = False
    exchange.scripts.append(Script(answer_s=60))
    manager = await desk.manager()
    asking = asyncio.ensure_future(manager.browser.request("POST", "/api/orders", order(), key="k"))
    await clock.advance(0.1)
    await clock.run(manager.service.stop())
    await manager.kill()
    asking.cancel()
    second = await desk.manager("b")
    await clock.advance(15)
    again = await second.browser.call("POST", "/api/orders", order(), key="k")
    assert (again.status, again.body["status"]) == (201, "open")
    assert exchange.arrived.total() == 1


async def test_a_client_that_hangs_up_cancels_nothing(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    exchange.scripts.append(Script(answer_s=1))
    manager = await desk.manager()
    asking = asyncio.ensure_future(manager.browser.request("POST", "/api/orders", order(), key="k"))
    also = asyncio.ensure_future(manager.browser.request("POST", "/api/orders", order(), key="k"))
    await clock.advance(0.5)
    asking.cancel()
    await clock.advance(2)
    assert "journal orders_executed" in manager.life.effects
    assert also.result().status == 201
    again = await manager.browser.call("POST", "/api/orders", order(), key="k")
    assert (again.status, again.body["status"]) == (201, "accepted")
    assert exchange.arrived.total() == 1


async def test_a_stop_waits_for_the_commands_under_way(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    exchange.scripts.append(Script(answer_s=2))
    manager = await desk.manager()
    asking = asyncio.ensure_future(manager.browser.request("POST", "/api/orders", order()))
    await clock.advance(0.1)
    await clock.run(manager.service.stop())
    assert asking.done()
    assert manager.life.effects[-1] == "journal orders_executed"


# --- keys


async def test_the_same_key_and_body_is_one_order(desk: Desk, exchange: ScriptedExchange, clock: VirtualClock) -> None:
    manager = await desk.manager()
    exchange.usual = Script(answer_s=1)
    asked = [asyncio.ensure_future(manager.browser.request("POST", "/api/orders", order(), key="k")) for _ in range(5)]
    await clock.advance(3)
    answers = [task.result() for task in asked]
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["order_id"] for answer in answers}) == 1
    assert exchange.arrived.total() == 1


async def test_the_same_key_with_another_body_is_a_conflict(desk: Desk, exchange: ScriptedExchange) -> None:
    manager = await desk.manager()
    first = await manager.browser.call("POST", "/api/orders", order(), key="k")
    second = await manager.browser.call("POST", "/api/orders", order("2"), key="k")
    assert (first.status, second.status, second.body["code"]) == (201, 409, "key_reused")
    assert exchange.arrived.total() == 1


async def test_the_same_key_of_another_principal_is_another_order(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    _, text = await desk.vault.create_token("bot", Scope.TRADE, 0)
    manager = await desk.manager()
    mine = await manager.browser.call("POST", "/api/orders", order(), key="k")
    theirs = await manager.browser.call("POST", "/api/orders", order(), key="k", token=text.reveal())
    assert mine.body["order_id"] != theirs.body["order_id"]
    assert exchange.arrived.total() == 2


async def test_a_key_that_only_history_knows_is_answered_from_it(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resolver = await desk.following()
    manager = await desk.manager()
    first = await manager.browser.call("POST", "/api/orders", order(), key="k")
    [there] = exchange.orders.values()
    exchange.fill(there, "1")
    await clock.advance(1)
    await manager.kill()
    await resolver.kill()
    for stream in ("order_intents", "orders_executed", "orders_updated", "positions_updated", "fills"):
        await desk.journal.trim(stream, await desk.journal.end(stream))
    second = await desk.manager("b")
    again = await second.browser.call("POST", "/api/orders", order(), key="k")
    assert (again.status, again.body["status"], again.body["order_id"]) == (201, "filled", first.body["order_id"])
    conflict = await second.browser.call("POST", "/api/orders", order("3"), key="k")
    assert conflict.status == 409
    assert exchange.arrived.total() == 1


async def test_an_order_in_doubt_counts_until_its_absence_is_proven(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    manager = await desk.manager()
    await manager.browser.call("PUT", LIMITS, {"account": "sim", "position_notional": "130000"})
    exchange.scripts.append(GONE)
    first = await manager.browser.call("POST", "/api/orders", order("2"))
    assert first.status == 202
    await clock.advance(3)
    assert (await manager.browser.call("POST", "/api/orders", order("2"))).status == 422
    await clock.until(lambda: desk.witness.status(first.body["order_id"]) == "not_placed")
    assert (await manager.browser.call("POST", "/api/orders", order("2"))).status == 201


async def test_a_stale_mark_denies_and_a_fresh_one_admits(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    manager = await desk.manager()
    assert (await manager.browser.call("POST", "/api/orders", order())).status == 201
    exchange.fail("ticker", 1000)
    await clock.advance(6)
    denied = await manager.browser.call("POST", "/api/orders", order())
    assert (denied.status, denied.body["code"]) == (422, "mark_stale")
    exchange.tick("60000")
    assert (await manager.browser.call("POST", "/api/orders", order())).status == 201
    await clock.advance(6)
    out = await manager.browser.call("POST", "/api/orders", order(price=None, side="sell", reduce_only=True))
    assert out.status == 201, "a position can be left whatever the market data do"
