"""Our rate limits: never more than allowed, lanes apart, and a lane that the exchange held."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.exchange.dialect import Lane, Rate
from hedgerow.exchange.limiter import Limiter, TooBusyError


class HandClock:
    def __init__(self) -> None:
        self.ms = 1_000_000

    def __call__(self) -> int:
        return self.ms


@given(
    rate=st.integers(1, 50),
    burst=st.integers(1, 20),
    pauses=st.lists(st.integers(0, 500), min_size=1, max_size=120),
)
def test_no_span_sees_more_than_its_share(rate: int, burst: int, pauses: list[int]) -> None:
    clock = HandClock()
    limiter = Limiter({Lane.CREATE: Rate(per_second=rate, burst=burst)}, clock)
    sent: list[int] = []
    for pause in pauses:
        clock.ms += pause
        try:
            sent.append(clock.ms + limiter.reserve(Lane.CREATE))
        except TooBusyError:
            continue
    assert sent == sorted(sent)
    for first in range(len(sent)):
        for last in range(first, len(sent)):
            span_ms = sent[last] - sent[first]
            assert last - first + 1 <= burst + span_ms * rate / 1000 + 1


def test_a_full_lane_refuses_and_takes_no_place() -> None:
    clock = HandClock()
    limiter = Limiter({Lane.CREATE: Rate(per_second=1, burst=1)}, clock)
    assert limiter.reserve(Lane.CREATE, within_ms=100) == 0
    for _ in range(5):
        with pytest.raises(TooBusyError):
            limiter.reserve(Lane.CREATE, within_ms=100)
    clock.ms += 1_000
    assert limiter.reserve(Lane.CREATE, within_ms=100) == 0


def test_a_queue_of_orders_does_not_delay_a_cancel() -> None:
    rate = Rate(per_second=1, burst=1)
    limiter = Limiter({Lane.CREATE: rate, Lane.CANCEL: rate}, HandClock())
    for _ in range(5):
        limiter.reserve(Lane.CREATE)
    assert limiter.reserve(Lane.CANCEL, within_ms=0) == 0


def test_a_held_lane_waits_and_others_do_not() -> None:
    clock = HandClock()
    limiter = Limiter({}, clock)
    limiter.hold(Lane.CREATE, 300)
    limiter.hold(Lane.CREATE, 100)
    assert limiter.reserve(Lane.CREATE) == 300
    assert limiter.reserve(Lane.CANCEL) == 0
    clock.ms += 300
    assert limiter.reserve(Lane.CREATE) == 0
