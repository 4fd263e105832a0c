"""Guessing a short code, on a virtual clock."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hedgerow.vault.guessing import (
    FIRST_WAIT_MS,
    FORGOTTEN_MS,
    FREE_TRIES,
    LONGEST_WAIT_MS,
    retry_after_ms,
    wait_ms,
    wrong_after,
)

DAY_MS = 86_400_000


def test_the_first_tries_are_free_then_each_costs_more() -> None:
    waits = [wait_ms(wrong) // 1000 for wrong in range(13)]
    assert waits == [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900]


@given(st.integers(0, 10**9))
def test_the_wait_never_shrinks_and_has_an_end(wrong: int) -> None:
    assert wait_ms(wrong) <= wait_ms(wrong + 1) <= LONGEST_WAIT_MS
    assert wrong < FREE_TRIES or wait_ms(wrong) >= FIRST_WAIT_MS


@given(st.integers(0, 100), st.integers(0, 10**13), st.integers(-(10**9), 10**9))
def test_nobody_waits_for_longer_than_the_wait_whatever_the_clock_does(wrong: int, last: int, passed: int) -> None:
    left = retry_after_ms(wrong, last, last + passed)
    assert 0 <= left <= wait_ms(wrong)
    assert left == 0 or retry_after_ms(wrong, last, max(last, last + passed) + left) == 0


@given(st.lists(st.integers(0, 2 * 3_600_000), min_size=1, max_size=2_000))
def test_whoever_tries_as_often_as_allowed_has_few_tries_a_day(pauses: list[int]) -> None:
    """However the tries are spaced, what is listened to stays far from the 2^40 codes that there are."""
    now = last = wrong = listened = 0
    for pause in pauses:
        now += pause
        if retry_after_ms(wrong, last, now) == 0:
            wrong, last, listened = wrong_after(wrong, last, now), now, listened + 1
    assert listened <= 12 + now // LONGEST_WAIT_MS


def test_after_a_day_all_is_as_new() -> None:
    assert wrong_after(9, 0, FORGOTTEN_MS - 1) == 10
    assert wrong_after(9, 0, FORGOTTEN_MS) == 1
