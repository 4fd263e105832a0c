from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from hedgerow.core import reconcile
from hedgerow.core.commands import Side, TriggerBy
from hedgerow.core.fills import FillKind
from hedgerow.core.orders import Order, Status
from hedgerow.core.records import Nothing
from hedgerow.core.refusals import Code, Refusal
from hedgerow.core.reports import Origin, ReportedStatus, Source
from tests.core.evidence import (
    D,
    accepted,
    amend,
    booked,
    cancel,
    fill,
    in_doubt,
    intent,
    nothing,
    report,
    terms,
)

R = ReportedStatus


def pending(**more: Any) -> Order:
    return reconcile.from_intent(intent(asked=terms(**more)), principal="me", time_ms=1_000)


def after(*statuses: tuple[R, str], start: Order | None = None) -> Order:
    order = start or pending()
    for number, (status, filled) in enumerate(statuses):
        order = reconcile.reported(order, report(status=status, filled=filled, ms=2_000 + number), 2_001)
    return order


def test_an_intent_begins_a_pending_order_with_exactly_its_terms() -> None:
    asked = terms(
        "0.5", "61000", Side.SELL, trigger_price=D(60500), trigger_by=TriggerBy.MARK, stop_loss=D(62000),
        take_profit=D(50000), post_only=True,
    )  # fmt: skip
    order = reconcile.from_intent(intent("b", asked, group="g"), principal="me", time_ms=7)
    assert (order.status, order.version, order.origin) == (Status.PENDING, 0, Origin.DESK)
    for name in asked.__struct_fields__:
        assert getattr(order, name) == getattr(asked, name), name
    assert order.remaining == D("0.5")
    assert (order.client_order_id, order.client_order_ids, order.principal, order.group) == ("hgb", ("hgb",), "me", "g")


def test_an_intent_that_was_denied_at_once_is_denied() -> None:
    no = Refusal(Code.PRICE_COLLAR, "too far")
    order = reconcile.from_intent(intent(denied=no), principal=None, time_ms=1)
    assert (order.status, order.refusal) == (Status.DENIED, no)


@pytest.mark.parametrize(
    ("path", "ends"),
    [
        ([(R.OPEN, "0"), (R.PARTIALLY_FILLED, "0.4"), (R.FILLED, "1")], Status.FILLED),
        ([(R.FILLED, "1")], Status.FILLED),
        ([(R.OPEN, "0"), (R.CANCELED, "0")], Status.CANCELED),
        ([(R.PARTIALLY_FILLED, "0.4"), (R.CANCELED, "0.4")], Status.CANCELED),
        ([(R.CANCELED, "0")], Status.CANCELED),
        ([(R.EXPIRED, "0.4")], Status.EXPIRED),
        ([(R.REJECTED, "0")], Status.REJECTED),
        ([(R.OPEN, "0"), (R.REJECTED, "0")], Status.REJECTED),
        ([(R.UNTRIGGERED, "0")], Status.UNTRIGGERED),
        ([(R.UNTRIGGERED, "0"), (R.TRIGGERED, "0")], Status.OPEN),
        ([(R.UNTRIGGERED, "0"), (R.TRIGGERED, "0"), (R.OPEN, "0"), (R.FILLED, "1")], Status.FILLED),
        ([(R.UNTRIGGERED, "0"), (R.CANCELED, "0")], Status.CANCELED),
        ([(R.UNTRIGGERED, "0"), (R.REJECTED, "0")], Status.REJECTED),
        ([(R.OPEN, "0.4")], Status.PARTIALLY_FILLED),
        ([(R.REJECTED, "0.4")], Status.CANCELED),
    ],
)
def test_every_way_an_exchange_tells_an_order_ends_as_it_told(path: list[tuple[R, str]], ends: Status) -> None:
    for start in (
        pending(),
        reconcile.answered(pending(), accepted(), 1),
        reconcile.answered(pending(), in_doubt(), 1),
    ):
        order = after(*path, start=start)
        assert order.status is ends
        assert order.filled == max(D(filled) for _, filled in path)
        assert order.remaining == 1 - order.filled


def test_the_same_report_again_changes_nothing() -> None:
    said = report(status=R.PARTIALLY_FILLED, filled="0.4")
    order = reconcile.reported(pending(), said, 1)
    assert reconcile.reported(order, said, 2) is order


def test_filled_never_falls_and_an_old_report_undoes_nothing() -> None:
    newest = report(status=R.PARTIALLY_FILLED, filled="0.4", ms=3_000, price=D(61000), amount=D(2))
    order = reconcile.reported(pending(), newest, 1)
    assert reconcile.reported(order, report(status=R.OPEN, filled="0", ms=2_000), 2) is order


def test_a_stale_cancel_after_a_fill_ends_nothing() -> None:
    order = after((R.OPEN, "0"), (R.FILLED, "1"))
    assert reconcile.reported(order, report(status=R.CANCELED, filled="0", ms=1_999), 5) is order


def test_a_fill_before_any_answer_shows_that_the_order_works() -> None:
    order = reconcile.filled(pending(), booked(1, amount="0.4"))
    assert (order.status, order.filled, order.average) == (Status.PARTIALLY_FILLED, D("0.4"), D(60000))
    late = reconcile.answered(order, accepted(), 3)
    assert late.status is Status.PARTIALLY_FILLED
    assert late.exchange_order_id == "xa"


def test_fills_alone_do_not_end_an_order_that_may_have_been_made_larger() -> None:
    order = reconcile.filled(after((R.OPEN, "0")), booked(1, amount="1"))
    assert (order.status, order.remaining) == (Status.PARTIALLY_FILLED, 0)
    larger = reconcile.reported(order, report(status=R.PARTIALLY_FILLED, filled="1", amount=D(2), ms=9_000), 9)
    assert (larger.status, larger.remaining, larger.quarantined) == (Status.PARTIALLY_FILLED, 1, False)


def test_a_late_fill_of_a_canceled_order_counts() -> None:
    order = after((R.OPEN, "0"), (R.CANCELED, "0"))
    order = reconcile.filled(order, booked(1, amount="0.3"))
    assert (order.status, order.filled, order.remaining) == (Status.CANCELED, D("0.3"), D("0.7"))


def test_fills_add_up_to_average_cost_and_fees_by_currency() -> None:
    order = reconcile.filled(pending(), booked(1, amount="0.25", price="60000", fee=D("0.5")))
    order = reconcile.filled(order, booked(2, amount="0.75", price="60100", fee=D("-0.1"), fee_currency="BIT"))
    order = reconcile.filled(replace(order, quarantined=False), booked(3, amount="0", price="1", fee=D("0.2")))
    assert order.average == D(60075)
    assert order.cost == D(60075)
    assert order.fees == {"USDT": D("0.7"), "BIT": D("-0.1")}
    assert order.last_fill == 3


def test_the_exchanges_average_shows_until_the_fills_are_in() -> None:
    order = reconcile.reported(pending(), report(status=R.PARTIALLY_FILLED, filled="0.4", average=D(59999)), 1)
    assert (order.average, order.filled_by_fills) == (D(59999), 0)
    order = reconcile.filled(order, booked(1, amount="0.4", price="59998"))
    assert order.average == D(59998)


def test_more_filled_than_asked_is_quarantined_and_no_exception() -> None:
    order = reconcile.filled(after((R.OPEN, "0")), booked(1, amount="1.5"))
    assert order.quarantined
    assert order.remaining == 0
    explained = reconcile.reported(order, report(filled="1.5", amount=D(2), ms=9_000), 9)
    assert not explained.quarantined


def test_a_rejection_answered_is_reopened_by_any_sign_of_life() -> None:
    order = reconcile.nothing(pending(), nothing(), 2)
    assert (order.status, order.refusal is not None) == (Status.REJECTED, True)
    assert reconcile.reported(order, report(), 3).status is Status.OPEN
    alive = reconcile.filled(order, booked(1, amount="0.1"))
    assert (alive.status, alive.refusal) == (Status.PARTIALLY_FILLED, None)


def test_a_rejection_reported_is_reopened_by_newer_reports_only() -> None:
    order = reconcile.reported(pending(), report(status=R.REJECTED, ms=3_000, reason="EC_PostOnly"), 1)
    assert order.refusal is not None
    assert order.refusal.exchange_message == "EC_PostOnly"
    assert reconcile.reported(order, report(status=R.OPEN, ms=2_000), 2).status is Status.REJECTED
    assert reconcile.reported(order, report(status=R.OPEN, ms=4_000), 2).status is Status.OPEN


def test_an_old_rejection_does_not_end_what_lives() -> None:
    order = reconcile.reported(pending(), report(status=R.OPEN, ms=3_000), 1)
    assert reconcile.reported(order, report(status=R.REJECTED, ms=2_000), 2).status is Status.OPEN


def test_doubt_and_proof() -> None:
    doubted = reconcile.doubted(pending(), "no answer", 9)
    assert (doubted.status, doubted.reason) == (Status.IN_DOUBT, "no answer")
    absent = reconcile.proven_absent(doubted, "two complete reads", 10)
    assert absent.status is Status.NOT_PLACED
    alive = reconcile.reported(absent, report(), 11)
    assert (alive.status, alive.refusal, alive.reason) == (Status.OPEN, None, None)
    assert reconcile.doubted(alive, "x", 12) is alive
    assert reconcile.proven_absent(alive, "x", 12) is alive


def test_an_answer_in_doubt_keeps_what_came_instead() -> None:
    order = reconcile.answered(pending(), in_doubt(), 2)
    assert (order.status, order.reason) == (Status.IN_DOUBT, "no reply")
    assert reconcile.answered(after((R.OPEN, "0")), in_doubt(), 2).status is Status.OPEN


@pytest.mark.parametrize(
    ("how", "status"),
    [(Nothing.DENIED, Status.DENIED), (Nothing.REJECTED, Status.REJECTED), (Nothing.NOT_SENT, Status.NOT_PLACED)],
)
def test_how_an_intent_came_to_nothing_is_how_the_order_ends(how: Nothing, status: Status) -> None:
    assert reconcile.nothing(pending(), nothing(how=how), 2).status is status


def test_a_denial_that_comes_after_the_doubt_says_that_nothing_was_placed() -> None:
    doubted = reconcile.doubted(pending(), "late", 2)
    assert reconcile.nothing(doubted, nothing(how=Nothing.DENIED), 3).status is Status.NOT_PLACED


def test_a_repeat_says_nothing_of_the_first() -> None:
    order = pending()
    assert reconcile.nothing(order, nothing(how=Nothing.REPEAT), 2) is order
    reused = replace(nothing(how=Nothing.DENIED), refusal=Refusal(Code.KEY_REUSED, "another body"))
    assert reconcile.nothing(order, reused, 2) is order


def test_what_the_exchange_reported_weighs_more_than_a_refusal() -> None:
    order = after((R.OPEN, "0"))
    assert reconcile.nothing(order, nothing(), 9) is order


def test_an_amend_is_flagged_until_a_report_shows_it() -> None:
    order = reconcile.requested(after((R.OPEN, "0")), amend("m", price=D(61000)), 3)
    assert order.amend_requested
    assert reconcile.reported(order, report(filled="0.1", ms=2_500), 3).amend_requested
    shown = reconcile.reported(order, report(price=D(61000), ms=2_600), 3)
    assert (shown.price, shown.amend_requested) == (D(61000), False)


def test_an_amend_whose_effect_came_first_is_not_flagged() -> None:
    order = reconcile.reported(pending(), report(price=D(61000), ms=2_600), 3)
    assert reconcile.requested(order, amend("m", price=D(61000)), 4) is order


def test_an_amend_in_doubt_is_settled_by_a_read_after_its_deadline() -> None:
    order = reconcile.requested(after((R.OPEN, "0")), amend("m", price=D(61000)), 3)
    assert reconcile.reported(order, report(ms=2_000, source=Source.REST), 6_999).amend_requested
    assert not reconcile.reported(order, report(ms=2_000, source=Source.REST), 7_001).amend_requested


def test_an_amend_or_cancel_that_came_to_nothing_is_unflagged() -> None:
    order = reconcile.requested(after((R.OPEN, "0")), amend("m", amount=D(2)), 3)
    order = reconcile.requested(order, cancel("c"), 3)
    assert (order.amend_requested, order.cancel_requested) == (True, True)
    order = reconcile.nothing(order, nothing("m", order_id="a"), 4, "amend_requested")
    assert (order.status, order.amend_requested, order.cancel_requested) == (Status.OPEN, False, True)
    order = reconcile.nothing(order, nothing("c", order_id="a"), 4)
    assert not order.cancel_requested


def test_an_end_takes_the_flags_away() -> None:
    order = reconcile.requested(after((R.OPEN, "0")), cancel("c"), 3)
    ended = reconcile.reported(order, report(status=R.CANCELED, ms=4_000, reason="by user"), 4)
    assert (ended.cancel_requested, ended.reason) == (False, "by user")
    assert reconcile.requested(ended, cancel("d"), 5) is ended


def test_an_amended_order_keeps_every_id_it_went_by() -> None:
    order = after((R.OPEN, "0"))
    moved = reconcile.reported(order, report(exchange_order_id="y", client_order_id="hgb", ms=5_000), 5)
    assert (moved.exchange_order_ids, moved.exchange_order_id) == (("xa", "y"), "y")
    assert moved.client_order_ids == ("hga", "hgb")
    late = reconcile.reported(moved, report(status=R.CANCELED, ms=4_900), 6)
    assert (late.status, late.exchange_order_id) == (Status.OPEN, "y")


def test_removed_protection_is_gone() -> None:
    order = reconcile.reported(pending(stop_loss=D(50000)), report(stop_loss=D(50000)), 1)
    assert order.stop_loss == D(50000)
    assert reconcile.reported(order, report(ms=5_000), 2).stop_loss is None


def test_an_order_that_was_denied_but_shows_up_is_quarantined() -> None:
    order = reconcile.from_intent(intent(denied=Refusal(Code.HALTED, "no")), principal=None, time_ms=1)
    order = reconcile.reported(order, report(), 2)
    assert (order.status, order.quarantined) == (Status.DENIED, True)


def test_an_order_adopted_by_report_is_as_reported() -> None:
    said = report(
        "z", R.UNTRIGGERED, origin=Origin.ATTACHED, role="stop_loss", trigger_price=D(50000), reduce_only=True
    )
    order = reconcile.from_report("sim", "id", said, 9)
    assert (order.status, order.origin, order.role, order.version) == (
        Status.UNTRIGGERED,
        Origin.ATTACHED,
        "stop_loss",
        0,
    )
    assert (order.trigger_price, order.reduce_only, order.exchange_order_ids) == (D(50000), True, ("xz",))
    assert reconcile.from_report("sim", "id", report("z"), 9).origin is Origin.EXTERNAL


def test_an_order_adopted_by_a_fill_learns_its_terms_from_its_first_report() -> None:
    order = reconcile.from_fill("sim", "id", fill("z", kind=FillKind.LIQUIDATION))
    order = reconcile.filled(order, booked(1, amount="0.4"))
    order = reconcile.filled(order, booked(2, amount="0.2"))
    assert (order.amount, order.status, order.quarantined) == (D("0.6"), Status.PARTIALLY_FILLED, False)
    order = reconcile.reported(order, report("z", R.FILLED, "1", reduce_only=True), 4)
    assert (order.amount, order.price, order.reduce_only, order.status) == (1, D(60000), True, Status.FILLED)
    assert order.origin is Origin.LIQUIDATION


def test_a_current_id_seen_again_after_another_is_current_again() -> None:
    order = reconcile.reported(after((R.OPEN, "0")), report(exchange_order_id="y", ms=5_000), 5)
    back = reconcile.reported(order, report(ms=6_000), 6)
    assert (back.exchange_order_id, back.exchange_order_ids) == ("xa", ("y", "xa"))


def test_a_refusal_that_the_table_has_no_place_for_changes_nothing() -> None:
    doubted = reconcile.doubted(pending(), "late", 2)
    assert reconcile.nothing(doubted, nothing(how=Nothing.NOT_SENT), 3).status is Status.NOT_PLACED
    assert reconcile.proven_absent(after((R.FILLED, "1")), "no", 3).status is Status.FILLED


def test_a_market_order_keeps_no_price() -> None:
    order = reconcile.reported(pending(price=None), report(price=D(61000)), 2)
    assert order.price is None
