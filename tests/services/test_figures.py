"""What the services count and time is what happens, and looking at them shows how they stand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hedgerow.cache import CacheUnavailable
from hedgerow.core.records import Outcome, Stream
from hedgerow.journal import JournalFault
from hedgerow.meters import Meters
from tests.services.asking import order, placed
from tests.services.desk import WINDOW_MS, Desk
from tests.services.scripted_exchange import LOST, REFUSED, SYMBOL, ScriptedExchange
from tests.services.virtual_clock import VirtualClock


def counted(meters: Meters) -> dict[str, int]:
    return {outcome: count for (outcome,), count in meters.orders.counts.items()}


def handed(meters: Meters) -> int:
    return sum(meters.order_handed.buckets[()].counts)


async def test_an_order_is_counted_by_what_came_of_it_and_timed_to_its_hand_over(
    desk: Desk, exchange: ScriptedExchange
) -> None:
    manager = await desk.manager()
    await manager.browser.call("POST", "/api/orders", order())
    exchange.scripts.extend([REFUSED, LOST])
    await manager.browser.call("POST", "/api/orders", order())
    await manager.browser.call("POST", "/api/orders", order())
    await manager.browser.call("POST", "/api/orders", order(price="99000"))
    assert counted(manager.meters) == {"accepted": 1, "rejected": 1, "in_doubt": 1, "denied": 1}
    assert handed(manager.meters) == 3, "a denied order is not handed to anybody"
    answered = manager.meters.order_answered.buckets
    assert {outcome: sum(buckets.counts) for (outcome,), buckets in answered.items()} == counted(manager.meters)
    assert sum(manager.meters.journal_append.buckets["order_manager",].counts) == 4


async def test_a_repeat_is_no_order_and_a_journal_that_fails_is_a_fault(desk: Desk, exchange: ScriptedExchange) -> None:
    manager = await desk.manager()
    for _ in range(2):
        await manager.browser.call("POST", "/api/orders", order(), key="k")
    manager.life.fail("journal order_intents", JournalFault("disk full"))
    await manager.browser.call("POST", "/api/orders", order())
    assert counted(manager.meters) == {"accepted": 1, "fault": 1}


async def test_an_order_managers_levels_are_those_of_its_accounts_and_sockets(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resolver = await desk.following()
    manager = await desk.manager()
    await clock.advance(6)
    socket = manager.browser.socket("/ws/orders")
    await clock.settle()
    await manager.service.look()
    meters = manager.meters
    assert meters.account_trading.values == {("sim",): 1}
    assert meters.account_followed.values == {("sim",): 1}
    assert 0 <= meters.account_reconciled.values["sim",] < 40
    assert meters.sockets.values == {("/ws/orders",): 1, ("/ws/positions",): 0, ("/ws/market",): 0}
    assert meters.feeds_begun.counts == {("orders_updated", "snapshot"): 1}
    assert set(meters.stream_behind.values.values()) == {0}
    assert meters.cache_available.values == {(): 1}

    await resolver.kill()
    await socket.cut()
    await clock.advance(60)
    await manager.service.look()
    assert meters.account_followed.values == {("sim",): 0}
    assert meters.account_reconciled.values["sim",] >= 60
    assert meters.sockets.values["/ws/orders",] == 0


async def test_a_feed_says_whether_its_place_is_still_in_memory(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    manager = await desk.manager()
    socket = manager.browser.socket("/ws/orders")
    await manager.browser.call("POST", "/api/orders", order())
    await clock.settle()
    again = manager.browser.socket(f"/ws/orders?after={socket.cursor}")
    await clock.settle()
    assert manager.meters.feeds_begun.counts == {
        ("orders_updated", "snapshot"): 1,
        ("orders_updated", "memory"): 1,
    }
    await socket.cut()
    await again.cut()


async def test_a_cache_that_does_not_answer_is_shown_and_nothing_else_is_lost(
    desk: Desk, exchange: ScriptedExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver, manager = await desk.following(), await desk.manager()

    async def away() -> str:
        raise CacheUnavailable("away")

    monkeypatch.setattr(desk.cache, "life", away)
    await manager.service.look()
    await resolver.service.look()
    assert manager.meters.cache_available.values == {(): 0}
    assert resolver.meters.cache_available.values == {(): 0}
    assert manager.meters.account_trading.values == {("sim",): 1}


async def test_a_resolver_shows_its_partitions_its_doubts_and_what_it_wrote(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resolver = await desk.following(reconcile=10_000)
    await desk.intend("lost")
    await desk.answer("lost", outcome=Outcome.IN_DOUBT)
    await clock.until(lambda: desk.witness.status("lost") == "in_doubt")
    await clock.advance(2)
    await resolver.service.look()
    meters = resolver.meters
    assert meters.partition_epoch.values == {("0",): 1}
    assert meters.takeovers.counts == {(): 1}
    assert meters.doubts.values == {("sim",): 1}
    assert 2 <= meters.doubt_age.values["sim",] < WINDOW_MS / 1000
    assert meters.discrepancies.values == {("sim",): 0}
    assert meters.published.counts[Stream.ORDERS_UPDATED,] == len(desk.witness.raw[Stream.ORDERS_UPDATED])
    assert sum(meters.history_fold.buckets[()].counts) > 0
    assert set(meters.history_behind.values.values()) == {0}

    await clock.until(lambda: desk.witness.status("lost") == "not_placed", within=30)
    await resolver.service.look()
    assert meters.doubts.values == {("sim",): 0}
    assert meters.doubt_age.values == {("sim",): 0}


async def test_history_that_does_not_fold_falls_behind(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resolver = await desk.following()
    resolver.life.cut_when("history commit", "before")
    await desk.intend()
    await clock.advance(1)
    await resolver.service.look()
    await clock.advance(30)
    await resolver.service.look()
    assert resolver.meters.history_behind.values[Stream.ORDER_INTENTS,] == 30


async def test_a_process_is_ready_once_it_knows_and_until_it_stops(desk: Desk, exchange: ScriptedExchange) -> None:
    resolver, manager = await desk.following(), await desk.manager()
    assert await resolver.service.unready() == []
    assert await manager.service.unready() == []
    await manager.service.stop()
    assert await manager.service.unready() == ["it is stopping"]


async def test_a_client_that_is_let_go_as_too_slow_is_counted(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    manager = await desk.manager()
    stuck = manager.browser.socket("/ws/orders")
    await clock.settle()
    stuck.hold(stuck=True)
    await placed(manager)
    await clock.advance(25)
    assert stuck.task.done()
    assert manager.meters.sockets_slow.counts == {("orders_updated",): 1}


async def test_a_discrepancy_is_shown_while_it_stands(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resolver = await desk.following()
    exchange.hold(SYMBOL, Decimal("1.5"))
    await clock.advance(90)
    await resolver.service.look()
    assert resolver.meters.discrepancies.values == {("sim",): 1}
