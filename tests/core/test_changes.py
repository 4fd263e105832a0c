"""Changes in parts: nothing is lost, nothing changes places."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core.changes import Changes
from hedgerow.core.records import BalancesUpdated


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 12), st.booleans(), st.integers(1, 5))
def test_parts_are_the_whole(fills: int, orders: int, positions: int, balanced: bool, most: int) -> None:
    numbered: Any = [list(range(fills)), list(range(orders)), list(range(positions))]
    whole = Changes(*numbered, BalancesUpdated(balances=(), updated_ms=1) if balanced else None)
    parts = list(whole.parts(most))
    again = Changes()
    for part in parts:
        assert max(len(part.fills), len(part.orders), len(part.positions)) <= most
        again.extend(part)
    assert again == whole
    if len(parts) > 1:
        kinds = ["fills" if part.fills else "orders" if part.orders else "rest" for part in parts]
        assert kinds == sorted(kinds, key=["fills", "orders", "rest"].index), "fills before orders before positions"
