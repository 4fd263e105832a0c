"""The exchange's clock: how far off it can be, and what happens when a clock is set."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hedgerow.exchange.clock import ExchangeClock

OFFSETS = st.integers(min_value=-(10**7), max_value=10**7)
TRIPS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=20)


@given(offset=OFFSETS, trips=TRIPS)
def test_the_error_is_at_most_half_the_smallest_round_trip(offset: int, trips: list[tuple[int, int]]) -> None:
    clock = ExchangeClock(lambda: 0)
    now = 1_000
    for out, back in trips:
        clock.measured(now, now + out + back, now + out + offset)
        now += 1_000
    smallest = min(out + back for out, back in trips[-8:])
    assert clock.round_trip_ms == smallest
    assert abs(clock.offset_ms - offset) <= smallest / 2 + 1
    assert clock.now_ms() == clock.offset_ms


@given(before=OFFSETS, step=st.integers(min_value=1_000, max_value=10**6), trip=st.integers(0, 100))
def test_a_clock_that_was_set_is_believed_at_once(before: int, step: int, trip: int) -> None:
    clock = ExchangeClock(lambda: 0)
    for sent in (0, 1_000, 2_000):
        clock.measured(sent, sent, sent + before)
    clock.measured(3_000, 3_000 + trip, 3_000 + before + step)
    assert abs(clock.offset_ms - before - step) <= trip / 2 + 1


def test_nothing_measured_is_our_own_clock() -> None:
    clock = ExchangeClock(lambda: 77)
    assert (clock.now_ms(), clock.offset_ms, clock.round_trip_ms) == (77, 0, None)
    clock.measured(10, 5, 1_000)  # our clock was set back in between
    assert clock.round_trip_ms is None
