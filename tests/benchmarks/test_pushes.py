"""The lines about pushes: a target where the kernel stamped what arrived, a word where it did not."""

from __future__ import annotations

from benchmarks.pushes import PushTimes


def test_the_target_is_three_times_raw_ccxt_and_one_append() -> None:
    raw, append, desk = PushTimes([[1.0, 1.2]], [[2.0, 2.4]], [[0.5, 0.5]]).lines
    assert raw.reached == "1.10 ms  [1.10 - 1.10]"
    assert append.reached == "0.50 ms  [0.50 - 0.50]"
    assert (desk.target, desk.met) == ("<= 3.80 ms", True)
    assert not PushTimes([[1.0]], [[3.6]], [[0.5]]).lines[-1].met


def test_what_was_heard_before_it_left_is_not_measured() -> None:
    raw, append, desk = PushTimes([[1.0, -0.1]], [[2.0, 2.4]], [[0.5, 0.5]]).lines
    assert raw.reached == desk.reached == "not measured: the kernel did not stamp arrivals"
    assert append.reached == "0.50 ms  [0.50 - 0.50]"
    assert desk.met is None
