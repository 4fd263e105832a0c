"""Medians, quartiles and verdicts."""

from __future__ import annotations

from benchmarks.table import Line, percentile, ratio, render, spread


def test_a_spread_is_a_median_between_its_quartiles() -> None:
    assert spread([4.0, 1.0, 3.0, 2.0, 5.0]) == (3.0, 2.0, 4.0)
    assert spread([7.0]) == (7.0, 7.0, 7.0)


def test_percentiles_go_by_rank() -> None:
    values = [float(value) for value in range(100)]
    assert (percentile(values, 50), percentile(values, 99)) == (50.0, 99.0)
    assert percentile([1.0], 99) == 1.0


def test_a_ratio_is_met_by_its_median() -> None:
    assert ratio("fast", [0.8, 0.9, 3.0], at_most=1.0).met is True
    assert ratio("slow", [0.8, 1.1, 3.0], at_most=1.0).met is False
    assert ratio("many", [1.3, 1.5, 1.6], at_least=1.4).met is True
    assert ratio("few", [1.3, 1.35, 1.6], at_least=1.4).met is False
    assert ratio("shown only", [1.0]).met is None


def test_the_table_says_which_target_is_not_met() -> None:
    text = render("figures", [Line("one", "5 ms", "<= 4 ms", False), Line("another", "3 ms", "<= 4 ms", True)])
    assert [line.split()[-1] for line in text.splitlines()[2:]] == ["MET", "met"]
    assert "NOT MET" in text
