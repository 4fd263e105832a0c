"""The caches in memory: the embedded desk's."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Generic, TypeVar

from hedgerow.cache import Version
from hedgerow.core.commands import PositionSide
from hedgerow.core.orders import Order
from hedgerow.core.positions import Position
from hedgerow.core.reports import Balance

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Guarded(Generic[K, V]):
    """Values by key, each with its version; what is removed by a write leaves its version behind."""

    def __init__(self) -> None:
        self._kept: dict[K, tuple[Version, V | None]] = {}

    def put(self, key: K, version: Version, value: V | None) -> None:
        kept = self._kept.get(key)
        if kept is None or version > kept[0]:
            self._kept[key] = (version, value)

    def get(self, key: K) -> tuple[Version, V] | None:
        version, value = self._kept.get(key, (Version(0, 0), None))
        return None if value is None else (version, value)

    def all(self) -> list[tuple[Version, V]]:
        return [(version, value) for version, value in self._kept.values() if value is not None]

    def drop(self, key: K) -> None:
        self._kept.pop(key, None)


class MemoryCache:
    """`Cache` in this process; gone with it, and rebuilt from history and journal."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._orders: _Guarded[str, Order] = _Guarded()
        self._positions: _Guarded[tuple[str, PositionSide, str], Position] = _Guarded()
        self._balances: _Guarded[str, list[Balance]] = _Guarded()

    async def put_orders(self, orders: Sequence[tuple[Version, Order]]) -> None:
        for version, order in orders:
            self._orders.put(order.order_id, version, order)

    async def put_positions(self, positions: Sequence[tuple[Version, Position]]) -> None:
        for version, position in positions:
            flat = not position.amount and not position.discrepancy
            key = (position.symbol, position.side, position.account)
            self._positions.put(key, version, None if flat else position)

    async def put_balances(self, account: str, version: Version, balances: Sequence[Balance]) -> None:
        self._balances.put(account, version, list(balances))

    async def orders(self) -> list[tuple[Version, Order]]:
        return self._orders.all()

    async def order(self, order_id: str) -> tuple[Version, Order] | None:
        return self._orders.get(order_id)

    async def positions(self) -> list[tuple[Version, Position]]:
        return self._positions.all()

    async def balances(self, account: str) -> tuple[Version, list[Balance]] | None:
        return self._balances.get(account)

    async def remove_orders(self, order_ids: Sequence[str]) -> None:
        for order_id in order_ids:
            self._orders.drop(order_id)

    async def clear(self) -> None:
        self._forget()
