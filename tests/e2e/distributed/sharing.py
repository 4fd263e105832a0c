"""Several processes at once: resolvers come and go, keys and limits hold across order_managers, records come twice."""

from __future__ import annotations

import asyncio

from tests.e2e.agreement import creates, held_orders
from tests.e2e.desk_client import Answer
from tests.e2e.distributed.trading import Trading, Traffic
from tests.e2e.side_by_side import named

_KEYS = 30


async def a_third_resolver_comes_and_goes(trading: Trading) -> None:
    deployment = trading.deployment
    async with Traffic(trading, "shared out") as traffic:
        await traffic.more()
        third = deployment.add_resolver().launch()
        await trading.shared_out()
        await traffic.more()
        third.stop()
        deployment.resolvers.remove(third)
        await trading.shared_out()
        await traffic.more()
    await trading.settles()


async def one_key_at_both_order_managers(trading: Trading) -> None:
    await _one_order_each(trading, "cached")
    trading.deployment.engines.redis.server.kill()
    await _one_order_each(trading, "uncached")
    trading.deployment.engines.redis.start()
    await trading.settles()
    assert len(creates(trading.exchange, trading.account)) == 2 * (_KEYS + _KEYS // 3)


async def _one_order_each(trading: Trading, name: str) -> None:
    """Each key at once at both, with one body or with two: one order each, and one refusal where they differ."""

    def asked(key: str, *amounts: str) -> list[asyncio.Task[Answer]]:
        pairs = zip(trading.desks, amounts, strict=True)
        return [asyncio.create_task(desk.place("buy", amount, "50000", key=key)) for desk, amount in pairs]

    same = [asked(f"{name} {n}", "0.001", "0.001") for n in range(_KEYS)]
    differing = [asked(f"{name} two {n}", "0.001", "0.002") for n in range(_KEYS // 3)]
    for pair in same:
        first, second = await asyncio.gather(*pair)
        assert {first.status, second.status} <= {201, 202}, (first, second)
        assert first.order["order_id"] == second.order["order_id"]
    for pair in differing:
        low, high = sorted(await asyncio.gather(*pair), key=lambda answer: answer.status)
        assert low.status in (201, 202), low
        assert (high.status, high.body["code"]) == (409, "key_reused"), high


async def limits_at_both_order_managers(trading: Trading) -> None:
    here, there = trading.desks
    wanted = {"account": trading.account, "open_orders": 5}
    assert (await here.call("PUT", "/api/limits", wanted)).status == 200
    orders = await _at_once(trading, 20, admitted=5)
    canceled = await there.cancel(orders[0])
    assert canceled.status == 200, canceled
    for desk in trading.desks:
        await trading.becomes(desk, orders[0], "canceled")
    trading.deployment.engines.redis.server.kill()
    await _at_once(trading, 10, admitted=1)
    trading.deployment.engines.redis.start()
    await trading.settles()
    assert [each["status"] for each in held_orders(trading.exchange, trading.account)].count("New") == 5


async def _at_once(trading: Trading, count: int, *, admitted: int) -> list[str]:
    """So many orders at once, half of them at each; the ids of those that were sent, which are as many as may be."""
    before = len(creates(trading.exchange, trading.account))
    desks = trading.desks
    asked = (desks[n % 2].place("buy", "0.001", str(50_000 + n)) for n in range(count))
    answers = await asyncio.gather(*asked)
    sent = [answer.order["order_id"] for answer in answers if answer.status in (201, 202)]
    refused = [answer.body["code"] for answer in answers if answer.status not in (201, 202)]
    assert refused == ["open_orders_limit"] * (count - admitted), answers
    assert len(creates(trading.exchange, trading.account)) == before + admitted
    return sent


async def records_that_are_delivered_twice(trading: Trading) -> None:
    """All records of the account once more, from the oldest to the newest, while it trades; then once more."""
    topics = ("order_intents", "orders_executed", "fills", "orders_updated", "positions_updated")
    async with Traffic(trading, "twice") as traffic:
        for _ in range(2):
            await traffic.more(8)
            trading.deliver_again(*topics)
        await traffic.more()
    await trading.settles(copies=True)
    sent = creates(trading.exchange, trading.account)
    trading.deliver_again(*topics)
    owner = await trading.owner()
    owner.server.kill()  # who takes over reads the copies as well
    await trading.owner(but=owner)
    owner.launch()
    await trading.shared_out()
    async with Traffic(trading, "after that") as traffic:
        await traffic.more(3)
    await trading.settles(copies=True)
    assert sent.items() <= creates(trading.exchange, trading.account).items()


async def records_of_an_owner_that_was_taken_over(trading: Trading) -> None:
    """Written late, with the epoch of before: no reader takes them in, nor does the next owner."""
    async with Traffic(trading, "late") as traffic:
        await traffic.more(8)
        owner = await trading.owner()
        owner.server.kill()
        await trading.owner(but=owner)
        owner.launch()
        await trading.shared_out()
        await traffic.more()
        trading.deliver_again("fills", "orders_updated", "positions_updated", epoch=1)
        await traffic.more()
    await trading.settles()
    trading.deliver_again("fills", "orders_updated", "positions_updated", epoch=1)
    owner = await trading.owner()
    owner.server.kill()
    await trading.owner(but=owner)
    owner.launch()
    await trading.shared_out()
    await trading.settles()
    assert trading.kafka.stale()


SCENES = named(
    a_third_resolver_comes_and_goes,
    one_key_at_both_order_managers,
    limits_at_both_order_managers,
    records_that_are_delivered_twice,
    records_of_an_owner_that_was_taken_over,
)
