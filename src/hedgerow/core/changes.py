"""What one piece of evidence changed: the records to append, in the order in which to append them."""

from __future__ import annotations

import msgspec

from hedgerow.core.fills import Fill
from hedgerow.core.records import BalancesUpdated, OrderUpdated, PositionUpdated


class Changes(msgspec.Struct):
    """New facts of one account; falsy where there are none.

    They are journaled fills first, then orders, then positions: from fills alone the other two can be made again.
    """

    fills: list[Fill] = []
    orders: list[OrderUpdated] = []
    positions: list[PositionUpdated] = []
    balances: BalancesUpdated | None = None

    def __bool__(self) -> bool:
        return bool(self.fills or self.orders or self.positions or self.balances is not None)

    def extend(self, later: Changes) -> None:
        """Take in the changes that came after these."""
        self.fills += later.fills
        self.orders += later.orders
        self.positions += later.positions
        self.balances = later.balances or self.balances
