from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from hedgerow.core.account import AccountBook
from hedgerow.core.admission import Exposure
from hedgerow.core.commands import OrderTerms, PositionSide, Side
from hedgerow.core.limits import AccountRules, Limits, TradingState
from hedgerow.core.orders import Order, Status
from hedgerow.core.positions import Position
from hedgerow.core.records import LeverageIntended, LimitsIntended, Nothing, TradingStateIntended
from hedgerow.core.refusals import Code, Refusal
from hedgerow.core.reports import ReportedStatus
from tests.core.evidence import (
    ACCOUNT,
    INSTRUMENT,
    KEY,
    SYMBOL,
    D,
    amend,
    fill,
    intent,
    nothing,
    report,
    terms,
)

BASE: dict[str, Any] = {"body_hash": "", "timestamp_ms": 0, "deadline_ms": 0}
BUY, SELL = Side.BUY, Side.SELL
R = ReportedStatus


def rules(state: TradingState = TradingState.ACTIVE, **limits: Any) -> AccountRules:
    wide: dict[str, Any] = {"order_notional": None, "position_notional": None, "open_orders": None}
    return AccountRules(Limits(**(wide | limits)), state)


def exposure(**limits: Any) -> Exposure:
    return Exposure({SYMBOL: INSTRUMENT}, rules(**limits))


def ask(made: Exposure, offset: int, name: str, asked: OrderTerms) -> Code | None:
    made.on_intent(offset, "me", intent(name, asked))
    return code(made.judge(offset))


def code(refusal: Refusal | None) -> Code | None:
    return None if refusal is None else refusal.code


def leg(amount: str, side: PositionSide = PositionSide.LONG, **more: Any) -> Position:
    facts: dict[str, Any] = {"version": 1, "updated_ms": 1} | more
    return Position(account=ACCOUNT, symbol=SYMBOL, side=side, amount=D(amount), **facts)


def order(name: str, status: Status, amount: str = "1", side: Side = BUY, **more: Any) -> Order:
    made = AccountBook(ACCOUNT, KEY)
    made.intent(intent(name, terms(amount, side=side)), "me", 1)
    known = made.order(name)
    assert known is not None
    return replace(known, status=status, **({"version": 2} | more))


def test_orders_of_one_side_add_up_against_the_limit() -> None:
    made = exposure(position_notional=D(120_000))
    assert ask(made, 0, "a", terms("1")) is None
    assert ask(made, 1, "b", terms("1", side=SELL)) is None
    assert ask(made, 2, "c", terms("1")) is None
    assert ask(made, 3, "d", terms("0.001")) is Code.POSITION_NOTIONAL_LIMIT
    assert ask(made, 4, "e", terms("1", side=SELL)) is None


def test_later_intents_do_not_count_against_an_earlier_one() -> None:
    made = exposure(position_notional=D(60_000), open_orders=1)
    made.on_intent(0, "me", intent("a", terms("1")))
    made.on_intent(1, "me", intent("b", terms("1")))
    assert made.judge(0) is None
    assert code(made.judge(1)) is Code.OPEN_ORDERS_LIMIT


def test_the_position_counts_with_its_side() -> None:
    made = exposure(position_notional=D(120_000))
    made.on_position(leg("1.5"))
    assert ask(made, 0, "a", terms("1")) is Code.POSITION_NOTIONAL_LIMIT
    made = exposure(position_notional=D(120_000))
    made.on_position(leg("1.5", PositionSide.SHORT))
    assert ask(made, 0, "b", terms("0.5", side=SELL)) is None
    assert ask(made, 1, "c", terms("0.1", side=SELL)) is Code.POSITION_NOTIONAL_LIMIT


def test_a_position_against_the_order_gives_no_room_that_a_reduce_only_order_could_take_away() -> None:
    made = exposure(position_notional=D(60_000))
    made.on_position(leg("5"))
    assert ask(made, 0, "a", terms("5", side=SELL, reduce_only=True)) is None
    assert ask(made, 1, "b", terms("1", side=SELL)) is None
    assert ask(made, 2, "c", terms("0.1", side=SELL)) is Code.POSITION_NOTIONAL_LIMIT


def test_a_discrepancy_counts_on_the_side_where_it_is_worse() -> None:
    made = exposure(position_notional=D(120_000))
    made.on_position(leg("1", discrepancy=D("0.8")))
    assert ask(made, 0, "a", terms("0.5")) is Code.POSITION_NOTIONAL_LIMIT
    made = exposure(position_notional=D(120_000))
    made.on_position(leg("1", discrepancy=D("-1")))
    assert ask(made, 0, "a", terms("1.1")) is Code.POSITION_NOTIONAL_LIMIT


@pytest.mark.parametrize("ending", [Status.DENIED, Status.REJECTED, Status.NOT_PLACED])
def test_an_order_that_came_to_nothing_frees_its_room_at_once(ending: Status) -> None:
    made = exposure(position_notional=D(60_000))
    assert ask(made, 0, "a", terms("1")) is None
    made.on_order(order("a", ending))
    assert ask(made, 1, "b", terms("1")) is None


def test_so_does_the_managers_own_word() -> None:
    made = exposure(position_notional=D(60_000), open_orders=1)
    assert ask(made, 0, "a", terms("1")) is None
    made.on_intent(1, "me", nothing("a", Nothing.DENIED))
    assert ask(made, 2, "b", terms("1")) is None


def test_an_order_in_doubt_keeps_its_room() -> None:
    made = exposure(position_notional=D(60_000), open_orders=1)
    ask(made, 0, "a", terms("1"))
    made.on_order(order("a", Status.IN_DOUBT))
    assert ask(made, 1, "b", terms("0.1")) is Code.OPEN_ORDERS_LIMIT


def test_a_filled_order_counts_until_the_position_contains_its_fills() -> None:
    made = exposure(position_notional=D(60_000))
    ask(made, 0, "a", terms("1"))
    done = {"filled": D(1), "filled_by_fills": D(1), "last_fill": 7}
    made.on_order(order("a", Status.FILLED, **done))
    assert ask(made, 1, "b", terms("0.1")) is Code.POSITION_NOTIONAL_LIMIT
    made.on_intent(2, "me", nothing("b", Nothing.DENIED))
    made.on_position(leg("0.4", last_fill=6))
    assert ask(made, 3, "c", terms("0.1")) is Code.POSITION_NOTIONAL_LIMIT
    made.on_intent(4, "me", nothing("c", Nothing.DENIED))
    made.on_position(leg("0", version=2, last_fill=7))
    assert ask(made, 5, "d", terms("1")) is None


def test_a_position_read_before_its_order_counts_both_until_the_order_is_read() -> None:
    made = exposure(position_notional=D(60_000))
    ask(made, 0, "a", terms("0.5"))
    made.on_position(leg("0.5", last_fill=1))
    assert ask(made, 1, "b", terms("0.5")) is Code.POSITION_NOTIONAL_LIMIT
    made.on_intent(2, "me", nothing("b", Nothing.DENIED))
    made.on_order(order("a", Status.FILLED, "0.5", filled=D("0.5"), filled_by_fills=D("0.5"), last_fill=1))
    assert ask(made, 3, "c", terms("0.5")) is None


def test_a_canceled_order_whose_fills_are_missing_keeps_what_was_filled() -> None:
    made = exposure(position_notional=D(60_000))
    ask(made, 0, "a", terms("1"))
    made.on_order(order("a", Status.CANCELED, filled=D("0.4")))
    assert ask(made, 1, "b", terms("0.7")) is Code.POSITION_NOTIONAL_LIMIT
    made.on_intent(2, "me", nothing("b", Nothing.DENIED))
    assert ask(made, 3, "c", terms("0.6")) is None


def test_a_turned_position_read_one_side_at_a_time_is_never_flat() -> None:
    made = exposure(position_notional=D(60_000))
    made.on_position(leg("1", last_fill=1))
    made.on_position(leg("1", PositionSide.SHORT, last_fill=2))
    assert ask(made, 0, "a", terms("0.1", side=SELL)) is Code.POSITION_NOTIONAL_LIMIT
    made.on_position(leg("0", last_fill=2, version=2))
    assert ask(made, 1, "b", terms("0.1", side=SELL)) is Code.POSITION_NOTIONAL_LIMIT


def test_reduce_only_orders_add_nothing_and_always_pass() -> None:
    made = exposure(position_notional=D(60_000), order_notional=D(1_000), open_orders=0)
    made.on_position(leg("1"))
    assert ask(made, 0, "a", terms("1", side=SELL, reduce_only=True)) is None
    assert ask(made, 1, "b", terms("0.01", side=SELL)) is Code.OPEN_ORDERS_LIMIT


def test_an_order_from_elsewhere_counts_once_it_is_read() -> None:
    made = exposure(position_notional=D(60_000))
    made.on_order(order("stranger", Status.OPEN))
    assert ask(made, 0, "a", terms("0.1")) is Code.POSITION_NOTIONAL_LIMIT


def test_an_order_whose_end_was_read_before_its_intent_is_not_waited_for() -> None:
    made = exposure(position_notional=D(60_000))
    made.on_order(order("a", Status.CANCELED))
    made.on_intent(0, "me", intent("a", terms("1")))
    assert ask(made, 1, "b", terms("1")) is None


def test_a_repeat_is_named_and_counts_nothing() -> None:
    made = exposure(position_notional=D(60_000))
    ask(made, 3, "a", terms("1"))
    made.on_intent(5, "me", intent("a", terms("1")))
    assert (made.repeat_of(3), made.repeat_of(5)) == (None, 3)
    made.on_intent(6, "me", nothing("a", Nothing.REPEAT, intent_offset=5))
    assert ask(made, 7, "b", terms("0.1")) is Code.POSITION_NOTIONAL_LIMIT


def test_an_intent_that_was_denied_when_written_counts_nothing() -> None:
    made = exposure(position_notional=D(60_000))
    made.on_intent(0, "me", intent("a", terms("1"), denied=Refusal(Code.PRICE_COLLAR, "no")))
    assert ask(made, 1, "b", terms("1")) is None


def test_an_amend_is_judged_with_its_new_size() -> None:
    made = exposure(position_notional=D(60_000))
    ask(made, 0, "a", terms("0.5"))
    made.on_intent(1, "me", amend("m", amount=D("1.1"), notional=D(66_000)))
    assert code(made.judge(1)) is Code.POSITION_NOTIONAL_LIMIT
    made.on_intent(2, "me", nothing("m", Nothing.DENIED, order_id="a"))
    made.on_intent(3, "me", amend("n", amount=D(1), notional=D(60_000)))
    assert made.judge(3) is None
    assert ask(made, 4, "b", terms("0.1")) is Code.POSITION_NOTIONAL_LIMIT


def test_an_amend_counts_with_the_larger_size_until_it_shows() -> None:
    made = exposure(position_notional=D(60_000))
    ask(made, 0, "a", terms("1"))
    made.on_intent(1, "me", amend("m", amount=D("0.4"), notional=D(24_000)))
    assert made.judge(1) is None
    assert ask(made, 2, "b", terms("0.6")) is Code.POSITION_NOTIONAL_LIMIT
    made.on_intent(3, "me", nothing("b", Nothing.DENIED))
    made.on_order(order("a", Status.OPEN, "0.4"))
    assert ask(made, 4, "c", terms("0.6")) is None


def test_an_amend_that_was_passed_by_its_deadline_is_let_go() -> None:
    made = exposure(position_notional=D(60_000))
    ask(made, 0, "a", terms("0.5"))
    made.on_intent(1, "me", amend("m", amount=D(1), notional=D(60_000)))
    made.on_order(order("a", Status.OPEN, "0.5", exchange_updated_ms=7_000))
    assert ask(made, 2, "b", terms("0.5")) is Code.POSITION_NOTIONAL_LIMIT
    made.on_intent(3, "me", nothing("b", Nothing.DENIED))
    made.on_order(order("a", Status.OPEN, "0.5", exchange_updated_ms=7_001, version=3))
    assert ask(made, 4, "c", terms("0.5")) is None


def test_of_two_amends_on_their_way_one_shown_leaves_the_other() -> None:
    made = exposure(position_notional=D(60_000))
    ask(made, 0, "a", terms("0.5"))
    made.on_intent(1, "me", amend("m", amount=D(1), notional=D(60_000)))
    made.on_intent(2, "me", amend("n", amount=D("0.5"), notional=D(30_000)))
    made.on_order(order("a", Status.OPEN, "0.5"))
    assert ask(made, 3, "b", terms("0.1")) is Code.POSITION_NOTIONAL_LIMIT


def test_a_later_amend_does_not_count_against_an_earlier_order() -> None:
    made = exposure(position_notional=D(60_000))
    made.on_intent(0, "me", intent("a", terms("0.5")))
    made.on_intent(1, "me", intent("b", terms("0.5")))
    made.on_intent(2, "me", amend("m", amount=D("0.8"), notional=D(48_000)))
    assert made.judge(1) is None
    assert code(made.judge(2)) is Code.POSITION_NOTIONAL_LIMIT


def test_an_amend_of_an_order_that_has_ended_is_refused() -> None:
    made = exposure()
    ask(made, 0, "a", terms("1"))
    made.on_order(order("a", Status.CANCELED))
    made.on_intent(1, "me", amend("m", amount=D(2), notional=D(120_000)))
    assert code(made.judge(1)) is Code.ORDER_ENDED


def test_rules_hold_from_their_place_in_the_log() -> None:
    made = exposure()
    made.on_intent(0, "me", intent("a", terms("1")))
    made.on_intent(1, "me", TradingStateIntended(command_id="t", state=TradingState.HALTED, **BASE))
    made.on_intent(2, "me", intent("b", terms("1")))
    made.on_intent(3, "me", TradingStateIntended(command_id="u", state=TradingState.REDUCING, **BASE))
    made.on_intent(4, "me", LimitsIntended(command_id="l", limits=Limits(order_notional=D(1)), **BASE))
    made.on_intent(5, "me", intent("c", terms("1")))
    assert made.judge(0) is None
    assert code(made.judge(2)) is Code.HALTED
    assert code(made.judge(5)) is Code.REDUCING_ONLY
    assert made.rules == AccountRules(Limits(order_notional=D(1)), TradingState.REDUCING)


def test_a_tighter_limit_written_between_check_and_intent_binds() -> None:
    made = exposure()
    made.on_intent(0, "me", LimitsIntended(command_id="l", limits=Limits(order_notional=D(1_000)), **BASE))
    assert ask(made, 1, "a", terms("1")) is Code.ORDER_NOTIONAL_LIMIT


@pytest.mark.parametrize("state", [TradingState.REDUCING, TradingState.HALTED])
def test_when_not_active_only_what_makes_smaller_passes(state: TradingState) -> None:
    made = exposure()
    ask(made, 0, "a", terms("1"))
    made.set_rules(rules(state))
    assert ask(made, 1, "b", terms("1")) in (Code.REDUCING_ONLY, Code.HALTED)
    assert ask(made, 2, "c", terms("1", side=SELL, reduce_only=True)) is None
    made.on_intent(3, "me", amend("m", amount=D("0.5"), notional=D(30_000)))
    assert made.judge(3) is None
    made.on_intent(4, "me", amend("n", price=D(61_000), notional=D(61_000)))
    assert made.judge(4) is not None


def test_leverage_is_limited() -> None:
    made = exposure(leverage=D(10))
    for offset, (leverage, refused) in enumerate([(10, None), (11, Code.LEVERAGE_LIMIT)]):
        body = LeverageIntended(command_id=f"v{offset}", symbol=SYMBOL, leverage=D(leverage), **BASE)
        made.on_intent(offset, "me", body)
        assert code(made.judge(offset)) is refused


def test_hedged_legs_are_judged_alone() -> None:
    made = exposure(position_notional=D(60_000))
    long, short = PositionSide.LONG, PositionSide.SHORT
    assert ask(made, 0, "a", terms("1", position_side=long)) is None
    assert ask(made, 1, "b", terms("1", side=SELL, position_side=short)) is None
    assert ask(made, 2, "c", terms("5", side=SELL, position_side=long)) is None
    assert ask(made, 3, "d", terms("0.1", position_side=long)) is Code.POSITION_NOTIONAL_LIMIT
    made.on_order(order("a", Status.CANCELED, position_side=long))
    made.on_position(leg("0.8", long, hedged=True))
    made.on_intent(4, "me", nothing("d", Nothing.DENIED))
    assert ask(made, 5, "e", terms("0.3", position_side=long)) is Code.POSITION_NOTIONAL_LIMIT


def test_the_worst_case_is_worth_what_the_mark_says() -> None:
    made = exposure(position_notional=D(60_000))
    made.on_intent(0, "me", intent("a", terms("1", "30000"), mark=D(60_001)))
    assert code(made.judge(0)) is Code.POSITION_NOTIONAL_LIMIT
    made.on_intent(1, "me", nothing("a", Nothing.DENIED))
    made.on_intent(2, "me", intent("b", terms("1", "30000"), mark=None))
    assert made.judge(2) is None


def test_a_start_from_history_counts_like_reading_all_along() -> None:
    book = AccountBook(ACCOUNT, KEY, {SYMBOL: INSTRUMENT})
    book.intent(intent("a", terms("1")), "me", 1)
    book.report(fill("a", "t1", "0.4"), 2, True)
    book.report(report("a", R.PARTIALLY_FILLED, "0.4"), 3, True)
    made = Exposure(
        {SYMBOL: INSTRUMENT}, rules(position_notional=D(120_000)), positions=book.positions(), orders=book.living()
    )
    assert ask(made, 0, "b", terms("1.001")) is Code.POSITION_NOTIONAL_LIMIT
    made.on_intent(1, "me", nothing("b", Nothing.DENIED))
    assert ask(made, 2, "c", terms("1")) is None


def test_a_reopened_order_counts_again() -> None:
    made = exposure(position_notional=D(60_000))
    ask(made, 0, "a", terms("1"))
    made.on_order(order("a", Status.NOT_PLACED))
    made.on_order(order("a", Status.OPEN, version=3))
    assert ask(made, 1, "b", terms("0.1")) is Code.POSITION_NOTIONAL_LIMIT


def test_adopted_fills_settle_like_any_other() -> None:
    book = AccountBook(ACCOUNT, KEY, {SYMBOL: INSTRUMENT})
    changes = book.report(fill("z", "t1", "1"), 2, True)
    made = exposure(position_notional=D(60_000))
    for updated in changes.orders:
        made.on_order(updated.order)
    for moved in changes.positions:
        made.on_position(moved.position)
    closing = book.report(report("z", R.FILLED, "1"), 3, True)
    for updated in closing.orders:
        made.on_order(updated.order)
    assert ask(made, 0, "a", terms("1", side=SELL)) is None
    assert ask(made, 1, "b", terms("0.1")) is Code.POSITION_NOTIONAL_LIMIT


def test_old_versions_of_orders_and_positions_are_not_taken() -> None:
    made = exposure(position_notional=D(120_000))
    ask(made, 0, "a", terms("1"))
    made.on_order(order("a", Status.OPEN, "0.5", version=5))
    made.on_order(order("a", Status.CANCELED, version=4))
    made.on_position(leg("1", version=5))
    made.on_position(leg("0", version=4))
    assert ask(made, 1, "b", terms("0.6")) is Code.POSITION_NOTIONAL_LIMIT


def test_an_order_without_any_price_cannot_be_judged() -> None:
    made = exposure(position_notional=D(120_000))
    made.on_intent(0, "me", intent("a", terms("1", None), notional=D(0), mark=None))
    assert code(made.judge(0)) is Code.MARK_STALE


def test_an_answer_to_a_forgotten_command_does_no_harm() -> None:
    made = exposure()
    made.on_intent(0, "me", nothing("unknown", Nothing.DENIED))
    assert ask(made, 1, "a", terms("1")) is None


@pytest.mark.parametrize("amounts", [["1"], ["1", "1"], ["2", "1"], ["2", "2"]])
@pytest.mark.parametrize("limit", [{"position_notional": D(200_000)}, {"open_orders": 3}])
def test_what_is_foreseen_is_what_the_log_would_say(amounts: list[str], limit: dict[str, Any]) -> None:
    made = exposure(**limit)
    made.on_position(leg("5"))
    made.on_order(order("resting", Status.OPEN, "1", SELL))
    made.on_order(order("bid", Status.OPEN, "3", BUY))
    asked = [terms(amount, "60000", side=SELL) for amount in amounts]
    foreseen = code(made.foresee(asked, D(60_000)))
    judged = [ask(made, offset, f"piece{offset}", each) for offset, each in enumerate(asked, 1)]
    assert foreseen == next((each for each in judged if each is not None), None)
    assert code(made.foresee(asked[:1], None)) in (None, Code.MARK_STALE, Code.OPEN_ORDERS_LIMIT)
