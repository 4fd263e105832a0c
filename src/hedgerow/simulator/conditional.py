"""Conditional orders that wait for a price: https://bybit-exchange.github.io/docs/v5/order/create-order (triggerPrice).

One `TriggerBook` for each symbol and kind of price (last, mark, index).
"""

from __future__ import annotations

from bisect import bisect_left, insort
from decimal import Decimal

from hedgerow.simulator.orders import LiveOrder

RISES = 1  # triggerDirection: triggered when the price rises to the trigger price
FALLS = 2  # … when it falls to it


class TriggerBook:
    """Waiting orders sorted by how soon they trigger; of the same price the one that came first goes first."""

    __slots__ = ("_arrivals", "_keys", "_orders")

    def __init__(self) -> None:
        # By direction, sorted by price and arrival; falling prices are negated, so the next to trigger is first.
        self._keys: dict[int, list[tuple[Decimal, int, str]]] = {RISES: [], FALLS: []}
        self._orders: dict[str, tuple[LiveOrder, tuple[Decimal, int, str]]] = {}
        self._arrivals = 0

    def add(self, order: LiveOrder) -> None:
        assert order.trigger_price is not None
        price = order.trigger_price if order.trigger_direction == RISES else -order.trigger_price
        self._arrivals += 1
        key = (price, self._arrivals, order.order_id)
        insort(self._keys[order.trigger_direction], key)
        self._orders[order.order_id] = (order, key)

    def remove(self, order: LiveOrder) -> None:
        _, key = self._orders.pop(order.order_id)
        keys = self._keys[order.trigger_direction]
        del keys[bisect_left(keys, key)]

    def next_triggered(self, price: Decimal) -> LiveOrder | None:
        """The first order that this price triggers. It stays until removed."""
        rising = self._keys[RISES]
        if rising and rising[0][0] <= price:
            return self._orders[rising[0][2]][0]
        falling = self._keys[FALLS]
        if falling and falling[0][0] <= -price:
            return self._orders[falling[0][2]][0]
        return None

    def in_arrival_order(self) -> list[LiveOrder]:
        return [order for order, _ in sorted(self._orders.values(), key=lambda entry: entry[1][1])]
