from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hedgerow.core.commands import Side
from hedgerow.core.limits import AccountRules, TradingState
from hedgerow.core.position_fold import opening
from hedgerow.core.preview import Preview, preview
from hedgerow.core.refusals import Code, Refusal
from hedgerow.core.reports import Balance
from tests.core.evidence import INSTRUMENT, INVERSE, D, position, terms

WALLET = (Balance("USDT", D(10_000), D(10_000), D(10_000)),)


def shown(asked: Any = None, **more: Any) -> Preview:
    return preview(asked or terms("0.50", "60000.0"), INSTRUMENT, **({"mark": D(60000)} | more))


def test_the_text_is_what_would_go_on_the_wire() -> None:
    seen = shown()
    assert (seen.amount, seen.price, seen.base_amount) == ("0.5", "60000", D("0.5"))
    assert shown(terms("0.5", None)).price is None


def test_worth_margin_and_fees() -> None:
    seen = shown(leverage=D(10))
    assert seen.notional == 30_000
    assert seen.initial_margin == 3_000
    assert seen.fee_maker == 6
    assert seen.fee_taker == D("16.5")
    assert shown().initial_margin is None
    assert shown(terms("0.5", side=Side.SELL, reduce_only=True)).initial_margin == 0


def test_what_cannot_be_known_is_left_open() -> None:
    seen = shown(terms("0.5", None), mark=None)
    assert (seen.notional, seen.fee_taker, seen.liquidation_price) == (None, None, None)
    assert seen.denial is not None
    assert seen.denial.code is Code.MARK_STALE


def test_it_says_what_would_stop_it() -> None:
    halted = shown(rules=AccountRules(state=TradingState.HALTED))
    assert halted.denial is not None
    assert halted.denial.code is Code.HALTED
    found = Refusal(Code.AMOUNT_OFF_STEP, "off", "amount")
    assert shown(denial=found).denial is found
    assert shown(mark_age_ms=0).denial is None


def test_an_inverse_contract_shows_its_base_amount() -> None:
    seen = preview(replace(terms("600", "60000"), symbol=INVERSE.symbol), INVERSE, mark=D(60000))
    assert (seen.base_amount, seen.notional) == (D("0.01"), D("0.01"))


@given(st.sampled_from(list(Side)), st.sampled_from(["0.3", "1", "2"]), st.sampled_from(["-1", "0", "1"]))
def test_at_the_liquidation_price_equity_is_the_maintenance_margin(side: Side, amount: str, held: str) -> None:
    rate = D("0.005")
    legs = [opening("sim", position(held, entry=D(59000)), 1)] if held != "0" else []
    seen = shown(terms(amount, side=side), balances=WALLET, positions=legs, maintenance_rate=rate)
    size = D(held) + D(amount) * (1 if side is Side.BUY else -1)
    if not size or seen.liquidation_price is None:
        assert not size or abs(size) * 60000 < 10_000 or size > 0
        return
    change = size - D(held)
    if held == "0" or D(held) * size < 0:
        entry = D(60000)
    elif D(held) * change > 0:
        entry = (D(held) * 59000 + change * 60000) / size
    else:
        entry = D(59000)
    price = seen.liquidation_price
    assert abs(10_000 + size * (price - entry) - rate * abs(size) * price) < D("0.0001")


def test_a_position_that_its_wallet_carries_to_nothing_has_no_liquidation_price() -> None:
    assert shown(terms("0.1"), balances=WALLET, maintenance_rate=D("0.005")).liquidation_price is None
