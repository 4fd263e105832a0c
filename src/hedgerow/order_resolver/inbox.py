"""What reaches a partition: commands from the log, reports and verdicts from its followers. Bounded, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from hedgerow.core.records import Stream
from hedgerow.core.reports import PositionReport, Report
from hedgerow.journal import Entry

_BOUND = 2_000


class Item(msgspec.Struct, kw_only=True):
    """One thing to take in; `taken` resolves once its consequences are in the journal."""

    taken: asyncio.Future[None] | None = None

    def done(self) -> None:
        if self.taken is not None and not self.taken.done():
            self.taken.set_result(None)


class Commands(Item, kw_only=True):
    stream: Stream
    entries: Sequence[Entry]


class Heard(Item, kw_only=True):
    """Reports; of a REST read, `read_ms` is when it was begun, on the exchange's clock."""

    account: str
    reports: Sequence[Report]
    read_ms: int | None = None


class Opening(Item, kw_only=True):
    """The exchange's positions at the account's first connect: the opening balance."""

    account: str
    positions: Sequence[PositionReport]
    since_ms: int


class Settled(Item, kw_only=True):
    """A complete read of the positions, with no fill on its way; every fill up to `fills_read_ms` was heard."""

    account: str
    positions: Sequence[PositionReport]
    fills_read_ms: int


class Judged(Item, kw_only=True):
    """A follower's verdict on an order: nobody can say (in doubt), or its absence is proven."""

    account: str
    order_id: str
    absent: bool
    note: str


class Inbox:
    def __init__(self) -> None:
        self._queue: asyncio.Queue[Item] = asyncio.Queue(_BOUND)

    async def put(self, item: Item) -> None:
        await self._queue.put(item)

    async def settle(self, item: Item) -> None:
        """Put, and wait until its consequences are in the journal."""
        item.taken = asyncio.get_running_loop().create_future()
        await self._queue.put(item)
        await item.taken

    async def take(self, limit: int) -> list[Item]:
        """At least one item, at most `limit`."""
        return [await self._queue.get(), *self.take_now(limit - 1)]

    def take_now(self, limit: int) -> list[Item]:
        """What is there, at most `limit`."""
        return [self._queue.get_nowait() for _ in range(min(limit, self._queue.qsize()))]
