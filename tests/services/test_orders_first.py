"""In a stream of orders what they ask for is taken in a little later, and never what somebody waits for."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core.records import Stream
from hedgerow.core.reports import Report
from hedgerow.journal import Entry
from hedgerow.order_resolver.inbox import Commands, Heard, Item
from hedgerow.order_resolver.pacing import FEW, LONGEST_MS, LOOK_MS, OrdersFirst
from tests.services.desk import Desk
from tests.services.scripted_exchange import ScriptedExchange
from tests.services.virtual_clock import VirtualClock

NOW_MS = 1_000_000


def intents(count: int) -> Commands:
    return Commands(stream=Stream.ORDER_INTENTS, entries=[Entry(0, n, 1, "sim", b"") for n in range(count)])


def streaming() -> OrdersFirst:
    pace = OrdersFirst()
    pace.came([intents(FEW + 1)], NOW_MS)
    return pace


A_FEW = st.lists(st.integers(0, 50), max_size=FEW)
NOW_AND_THEN = st.lists(st.integers(LOOK_MS + 1, 10_000), max_size=20)


@given(A_FEW | NOW_AND_THEN)
def test_a_few_never_wait_and_neither_do_those_that_come_now_and_then(gaps: list[int]) -> None:
    pace, now_ms = OrdersFirst(), NOW_MS
    for gap in gaps:
        now_ms += gap
        pace.came([intents(1)], now_ms)
        assert not pace.may_wait([intents(1)], now_ms)


@given(st.lists(st.integers(0, LOOK_MS), min_size=FEW + 1, max_size=20))
def test_a_stream_of_them_may_wait_while_it_lasts(gaps: list[int]) -> None:
    pace, now_ms = OrdersFirst(), NOW_MS
    for gap in gaps:
        now_ms += gap
        pace.came([intents(1)], now_ms)
    assert pace.may_wait([intents(1)], now_ms)
    assert not pace.may_wait([intents(1)], now_ms + LOOK_MS + 1)
    assert not pace.may_wait([intents(1)], now_ms - 1), "a clock that was set back"


async def test_what_somebody_waits_for_does_not_wait(exchange: ScriptedExchange, clock: VirtualClock) -> None:
    order = exchange.place()
    told: Sequence[Report] = [order]
    filled: Sequence[Report] = [order, exchange.fill(order, "1")]
    settled: Item = Heard(account="sim", reports=told)
    assert streaming().may_wait([settled], NOW_MS)
    settled.taken = clock._loop.create_future()
    assert not streaming().may_wait([settled], NOW_MS)
    assert not streaming().may_wait([Heard(account="sim", reports=filled)], NOW_MS)


async def test_a_stream_of_orders_is_taken_in_when_it_pauses(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    names = [f"o{number}" for number in range(FEW + 1)]
    await desk.write_all([desk.intent(name) for name in names], Stream.ORDER_INTENTS)
    await clock.settle()
    assert [desk.witness.status(name) for name in names] == [None] * len(names)
    await clock.advance(3 * LOOK_MS / 1000)
    assert [desk.witness.status(name) for name in names] == ["pending"] * len(names)


async def test_a_stream_of_orders_that_does_not_pause_is_taken_in_all_the_same(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    names = [f"o{number}" for number in range(LONGEST_MS)]
    for number, name in enumerate(names):
        await desk.intend(name)
        await clock.advance(0.002)
        long_ago = names[: max(0, number - (LONGEST_MS + 2 * LOOK_MS) // 2)]
        assert all(desk.witness.status(each) == "pending" for each in long_ago), number
    assert desk.witness.status(names[-1]) is None, "they did wait"


async def test_a_fill_in_a_stream_of_orders_is_told_at_once(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    order = await desk.placed("first")
    await clock.advance(1)
    await desk.write_all([desk.intent(f"o{number}") for number in range(FEW + 1)], Stream.ORDER_INTENTS)
    await clock.settle()
    exchange.fill(order, "1")
    await clock.advance(LOOK_MS / 1000)
    assert desk.witness.status("first") == "filled"
    assert desk.witness.status("o0") == "pending", "what came before it was not passed over"
