"""Partitions that come and go: a hand-over is clean, and a mistaken take-over does not last."""

from __future__ import annotations

import asyncio

import pytest

from hedgerow.journal.membership import Gained, Lost
from hedgerow.order_resolver.following import Pace
from hedgerow.vault import VaultFault
from tests.services.desk import Desk, Resolver
from tests.services.scripted_exchange import ScriptedExchange
from tests.services.virtual_clock import VirtualClock


class Handed:
    """A membership that the test plays the group of."""

    joined = True

    def __init__(self) -> None:
        self._running = asyncio.Event()
        self._gained: Gained
        self._lost: Lost

    async def run(self, gained: Gained, lost: Lost) -> None:
        self._gained, self._lost = gained, lost
        self._running.set()
        await asyncio.Event().wait()

    async def give(self, partition: int) -> None:
        await self._running.wait()
        self._gained(partition)

    async def take(self, partition: int) -> None:
        await self._lost(partition)


def member(desk: Desk, *, reclaim_s: float | None = None) -> tuple[Resolver, Handed]:
    group = Handed()
    resolver = Resolver(desk, Pace(), group, reclaim_s=reclaim_s).start()
    desk.processes.append(resolver)
    return resolver, group


async def test_a_partition_that_was_handed_over_is_followed_by_the_next_one_only(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    first, first_share = member(desk)
    second, second_share = member(desk)
    await first_share.give(0)
    await clock.run(first.ready())
    await desk.placed()
    await clock.advance(1)
    await first_share.take(0)
    written = len(first.life.calls)
    await second_share.give(0)
    await clock.run(second.ready())
    exchange.fill(exchange.by_client("hga"), "1")
    await clock.advance(60)
    assert first.partitions == {}
    assert second.partitions == {0: 2}, "by a take-over of its own"
    assert len(first.life.calls) == written, "it let go before `lost` returned"
    assert (desk.witness.status("a"), desk.witness.size(), len(desk.witness.fills)) == ("filled", "1", 1)


async def test_a_partition_that_comes_back_is_taken_over_anew(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resolver, share = member(desk)
    await share.give(0)
    await clock.run(resolver.ready())
    order = await desk.placed()
    await share.take(0)
    exchange.fill(order, "1")
    await share.give(0)
    await clock.run(resolver.ready())
    await clock.advance(10)
    assert resolver.partitions == {0: 2}
    assert (desk.witness.status("a"), len(desk.witness.fills)) == ("filled", 1)


async def test_what_another_took_by_mistake_is_taken_back_while_it_is_still_ours(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    mistaken, mistaken_share = member(desk)
    rightful, share = member(desk, reclaim_s=12)
    await share.give(0)
    await clock.run(rightful.ready())
    await mistaken_share.give(0)
    await clock.run(mistaken.ready())
    order = await desk.placed()
    await clock.advance(5)
    assert rightful.lagging() == [0], "it gave way"
    await mistaken_share.take(0)
    exchange.fill(order, "1")
    await clock.advance(20)
    assert rightful.lagging() == []
    assert rightful.partitions == {0: 3}
    assert desk.witness.status("a") == "filled"


async def test_a_vault_that_does_not_answer_ends_nothing(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver = await desk.following()
    manager = await desk.manager()
    order = await desk.placed()

    async def down() -> None:
        raise VaultFault("the database is down")

    with monkeypatch.context() as patched:
        patched.setattr(desk.vault, "accounts", down)
        await clock.advance(30)
        exchange.fill(order, "1")
        await clock.advance(5)
    assert desk.witness.status("a") == "filled"
    assert resolver.task is not None
    assert manager.task is not None
    assert not resolver.task.done()
    assert not manager.task.done()
    await desk.account("late")
    await clock.until(lambda: desk.exchanges["late"].reads["balances"] > 0)
