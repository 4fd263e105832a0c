from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hedgerow.core.commands import PositionSide, Side
from hedgerow.core.fills import Fill
from hedgerow.core.instruments import Instrument
from hedgerow.core.position_fold import apply_fill, confirm, gross_pnl, opening, pass_over
from hedgerow.core.positions import Position
from tests.core.evidence import INSTRUMENT, INVERSE, D, booked, position

LONG, SHORT = PositionSide.LONG, PositionSide.SHORT
AMOUNTS = st.integers(1, 5_000).map(lambda n: D(n) / 1000)
PRICES = st.integers(500_000, 700_000).map(lambda n: D(n) / 10)


@st.composite
def fills(draw: st.DrawFn, hedged: bool = False) -> list[Fill]:
    drawn = draw(st.lists(st.tuples(st.sampled_from(list(Side)), AMOUNTS, PRICES), max_size=25))
    sides = [draw(st.sampled_from([LONG, SHORT])) if hedged else None for _ in drawn]
    return [
        booked(n, side, amount, price, position_side=leg)
        for n, ((side, amount, price), leg) in enumerate(zip(drawn, sides, strict=True), 1)
    ]


def fold(
    all_fills: list[Fill], instrument: Instrument = INSTRUMENT
) -> tuple[Position | None, Position | None, list[Decimal]]:
    long, short, pnls = None, None, []
    for fill in all_fills:
        long, short, pnl = apply_fill(long, short, fill, instrument)
        pnls.append(pnl)
    return long, short, pnls


def held(long: Position | None, short: Position | None) -> Decimal:
    return (long.amount if long else D(0)) - (short.amount if short else D(0))


def lot_by_lot(all_fills: list[Fill], linear: bool) -> tuple[Fraction, Fraction | None, Fraction]:
    """The naive way, in exact fractions: signed size, average entry, and PnL against that average."""
    size, entry, pnl = Fraction(0), None, Fraction(0)
    for fill in all_fills:
        signed = Fraction(fill.amount) * (1 if fill.side is Side.BUY else -1)
        price = Fraction(fill.price)
        if entry is not None and size * signed < 0:
            closed = min(abs(size), abs(signed)) * (1 if size > 0 else -1)
            pnl += closed * (price - entry) if linear else closed * (1 / entry - 1 / price)
        if size * signed >= 0:
            if entry is None:
                entry = price
            elif linear:
                entry = (size * entry + signed * price) / (size + signed)
            else:
                entry = (size + signed) / (size / entry + signed / price)
        elif abs(signed) > abs(size):
            entry = price
        size += signed
        if not size:
            entry = None
    return size, entry, pnl


def close(one: Decimal, other: Fraction) -> bool:
    return abs(Fraction(one) - other) <= Fraction(1, 10**12) * max(1, abs(other))


@given(fills(), st.sampled_from([INSTRUMENT, INVERSE]))
def test_one_way_positions_are_what_a_naive_signed_fold_says(all_fills: list[Fill], instrument: Instrument) -> None:
    long, short, pnls = fold(all_fills, instrument)
    size, entry, pnl = lot_by_lot(all_fills, instrument.linear)
    assert Fraction(held(long, short)) == size
    assert not (long and long.amount and short and short.amount)
    open_leg = next((leg for leg in (long, short) if leg and leg.amount), None)
    assert (open_leg is None) == (entry is None)
    if open_leg is not None and open_leg.entry is not None and entry is not None:
        assert close(open_leg.entry, entry)
    assert close(sum(pnls, D(0)), pnl)
    assert sum((leg.realised_pnl for leg in (long, short) if leg), D(0)) == sum(pnls, D(0))


@given(fills())
def test_money_is_conserved(all_fills: list[Fill]) -> None:
    """What was paid and got, and what is still held at its entry, add up to the realised PnL."""
    long, short, pnls = fold(all_fills)
    cash = sum((fill.amount * fill.price * (-1 if fill.side is Side.BUY else 1) for fill in all_fills), D(0))
    stock = sum(((leg.amount * leg.entry) * sign for leg, sign in ((long, 1), (short, -1)) if leg and leg.entry), D(0))
    assert abs(cash + stock - sum(pnls, D(0))) < D("0.000000001")


@given(fills(hedged=True))
def test_hedged_legs_move_alone(all_fills: list[Fill]) -> None:
    long, short, _ = fold(all_fills)
    for leg, side, grows in ((long, LONG, Side.BUY), (short, SHORT, Side.SELL)):
        size = D(0)
        for fill in all_fills:
            if fill.position_side is side:
                size = max(size + fill.amount * (1 if fill.side is grows else -1), D(0))
        assert (leg.amount if leg else D(0)) == size


def test_a_fill_that_turns_the_position_closes_one_leg_and_opens_the_other() -> None:
    long, short, pnl = fold([booked(1, Side.BUY, "1", "60000"), booked(2, Side.SELL, "3", "61000")])
    assert long is not None
    assert short is not None
    assert (long.amount, long.entry, short.amount, short.entry) == (0, None, 2, D(61000))
    assert pnl == [0, 1000]
    assert (long.last_fill, short.last_fill) == (2, 2)


def test_fees_are_kept_by_currency_and_never_mixed_into_the_pnl() -> None:
    bought = booked(1, Side.BUY, "1", "60000", fee=D(33))
    sold = booked(2, Side.SELL, "2", "60000", fee=D("-0.5"), fee_currency="BIT")
    long, short, pnls = fold([bought, sold])
    assert long is not None
    assert short is not None
    assert (long.fees, short.fees, sum(pnls)) == ({"USDT": 33, "BIT": D("-0.5")}, {}, 0)


def test_an_inverse_contract_pays_in_base() -> None:
    hundred = replace(INVERSE, contract_size=D(100))
    assert gross_pnl(LONG, D(50000), D(100000), D(1000), hundred) == 1
    assert gross_pnl(SHORT, D(50000), D(100000), D(1000), hundred) == -1


def test_a_leg_opened_from_the_exchange_without_entry_has_no_pnl() -> None:
    leg = opening("sim", position("2", entry=None), 5)
    long, _, pnl = apply_fill(leg, None, booked(1, Side.SELL, "1"))
    assert long is not None
    assert (long.amount, long.entry, pnl) == (1, None, 0)


def test_a_flat_leg_keeps_its_past_and_nothing_else() -> None:
    leg = replace(opening("sim", position("1"), 5), stop_loss=D(1), liquidation_price=D(2), leverage=D(10))
    long, _, pnl = apply_fill(leg, None, booked(1, Side.SELL, "1", "60500"))
    assert long is not None
    assert (long.amount, long.entry, long.stop_loss, long.liquidation_price) == (0, None, None, None)
    assert (long.leverage, long.realised_pnl, pnl) == (10, 500, 500)


def test_a_fill_of_before_the_opening_moves_nothing() -> None:
    leg = opening("sim", position("1"), 5)
    long, short, pnl = pass_over(leg, None, booked(7, Side.SELL, "1"))
    assert short is None
    assert long is not None
    assert (long.amount, long.last_fill, pnl) == (1, 7, 0)


def test_the_exchanges_size_holds_until_a_later_fill() -> None:
    leg = opening("sim", position("1", ms=1_500), 5)
    grown, _, _ = apply_fill(leg, None, booked(1, Side.BUY, "1", time_ms=1_600))
    assert grown is not None
    assert (grown.exchange_amount, grown.size) == (None, 2)
    late, _, _ = apply_fill(leg, None, booked(1, Side.BUY, "1", time_ms=1_500))
    assert late is not None
    assert (late.exchange_amount, late.size) == (1, 1)


def test_a_moving_price_alone_is_no_change() -> None:
    leg = confirm(opening("sim", position("1"), 5), position("1", margin_mode="cross", margin=D(9)), 6)
    drifted = position("1", ms=9_000, mark=D(61000), liquidation_price=D(1), margin=D(8), margin_mode="cross")
    assert confirm(leg, drifted, 7) is leg


@pytest.mark.parametrize(
    "facts",
    [
        {"leverage": D(5)},
        {"margin_mode": "isolated"},
        {"take_profit": D(70000)},
        {"stop_loss": D(50000)},
        {"entry": D(59000)},
    ],
)
def test_what_lasts_is_a_change_and_brings_the_rest_along(facts: dict[str, object]) -> None:
    leg = opening("sim", position("1"), 5)
    changed = confirm(leg, position("1", ms=9_000, mark=D(61000), **facts), 7)
    assert changed.version == leg.version + 1
    assert changed.mark == D(61000)
    assert confirm(changed, position("1", ms=9_001, mark=D(62000), **facts), 8) is changed


def test_margin_counts_where_it_is_isolated() -> None:
    leg = confirm(opening("sim", position("1"), 5), position("1", margin_mode="isolated", margin=D(9)), 6)
    assert confirm(leg, position("1", ms=3_000, margin_mode="isolated", margin=D(12)), 7).margin == 12


def test_an_old_report_of_a_position_is_not_taken() -> None:
    leg = opening("sim", position("2", ms=5_000), 5)
    assert confirm(leg, position("1", ms=4_000), 6) is leg
