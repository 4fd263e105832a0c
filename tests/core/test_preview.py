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
from hedgerow.core.risk_tiers import RiskTier, tier_of
from tests.core.evidence import INSTRUMENT, INVERSE, D, position, terms

TIERS = (
    RiskTier(up_to=D(40_000), maintenance_rate=D("0.005")),
    RiskTier(up_to=D(100_000), maintenance_rate=D("0.01"), deduction=D(200)),
)
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


@given(
    st.sampled_from(list(Side)),
    st.sampled_from(["0.3", "1", "2"]),
    st.sampled_from(["-1", "0", "1"]),
    st.sampled_from(["-900", "0", "77"]),
)
def test_at_the_liquidation_price_equity_is_the_maintenance_margin(
    side: Side, amount: str, held: str, others: str
) -> None:
    legs = [opening("sim", position(held, entry=D(59000)), 1)] if held != "0" else []
    seen = shown(terms(amount, side=side), balances=WALLET, positions=legs, tiers=TIERS, others=D(others))
    size = D(held) + D(amount) * (1 if side is Side.BUY else -1)
    if not size or seen.liquidation_price is None:
        assert not size or abs(size) * 60000 < 10_100 or size > 0
        return
    change = size - D(held)
    if held == "0" or D(held) * size < 0:
        entry = D(60000)
    elif D(held) * change > 0:
        entry = (D(held) * 59000 + change * 60000) / size
    else:
        entry = D(59000)
    price = seen.liquidation_price
    tier = tier_of(TIERS, abs(size) * 60000)
    assert tier is not None
    kept = abs(size) * price * (tier.maintenance_rate + INSTRUMENT.taker_fee) - tier.deduction
    assert abs(10_000 + D(others) + size * (price - entry) - kept) < D("0.0001")


def test_a_position_that_its_wallet_carries_to_nothing_has_no_liquidation_price() -> None:
    assert shown(terms("0.1"), balances=WALLET, tiers=TIERS).liquidation_price is None


def test_without_tiers_or_cross_margined_otherwise_it_is_left_open() -> None:
    assert shown(terms("2"), balances=WALLET, tiers=TIERS, margin_mode="cross").liquidation_price is not None
    assert shown(terms("2"), balances=WALLET).liquidation_price is None
    assert shown(terms("2"), balances=WALLET, tiers=TIERS, margin_mode="isolated").liquidation_price is None


def test_it_says_what_it_counted_with() -> None:
    seen = shown(leverage=D(7), margin_mode="cross", balances=WALLET)
    assert (seen.leverage, seen.margin_mode, seen.available) == (7, "cross", 10_000)
    assert shown().available is None


def test_the_tier_goes_by_the_value_and_ends_with_the_last() -> None:
    found = [tier_of(TIERS, D(value)) for value in (0, 40_000, 40_001, 1_000_000)]
    assert found == [TIERS[0], TIERS[0], TIERS[1], TIERS[1]]
    assert tier_of((), D(1)) is None
