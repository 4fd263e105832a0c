"""Candles against a plain sum over the trades."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from hedgerow.simulator.candles import KEPT_MINUTES, MINUTE_MS, Candles
from hedgerow.simulator.messages import PublicTrade, Side

START = 1_700_000_040_000  # a whole minute
TRADES = st.lists(st.tuples(st.integers(0, 90_000), st.integers(1, 100), st.integers(1, 9)), min_size=1, max_size=30)


def filled(trades: list[tuple[int, int, int]]) -> tuple[Candles, list[PublicTrade]]:
    candles, printed, at_ms = Candles(Decimal(50)), [], START
    for number, (later_ms, price, qty) in enumerate(trades):
        at_ms += later_ms
        trade = PublicTrade("BTCUSDT", str(number), Side.BUY, Decimal(price), Decimal(qty), number, at_ms)
        printed.append(trade)
        candles.add(trade)
    return candles, printed


@given(TRADES, st.sampled_from([1, 5, 60]))
def test_a_candle_sums_its_trades(trades: list[tuple[int, int, int]], minutes: int) -> None:
    candles, printed = filled(trades)
    close = None
    for candle in candles.folded(minutes):
        inside = [each for each in printed if candle.start_ms <= each.time_ms < candle.start_ms + minutes * MINUTE_MS]
        assert candle.volume == sum(each.qty for each in inside)
        assert candle.turnover == sum(each.qty * each.price for each in inside)
        prices = [each.price for each in inside]
        assert candle.high == max([*prices, candle.open])
        assert candle.low == min([*prices, candle.open])
        assert candle.close == (prices[-1] if prices else candle.open)
        assert close in (None, candle.open)
        close = candle.close


@given(TRADES)
def test_the_day_is_all_of_it(trades: list[tuple[int, int, int]]) -> None:
    candles, printed = filled(trades)
    day = candles.day(printed[-1].time_ms)
    assert (day.volume, day.turnover) == (
        sum(each.qty for each in printed),
        sum(each.qty * each.price for each in printed),
    )
    assert day.high == max(Decimal(50), *(each.price for each in printed))
    assert candles.day(printed[-1].time_ms + 86_400_000).volume <= day.volume


@given(TRADES)
def test_a_snapshot_restores_them(trades: list[tuple[int, int, int]]) -> None:
    candles, _ = filled(trades)
    again = Candles(Decimal(50))
    again.restore(candles.snapshot())
    assert again.folded(1) == candles.folded(1)


def test_they_are_bounded() -> None:
    candles, _ = filled([(0, 1, 1)])
    candles.advance(START + 100 * KEPT_MINUTES * MINUTE_MS)
    assert len(candles.folded(1)) == KEPT_MINUTES
