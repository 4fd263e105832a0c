"""Processes of the desk stand still for longer than anybody waits for them, and then go on as if nothing had been."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from tests.e2e.agreement import creates
from tests.e2e.desk_process import until
from tests.e2e.distributed.trading import Trading, Traffic
from tests.e2e.side_by_side import named

_PAST_DEADLINE_S = 40.0  # and the margin, and two complete reads


async def an_order_manager_past_its_orders_deadline(trading: Trading) -> None:
    """Some orders were sent, some only intended: nothing is sent late, nothing twice, and everybody gets an answer."""
    here, there = trading.desks
    kafka, sleeper = trading.deployment.engines.kafka, trading.deployment.managers[0]
    await here.placed("buy", "0.001", "50000")
    trading.fault("reply_delayed", "order.create", ms=2_000, count=1)
    sent = asyncio.create_task(here.place("buy", "0.001", "50001", key="sent"))
    await until(lambda: len(creates(trading.exchange, trading.account)) == 2)
    kafka.pause()  # the intent is written only once its order_manager stands still
    try:
        unsent = asyncio.create_task(here.place("buy", "0.001", "50002", key="intended"))
        for _ in range(5):
            await here.call("GET", "/api/accounts")
        sleeper.server.pause()
    finally:
        kafka.resume()
    await until(lambda: _intents(trading, "intended"))
    order_id = _intents(trading, "intended")[0]["body"]["command_id"]
    await trading.becomes(there, order_id, "not_placed", within_s=_PAST_DEADLINE_S)
    again = await there.place("buy", "0.001", "50001", key="sent")
    assert again.status == 201
    sleeper.server.resume()
    late = await unsent
    assert late.status in (422, 503), late
    early = await sent
    assert early.status in (201, 202), early
    assert early.order["order_id"] == again.order["order_id"]
    await trading.settles()
    assert len(creates(trading.exchange, trading.account)) == 2
    assert (await here.order(order_id))["status"] == "not_placed"


async def an_order_manager_in_a_burst(trading: Trading) -> None:
    """Forty orders, in whatever states the pause finds them."""
    here, there = trading.desks
    sleeper = trading.deployment.managers[0]
    asked = [asyncio.create_task(here.place("buy", "0.001", str(50_000 + n), key=f"burst {n}")) for n in range(40)]
    async with asyncio.timeout(20):
        while not creates(trading.exchange, trading.account):
            await asyncio.sleep(0)  # at once: they are all under way
    sleeper.server.pause()
    written = await _all_read(trading)
    for intent in written:
        await trading.becomes(there, intent["body"]["command_id"], "open", "not_placed", within_s=_PAST_DEADLINE_S)
    deadline_ms = max(intent["body"]["deadline_ms"] for intent in written)
    await until(lambda: time.time_ns() > (deadline_ms + 500) * 1_000_000)
    sleeper.server.resume()
    answers = await asyncio.gather(*asked)
    assert {answer.status for answer in answers} <= {201, 202, 422, 503}, answers
    await trading.settles()


async def _all_read(trading: Trading) -> list[dict[str, Any]]:
    """The intents, once both the order_manager that goes on and the witness have read all that was sent, and agree."""
    sent = len(creates(trading.exchange, trading.account))

    async def read() -> bool:
        return len(await trading.desks[1].orders()) == len(_intents(trading, "burst")) >= sent

    await until(read)
    return _intents(trading, "burst")


def _intents(trading: Trading, key: str) -> list[dict[str, Any]]:
    return trading.kafka.records(
        "order_intents",
        lambda each: (
            each["account"] == trading.account and str(each["body"].get("idempotency_key", "")).startswith(key)
        ),
    )


async def a_resolver_past_its_session(trading: Trading) -> None:
    """Another one follows meanwhile. What the first still writes when it wakes is void; it takes part again."""
    async with Traffic(trading, "slept") as traffic:
        await traffic.more()
        sleeper = await trading.owner()
        sleeper.server.pause()
        await trading.owner(but=sleeper)
        await traffic.more(9)
        sleeper.server.resume()
        await traffic.more()
        await trading.shared_out()
        await traffic.more()
    await trading.settles()
    assert await trading.partitions(sleeper), "it takes part again"


async def both_resolvers_in_turn(trading: Trading) -> None:
    """Each wakes while the other has just been stopped: the epochs go up and down the log."""
    async with Traffic(trading, "in turn") as traffic:
        for _ in range(2):
            sleeper = await trading.owner()
            sleeper.server.pause()
            heir = await trading.owner(but=sleeper)
            heir.server.pause()
            sleeper.server.resume()
            await trading.owner(but=heir)
            await traffic.more(3)
            heir.server.resume()
            await trading.shared_out()
    await trading.settles()


SCENES = named(
    an_order_manager_past_its_orders_deadline,
    an_order_manager_in_a_burst,
    a_resolver_past_its_session,
    both_resolvers_in_turn,
)
