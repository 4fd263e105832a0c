"""What one piece of evidence changed: the records to append, in the order in which to append them."""

from __future__ import annotations

from collections.abc import Iterator

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

    def parts(self, most: int) -> Iterator[Changes]:
        """The same in the same order, with at most so many records of a kind in each."""
        if max(len(self.fills), len(self.orders), len(self.positions)) <= most:
            yield self
            return
        yield from (Changes(fills=self.fills[at : at + most]) for at in range(0, len(self.fills), most))
        yield from (Changes(orders=self.orders[at : at + most]) for at in range(0, len(self.orders), most))
        yield from (Changes(positions=self.positions[at : at + most]) for at in range(0, len(self.positions), most))
        if self.balances is not None:
            yield Changes(balances=self.balances)

    def extend(self, later: Changes) -> None:
        """Take in the changes that came after these."""
        self.fills += later.fills
        self.orders += later.orders
        self.positions += later.positions
        self.balances = later.balances or self.balances
