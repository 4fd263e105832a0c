"""An account as the resolver follows it: reports late, twice and out of order, and a stream that cannot be trusted."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hedgerow.core.records import AmendIntended, CancelIntended
from hedgerow.core.reports import Origin, ReportedStatus
from tests.services.desk import WINDOW_MS, Desk
from tests.services.scripted_exchange import ETH, SYMBOL, ScriptedExchange
from tests.services.virtual_clock import VirtualClock

# --- fills


async def test_a_fill_counts_once_however_often_and_wherever_it_is_told(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    order = await desk.placed()
    fill = exchange.fill(order, "0.4")
    for _ in range(3):
        exchange.push(fill)
    await clock.advance(65)  # REST tells it again, twice a read
    assert [f.fill_id for f in desk.witness.fills] == [desk.witness.fills[0].fill_id]
    assert desk.witness.orders["a"].filled == Decimal("0.4")
    assert desk.witness.size() == "0.4"
    assert desk.witness.positions["sim", SYMBOL, "long"].fees == {"USDT": Decimal("0.1")}


async def test_a_fill_may_come_before_the_answer_and_before_any_report(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    intent = await desk.intend()
    await clock.settle()
    exchange.pushes = False
    exchange.create(intent.terms, "hga")
    fill = exchange.fill(exchange.by_client("hga"), "1")
    exchange.tell(fill)
    await clock.settle()
    assert desk.witness.status("a") == "partially_filled"
    exchange.tell(exchange.by_client("hga"))
    await desk.answer()
    await clock.settle()
    assert desk.witness.story("a") == ["pending", "partially_filled", "filled"]
    assert len(desk.witness.fills) == 1


async def test_a_fill_may_come_before_its_intent_is_read(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    """The report and the intent are both there: the intents are read to their end before anything is adopted."""
    resolver = await desk.following()
    release = resolver.life.hold("order_intents")
    intent = await desk.intend()
    exchange.create(intent.terms, "hga")
    exchange.fill(exchange.by_client("hga"), "1")
    await clock.settle()
    assert desk.witness.status("a") == "filled"
    release()
    await clock.settle()
    assert list(desk.witness.orders) == ["a"]
    assert desk.witness.orders["a"].origin is Origin.DESK


async def test_a_late_fill_counts_after_the_end(desk: Desk, exchange: ScriptedExchange, clock: VirtualClock) -> None:
    await desk.following()
    order = await desk.placed()
    exchange.end(order)
    await clock.settle()
    assert desk.witness.status("a") == "canceled"
    exchange.pushes = False
    fill = exchange.fill(order, "0.3")
    exchange.end(order)
    exchange.tell(fill)
    await clock.settle()
    after = desk.witness.orders["a"]
    assert (after.status, after.filled) == ("canceled", Decimal("0.3"))
    assert desk.witness.size() == "0.3"


async def test_a_report_that_runs_ahead_of_its_fills_has_them_fetched(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following(reconcile=10_000)
    order = await desk.placed()
    exchange.pushes = False
    exchange.fill(order, "1")
    exchange.tell(exchange.by_client("hga"))
    await clock.settle()
    assert (desk.witness.status("a"), desk.witness.size()) == ("filled", "0")
    await clock.until(lambda: desk.witness.size() == "1", within=3)
    assert desk.witness.orders["a"].filled_by_fills == 1


async def test_the_gap_of_an_ended_order_is_closed_after_a_restart(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resolver = await desk.following(reconcile=10_000, gap_patience=3600)
    order = await desk.placed()
    exchange.pushes = False
    exchange.fill(order, "1")
    exchange.tell(exchange.by_client("hga"))
    await clock.advance(1)
    assert desk.witness.orders["a"].filled_by_fills == 0
    await resolver.kill()
    await desk.following()
    await clock.until(lambda: desk.witness.size() == "1", within=5)


async def test_filled_never_falls(desk: Desk, exchange: ScriptedExchange, clock: VirtualClock) -> None:
    await desk.following()
    order = await desk.placed()
    early = exchange.by_client("hga")
    exchange.fill(order, "0.4")
    exchange.fill(order, "0.2")
    exchange.tell(early)
    await clock.settle()
    filled = [each.order.filled for each in desk.witness.updates]
    assert filled == sorted(filled)
    assert desk.witness.orders["a"].filled == Decimal("0.6")


# --- the stream


async def test_what_happened_while_the_stream_was_down_is_read_when_it_is_up_again(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following(reconcile=10_000, unwell=10_000)
    order = await desk.placed()
    exchange.hang_up()
    await clock.settle()
    exchange.fill(order, "1")
    external = exchange.place()
    await clock.advance(30)
    assert desk.witness.status("a") == "open"
    exchange.come_back()
    await clock.settle()
    assert desk.witness.status("a") == "filled"
    assert desk.witness.size() == "1"
    adopted = [o for o in desk.witness.orders.values() if o.exchange_order_id == external.exchange_order_id]
    assert [o.origin for o in adopted] == [Origin.EXTERNAL]


async def test_while_the_stream_is_down_rest_follows_alone(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following(reconcile=10_000)
    order = await desk.placed()
    exchange.hang_up("maintenance")
    await clock.settle()
    exchange.fill(order, "1")
    await clock.until(lambda: desk.witness.status("a") == "filled", within=6)
    await clock.advance(5)
    beat = desk.witness.beat()
    assert beat is not None
    assert not beat.stream_up
    assert beat.reason == "private stream down: maintenance"


async def test_a_silent_stream_is_suspect_and_rest_looks_after_it_at_its_own_pace(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following(reconcile=10_000)
    order = await desk.placed()
    exchange.fall_silent()
    exchange.fill(order, "1")
    await clock.advance(14)
    assert desk.witness.status("a") == "open"
    await clock.advance(2)
    assert desk.witness.status("a") == "filled"
    before = exchange.reads["open_orders"]
    await clock.advance(30)
    assert exchange.reads["open_orders"] - before <= 30 / 5 + 1  # not with every look
    beat = desk.witness.beat()
    assert beat is not None
    assert not beat.stream_up
    assert "silent for" in (beat.reason or "")
    assert beat.heard_ms <= clock.now_ms() - 40_000


async def test_a_stream_that_speaks_again_is_well_again(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    exchange.fall_silent()
    await clock.advance(30)
    exchange.speak_again()
    await clock.advance(10)
    beat = desk.witness.beat()
    assert beat is not None
    assert beat.stream_up
    assert beat.reason is None
    assert beat.heard_ms > clock.now_ms() - 10_000


async def test_the_timer_finds_what_the_stream_lost(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    order = await desk.placed()
    exchange.pushes = False
    exchange.fill(order, "0.5")
    await clock.advance(31)
    assert desk.witness.status("a") == "partially_filled"
    assert desk.witness.size() == "0.5"


async def test_an_order_that_is_missing_from_the_open_ones_is_asked_for(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    order = await desk.placed()
    exchange.pushes = False
    exchange.end(order, ReportedStatus.REJECTED, reason="post only")
    await clock.advance(31)
    assert desk.witness.status("a") == "rejected"


async def test_an_order_that_nothing_shows_is_never_guessed_away(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    await desk.placed()
    exchange.hidden.add("hga")
    await clock.advance(600)
    assert desk.witness.status("a") == "open"


async def test_a_missing_order_that_cannot_be_asked_for_does_not_hold_up_the_rest(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    await desk.placed()
    exchange.pushes = False
    exchange.end(exchange.by_client("hga"))
    exchange.unreadable.add("hga")
    exchange.hold(ETH, Decimal(3))
    await clock.advance(120)
    assert desk.witness.positions["sim", ETH, "long"].exchange_amount == 3
    beat = desk.witness.beat()
    assert beat is not None
    assert "does not read" in (beat.reason or "")


async def test_an_exchange_that_cannot_be_reached_is_tried_again_and_shown(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    exchange.fail("open", 5, "connection refused")
    await desk.resolver()
    await clock.settle()
    beat = desk.witness.beat()
    assert beat is not None
    assert (beat.stream_up, beat.reason) == (False, "connection refused")
    await clock.until(lambda: exchange.opened == 1, within=60)
    await clock.advance(6)
    beat = desk.witness.beat()
    assert beat is not None
    assert (beat.stream_up, beat.reason) == (True, None)


async def test_the_heartbeat_is_journaled_at_an_even_pace(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    before = len(desk.witness.beats())
    await clock.advance(60)
    assert 11 <= len(desk.witness.beats()) - before <= 13


# --- amends and cancels in doubt


@pytest.mark.parametrize("lands", [True, False], ids=["it arrived", "it was lost"])
async def test_an_amend_in_doubt_is_read_back(
    lands: bool, desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following(reconcile=10_000)
    order = await desk.placed()
    exchange.pushes = False
    await desk.ask(AmendIntended, "amend", price=Decimal(59_000))
    if lands:
        exchange.change(order, price=Decimal(59_000))
    await clock.settle()
    assert desk.witness.orders["a"].amend_requested
    await clock.advance(WINDOW_MS / 1000 + 4)
    after = desk.witness.orders["a"]
    assert not after.amend_requested
    assert after.price == (59_000 if lands else 60_000)


@pytest.mark.parametrize("lands", [True, False], ids=["it arrived", "it was lost"])
async def test_a_cancel_in_doubt_is_read_back(
    lands: bool, desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following(reconcile=10_000)
    order = await desk.placed()
    exchange.pushes = False
    await desk.ask(CancelIntended, "cancel")
    await clock.settle()
    assert desk.witness.orders["a"].cancel_requested
    if lands:
        exchange.end(order)
    await clock.advance(WINDOW_MS / 1000 + 4)
    after = desk.witness.orders["a"]
    assert not after.cancel_requested
    assert after.status == ("canceled" if lands else "open")


async def test_a_read_before_the_deadline_does_not_take_the_request_back(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following(reconcile=1)
    await desk.placed()
    await desk.ask(CancelIntended, "cancel")
    await clock.advance(WINDOW_MS / 1000 - 0.5)
    assert desk.witness.orders["a"].cancel_requested


@pytest.mark.parametrize("offset_ms", [-600_000, 600_000])
async def test_the_deadline_of_a_cancel_is_of_the_exchanges_clock(
    offset_ms: int, desk: Desk, clock: VirtualClock
) -> None:
    await desk.account(offset_ms=offset_ms)
    await desk.following(reconcile=1)
    await desk.placed()
    await desk.ask(CancelIntended, "cancel")
    await clock.advance(WINDOW_MS / 1000 - 0.5)
    assert desk.witness.orders["a"].cancel_requested
    await clock.advance(5)
    assert not desk.witness.orders["a"].cancel_requested
