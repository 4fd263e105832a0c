"""The caches in memory: the embedded desk's."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Final, Generic, TypeVar

from hedgerow.cache import Applied, Version
from hedgerow.core.commands import PositionSide
from hedgerow.core.orders import Order
from hedgerow.core.positions import Position
from hedgerow.core.reports import Balance

_ENDED_KEPT: Final = 10_000
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Guarded(Generic[K, V]):
    """Values by key, each with its version; what is removed by a write leaves its version behind."""

    def __init__(self) -> None:
        self._kept: dict[K, tuple[Version, V | None]] = {}

    def put(self, key: K, version: Version, value: V | None) -> bool:
        """Whether it was newer than what is kept."""
        kept = self._kept.get(key)
        if kept is not None and version <= kept[0]:
            return False
        self._kept[key] = (version, value)
        return True

    def get(self, key: K) -> tuple[Version, V] | None:
        version, value = self._kept.get(key, (Version(0, 0), None))
        return None if value is None else (version, value)

    def all(self) -> list[tuple[Version, V]]:
        return [(version, value) for version, value in self._kept.values() if value is not None]

    def drop(self, key: K) -> None:
        self._kept.pop(key, None)


class MemoryCache:
    """`Cache` in this process; gone with it, and rebuilt from history. Of the ended orders it keeps the last."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._orders: _Guarded[str, Order] = _Guarded()
        self._living: dict[str, str] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._applied: dict[int, Applied] = {}
        self._positions: _Guarded[tuple[str, PositionSide, str], Position] = _Guarded()
        self._balances: _Guarded[str, tuple[list[Balance], int]] = _Guarded()

    async def put_orders(self, orders: Sequence[tuple[Version, Order]]) -> None:
        for version, order in orders:
            if self._orders.put(order.order_id, version, order):
                self._sort_in(order)

    def _sort_in(self, order: Order) -> None:
        self._ended.pop(order.order_id, None)
        if not order.ended:
            self._living[order.order_id] = order.account
            return
        self._living.pop(order.order_id, None)
        self._ended[order.order_id] = None
        if len(self._ended) > _ENDED_KEPT:
            self._orders.drop(self._ended.popitem(last=False)[0])

    async def put_positions(self, positions: Sequence[tuple[Version, Position]]) -> None:
        for version, position in positions:
            flat = not position.amount and not position.discrepancy
            key = (position.symbol, position.side, position.account)
            self._positions.put(key, version, None if flat else position)

    async def put_balances(self, account: str, version: Version, balances: Sequence[Balance], updated_ms: int) -> None:
        self._balances.put(account, version, (list(balances), updated_ms))

    async def living(self) -> dict[str, str]:
        return dict(self._living)

    async def find_orders(self, order_ids: Sequence[str]) -> list[tuple[Version, Order]]:
        found = (self._orders.get(order_id) for order_id in order_ids)
        return [kept for kept in found if kept is not None]

    async def positions(self) -> list[tuple[Version, Position]]:
        return self._positions.all()

    async def balances(self, account: str) -> tuple[Version, list[Balance], int] | None:
        kept = self._balances.get(account)
        return None if kept is None else (kept[0], *kept[1])

    async def remove_orders(self, order_ids: Sequence[str]) -> None:
        for order_id in order_ids:
            self._orders.drop(order_id)
            self._living.pop(order_id, None)
            self._ended.pop(order_id, None)

    async def life(self) -> str:
        return ""

    async def applied(self, partition: int) -> Applied | None:
        return self._applied.get(partition)

    async def put_applied(self, partition: int, applied: Applied, *, instead_of: Applied | None) -> bool:
        if instead_of is not None and self._applied.get(partition) != instead_of:
            return False
        self._applied[partition] = applied
        return True

    async def clear(self) -> None:
        self._forget()
