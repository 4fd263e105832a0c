"""What the market shows of the time before it opened."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.simulator.before import minutes_before
from hedgerow.simulator.candles import KEPT_MINUTES, MINUTE_MS
from hedgerow.simulator.exchange import SimulatedExchange
from hedgerow.simulator.instruments import INSTRUMENTS

NOW_MS = 1_700_000_030_000


@given(st.integers(0, 2**32), st.sampled_from(sorted(INSTRUMENTS)), st.integers(1, 300))
def test_the_minutes_lead_up_to_the_opening_without_a_gap(seed: int, symbol: str, count: int) -> None:
    instrument = INSTRUMENTS[symbol]
    minutes = minutes_before(seed, instrument, NOW_MS, count)
    assert len(minutes) == count
    assert minutes[-1].start_ms + MINUTE_MS == NOW_MS - NOW_MS % MINUTE_MS
    assert minutes[-1].close == instrument.initial_price
    for before, after in pairwise(minutes):
        assert after.start_ms - before.start_ms == MINUTE_MS
        assert before.close == after.open


@given(st.integers(0, 2**32), st.sampled_from(sorted(INSTRUMENTS)))
def test_every_minute_is_one_that_could_have_been(seed: int, symbol: str) -> None:
    instrument = INSTRUMENTS[symbol]
    for each in minutes_before(seed, instrument, NOW_MS, 200):
        assert 0 < each.low <= min(each.open, each.close) <= max(each.open, each.close) <= each.high
        assert all(price % instrument.tick_size == 0 for price in (each.open, each.high, each.low, each.close))
        assert each.volume >= 0
        assert each.volume % instrument.qty_step == 0
        assert each.turnover == each.volume * each.close


def test_the_same_seed_has_the_same_past() -> None:
    btc, eth = INSTRUMENTS["BTCUSDT"], INSTRUMENTS["ETHUSDT"]
    assert minutes_before(1, btc, NOW_MS) == minutes_before(1, btc, NOW_MS)
    assert minutes_before(1, btc, NOW_MS) != minutes_before(2, btc, NOW_MS)
    assert [c.volume for c in minutes_before(1, btc, NOW_MS)] != [c.volume for c in minutes_before(1, eth, NOW_MS)]


def test_two_days_stay_within_sight_of_where_it_opens() -> None:
    for instrument in INSTRUMENTS.values():
        minutes = minutes_before(1, instrument, NOW_MS)
        assert max(each.high for each in minutes) < instrument.initial_price * 2
        assert min(each.low for each in minutes) > instrument.initial_price / 2


@pytest.mark.parametrize("minutes", [1, 15, 1_440])
def test_an_exchange_opens_with_a_past_and_its_latest_candles_are_the_last_of_all(minutes: int) -> None:
    exchange = SimulatedExchange(1, lambda: NOW_MS, None)
    candles = list(exchange.candles("BTCUSDT", minutes))
    assert len(candles) >= KEPT_MINUTES // minutes
    assert list(exchange.latest_candles("BTCUSDT", minutes)) == candles[-2:]
