"""The orders of one account in memory: the living and the newest of the ended, found by any of their ids."""

from __future__ import annotations

from typing import Final

from hedgerow.core.commands import Side
from hedgerow.core.orders import Order
from hedgerow.core.reports import OrderReport

KEEP_ENDED: Final = 5_000


class OrderIndex:
    """Keeps every living order, every order whose fills are not all counted, and the newest ended ones."""

    def __init__(self, keep_ended: int = KEEP_ENDED) -> None:
        self._keep_ended = keep_ended
        self._living: dict[str, Order] = {}
        self._ended: dict[str, Order] = {}  # in the order in which they ended
        self._gaps: dict[str, None] = {}
        self._by_client: dict[str, str] = {}
        self._by_exchange: dict[tuple[str, str], str] = {}  # an exchange's id may be unique within a symbol only
        self._protected: dict[str, dict[str, None]] = {}  # by symbol: the orders that carry a TP or SL

    def put(self, order: Order) -> str | None:
        """Take in an order as it now stands; says which ended order was let go for it."""
        order_id = order.order_id
        before = self.get(order_id)
        if order.ended:
            self._living.pop(order_id, None)
            self._ended[order_id] = order
        else:
            self._ended.pop(order_id, None)
            self._living[order_id] = order
        if order.filled > order.filled_by_fills:
            self._gaps[order_id] = None
        else:
            self._gaps.pop(order_id, None)
        if before is None or before.client_order_ids != order.client_order_ids:
            for client in order.client_order_ids:
                self._by_client.setdefault(client, order_id)
        if before is None or before.exchange_order_ids != order.exchange_order_ids:
            for theirs in order.exchange_order_ids:
                self._by_exchange.setdefault((order.symbol, theirs), order_id)
        if order.take_profit is not None or order.stop_loss is not None:
            self._protected.setdefault(order.symbol, {})[order_id] = None
        return self._let_go() if len(self._ended) > self._keep_ended else None

    def get(self, order_id: str) -> Order | None:
        return self._living.get(order_id) or self._ended.get(order_id)

    def living(self) -> list[Order]:
        return list(self._living.values())

    def gaps(self) -> list[Order]:
        """Orders of which the exchange reported more than the fills counted so far."""
        return [order for order_id in self._gaps if (order := self.get(order_id)) is not None]

    def by_client(self, client_order_id: str) -> Order | None:
        found = self._by_client.get(client_order_id)
        return None if found is None else self.get(found)

    def by_exchange(self, symbol: str, exchange_order_id: str) -> Order | None:
        found = self._by_exchange.get((symbol, exchange_order_id))
        return None if found is None else self.get(found)

    def match(self, symbol: str, side: Side, exchange_order_id: str, client_order_id: str) -> Order | None:
        """The order that a report is about. An id of ours on another symbol or side is not that order."""
        order = self.by_exchange(symbol, exchange_order_id) if exchange_order_id else None
        if order is None and client_order_id:
            order = self.by_client(client_order_id)
        return order if order is not None and order.symbol == symbol and order.side is side else None

    def parent_of(self, child: OrderReport) -> Order | None:
        """The newest order whose take profit or stop loss this is: same instrument, other side, same trigger."""
        for order_id in reversed(self._protected.get(child.symbol, {})):
            order = self.get(order_id)
            if order is None or order.side is child.side or order.role is not None:
                continue
            carried = order.take_profit if child.role == "take_profit" else order.stop_loss
            if carried is not None and carried == child.trigger_price:
                return order
        return None

    def _let_go(self) -> str | None:
        order_id = next((order_id for order_id in self._ended if order_id not in self._gaps), None)
        if order_id is None:
            return None
        order = self._ended.pop(order_id)
        for client in order.client_order_ids:
            if self._by_client.get(client) == order_id:
                del self._by_client[client]
        for theirs in order.exchange_order_ids:
            if self._by_exchange.get((order.symbol, theirs)) == order_id:
                del self._by_exchange[order.symbol, theirs]
        self._protected.get(order.symbol, {}).pop(order_id, None)
        return order_id
