"""Nobody waits beyond a deadline: a doubt is told then, and what comes later is evidence all the same."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hedgerow.core.records import Answered, CameToNothing
from hedgerow.exchange import Said
from hedgerow.journal.envelope import decode
from tests.services.asking import order
from tests.services.desk import Desk, Manager
from tests.services.scripted_exchange import SYMBOL, Script, ScriptedExchange
from tests.services.virtual_clock import VirtualClock

BY_THE_DEADLINE_S = 5.6


def asking(manager: Manager, method: str = "POST", path: str = "/api/orders", body: Any = None, key: str = "k") -> Any:
    return asyncio.ensure_future(manager.browser.request(method, path, body, key=key))


async def outcomes(desk: Desk) -> list[str]:
    """What was journaled of commands that were sent, or not."""
    found = []
    for stream in ("order_intents", "orders_executed"):
        async for batch in desk.journal.read(stream, {}):
            for entry in batch:
                match decode(entry.payload).body:
                    case Answered(outcome=outcome):
                        found.append(str(outcome))
                    case CameToNothing(how=how):
                        found.append(str(how))
    return found


@pytest.mark.parametrize(
    ("script", "told", "journaled", "status"),
    [
        (Script(answer_s=9), "accepted", "accepted", 201),
        (Script(answer_s=9, lands=False, said=Said.REJECTED, code="110007"), "rejected", "rejected", 422),
        (Script(answer_s=9, said=Said.IN_DOUBT), "in_doubt", "in_doubt", 202),
    ],
    ids=["accepted", "rejected", "in-doubt"],
)
async def test_an_order_is_in_doubt_at_its_deadline_and_its_late_answer_counts_once(
    script: Script,
    told: str,
    journaled: str,
    status: int,
    desk: Desk,
    exchange: ScriptedExchange,
    clock: VirtualClock,
) -> None:
    manager = await desk.manager()
    exchange.scripts.append(script)
    asked = asking(manager, body=order())
    await clock.advance(4.9)
    assert not asked.done()
    await clock.advance(BY_THE_DEADLINE_S - 4.9)
    assert (asked.result().status, asked.result().body["status"]) == (202, "in_doubt")
    repeated = await manager.browser.call("POST", "/api/orders", order(), key="k")
    assert (repeated.status, repeated.body["status"]) == (202, "in_doubt")
    await clock.advance(5)
    late = await manager.browser.call("POST", "/api/orders", order(), key="k")
    assert late.status == status
    assert (late.body if status < 300 else late.body["order"])["status"] == told
    assert await outcomes(desk) == [journaled]
    assert exchange.arrived.total() == int(script.lands)


async def test_a_resolvers_doubt_does_not_take_a_late_answer_back(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    exchange.pushes = False
    exchange.incomplete = 1_000_000
    manager = await desk.manager()
    exchange.scripts.append(Script(lands=False, answer_s=6.5, said=Said.REJECTED, code="110007"))
    asked = asking(manager, body=order())
    await clock.advance(BY_THE_DEADLINE_S)
    name = asked.result().body["order_id"]
    assert desk.witness.status(name) == "in_doubt"
    await clock.advance(2)
    assert desk.witness.story(name) == ["pending", "in_doubt", "rejected"]


@pytest.mark.parametrize("said", [Said.ACCEPTED, Said.REJECTED])
async def test_a_command_is_in_doubt_at_its_deadline_and_its_late_answer_is_what_a_repeat_gets(
    said: Said, desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    manager = await desk.manager()
    exchange.scripts.append(Script(lands=said is Said.ACCEPTED, answer_s=9, said=said, code="110043"))
    call: Any = ("PUT", "/api/leverage", {"account": "sim", "symbol": SYMBOL, "leverage": "5"})
    asked = asking(manager, *call)
    await clock.advance(BY_THE_DEADLINE_S)
    assert (asked.result().status, asked.result().body["outcome"]) == (202, "in_doubt")
    await clock.advance(5)
    late = await manager.browser.call(*call, key="k")
    assert late.status == (200 if said is Said.ACCEPTED else 422)
    assert await outcomes(desk) == [str(said)]
    assert exchange.commands.count(("leverage", SYMBOL, 5)) == int(said is Said.ACCEPTED)


CALLS: list[Any] = [
    ("POST", "/api/orders", order()),
    ("PUT", "/api/leverage", {"account": "sim", "symbol": SYMBOL, "leverage": "5"}),
    ("POST", "/api/flatten", {"account": "sim"}),
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call[1])
async def test_where_the_log_stands_still_nothing_is_sent_and_nobody_waits_for_it(
    call: Any, desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    exchange.fill(exchange.place(), "1")
    await desk.following()
    exchange.commands.clear()
    manager = await desk.manager()
    release = manager.life.hold("order_intents")
    asked = asking(manager, *call)
    await clock.advance(BY_THE_DEADLINE_S)
    assert asked.done()
    assert asked.result().status in (202, 503), asked.result().body
    assert asked.result().body.get("code", "not_sent") == "not_sent"
    release()
    await clock.advance(20)
    assert exchange.arrived.total() == 0
    assert exchange.commands == []
    again = await manager.browser.call(*call, key="k")
    assert again.status in (200, 503)
    if call[1] != "/api/flatten":
        assert again.body["code"] == "not_sent"
        assert await outcomes(desk) == ["not_sent"]
    assert exchange.arrived.total() == 0


async def test_an_order_that_is_never_read_back_is_settled_by_the_resolver(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    manager = await desk.manager()
    manager.life.hold("order_intents")
    asked = asking(manager, body=order())
    await clock.advance(90)
    assert asked.result().status == 503
    assert [order.status for order in desk.witness.orders.values()] == ["not_placed"]
    assert exchange.arrived.total() == 0


async def test_a_clock_that_is_set_back_does_not_send_what_was_told_to_be_unsent(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    manager = await desk.manager()
    release = manager.life.hold("order_intents")
    asked = asking(manager, body=order())
    await clock.advance(BY_THE_DEADLINE_S)
    assert asked.result().status == 503
    exchange.offset_ms -= 60_000
    release()
    await clock.advance(10)
    assert exchange.arrived.total() == 0
    assert await outcomes(desk) == ["not_sent"]
