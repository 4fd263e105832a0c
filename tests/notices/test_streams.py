"""When it is worth a notice that an account is not followed."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core.records import Heartbeat
from hedgerow.journal.envelope import Environment
from hedgerow.notices import Account, Notice
from hedgerow.notices.streams import GRACE_MS, Watched, look, why_down

MAIN = Account("main", "bybit", Environment.LIVE)


def run(looks: list[tuple[int, str | None]]) -> list[Notice]:
    watched, told, now_ms = Watched(), [], 1_000_000
    for passed_ms, down in looks:
        now_ms += passed_ms
        watched, notice = look(watched, MAIN, down, now_ms)
        if notice is not None:
            told.append(notice)
    return told


def test_down_is_told_once_after_the_grace_and_up_after_it() -> None:
    looks = [(0, None), (1000, "lost"), (GRACE_MS - 1, "lost")]
    assert [notice.state for notice in run(looks)] == ["up"]
    told = run([*looks, (1, "lost"), (1000, "lost"), (1000, None), (1000, None)])
    assert [notice.state for notice in told] == ["up", "down", "up"]
    assert told[1].text == "Bybit main is not followed: lost. Orders at the exchange work on"
    assert told[2].text == "Bybit main is followed again"


@given(st.lists(st.tuples(st.integers(-60_000, 60_000), st.sampled_from([None, "lost"]))))
def test_whatever_the_clock_does_down_needs_the_grace_and_up_needs_somebody_to_know(
    looks: list[tuple[int, str | None]],
) -> None:
    told = run(looks)
    assert all(notice.since_known is (notice.state == "up") for notice in told)
    assert all(one.state != other.state or one.state == "up" for one, other in pairwise(told))
    if sum(max(passed_ms, 0) for passed_ms, _ in looks[1:]) < GRACE_MS:
        assert not [notice for notice in told if notice.state == "down"]


def test_why_an_account_is_not_followed() -> None:
    up = Heartbeat(stream_up=True, reconciled_ms=0, heard_ms=0)
    down = Heartbeat(stream_up=False, reconciled_ms=0, heard_ms=0, reason="private stream silent for 30 s")
    assert why_down((1000, up), 16_000) is None
    assert why_down((1000, up), 16_001) == "nothing at the desk follows it"
    assert why_down((1000, down), 1000) == "private stream silent for 30 s"
    assert why_down(None, 0) == "nothing at the desk follows it"
