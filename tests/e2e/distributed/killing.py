"""Processes of the desk die without a word, while it trades."""

from __future__ import annotations

import asyncio

import httpx

from tests.e2e.agreement import creates
from tests.e2e.desk_process import until
from tests.e2e.distributed.trading import Trading, Traffic
from tests.e2e.side_by_side import named


async def an_order_manager_with_orders_in_flight(trading: Trading) -> None:
    """Their client asks again, under the same keys, at the other one: each is the order that was sent, once."""
    here, there = trading.desks
    victim = trading.deployment.managers[0]
    trading.fault("reply_delayed", "order.create", ms=20_000, count=4)
    asked = [asyncio.create_task(here.place("buy", "0.001", str(50_000 + n), key=f"cut {n}")) for n in range(4)]
    await until(lambda: len(creates(trading.exchange, trading.account)) == 4)
    victim.server.kill()
    broken = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(each, httpx.TransportError) for each in broken), broken
    again = [await there.place("buy", "0.001", str(50_000 + n), key=f"cut {n}") for n in range(4)]
    assert {each.status for each in again} <= {201, 202}
    assert {f"hg{each.order['order_id']}" for each in again} == set(creates(trading.exchange, trading.account))
    other = await there.place("buy", "0.002", "50000", key="cut 0")
    assert (other.status, other.body["code"]) == (409, "key_reused")
    for each in again:
        await trading.becomes(there, each.order["order_id"], "open")
    victim.start()
    await trading.settles()


async def an_order_manager_in_traffic(trading: Trading) -> None:
    victim = trading.deployment.managers[1]
    async with Traffic(trading, "dies") as traffic:
        await traffic.more()
        victim.server.kill()
        await traffic.more(12)
        victim.launch()
        await traffic.more()
        await until(lambda: trading.deployment.is_ready(victim), 40)
        await traffic.more()
    await trading.settles()


async def the_resolver_that_follows(trading: Trading) -> None:
    """The other one takes over, in the midst of orders and fills; and the first one comes back."""
    async with Traffic(trading, "taken over") as traffic:
        await traffic.more()
        victim = await trading.owner()
        victim.server.kill()
        await traffic.more()
        await trading.owner(but=victim)
        await traffic.more()
        victim.launch()
        await trading.shared_out()
        await traffic.more()
    await trading.settles()


async def both_resolvers(trading: Trading) -> None:
    """Nobody follows, and orders are sent all the same; whoever comes first finds all that happened."""
    async with Traffic(trading, "alone") as traffic:
        await traffic.more()
        for victim in trading.deployment.resolvers:
            victim.server.kill()
        await traffic.more(12)
        for victim in trading.deployment.resolvers:
            victim.launch()
        await trading.shared_out()
        await traffic.more()
    await trading.settles()


SCENES = named(
    an_order_manager_with_orders_in_flight,
    an_order_manager_in_traffic,
    the_resolver_that_follows,
    both_resolvers,
)
