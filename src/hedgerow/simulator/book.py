"""One symbol's order book: price-time priority.

Each half keeps its prices as integer keys whose largest is always the best price: ticks for bids, minus ticks for asks.
So one code serves both sides, the best is at the end of a sorted list, and taking it off costs nothing.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterator
from decimal import Decimal

from hedgerow.simulator.messages import Side
from hedgerow.simulator.orders import LiveOrder

ZERO = Decimal(0)


class Level:
    """The orders resting at one price, oldest first, and the sum of what they still want."""

    __slots__ = ("orders", "price", "qty")

    def __init__(self, price: Decimal) -> None:
        self.price = price
        self.qty = ZERO
        self.orders: OrderedDict[str, LiveOrder] = OrderedDict()


class HalfBook:
    """All resting orders of one side."""

    __slots__ = ("keys", "levels", "sign", "touched")

    def __init__(self, side: Side) -> None:
        self.sign = 1 if side is Side.BUY else -1
        self.levels: dict[int, Level] = {}
        self.keys: list[int] = []  # ascending; the best is last
        self.touched: dict[int, Decimal] = {}  # key -> price, of levels changed since the last `drain`

    def add(self, order: LiveOrder) -> None:
        key = self.sign * order.ticks
        level = self.levels.get(key)
        if level is None:
            level = self.levels[key] = Level(order.price)
            insort(self.keys, key)
        level.orders[order.order_id] = order
        level.qty += order.leaves
        self.touched[key] = level.price

    def remove(self, order: LiveOrder) -> None:
        key = self.sign * order.ticks
        level = self.levels[key]
        del level.orders[order.order_id]
        level.qty -= order.leaves
        self.touched[key] = level.price
        if not level.orders:
            self._drop(key)

    def shrink(self, order: LiveOrder, by: Decimal) -> None:
        """Less is left of this order, which keeps its place. The caller changes the order itself."""
        key = self.sign * order.ticks
        level = self.levels[key]
        level.qty -= by
        self.touched[key] = level.price

    def best_matching(self, limit_ticks: int) -> LiveOrder | None:
        """The first order that trades with an incoming order of the other side limited at `limit_ticks`."""
        keys = self.keys
        if keys and keys[-1] >= self.sign * limit_ticks:
            return next(iter(self.levels[keys[-1]].orders.values()))
        return None

    def available(self, limit_ticks: int, wanted: Decimal) -> Decimal:
        """How much an incoming order limited at `limit_ticks` can get, counted no further than `wanted`."""
        total = ZERO
        limit = self.sign * limit_ticks
        for key in reversed(self.keys):
            if key < limit or total >= wanted:
                break
            total += self.levels[key].qty
        return total

    def top(self, count: int) -> list[tuple[Decimal, Decimal]]:
        """The best `count` levels as (price, quantity), best first."""
        levels = self.levels
        return [(levels[key].price, levels[key].qty) for key in reversed(self.keys[-count:])] if count > 0 else []

    def drain(self) -> tuple[tuple[Decimal, Decimal], ...]:
        """Levels that changed since the last call, as (price, quantity); zero: the level is gone."""
        if not self.touched:
            return ()
        levels = self.levels
        changed = tuple((price, levels[key].qty if key in levels else ZERO) for key, price in self.touched.items())
        self.touched.clear()
        return changed

    def __iter__(self) -> Iterator[LiveOrder]:
        """Every order, best price first, oldest first."""
        for key in reversed(self.keys):
            yield from self.levels[key].orders.values()

    def _drop(self, key: int) -> None:
        del self.levels[key]
        if self.keys[-1] == key:
            self.keys.pop()
        else:
            del self.keys[bisect_left(self.keys, key)]


class Book:
    """Both halves."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        self.bids = HalfBook(Side.BUY)
        self.asks = HalfBook(Side.SELL)

    def own(self, side: Side) -> HalfBook:
        return self.bids if side is Side.BUY else self.asks

    def opposite(self, side: Side) -> HalfBook:
        return self.asks if side is Side.BUY else self.bids
