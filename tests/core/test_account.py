from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from hedgerow.core.account import AccountBook
from hedgerow.core.commands import PositionSide, Side
from hedgerow.core.counted_fills import CountedFills
from hedgerow.core.fills import FillKind
from hedgerow.core.limits import Limits, TradingState
from hedgerow.core.orders import Status
from hedgerow.core.records import CancelAllIntended, LimitsIntended, Nothing, TradingStateIntended
from hedgerow.core.reports import Balance, BalanceReport, Origin, ReportedStatus, Source, StreamUp
from tests.core.evidence import (
    ACCOUNT,
    INSTRUMENT,
    KEY,
    SYMBOL,
    D,
    accepted,
    amend,
    booked,
    cancel,
    fill,
    in_doubt,
    intent,
    nothing,
    position,
    report,
    terms,
)

R = ReportedStatus


def book(*orders: str, **more: Any) -> AccountBook:
    made = AccountBook(ACCOUNT, KEY, {SYMBOL: INSTRUMENT}, **more)
    for name in orders:
        made.intent(intent(name), "me", 1_000)
    return made


def status(made: AccountBook, name: str = "a") -> Status:
    order = made.order(name)
    assert order is not None
    return order.status


def test_an_intent_becomes_a_pending_order_of_version_one() -> None:
    changes = book().intent(intent(), "me", 1_000)
    (updated,) = changes.orders
    assert (updated.order.status, updated.order.version, updated.cause.kind) == (Status.PENDING, 1, "intent")


def test_an_intent_repeated_is_void() -> None:
    made = book("a")
    assert not made.intent(intent("a", terms("2")), "me", 2_000)
    assert not made.nothing(nothing("a", Nothing.REPEAT, intent_offset=5), 2_001)
    assert [order.amount for order in made.living()] == [1]


def test_an_answer_read_before_its_intent_waits_for_it() -> None:
    made = book()
    assert not made.answer(accepted(), 900)
    changes = made.intent(intent(), "me", 1_000)
    assert [updated.order.status for updated in changes.orders] == [Status.PENDING, Status.ACCEPTED]
    assert [updated.order.version for updated in changes.orders] == [1, 2]


def test_doubts_are_orders_of_which_nobody_knows() -> None:
    made = book("a", "b", "c")
    made.answer(in_doubt("b"), 2_000)
    made.answer(accepted("c"), 2_000)
    assert [order.order_id for order in made.doubts()] == ["a", "b"]
    assert made.doubt("a", "no answer", 7_000).orders[0].cause.note == "no answer"
    assert made.prove_absent("a", "two reads", 9_000).orders[0].order.status is Status.NOT_PLACED
    assert not made.prove_absent("c", "two reads", 9_000)
    assert not made.doubt("unknown", "", 9_000)
    assert [order.order_id for order in made.doubts()] == ["b"]


def test_a_complete_list_of_open_orders_shows_what_is_missing() -> None:
    made = book("a", "b", "c", "d")
    for name in ("a", "b", "c"):
        made.report(report(name), 2_000, True)
    made.report(report("c", R.CANCELED, ms=3_000), 3_000, True)
    assert [order.order_id for order in made.missing([report("a")], 5_000)] == ["b"]
    assert made.missing([], 1_999) == []


def test_a_gap_between_reports_and_fills_asks_for_executions() -> None:
    made = book("a")
    made.report(report("a", R.FILLED, "1"), 2_000, True)
    assert [order.order_id for order in made.gaps()] == ["a"]
    made.report(fill("a", "t1", "0.4"), 2_001, True)
    assert [order.order_id for order in made.gaps()] == ["a"]
    made.report(fill("a", "t2", "0.6"), 2_001, True)
    assert made.gaps() == []


def test_a_fill_moves_its_order_and_its_position_together() -> None:
    made = book("a")
    changes = made.report(fill("a", "t1", "0.4", fee=D("0.5")), 2_001, True)
    assert [each.sequence for each in changes.fills] == [1]
    assert changes.orders[0].order.last_fill == changes.positions[0].position.last_fill == 1
    assert changes.positions[0].position.fees == {"USDT": D("0.5")}
    assert not made.report(fill("a", "t1", "0.4"), 2_002, True)


def test_a_fill_says_the_gross_pnl_of_what_it_closed() -> None:
    made = book("a")
    made.report(fill("a", "t1", "1", "60000"), 2_000, True)
    changes = made.report(fill("z", "t2", "0.5", "60200", ms=3_000, side=Side.SELL), 3_000, True)
    assert changes.fills[0].realised_pnl == 100


def test_a_position_that_turns_is_told_by_the_side_it_turned_to_first() -> None:
    made = book("a")
    made.report(fill("a", "t1", "1"), 2_000, True)
    changes = made.report(fill("z", "t2", "3", ms=3_000, side=Side.SELL), 3_000, True)
    assert [(each.position.side, each.position.amount) for each in changes.positions] == [("short", 2), ("long", 0)]


def test_the_same_trade_number_on_another_side_or_order_is_another_fill() -> None:
    made = book("a", "b")
    for each in (fill("a", "t1", "0.1"), fill("b", "t1", "0.1"), fill("z", "t1", "0.1", side=Side.SELL)):
        assert made.report(each, 2_000, True).fills
    assert made.last_fill == 3


def test_unknown_orders_wait_until_they_may_be_adopted() -> None:
    made = book()
    assert not made.knows(report("z"))
    assert not made.report(report("z"), 2_000, False)
    assert not made.report(fill("z"), 2_000, False)
    changes = made.report(report("z"), 2_000, True)
    (order,) = (updated.order for updated in changes.orders)
    assert (order.origin, order.status, order.version) == (Origin.EXTERNAL, Status.OPEN, 1)
    assert made.knows(report("z"))
    assert not made.report(report("z"), 2_001, True)


def test_whoever_adopts_an_order_names_it_alike() -> None:
    one, other = book(), book()
    one.report(report("z"), 2_000, True)
    other.report(fill("z"), 2_000, True)
    assert [order.order_id for order in one.living()] == [order.order_id for order in other.living()]


def test_a_tag_like_ours_explains_nothing() -> None:
    made = book()
    made.report(report("z", client_order_id="hg" + "a" * 26), 2_000, True)
    assert made.living()[0].origin is Origin.EXTERNAL


def test_an_id_of_ours_on_the_other_side_is_another_order() -> None:
    made = book("a")
    made.report(report("a", exchange_order_id="other", side=Side.SELL), 2_000, True)
    assert status(made) is Status.PENDING
    assert len(made.living()) == 2
    assert made.find("hga") is made.order("a")


def test_what_ended_before_the_account_was_followed_is_not_adopted() -> None:
    made = book()
    made.opening([position("1", ms=5_000)], 5_000, 5_001)
    assert not made.report(report("y", R.FILLED, "1", ms=4_000), 6_000, True)
    assert not made.report(fill("y", ms=4_000), 6_000, True)
    assert made.report(report("z", R.OPEN, ms=4_000), 6_000, True)
    assert made.report(report("w", R.FILLED, "1", ms=5_500), 6_000, True)


def test_fills_of_before_the_opening_count_into_orders_only() -> None:
    made = book()
    made.opening([position("1", ms=5_000)], 5_000, 5_001)
    made.report(report("z", R.PARTIALLY_FILLED, "0.4", ms=4_000), 6_000, True)
    changes = made.report(fill("z", amount="0.4", ms=4_000), 6_000, True)
    assert changes.orders[0].order.filled_by_fills == D("0.4")
    assert [leg.amount for leg in made.positions()] == [1]
    assert made.positions()[0].last_fill == 1
    assert made.since_ms == 5_000


def test_a_second_opening_begins_anew() -> None:
    made = book()
    made.opening([position("1", ms=5_000)], 5_000, 5_001)
    changes = made.opening([position("-2", ms=6_000)], 6_000, 6_001)
    assert {each.position.side: each.position.amount for each in changes.positions} == {"long": 0, "short": 2}


def test_a_liquidation_is_adopted_with_its_origin() -> None:
    made = book()
    made.report(fill("z", kind=FillKind.LIQUIDATION, side=Side.SELL), 2_000, True)
    assert made.living()[0].origin is Origin.LIQUIDATION


def test_a_child_is_linked_to_the_order_that_carried_it() -> None:
    made = book()
    made.intent(intent("a", terms(stop_loss=D(50000), take_profit=D(70000))), "me", 1_000)
    made.report(report("a", R.FILLED, "1", stop_loss=D(50000), take_profit=D(70000)), 2_000, True)
    child = {"side": Side.SELL, "origin": Origin.ATTACHED, "client_order_id": "", "reduce_only": True}
    stop = report("s", R.UNTRIGGERED, role="stop_loss", trigger_price=D(50000), **child)
    profit = report("p", R.UNTRIGGERED, role="take_profit", trigger_price=D(70000), **child)
    other = report("o", R.UNTRIGGERED, role="stop_loss", trigger_price=D(49000), **child)
    for each, parent in ((stop, "a"), (profit, "a"), (other, None)):
        (updated,) = made.report(each, 2_001, True).orders
        assert updated.order.parent_id == parent
        assert updated.order.origin is Origin.ATTACHED


def test_commands_about_an_order_flag_it() -> None:
    made = book("a")
    made.report(report(), 2_000, True)
    assert made.intent(amend("m", amount=D(2)), "me", 2_001).orders[0].order.amend_requested
    assert made.intent(cancel("c"), "me", 2_001).orders[0].order.cancel_requested
    (updated,) = made.nothing(nothing("c", order_id="a"), 2_002).orders
    assert (updated.order.amend_requested, updated.order.cancel_requested) == (True, False)
    assert not made.intent(cancel("d", "unknown"), "me", 2_003)


def test_rules_follow_the_log_and_repeats_do_not() -> None:
    made = book()
    given: dict[str, Any] = {"body_hash": "", "timestamp_ms": 0, "deadline_ms": 0}
    tight = LimitsIntended(command_id="l1", limits=Limits(open_orders=1), **given)
    made.intent(tight, "me", 1)
    made.intent(LimitsIntended(command_id="l2", limits=Limits(open_orders=2), **given), "me", 2)
    made.intent(TradingStateIntended(command_id="t", state=TradingState.HALTED, **given), "me", 3)
    made.intent(tight, "me", 4)
    assert (made.rules.limits.open_orders, made.rules.state) == (2, TradingState.HALTED)


def test_a_difference_that_two_settled_reads_show_is_a_discrepancy() -> None:
    made = book("a")
    made.report(fill("a", "t1", "1"), 2_000, True)
    wrong = [position("3", ms=3_000)]
    assert all(each.position.discrepancy is None for each in made.settled_read(wrong, 3_000).positions)
    (updated,) = made.settled_read(wrong, 4_000).positions
    assert (updated.position.discrepancy, updated.position.amount, updated.position.size) == (2, 1, 3)
    assert not made.settled_read(wrong, 5_000)
    (cleared,) = made.settled_read([position("1", ms=6_000)], 6_000).positions
    assert cleared.position.discrepancy is None


def test_a_fill_between_two_reads_starts_the_count_again() -> None:
    made = book("a")
    wrong = [position("3", ms=3_000)]
    made.settled_read(wrong, 3_000)
    made.report(fill("a", "t1", "0.4"), 3_500, True)
    made.settled_read(wrong, 4_000)
    assert all(leg.discrepancy is None for leg in made.positions())
    made.settled_read(wrong, 5_000)
    assert [leg.discrepancy for leg in made.positions()] == [D("2.6")]


def test_a_leg_that_a_complete_read_does_not_hold_is_flat() -> None:
    made = book()
    made.opening([position("1", ms=2_000)], 2_000, 2_000)
    (updated,) = made.settled_read([], 3_000).positions
    assert (updated.position.exchange_amount, updated.position.size) == (0, 0)
    made.settled_read([], 4_000)
    assert made.positions()[0].discrepancy == -1


def test_in_one_way_mode_one_side_speaks_for_the_other() -> None:
    made = book()
    made.opening([position("1", ms=2_000)], 2_000, 2_000)
    changes = made.report(position("-2", ms=3_000), 3_000, True)
    sizes = {each.position.side: each.position.exchange_amount for each in changes.positions}
    assert sizes == {PositionSide.LONG: 0, PositionSide.SHORT: 2}
    flat = made.report(position("0", ms=4_000), 4_000, True)
    assert [each.position.size for each in flat.positions] == [0]


def test_hedged_legs_speak_for_themselves() -> None:
    made = book()
    both = [position("1", hedged=True), position("-2", hedged=True)]
    made.opening(both, 2_000, 2_000)
    changes = made.report(position("3", ms=3_000, hedged=True), 3_000, True)
    assert [each.position.side for each in changes.positions] == [PositionSide.LONG]


def _balances(ms: int, wallet: str, equity: str, currency: str = "USDT") -> BalanceReport:
    return BalanceReport(
        balances=(Balance(currency, D(wallet), D(equity), D(equity)),), updated_ms=ms, source=Source.STREAM
    )


def test_balances_are_told_when_the_wallet_changes_not_the_price() -> None:
    made = book()
    assert made.report(_balances(1, "10", "10"), 1, True).balances is not None
    assert not made.report(_balances(2, "10", "11"), 2, True)
    assert not made.report(_balances(0, "9", "9"), 2, True)
    changes = made.report(_balances(3, "5", "5", "BTC"), 3, True)
    assert changes.balances is not None
    assert [balance.currency for balance in changes.balances.balances] == ["USDT", "BTC"]


def test_the_state_of_the_stream_changes_nothing() -> None:
    assert not book().report(StreamUp(1), 1, True)


def test_ended_orders_are_let_go_but_those_with_a_gap() -> None:
    made = book("a", "b", "c", "d", keep_ended=2)
    made.report(report("a", R.FILLED, "1"), 2_000, True)
    for name in ("b", "c", "d"):
        made.report(fill(name, f"t{name}", "0.5"), 2_000, True)
        made.report(report(name, R.CANCELED, "0.5", ms=3_000), 3_000, True)
    assert made.order("a") is not None
    assert made.order("b") is None
    assert made.find("hgb") is None
    assert not made.knows(report("b"))
    assert made.find("hgd") is not None


def test_history_is_asked_where_memory_does_not_reach() -> None:
    known = replace(_ended_order(), status=Status.OPEN)
    made = AccountBook(ACCOUNT, KEY, orders=[known], last_fill=7)
    asked = made.must_ask(fill("a", "t1"))
    assert asked is not None
    assert made.must_ask(fill("z", "t1")) is not None
    made.learn_fills([asked])
    assert made.must_ask(fill("a", "t1")) is None
    assert not made.report(fill("a", "t1"), 2_000, True)
    assert made.report(fill("a", "t2"), 2_000, True).fills[0].sequence == 8
    followed = book("b")
    assert followed.must_ask(fill("b", "t1")) is None


def _ended_order() -> Any:
    made = book("a")
    made.report(report("a", R.CANCELED), 2_000, True)
    return made.order("a")


def test_a_fill_of_an_order_that_no_start_state_holds_is_named() -> None:
    made = book()
    made.fold_fill(booked(1, order="gone"))
    assert made.lacking() == ["gone"]
    made.fold_order(replace(_ended_order(), order_id="gone"))
    changes = made.finish(9_000)
    assert changes.orders[0].order.filled_by_fills == Decimal(1)
    assert made.lacking() == []


def test_a_symbols_ids_are_its_own() -> None:
    made = book()
    made.report(report("z", client_order_id=""), 2_000, True)
    made.report(report("z", client_order_id="", symbol="ETH/USDT:USDT"), 2_000, True)
    assert len(made.living()) == 2
    assert made.find(exchange_order_id="xz", symbol="ETH/USDT:USDT") is not None


def test_a_crash_after_the_fill_that_adopted_an_order_makes_the_order_again() -> None:
    made, again = book(), book()
    changes = made.report(fill("z"), 2_000, True)
    again.fold_fill(changes.fills[0])
    finished = again.finish(9_000)
    assert [updated.order for updated in finished.orders] == [updated.order for updated in changes.orders]
    assert again.positions() == made.positions()


def test_commands_about_no_order_change_none() -> None:
    made = book("a")
    body = CancelAllIntended(command_id="all", body_hash="", timestamp_ms=0, deadline_ms=0)
    assert not made.intent(body, "me", 2_000)
    assert not made.answer(accepted("unknown"), 2_000)


def test_the_newest_fills_learned_from_history_are_kept() -> None:
    counted = CountedFills(keep_learned=2)
    counted.learn(["f1", "f2", "f3"])
    assert ["f1" in counted, "f2" in counted, "f3" in counted] == [False, True, True]


def test_a_stop_is_not_linked_to_orders_of_its_own_side_or_kind() -> None:
    made = book()
    made.intent(intent("a", terms(side=Side.SELL, price="40000", stop_loss=D(50000))), "me", 1_000)
    child = report("s", R.UNTRIGGERED, role="stop_loss", trigger_price=D(50000), side=Side.SELL, origin=Origin.ATTACHED)
    assert made.report(child, 2_000, True).orders[0].order.parent_id is None
