from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hedgerow.core.commands import OrderTerms, PositionSide, Side, TimeInForce, TriggerBy
from hedgerow.core.position_fold import opening
from hedgerow.core.protection import check_protection
from hedgerow.core.refusals import Code
from hedgerow.core.validation import Offers, check_terms, quantised, with_trigger_direction
from tests.core.evidence import INSTRUMENT, D, position, terms

EVERYTHING = Offers(
    attached_protection=True,
    conditional_orders=True,
    trigger_by=("last", "mark", "index"),
    post_only=True,
    reduce_only=True,
    time_in_force=("GTC", "IOC", "FOK"),
    hedge_mode=True,
)
NOTHING = Offers(
    attached_protection=False,
    conditional_orders=False,
    trigger_by=(),
    post_only=False,
    reduce_only=False,
    time_in_force=("GTC",),
    hedge_mode=False,
)
MARK = D(60000)


def found(
    asked: OrderTerms, offers: Offers = EVERYTHING, mark: Decimal | None = MARK
) -> tuple[Code, str | None] | None:
    refusal = check_terms(asked, INSTRUMENT, offers, mark)
    assert refusal is None or refusal.message.endswith(".")
    return None if refusal is None else (refusal.code, refusal.field)


@pytest.mark.parametrize(
    "asked",
    [
        terms(),
        terms("0.001", None),
        terms("50", None),
        terms("100"),
        terms(price="0.1", amount="51"),
        terms(post_only=True),
        terms(time_in_force=TimeInForce.FOK),
        terms(take_profit=D(61000), stop_loss=D(59000)),
        terms(side=Side.SELL, take_profit=D(59000), stop_loss=D(61000)),
        terms(trigger_price=D(61000), trigger_ascending=True, trigger_by=TriggerBy.MARK),
        terms(trigger_price=D(59000), trigger_ascending=False),
        terms(position_side=PositionSide.LONG),
        terms("0.001", "100", reduce_only=True),
    ],
)
def test_sound_terms_pass(asked: OrderTerms) -> None:
    assert found(asked) is None


@pytest.mark.parametrize(
    ("asked", "code", "field"),
    [
        (terms("0"), Code.AMOUNT_TOO_SMALL, "amount"),
        (terms("-1"), Code.AMOUNT_TOO_SMALL, "amount"),
        (terms("0.0009"), Code.AMOUNT_TOO_SMALL, "amount"),
        (terms("0.0015"), Code.AMOUNT_OFF_STEP, "amount"),
        (terms("100.001"), Code.AMOUNT_TOO_LARGE, "amount"),
        (terms("50.001", None), Code.AMOUNT_TOO_LARGE, "amount"),
        (terms(price="0"), Code.PRICE_OUT_OF_RANGE, "price"),
        (terms(price="-5"), Code.PRICE_OUT_OF_RANGE, "price"),
        (terms(price="60000.05"), Code.PRICE_OFF_TICK, "price"),
        (terms(price="2000000"), Code.PRICE_OUT_OF_RANGE, "price"),
        (terms(stop_loss=D("59000.01")), Code.PRICE_OFF_TICK, "stop_loss"),
        (terms(take_profit=D("-1")), Code.PRICE_OUT_OF_RANGE, "take_profit"),
        (terms("0.001", "4000"), Code.NOTIONAL_TOO_SMALL, "amount"),
        (replace(terms(), price=None), Code.MISSING, "price"),
        (replace(terms(price=None), price=D(1)), Code.MALFORMED, "price"),
        (terms(price=None, post_only=True), Code.MALFORMED, "post_only"),
        (terms(post_only=True, time_in_force=TimeInForce.IOC), Code.MALFORMED, "time_in_force"),
        (terms(trigger_by=TriggerBy.MARK), Code.MISSING, "trigger_price"),
        (terms(reduce_only=True, stop_loss=D(59000)), Code.MALFORMED, "stop_loss"),
        (terms(take_profit=D(60000)), Code.TRIGGER_ON_WRONG_SIDE, "take_profit"),
        (terms(stop_loss=D(60000)), Code.TRIGGER_ON_WRONG_SIDE, "stop_loss"),
        (terms(side=Side.SELL, take_profit=D(61000)), Code.TRIGGER_ON_WRONG_SIDE, "take_profit"),
        (terms(price=None, stop_loss=D(60001)), Code.TRIGGER_ON_WRONG_SIDE, "stop_loss"),
        (terms(trigger_price=D(61000), trigger_ascending=False), Code.TRIGGER_ON_WRONG_SIDE, "trigger_price"),
        (terms(trigger_price=D(59000), trigger_ascending=True), Code.TRIGGER_ON_WRONG_SIDE, "trigger_price"),
        (terms(trigger_price=D(60000)), Code.TRIGGER_ON_WRONG_SIDE, "trigger_price"),
    ],
)
def test_each_fault_names_its_field(asked: OrderTerms, code: Code, field: str) -> None:
    assert found(asked) == (code, field)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"post_only": True}, "post_only"),
        ({"reduce_only": True}, "reduce_only"),
        ({"trigger_price": D(61000)}, "trigger_price"),
        ({"take_profit": D(61000)}, "take_profit"),
        ({"stop_loss": D(59000)}, "stop_loss"),
        ({"time_in_force": TimeInForce.FOK}, "time_in_force"),
        ({"position_side": PositionSide.SHORT}, "position_side"),
    ],
)
def test_what_the_exchange_lacks_is_refused_before_it_is_asked(more: dict[str, Any], field: str) -> None:
    assert found(terms(**more), NOTHING) == (Code.NOT_SUPPORTED, field)


def test_a_trigger_by_that_the_exchange_lacks_is_named() -> None:
    offers = replace(EVERYTHING, trigger_by=("last",))
    assert found(terms(trigger_price=D(61000), trigger_by=TriggerBy.INDEX), offers) == (
        Code.NOT_SUPPORTED,
        "trigger_by",
    )


def test_without_a_mark_what_needs_one_is_left_to_the_exchange() -> None:
    assert found(terms(price=None, stop_loss=D(60001)), mark=None) is None
    assert found(terms("0.001", None), mark=None) is None
    assert found(terms(trigger_price=D(59000), trigger_ascending=True), mark=None) is None


NUMBERS = st.decimals("0.00001", "1000", places=5)


@given(st.sampled_from(list(Side)), NUMBERS, NUMBERS, st.booleans())
def test_quantised_terms_lie_on_the_grid_and_never_ask_for_more_or_worse(
    side: Side, amount: Decimal, price: Decimal, market: bool
) -> None:
    asked = terms(str(amount), None if market else str(price), side, stop_loss=price)
    exact = quantised(asked, INSTRUMENT)
    assert asked.amount - INSTRUMENT.amount_step < exact.amount <= asked.amount
    assert exact.amount % INSTRUMENT.amount_step == 0
    assert exact.stop_loss is not None
    assert abs(exact.stop_loss - price) <= INSTRUMENT.price_tick / 2
    if asked.price is not None:
        assert exact.price is not None
        assert exact.price % INSTRUMENT.price_tick == 0
        better = asked.price - exact.price if side is Side.BUY else exact.price - asked.price
        assert 0 <= better < INSTRUMENT.price_tick
    assert quantised(exact, INSTRUMENT) == exact


def test_the_direction_of_a_trigger_is_decided_by_the_mark() -> None:
    assert with_trigger_direction(terms(trigger_price=D(61000)), MARK).trigger_ascending is True
    assert with_trigger_direction(terms(trigger_price=D(59000)), MARK).trigger_ascending is False
    assert with_trigger_direction(terms(), MARK).trigger_ascending is None
    said = terms(trigger_price=D(59000), trigger_ascending=True)
    assert with_trigger_direction(said, MARK) is said


@pytest.mark.parametrize(
    ("amount", "take_profit", "stop_loss", "field"),
    [
        ("1", D(61000), D(59000), None),
        ("1", D(0), D(0), None),
        ("1", None, None, None),
        ("1", D(59000), None, "take_profit"),
        ("1", None, D(61000), "stop_loss"),
        ("-1", D(59000), D(61000), None),
        ("-1", D(61000), None, "take_profit"),
        ("-1", None, D(59000), "stop_loss"),
    ],
)
def test_protection_stands_on_its_side_of_the_market(
    amount: str, take_profit: Decimal | None, stop_loss: Decimal | None, field: str | None
) -> None:
    leg = opening("sim", position(amount), 1)
    refusal = check_protection(leg, MARK, take_profit, stop_loss)
    assert (refusal.field if refusal else None) == field
    assert check_protection(leg, None, take_profit, stop_loss) is None


def test_there_is_nothing_to_protect_where_nothing_is_held() -> None:
    flat = replace(opening("sim", position("1"), 1), amount=D(0), exchange_amount=D(0))
    refusal = check_protection(flat, MARK, D(1), None)
    assert refusal is not None
    assert refusal.code is Code.UNKNOWN_POSITION


def test_a_price_below_the_lowest_is_out_of_range() -> None:
    bounded = replace(INSTRUMENT, min_price=D(100), min_notional=None)
    refusal = check_terms(terms(price="99"), bounded, EVERYTHING)
    assert refusal is not None
    assert (refusal.code, refusal.field) == (Code.PRICE_OUT_OF_RANGE, "price")
