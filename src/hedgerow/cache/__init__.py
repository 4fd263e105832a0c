"""The caches' port: the living orders, positions and balances; disposable, and never asked whether an order was sent.

Keys in Redis: `orders:{order_id}`; `positions:{symbol}:{side}` with one field an account; `balances:{account}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from hedgerow.core.orders import Order
from hedgerow.core.positions import Position
from hedgerow.core.reports import Balance


class Version(NamedTuple):
    """Epoch, then offset: a value replaces older versions only, however late it comes."""

    epoch: int
    offset: int


class CacheUnavailable(Exception):  # noqa: N818
    """The cache does not answer; history and the journal do."""


class Cache(Protocol):
    """Each value is kept with its version; a write with a version not newer than the kept one changes nothing.

    An order that has ended may be removed after a while. A flat position is removed by writing it with amount 0 and
    no discrepancy. Every call raises `CacheUnavailable` when the cache does not answer in time.
    """

    async def put_orders(self, orders: Sequence[tuple[Version, Order]]) -> None: ...

    async def put_positions(self, positions: Sequence[tuple[Version, Position]]) -> None: ...

    async def put_balances(self, account: str, version: Version, balances: Sequence[Balance]) -> None: ...

    async def orders(self) -> list[tuple[Version, Order]]: ...

    async def order(self, order_id: str) -> tuple[Version, Order] | None: ...

    async def positions(self) -> list[tuple[Version, Position]]: ...

    async def balances(self, account: str) -> tuple[Version, list[Balance]] | None: ...

    async def remove_orders(self, order_ids: Sequence[str]) -> None: ...

    async def clear(self) -> None: ...
