"""Positions as they are followed: the opening balance, discrepancies, and what no intent explains."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from hedgerow.core.commands import Side
from hedgerow.core.fills import FillKind
from hedgerow.core.reports import Balance, BalanceReport, Origin, ReportedStatus, Source
from tests.services.desk import Desk
from tests.services.scripted_exchange import SYMBOL, ScriptedExchange
from tests.services.virtual_clock import VirtualClock


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


async def test_a_size_that_was_read_before_a_fill_is_not_shown_after_it(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    exchange.hold(SYMBOL, Decimal(1), Decimal(50_000))
    await desk.following(reconcile=5)
    order = await desk.placed()
    exchange.pushes = False
    exchange.read_s["positions"] = 1.0
    before = exchange.reads["positions"]
    await clock.until(lambda: exchange.reads["positions"] > before)
    await clock.advance(0.5)
    exchange.tell(exchange.fill(order, "1"))
    await clock.advance(20)
    leg = desk.witness.positions["sim", SYMBOL, "long"]
    assert (leg.amount, leg.exchange_amount) == (2, 2)
    after = [moved.position for moved in desk.witness.moves if moved.position.amount == 2]
    assert all(position.size == 2 for position in after)


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
