from __future__ import annotations

from decimal import Decimal
from typing import Any

from hedgerow.core.commands import OrderTerms, Side
from hedgerow.core.limit_checks import check
from hedgerow.core.limits import AccountRules, Limits, TradingState
from hedgerow.core.refusals import Code
from tests.core.evidence import INSTRUMENT, D, terms

MARK = D(60000)
SELL = Side.SELL


def checked(
    asked: OrderTerms,
    mark: Decimal | None = MARK,
    age: int = 0,
    leverage: str | None = None,
    state: TradingState = TradingState.ACTIVE,
    **limits: Any,
) -> Code | None:
    wide: dict[str, Any] = {"order_notional": None}
    rules = AccountRules(Limits(**(wide | limits)), state)
    refusal = check(asked, INSTRUMENT, rules, mark, age, None if leverage is None else D(leverage))
    return None if refusal is None else refusal.code


def test_a_price_far_on_the_aggressive_side_is_denied() -> None:
    assert checked(terms(price="63000")) is None
    assert checked(terms(price="63000.1")) is Code.PRICE_COLLAR
    assert checked(terms(price="57000", side=SELL)) is None
    assert checked(terms(price="56999.9", side=SELL)) is Code.PRICE_COLLAR
    assert checked(terms(price="100")) is None
    assert checked(terms(price="1000000", side=SELL)) is None
    assert checked(terms(price="63000.1"), price_collar=None) is None


def test_without_a_fresh_mark_nothing_can_be_checked() -> None:
    assert checked(terms(), mark=None) is Code.MARK_STALE
    assert checked(terms(), age=5_001) is Code.MARK_STALE
    assert checked(terms(price=None), age=5_001) is Code.MARK_STALE
    assert checked(terms(), age=5_000) is None


def test_a_position_can_be_left_at_the_market_whatever_the_market_data_do() -> None:
    leaving = terms("1", None, SELL, reduce_only=True)
    assert checked(leaving, mark=None, state=TradingState.HALTED, order_notional=D(1)) is None
    at_a_price = terms("1", "60000", SELL, reduce_only=True)
    assert checked(at_a_price, mark=None) is Code.MARK_STALE
    assert checked(at_a_price, state=TradingState.HALTED, order_notional=D(1)) is None
    assert checked(terms("1", "100", SELL, reduce_only=True)) is Code.PRICE_COLLAR


def test_a_conditional_orders_price_is_held_against_its_trigger() -> None:
    assert checked(terms(price="70000", trigger_price=D(69_000)), mark=None) is None
    assert checked(terms(price="73000", trigger_price=D(69_000))) is Code.PRICE_COLLAR


def test_an_order_may_be_worth_so_much() -> None:
    assert checked(terms("1", "60000"), order_notional=D(60_000)) is None
    assert checked(terms("1.001", "60000"), order_notional=D(60_000)) is Code.ORDER_NOTIONAL_LIMIT
    assert checked(terms("1.001", None), order_notional=D(60_000)) is Code.ORDER_NOTIONAL_LIMIT


def test_state_and_leverage_are_checked_early() -> None:
    assert checked(terms(), state=TradingState.HALTED) is Code.HALTED
    assert checked(terms(), state=TradingState.REDUCING) is Code.REDUCING_ONLY
    assert checked(terms(), leverage="26") is Code.LEVERAGE_LIMIT
    assert checked(terms(), leverage="25") is None
