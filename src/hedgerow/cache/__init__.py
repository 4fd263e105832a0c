"""The caches' port: the living orders, positions and balances; disposable, and never asked whether an order was sent.

Keys in Redis: `orders:{order_id}`; `positions:{symbol}:{side}` with one field an account; `balances:{account}`;
`applied:{partition}`, what the others are made of. `docs/redis.md` shows them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from hedgerow.core.orders import Order
from hedgerow.core.positions import Position
from hedgerow.core.reports import Balance


class Version(NamedTuple):
    """Epoch, then offset: a value replaces older versions only, however late it comes."""

    epoch: int
    offset: int


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """The marker of a partition: what of it the cache holds. Gone, or another than its owner left: the cache is not it.

    Attributes:
        journal: whose events these are.
        life: of the store, when the marker was written (see `Cache.life`).
        epoch: of the partition's owner, who wrote it.
        whole: every living thing of the partition is there; not while it is being filled.
        offsets: by stream, the last event that was applied.
    """

    journal: str
    life: str
    epoch: int
    whole: bool
    offsets: Mapping[str, int]


class CacheUnavailable(Exception):  # noqa: N818
    """The cache does not answer; history and the journal do."""


class Cache(Protocol):
    """Each value is kept with its version; a write with a version not newer than the kept one changes nothing.

    An order that has ended may be removed after a while. A flat position is removed by writing it with amount 0 and
    no discrepancy. Every call raises `CacheUnavailable` when the cache does not answer in time.
    """

    async def put_orders(self, orders: Sequence[tuple[Version, Order]]) -> None: ...

    async def put_positions(self, positions: Sequence[tuple[Version, Position]]) -> None: ...

    async def put_balances(
        self, account: str, version: Version, balances: Sequence[Balance], updated_ms: int
    ) -> None: ...

    async def living(self) -> dict[str, str]:
        """The ids of the orders that have not ended, each with its account."""
        ...

    async def find_orders(self, order_ids: Sequence[str]) -> list[tuple[Version, Order]]:
        """Those of these orders that are here, ended or not."""
        ...

    async def positions(self) -> list[tuple[Version, Position]]: ...

    async def balances(self, account: str) -> tuple[Version, list[Balance], int] | None:
        """An account's balances, and when the exchange told them."""
        ...

    async def remove_orders(self, order_ids: Sequence[str]) -> None: ...

    async def life(self) -> str:
        """Which life of the store this is: a restart begins another, a failover leads to another. Cheap."""
        ...

    async def applied(self, partition: int) -> Applied | None: ...

    async def put_applied(self, partition: int, applied: Applied, *, instead_of: Applied | None) -> bool:
        """Write the marker after what it speaks of, where `instead_of` still stands (`None`: whatever stands there).

        Returns:
            Whether it was written. If not, the cache was emptied meanwhile, or has another owner.
        """
        ...

    async def clear(self) -> None: ...
