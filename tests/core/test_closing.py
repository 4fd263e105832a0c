from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hedgerow.core.closing import close, flatten, pieces, turned
from hedgerow.core.commands import OrderType, PositionSide, Side
from hedgerow.core.orders import Order, Status
from hedgerow.core.position_fold import opening
from hedgerow.core.reconcile import from_intent, from_report
from hedgerow.core.reports import Origin, ReportedStatus
from tests.core.evidence import INSTRUMENT, SYMBOL, D, intent, position, report, terms

STEPS = st.integers(1, 300_000).map(lambda n: D(n) / 1000)


@given(STEPS, st.none() | STEPS.filter(lambda largest: largest >= D("0.02")), st.sampled_from([D("0.001"), D("0.01")]))
def test_pieces_add_up_and_each_can_be_traded(amount: Decimal, largest: Decimal | None, least: Decimal) -> None:
    instrument = replace(INSTRUMENT, min_amount=least)
    parts = pieces(amount, largest, instrument)
    assert sum(parts, D(0)) == amount
    assert all(part % instrument.amount_step == 0 for part in parts)
    if largest is not None:
        assert max(parts) <= largest
        assert len(parts) <= amount // largest + 1
    if amount >= least:
        assert min(parts) >= least


def test_a_rest_too_small_to_trade_is_shared_with_the_piece_before() -> None:
    instrument = replace(INSTRUMENT, min_amount=D("0.01"))
    assert pieces(D("100.005"), D(50), instrument) == [D(50), D("25.003"), D("25.002")]


def test_a_long_is_closed_by_reduce_only_sells_at_the_market() -> None:
    orders = close(opening("sim", position("120"), 1), None, None, INSTRUMENT)
    assert [order.amount for order in orders] == [50, 50, 20]
    for order in orders:
        assert (order.side, order.type, order.reduce_only, order.position_side) == (
            Side.SELL,
            OrderType.MARKET,
            True,
            None,
        )


def test_a_position_is_turned_by_as_much_at_the_market_and_never_reduce_only() -> None:
    held = opening("sim", position("120"), 1)
    assert [(each.side, each.amount, each.reduce_only) for each in turned(held, INSTRUMENT)] == [
        (Side.SELL, 50, False),
        (Side.SELL, 50, False),
        (Side.SELL, 20, False),
    ]
    hedged = replace(held, hedged=True)
    assert {each.position_side for each in turned(hedged, INSTRUMENT)} == {PositionSide.SHORT}


def test_a_short_is_closed_in_part_at_a_price() -> None:
    (order,) = close(opening("sim", position("-3"), 1), D("0.5"), D(59000), INSTRUMENT)
    assert (order.side, order.type, order.amount, order.price) == (Side.BUY, OrderType.LIMIT, D("0.5"), 59000)


def test_closing_more_than_there_is_closes_what_there_is() -> None:
    (order,) = close(opening("sim", position("1"), 1), D(9), None, INSTRUMENT)
    assert order.amount == 1


def test_nothing_is_closed_where_nothing_is_held() -> None:
    assert close(replace(opening("sim", position("1"), 1), exchange_amount=D(0)), None, None, INSTRUMENT) == []


def test_closing_uses_the_exchanges_size_and_the_leg_of_hedge_mode() -> None:
    leg = replace(opening("sim", position("1", hedged=True), 1), exchange_amount=D(2))
    (order,) = close(leg, None, None, INSTRUMENT)
    assert (order.amount, order.position_side) == (2, PositionSide.LONG)


def _stop(name: str, symbol: str = SYMBOL) -> Order:
    said = report(
        name, ReportedStatus.UNTRIGGERED, symbol=symbol, origin=Origin.ATTACHED, role="stop_loss", side=Side.SELL
    )
    return from_report("sim", name, said, 1)


def test_flattening_cancels_first_and_keeps_the_stops_until_flat() -> None:
    entry = from_intent(intent("a"), principal=None, time_ms=1)
    asked = terms(side=Side.SELL, trigger_price=D(50000), reduce_only=True)
    own_stop = from_intent(intent("b", asked), principal=None, time_ms=1)
    ended = replace(from_intent(intent("c"), principal=None, time_ms=1), status=Status.FILLED)
    idle = _stop("idle", "ETH/USDT:USDT")
    plan = flatten([entry, own_stop, ended, _stop("s"), idle], [opening("sim", position("1"), 1)], {SYMBOL: INSTRUMENT})
    assert [order.order_id for order in plan.cancels] == ["a", "idle"]
    assert [order.order_id for order in plan.protective] == ["b", "s"]
    assert [order.amount for order in plan.closes] == [1]


def test_a_flat_account_without_orders_needs_nothing() -> None:
    flat = replace(opening("sim", position("1"), 1), amount=D(0), exchange_amount=D(0))
    plan = flatten([], [flat], {SYMBOL: INSTRUMENT})
    assert (plan.cancels, plan.closes, plan.protective) == ([], [], [])
