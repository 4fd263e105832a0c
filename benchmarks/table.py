"""Figures, their targets, and the table."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Spread(NamedTuple):
    """A median with its quartiles."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Of at least one value."""
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


def percentile(values: Sequence[float], hundredth: int) -> float:
    """By the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * hundredth // 100)]


class Line(NamedTuple):
    """One line of the table: what was measured, what came out, and, where there is one, the target."""

    what: str
    reached: str
    target: str = ""
    met: bool | None = None


def ratio(what: str, values: Sequence[float], *, at_most: float | None = None, at_least: float | None = None) -> Line:
    """A ratio a round, with its quartiles; met if the median is."""
    found = spread(values)
    text = f"{found.median:.2f} x  [{found.low:.2f} - {found.high:.2f}]"
    if at_most is not None:
        return Line(what, text, f"<= {at_most:.2f} x", found.median <= at_most)
    if at_least is not None:
        return Line(what, text, f">= {at_least:.2f} x", found.median >= at_least)
    return Line(what, text)


def milliseconds(what: str, values: Sequence[float], *, at_most: float | None = None) -> Line:
    """Milliseconds, a value a round, with their quartiles; met if the median is."""
    found = spread(values)
    text = f"{found.median:.2f} ms  [{found.low:.2f} - {found.high:.2f}]"
    return Line(what, text) if at_most is None else Line(what, text, f"<= {at_most:.1f} ms", found.median <= at_most)


def seconds(what: str, values: Sequence[float], *, at_most: float | None = None) -> Line:
    """Seconds, a value a try, with their quartiles; met if the median is."""
    found = spread(values)
    text = f"{found.median:.2f} s  [{found.low:.2f} - {found.high:.2f}]"
    return Line(what, text) if at_most is None else Line(what, text, f"<= {at_most:g} s", found.median <= at_most)


def a_second(what: str, values: Sequence[float], *, at_least: float) -> Line:
    """Things a second, a value a try; met if the median is."""
    found = spread(values)
    text = f"{found.median:,.0f}/s  [{found.low:,.0f} - {found.high:,.0f}]"
    return Line(what, text, f">= {at_least:,.0f}/s", found.median >= at_least)


def render(title: str, lines: Sequence[Line]) -> str:
    width = max((len(line.what) for line in lines), default=0)
    middle = max((len(line.reached) for line in lines), default=0)
    shown = [title, "-" * len(title)]
    for line in lines:
        verdict = "" if line.met is None else ("met" if line.met else "NOT MET")
        shown.append(f"{line.what:<{width}}  {line.reached:<{middle}}  {line.target:<14} {verdict}".rstrip())
    return "\n".join(shown)


class Report(NamedTuple):
    """What came out, ready to be shown."""

    titles: list[tuple[str, list[Line]]]
    took_s: float

    @property
    def text(self) -> str:
        machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {self.took_s:.0f} s"
        return "\n\n".join([*(render(title, lines) for title, lines in self.titles), machine])
