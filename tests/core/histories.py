"""Lives of orders at an exchange, as Hypothesis draws them: what truly happened, and the evidence of it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import strategies as st

from hedgerow.core.reports import FillReport, OrderReport, ReportedStatus, Source
from tests.core.evidence import D, fill, report

R = ReportedStatus
_ENDS = [R.CANCELED, R.EXPIRED, None]


class Life(NamedTuple):
    """One order's reports and fills in the order in which they happened."""

    name: str
    reports: list[OrderReport]
    fills: list[FillReport]

    @property
    def evidence(self) -> list[OrderReport | FillReport]:
        return [*self.reports, *self.fills]

    def last_read(self) -> OrderReport:
        """What a REST read at the end says."""
        last = self.reports[-1]
        return report(
            self.name,
            **{field: getattr(last, field) for field in last.__struct_fields__ if field not in _GIVEN},
            status=last.status,
            filled=last.filled,
            ms=last.updated_ms,
            source=Source.REST,
        )


_GIVEN = {"status", "filled", "updated_ms", "source"}


@st.composite
def lives(draw: Callable[..., Any], name: str = "a", **facts: Any) -> Life:
    """An order from its first report to wherever it got: conditional or not, amended, filled in parts, ended."""
    amount, price, filled, cost = D(1), D(60000), D(0), D(0)
    ms = draw(st.integers(2_000, 2_010))
    reports: list[OrderReport] = []
    fills: list[FillReport] = []

    def say(status: ReportedStatus, **more: Any) -> None:
        average = cost / filled if filled else None
        reports.append(report(name, status, filled, ms, amount=amount, price=price, average=average, **(facts | more)))

    if draw(st.booleans()):
        say(R.UNTRIGGERED)
        ms += 1
        if draw(st.booleans()):
            say(R.TRIGGERED)
            ms += 1
    end = draw(st.sampled_from([R.REJECTED, *_ENDS]))
    if end is not R.REJECTED:
        for step in draw(st.lists(st.sampled_from(["open", "amend", "fill", "fill", "fill"]), min_size=1, max_size=7)):
            ms += draw(st.integers(1, 3))
            if step == "amend":
                amount = max(filled + D("0.2"), draw(st.sampled_from([D(1), D(2), D("0.5")])))
                price = draw(st.sampled_from([D(59000), D(60000), D(61000)]))
            elif step == "fill" and filled < amount:
                piece = min(amount - filled, draw(st.sampled_from([D("0.1"), D("0.4"), D(2)])))
                filled, cost = filled + piece, cost + piece * price
                more = {key: value for key, value in facts.items() if key in FillReport.__struct_fields__}
                fills.append(fill(name, f"{name}{len(fills)}", piece, str(price), ms, **more))
            if filled == amount:
                say(R.FILLED)
                return Life(name, reports, fills)
            say(R.PARTIALLY_FILLED if filled else R.OPEN)
    if end is not None or not reports:
        ms += 1
        say(end or R.OPEN, reason=None if end is None else f"because of {end}")
    return Life(name, reports, fills)


def total(fills: list[FillReport]) -> Decimal:
    return sum((each.amount for each in fills), D(0))
