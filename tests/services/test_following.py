"""An account as the resolver follows it: reports late, twice and out of order, and a stream that cannot be trusted."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from hedgerow.core.commands import Side
from hedgerow.core.fills import FillKind
from hedgerow.core.records import AmendIntended, CancelIntended
from hedgerow.core.reports import Balance, BalanceReport, Origin, ReportedStatus, Source
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


# --- the opening balance, positions and discrepancies


async def test_what_was_held_before_is_the_opening_balance_and_its_fills_do_not_count_again(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    exchange.fill(exchange.place(amount=Decimal(3)), "2", "50000")
    await clock.advance(1)
    await desk.following()
    await clock.advance(120)
    assert desk.witness.size() == "2"
    assert desk.witness.positions["sim", SYMBOL, "long"].discrepancy is None
    exchange.fill(next(iter(exchange.orders.values())), "1", "56000")
    await clock.settle()
    leg = desk.witness.positions["sim", SYMBOL, "long"]
    assert (leg.amount, leg.entry) == (3, 52_000)
    assert leg.size == 3


async def test_the_opening_balance_is_taken_once(desk: Desk, exchange: ScriptedExchange, clock: VirtualClock) -> None:
    exchange.hold(SYMBOL, Decimal(2), Decimal(50_000))
    resolver = await desk.following()
    await clock.advance(1)
    await resolver.kill()
    exchange.fill(exchange.place(), "1", "56000")  # while nobody looks
    await desk.following()
    await clock.until(lambda: desk.witness.size() == "3", within=3)
    assert len(desk.witness.fills) == 1


async def test_a_fill_while_the_balance_is_opened_is_in_it_or_after_it(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    exchange.read_s["positions"] = 2.0
    await desk.resolver()
    await clock.advance(1)
    exchange.fill(exchange.place(), "1")
    exchange.read_s.clear()
    await clock.advance(60)
    assert desk.witness.size() == "1"
    assert desk.witness.positions["sim", SYMBOL, "long"].discrepancy is None


async def test_a_difference_is_a_discrepancy_only_after_two_settled_reads_and_goes_when_it_is_gone(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    exchange.fill(exchange.place(), "1")
    await clock.advance(31)
    exchange.hold(SYMBOL, Decimal("1.5"))
    await clock.advance(30)
    assert desk.witness.positions["sim", SYMBOL, "long"].discrepancy is None
    await clock.advance(30)
    leg = desk.witness.positions["sim", SYMBOL, "long"]
    assert (leg.discrepancy, leg.amount, leg.size) == (Decimal("0.5"), 1, Decimal("1.5"))
    exchange.hold(SYMBOL, Decimal(1))
    await clock.advance(30)
    leg = desk.witness.positions["sim", SYMBOL, "long"]
    assert (leg.discrepancy, leg.size) == (None, 1)


async def test_a_read_that_a_fill_overtakes_settles_nothing(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    """The stream tells each fill later than the positions show it: there is no discrepancy in that."""
    await desk.following(reconcile=5)
    order = await desk.placed(amount="50")
    exchange.pushes = False
    for _ in range(20):
        await clock.advance(3)
        exchange.tell(exchange.fill(order, "0.5"))
    await clock.advance(20)
    assert desk.witness.size() == "10"
    assert all(moved.position.discrepancy is None for moved in desk.witness.moves)


async def test_a_position_that_only_its_price_moves_is_not_published(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    exchange.fill(exchange.place(), "1")
    await clock.advance(70)
    before = len(desk.witness.moves)
    leg = exchange.positions[SYMBOL, next(iter(exchange.positions))[1]]
    for price in range(60_000, 60_020):
        exchange.push(replace(leg, mark=Decimal(price), updated_ms=exchange.now_ms()))
    await clock.advance(60)
    assert len(desk.witness.moves) == before


async def test_balances_are_kept(desk: Desk, exchange: ScriptedExchange, clock: VirtualClock) -> None:
    await desk.following()
    wallet = Balance("USDT", Decimal(99), Decimal(99), Decimal(99))
    exchange.push(BalanceReport(balances=(wallet,), updated_ms=clock.now_ms() + 1, source=Source.STREAM))
    await clock.advance(1)
    kept = await desk.history.balances("sim")
    assert kept is not None
    assert kept[0] == [wallet]


# --- what no intent explains


async def test_an_order_and_a_fill_of_the_exchanges_own_page_are_adopted(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    order = exchange.place("made-by-hand", side=Side.SELL)
    exchange.fill(order, "1")
    await clock.settle()
    [adopted] = desk.witness.orders.values()
    assert (adopted.origin, adopted.status, adopted.side) == (Origin.EXTERNAL, "filled", "sell")
    assert desk.witness.size() == "-1"


async def test_an_order_with_our_tag_that_no_intent_explains_is_adopted_too(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    exchange.place("hg" + "a" * 26)
    await clock.settle()
    assert [o.origin for o in desk.witness.orders.values()] == [Origin.EXTERNAL]


@pytest.mark.parametrize("kind", [FillKind.LIQUIDATION, FillKind.ADL, FillKind.SETTLEMENT])
async def test_forced_executions_say_where_they_come_from(
    kind: FillKind, desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    exchange.fill(exchange.place(), "1")
    forced = exchange.place(side=Side.SELL, origin=Origin(kind.value))
    exchange.fill(forced, "1", kind=kind)
    await clock.settle()
    found = [o for o in desk.witness.orders.values() if o.side == "sell"]
    assert [o.origin for o in found] == [Origin(kind.value)]
    assert desk.witness.size() == "0"
    assert desk.witness.fills[-1].kind is kind


async def test_attached_children_are_linked_to_their_parent(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    order = await desk.placed(take_profit="66000", stop_loss="57000")
    exchange.fill(order, "1")
    for role, price in (("take_profit", 66_000), ("stop_loss", 57_000)):
        exchange.place(
            side=Side.SELL,
            status=ReportedStatus.UNTRIGGERED,
            trigger_price=Decimal(price),
            reduce_only=True,
            role=role,
            origin=Origin.ATTACHED,
        )
    await clock.settle()
    children = [o for o in desk.witness.orders.values() if o.role is not None]
    assert {child.role for child in children} == {"take_profit", "stop_loss"}
    assert {child.parent_id for child in children} == {"a"}
    assert {child.origin for child in children} == {Origin.ATTACHED}
    exchange.end(exchange.orders[children[0].exchange_order_id])
    await clock.settle()
    assert desk.witness.status(children[0].order_id) == "canceled"


async def test_a_conditional_order_that_triggers_goes_on(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    order = await desk.placed(trigger_price="61000")
    exchange.change(order, status=ReportedStatus.TRIGGERED)
    exchange.change(order, status=ReportedStatus.OPEN)
    exchange.fill(order, "1")
    await clock.settle()
    assert desk.witness.story("a") == ["pending", "accepted", "untriggered", "open", "partially_filled", "filled"] or (
        desk.witness.story("a")[-4:] == ["untriggered", "open", "partially_filled", "filled"]
    )


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
