"""Doubts are settled by evidence only: what is there is found, and what is not there is proven away."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from msgspec.structs import replace

from hedgerow.core.records import Outcome
from hedgerow.core.reports import OrderReport, ReportedStatus
from tests.services.desk import WINDOW_MS, Desk
from tests.services.scripted_exchange import ScriptedExchange
from tests.services.virtual_clock import VirtualClock

MARGIN_S = 2.0  # the resolver's default


async def in_doubt(desk: Desk, name: str = "a") -> None:
    await desk.intend(name)
    await desk.answer(name, outcome=Outcome.IN_DOUBT)
    await desk.clock.until(lambda: desk.witness.status(name) == "in_doubt")


async def test_an_intent_without_outcome_is_in_doubt_once_its_deadline_has_passed(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    await desk.intend()
    await clock.advance(WINDOW_MS / 1000 - 0.1)
    assert desk.witness.status("a") == "pending"
    await clock.advance(1)
    assert desk.witness.status("a") == "in_doubt"
    assert exchange.arrived["hga"] == 0  # a resolver sends nothing


async def test_the_deadline_is_of_the_exchanges_clock(desk: Desk, clock: VirtualClock) -> None:
    exchange = await desk.account(offset_ms=-600_000)
    await desk.following()
    await desk.intend()
    await clock.advance(WINDOW_MS / 1000 - 0.1)
    assert desk.witness.status("a") == "pending"
    exchange.offset_ms += 2_000  # it goes faster than ours
    await clock.advance(1)
    assert desk.witness.status("a") == "in_doubt"


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        (ReportedStatus.OPEN, "open"),
        (ReportedStatus.UNTRIGGERED, "untriggered"),
        (ReportedStatus.TRIGGERED, "open"),
        (ReportedStatus.CANCELED, "canceled"),
        (ReportedStatus.EXPIRED, "expired"),
        (ReportedStatus.REJECTED, "rejected"),
    ],
)
async def test_whatever_the_exchange_has_under_our_id_settles_it(
    status: ReportedStatus, shown: str, desk: Desk, exchange: ScriptedExchange
) -> None:
    exchange.pushes = False
    await desk.following()
    await in_doubt(desk)
    exchange.place("hga", status=status, trigger_price=Decimal(61_000))
    await desk.clock.until(lambda: desk.witness.status("a") == shown, within=3)
    assert desk.witness.orders["a"].exchange_order_id == exchange.by_client("hga").exchange_order_id


async def test_executions_alone_settle_it(desk: Desk, exchange: ScriptedExchange) -> None:
    """The order is not in the lists yet; its fills are."""
    exchange.pushes = False
    await desk.following()
    await in_doubt(desk)
    fill = exchange.fill(exchange.place("hga"), "1")
    del exchange.orders[fill.exchange_order_id]
    exchange.tell(fill)
    await desk.clock.until(lambda: desk.witness.status("a") == "partially_filled", within=3)
    assert desk.witness.orders["a"].filled == 1
    assert desk.witness.size() == "1"


async def test_the_stream_may_settle_it_at_any_time(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    exchange.incomplete = 1_000_000
    exchange.hidden.add("hga")
    await desk.following()
    await in_doubt(desk)
    await clock.advance(300)
    assert desk.witness.status("a") == "in_doubt"
    exchange.place("hga")
    await clock.settle()
    assert desk.witness.status("a") == "open"


async def test_an_order_of_the_same_terms_is_not_ours(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    await in_doubt(desk)
    exchange.place("somebody-elses")
    await clock.advance(20)
    assert desk.witness.status("a") == "not_placed"


async def test_absence_takes_the_deadline_the_margin_and_two_complete_reads(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    started_ms = clock.now_ms()
    await in_doubt(desk)
    await clock.advance((started_ms + WINDOW_MS - clock.now_ms()) / 1000 + MARGIN_S - 0.01)
    assert exchange.reads["find_order"] >= 2  # they are no proof: the request might still arrive
    assert desk.witness.status("a") == "in_doubt"
    before = exchange.reads["find_order"]
    await clock.until(lambda: desk.witness.status("a") == "not_placed", within=5)
    assert exchange.reads["find_order"] == before + 2
    order = desk.witness.orders["a"]
    assert order.ended
    assert order.refusal is not None
    assert order.refusal.code == "absent_at_exchange"


async def test_an_incomplete_read_does_not_count(desk: Desk, exchange: ScriptedExchange, clock: VirtualClock) -> None:
    await desk.following()
    await in_doubt(desk)
    exchange.incomplete = 1_000_000
    await clock.advance(120)
    assert desk.witness.status("a") == "in_doubt"
    exchange.incomplete = 0
    before = exchange.reads["find_order"]
    await clock.until(lambda: desk.witness.status("a") == "not_placed", within=5)
    assert exchange.reads["find_order"] == before + 2


async def test_a_read_that_fails_does_not_count(desk: Desk, exchange: ScriptedExchange, clock: VirtualClock) -> None:
    await desk.following()
    await in_doubt(desk)
    exchange.fail("find_order", 60)
    await clock.advance(20)
    assert desk.witness.status("a") == "in_doubt"
    exchange.recover()
    await clock.until(lambda: desk.witness.status("a") == "not_placed", within=5)


async def test_an_exchange_that_cannot_prove_absence_leaves_it_in_doubt(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    exchange.capabilities = replace(exchange.capabilities, proves_absence=False)
    await desk.following()
    await in_doubt(desk)
    await clock.advance(300)
    assert desk.witness.status("a") == "in_doubt"


async def test_a_doubt_at_an_exchange_whose_clock_is_far_behind_ours_is_looked_for_far_enough_back(
    desk: Desk, clock: VirtualClock
) -> None:
    """Our machine's clock is ten minutes ahead; the order was filled and is in history only."""
    exchange = await desk.account(offset_ms=-600_000)
    exchange.pushes = False
    await desk.following(reconcile=10_000)
    await in_doubt(desk)
    order = exchange.place("hga")
    exchange.end(order)
    await clock.advance(30)
    assert desk.witness.story("a")[-1] == "canceled"
    assert "not_placed" not in desk.witness.story("a")


async def test_one_search_that_fails_does_not_hold_up_the_others(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    await in_doubt(desk, "a")
    await in_doubt(desk, "b")
    exchange.unreadable.add("hga")
    await clock.until(lambda: desk.witness.status("b") == "not_placed", within=30)
    assert desk.witness.status("a") == "in_doubt"


LATE: list[tuple[str, Callable[[ScriptedExchange], OrderReport]]] = [
    ("open", lambda exchange: exchange.place("hga")),
    ("canceled", lambda exchange: exchange.place("hga", status=ReportedStatus.CANCELED)),
    ("untriggered", lambda exchange: exchange.place("hga", status=ReportedStatus.UNTRIGGERED)),
]


@pytest.mark.parametrize(("status", "appear"), LATE, ids=[status for status, _ in LATE])
@pytest.mark.parametrize("pushes", [True, False], ids=["stream", "rest"])
async def test_later_evidence_reopens_what_was_not_placed(
    pushes: bool,
    status: str,
    appear: Callable[[ScriptedExchange], OrderReport],
    desk: Desk,
    exchange: ScriptedExchange,
    clock: VirtualClock,
) -> None:
    exchange.pushes = pushes
    await desk.following()
    await in_doubt(desk)
    await clock.until(lambda: desk.witness.status("a") == "not_placed")
    appear(exchange)
    if pushes or status != "canceled":  # what has ended is in no list of open orders
        await clock.until(lambda: desk.witness.status("a") == status, within=40)
        assert desk.witness.orders["a"].refusal is None


async def test_a_fill_reopens_what_was_not_placed(desk: Desk, exchange: ScriptedExchange, clock: VirtualClock) -> None:
    exchange.pushes = False
    await desk.following()
    await in_doubt(desk)
    await clock.until(lambda: desk.witness.status("a") == "not_placed")
    exchange.fill(exchange.place("hga"), "1")
    await clock.until(lambda: desk.witness.status("a") == "filled", within=40)
    assert desk.witness.size() == "1"


async def test_after_a_restart_late_evidence_still_finds_its_order(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resolver = await desk.following()
    await in_doubt(desk)
    await clock.until(lambda: desk.witness.status("a") == "not_placed")
    await clock.advance(1)
    await resolver.kill()
    await desk.following()
    exchange.place("hga")
    await clock.until(lambda: desk.witness.status("a") == "open", within=5)
    assert list(desk.witness.orders) == ["a"]


async def test_a_restart_counts_its_own_reads(desk: Desk, exchange: ScriptedExchange, clock: VirtualClock) -> None:
    """One negative read before the restart and one after it are not two of one life; both are asked for again."""
    resolver = await desk.following()
    await in_doubt(desk)
    exchange.incomplete = 1_000_000
    await clock.advance(WINDOW_MS / 1000 + MARGIN_S)
    exchange.incomplete = 0
    before = exchange.reads["find_order"]
    await clock.until(lambda: exchange.reads["find_order"] == before + 1)
    await resolver.kill()
    await desk.following()
    await clock.until(lambda: desk.witness.status("a") == "not_placed", within=10)
    assert exchange.reads["find_order"] >= before + 3


async def test_a_doubt_outlives_the_resolver_that_had_it(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resolver = await desk.following()
    await desk.intend()
    await clock.settle()
    await resolver.kill()
    exchange.pushes = False
    exchange.place("hga")  # it arrived, and its answer was lost with the desk
    await clock.advance(60)
    await desk.following()
    await clock.until(lambda: desk.witness.status("a") == "open", within=5)
    assert exchange.arrived["hga"] == 0


async def test_a_pending_order_that_shows_itself_is_never_in_doubt(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    await desk.intend()
    exchange.place("hga")
    await clock.advance(20)
    assert desk.witness.story("a") == ["pending", "open"]


async def test_what_settled_its_doubt_is_not_looked_for_any_more(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    await in_doubt(desk)
    exchange.place("hga")
    await clock.advance(5)
    before = exchange.reads["find_order"]
    await clock.advance(60)
    assert exchange.reads["find_order"] == before
