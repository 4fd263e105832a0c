"""When records are gathered, and when they are not made to wait."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hedgerow.journal.gathering import CALM_S, GATHER_S, QUICK_S, Gathering

TIMES = st.floats(0, 1e6, allow_nan=False)


@given(TIMES)
def test_the_first_record_waits_for_nobody(now_s: float) -> None:
    assert Gathering().patience_s(now_s) == 0


@given(TIMES, st.floats(QUICK_S * 1.01 + 1e-6, 1e3))
def test_a_record_out_of_the_blue_waits_for_nobody(now_s: float, pause_s: float) -> None:
    pace = Gathering()
    pace.taken(now_s)
    assert pace.patience_s(now_s + pause_s) == 0


@given(st.floats(0, 1e3), st.floats(0, QUICK_S * 0.99))
def test_one_that_follows_quickly_is_gathered_with_others(now_s: float, pause_s: float) -> None:
    pace = Gathering()
    pace.taken(now_s)
    assert pace.patience_s(now_s + pause_s) == GATHER_S


@given(TIMES, st.floats(0, 1e3))
def test_in_a_calm_stream_all_are_gathered(now_s: float, pause_s: float) -> None:
    pace = Gathering(calm=True)
    assert pace.patience_s(now_s) == CALM_S
    pace.taken(now_s)
    assert pace.patience_s(now_s + pause_s) == CALM_S
