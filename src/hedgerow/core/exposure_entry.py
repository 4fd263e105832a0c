"""What one order may still do to its position, counted for the limits."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from hedgerow.core.commands import OrderTerms, PositionSide, Side
from hedgerow.core.decimals import ZERO
from hedgerow.core.orders import Order

BEFORE_ALL = -1  # the offset of what no intent in sight explains: it counts against every intent
Leg = tuple[str, PositionSide | None]


class Pending(msgspec.Struct, frozen=True):
    """An amend of the amount whose effect is not known yet."""

    offset: int
    command_id: str
    amount: Decimal
    deadline_ms: int


class Entry(msgspec.Struct):
    """An order counted from its intent until it has ended and its position contains its fills.

    Attributes:
        leg: the symbol, and in hedge mode the side of the position.
        increases: whether it can make a position larger; reduce-only orders cannot.
        counted: how much of it the position is known to contain.
        waiting: (last fill, filled) of updates whose fills no position has been read with yet.
    """

    offset: int
    order_id: str
    leg: Leg
    side: Side
    increases: bool
    amount: Decimal
    price: Decimal | None
    version: int = 0
    ended: bool = False
    filled: Decimal = ZERO
    counted: Decimal = ZERO
    waiting: list[tuple[int, Decimal]] = []
    amends: list[Pending] = []

    def open_amount(self, until: int | None = None) -> Decimal:
        """Contracts that may still come into the position; amends from the offset `until` on are left out."""
        largest = self.filled
        if not self.ended:
            largest = max(largest, self.amount)
            for amend in self.amends:
                if until is None or amend.offset < until:
                    largest = max(largest, amend.amount)
        return largest - self.counted if self.increases and largest > self.counted else ZERO

    def least_amount(self, until: int) -> Decimal:
        """What the order may have been made smaller to, by amends before the offset `until`."""
        return min([self.amount, *(amend.amount for amend in self.amends if amend.offset < until)])

    @property
    def settled(self) -> bool:
        """It has ended, and the position contains all that was filled."""
        return self.ended and not self.waiting and self.filled <= self.counted

    def take(self, order: Order, last_fill: int) -> None:
        """The order as it now stands; `last_fill` is the last fill that its position contains."""
        self.version = order.version
        if self.amends:
            self._drop_amends(order)
        self.amount = order.amount
        self.price = order.price
        self.ended = order.ended
        self.filled = max(order.filled, order.filled_by_fills)
        self.increases = self.increases and not order.reduce_only
        if order.filled_by_fills > self.counted:
            self.waiting.append((order.last_fill, order.filled_by_fills))
            self.settle(last_fill)

    def _drop_amends(self, order: Order) -> None:
        """Let go of amends that have had their effect, or can have none any more.

        Several may be on their way and arrive in any order, so that a change to an amount accounts for one of them.
        """
        if order.amount != self.amount:
            shown = next((amend for amend in self.amends if amend.amount == order.amount), None)
            self.amends = [amend for amend in self.amends if amend is not shown]
        self.amends = [amend for amend in self.amends if amend.deadline_ms >= order.exchange_updated_ms]

    def settle(self, last_fill: int) -> bool:
        """The position contains fills up to this one; says whether that changed anything."""
        if not self.waiting or self.waiting[0][0] > last_fill:
            return False
        while self.waiting and self.waiting[0][0] <= last_fill:
            self.counted = max(self.counted, self.waiting.pop(0)[1])
        return True


def entry_of_terms(offset: int, order_id: str, terms: OrderTerms) -> Entry:
    return Entry(
        offset=offset,
        order_id=order_id,
        leg=(terms.symbol, terms.position_side),
        side=terms.side,
        increases=_increases(terms.side, terms.reduce_only, terms.position_side),
        amount=terms.amount,
        price=terms.price,
    )


def entry_of_order(order: Order, offset: int) -> Entry:
    return Entry(
        offset=offset,
        order_id=order.order_id,
        leg=(order.symbol, order.position_side),
        side=order.side,
        increases=_increases(order.side, order.reduce_only, order.position_side),
        amount=order.amount,
        price=order.price,
    )


def _increases(side: Side, reduce_only: bool, position_side: PositionSide | None) -> bool:
    if reduce_only:
        return False
    if position_side is None:
        return True
    return (side is Side.BUY) == (position_side is PositionSide.LONG)  # the other side closes a leg of hedge mode
