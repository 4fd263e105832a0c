"""How long a reader is behind, by what was seen of it and of the end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hedgerow.journal.backlog import Backlog


def test_a_reader_at_the_end_is_not_behind() -> None:
    backlog = Backlog()
    assert backlog.age_ms("live", {0: 65_535, 1: 7}, {0: 65_535}, 1_000) == 0
    assert backlog.age_ms("live", {0: 65_535}, {0: 65_535}, 9_000) == 0


def test_a_reader_that_stands_still_falls_behind_with_time_not_with_offsets() -> None:
    backlog = Backlog()
    assert backlog.age_ms("live", {0: 1}, {0: 65_535}, 1_000) == 0
    assert backlog.age_ms("live", {0: 1}, {0: 131_071}, 6_000) == 5_000
    assert backlog.age_ms("live", {0: 1}, {0: 131_071}, 11_000) == 10_000


def test_a_reader_that_has_reached_what_was_there_counts_anew() -> None:
    backlog = Backlog()
    backlog.age_ms("live", {}, {0: 5}, 1_000)
    assert backlog.age_ms("live", {0: 5}, {0: 9}, 6_000) == 0
    assert backlog.age_ms("live", {0: 8}, {0: 9}, 8_000) == 2_000
    assert backlog.age_ms("live", {0: 9}, {0: 9}, 9_000) == 0


def test_readers_do_not_share_their_lag_and_are_forgotten() -> None:
    backlog = Backlog()
    backlog.age_ms("a", {}, {0: 5}, 1_000)
    assert backlog.age_ms("b", {}, {0: 5}, 2_000) == 0
    backlog.keep(["b"])
    assert backlog.age_ms("a", {}, {0: 5}, 3_000) == 0
    assert backlog.age_ms("b", {}, {0: 5}, 3_000) == 1_000


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=40))
def test_a_lag_is_never_longer_than_since_the_reader_last_was_at_an_end(looks: list[tuple[int, int]]) -> None:
    backlog, read, end, level_ms = Backlog(), 0, 0, 0
    for time_ms, (reads, writes) in enumerate(looks):
        end += writes
        read = min(end, read + reads)
        if read == end:
            level_ms = time_ms
        age_ms = backlog.age_ms("live", {0: read}, {0: end}, time_ms)
        assert 0 <= age_ms <= time_ms - level_ms
