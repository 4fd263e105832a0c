"""Keeping the caches right: one task a partition writes them after history, and fills them again whenever it has to.

A cache may lose all or some of what it held, at any moment and without a word. Beside the values stands a marker, which
each write moves on from the one that this owner left; where another marker stands, or none, or the store has begun
another life, all that lives is read from history and written again. Nobody waits for any of this.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec
import structlog

from hedgerow.cache import Applied, Cache, CacheUnavailable, Version
from hedgerow.clock import Clock
from hedgerow.core.commands import PositionSide
from hedgerow.core.orders import Order
from hedgerow.core.positions import Position
from hedgerow.core.records import Stream
from hedgerow.core.reports import Balance
from hedgerow.history import History, HistoryFault, LivingState, Place
from hedgerow.order_resolver.publishing import Folding

_log = structlog.get_logger(__name__)
_LOOK_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 10.0  # between attempts to fill, each of which reads all that lives from history
_WAITING: Final = 20_000  # orders that wait to be written; with more, filling is no more work
_SOME: Final = 5_000  # orders handed to the cache at once; the loop serves others between
_CACHED: Final = (Stream.ORDERS_UPDATED, Stream.POSITIONS_UPDATED, Stream.BALANCES_UPDATED)


class _Waiting(msgspec.Struct):
    """What is to be written: the newest of each thing, and how far the streams are in it."""

    orders: dict[str, tuple[Version, Order]] = {}
    positions: dict[tuple[str, str, PositionSide], tuple[Version, Position]] = {}
    balances: dict[str, tuple[Version, Sequence[Balance], int]] = {}
    offsets: dict[str, int] = {}

    def add(self, step: Folding) -> None:
        self.orders.update((order.order_id, (version, order)) for version, order in step.orders)
        self.positions.update(((p.account, p.symbol, p.side), (version, p)) for version, p in step.positions)
        self.balances.update((account, (at, held, ms)) for account, at, held, ms in step.balances)
        self.offsets.update(_cached(step.places))


class Caching:
    """One partition's writes to the caches, from its take-over on; `run` owns every task.

    Args:
        epoch: of the take-over; every value is written with it, or with that of the event it comes from.
        partition_of: the partition of an account.
        places: how far the streams were folded at the take-over: a cache that an earlier owner left so far is kept.
    """

    def __init__(
        self,
        cache: Cache,
        history: History,
        clock: Clock,
        partition: int,
        *,
        epoch: int,
        journal_id: str,
        partition_of: Callable[[str], int],
        places: Mapping[str, Place],
    ) -> None:
        self._cache = cache
        self._history = history
        self._clock = clock
        self._partition = partition
        self._epoch = epoch
        self._journal_id = journal_id
        self._partition_of = partition_of
        self._left_at: dict[str, int] | None = _cached(places.values())
        self._marker: Applied | None = None  # that stands in the cache; none while the cache is not right
        self._waiting = _Waiting()
        self._gathers = True  # else something was dropped: the cache has to be filled
        self._news = asyncio.Event()
        self._look_due = True
        self._filled = False
        self._fill_at_ms = 0
        self._failures = 0
        self._fault: str | None = None

    def put(self, folded: Sequence[Folding]) -> None:
        """What is in history now. Never waits: what cannot be written in time is read from history later."""
        if not self._gathers:
            return
        for step in folded:
            self._waiting.add(step)
        if len(self._waiting.orders) > _WAITING:
            self._drop()
        self._news.set()

    def _drop(self) -> None:
        """What waits is in history, and is read from there."""
        self._gathers = False
        self._waiting = _Waiting()
        self._left_at = None

    async def run(self) -> None:
        """Write, look after and fill, until the partition has another owner."""
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(self._look_in_turn(), name=f"cache-look-{self._partition}")
            while await self._keep():
                await self._news.wait()
                self._news.clear()
            looking.cancel()

    async def _look_in_turn(self) -> None:
        while True:
            await self._clock.sleep(_LOOK_S)
            self._look_due = True
            self._news.set()

    async def _keep(self) -> bool:
        """One round; false once another owner has taken the partition over."""
        if not self._gathers:
            self._marker = None
        try:
            if self._marker is not None and self._look_due:
                await self._look()
            if self._marker is not None:
                await self._write()
            elif self._clock.now_ms() >= self._fill_at_ms:
                return await self._fill()
        except (CacheUnavailable, HistoryFault) as fault:
            self._lost(str(fault))
        return True

    # while it is right

    async def _look(self) -> None:
        """Whether all that was written is still there."""
        assert self._marker is not None
        self._look_due = False
        if await self._cache.life() != self._marker.life or await self._cache.applied(self._partition) != self._marker:
            self._give_up()

    async def _write(self) -> None:
        """What has changed, and then the marker: a cache that was emptied between is noticed by it."""
        assert self._marker is not None
        if self._waiting == _Waiting():
            return
        changed, self._waiting = self._waiting, _Waiting()
        if changed.orders:
            await self._cache.put_orders(list(changed.orders.values()))
        if changed.positions:
            await self._cache.put_positions(list(changed.positions.values()))
        for account, kept in changed.balances.items():
            await self._cache.put_balances(account, *kept)
        await self._mark(changed.offsets)

    async def _mark(self, offsets: Mapping[str, int]) -> None:
        before = self._marker
        assert before is not None
        streams = {*before.offsets, *offsets}
        reached = {stream: max(before.offsets.get(stream, -1), offsets.get(stream, -1)) for stream in streams}
        marker = msgspec.structs.replace(before, epoch=self._epoch, offsets=reached, whole=True)
        if await self._cache.put_applied(self._partition, marker, instead_of=before):
            self._marker = marker
        else:
            self._give_up()

    def _give_up(self) -> None:
        """It is not right any more."""
        self._marker = None
        self._drop()

    def _lost(self, reason: str) -> None:
        if self._fault is None:
            _log.warning("cache not kept", partition=self._partition, reason=reason)
        self._fault = reason
        self._give_up()

    # making it right

    async def _fill(self) -> bool:
        """Write all that lives, unless an earlier owner left it so; false once there is another owner."""
        life = await self._cache.life()
        kept = await self._cache.applied(self._partition)
        if kept is not None and self._is_as_left(kept, life):
            self._marker, self._filled = kept, True
            await self._mark({})
            return True
        if kept is not None and kept.journal != self._journal_id:
            _log.warning("cache emptied: it was made from another journal", partition=self._partition)
            await self._cache.clear()
        return await self._fill_from_history(life)

    def _is_as_left(self, kept: Applied, life: str) -> bool:
        same = (kept.journal, kept.life, kept.whole) == (self._journal_id, life, True)
        return same and kept.epoch <= self._epoch and kept.offsets == self._left_at

    async def _fill_from_history(self, life: str) -> bool:
        self._failures += 1
        pause_s = min(_LONGEST_PAUSE_S, _LOOK_S * 2 ** min(self._failures - 1, 10))
        self._fill_at_ms = self._clock.now_ms() + round(pause_s * 1000)
        self._gathers = True  # from before history is read: what it folds after that waits to be written
        state = await self._history.living_state(self._partition)
        if state.epoch > self._epoch:
            self._give_up()
            return False
        begun = Applied(journal=self._journal_id, life=life, epoch=self._epoch, whole=False, offsets={})
        await self._cache.put_applied(self._partition, begun, instead_of=None)
        await self._put_state(state)
        self._marker = begun
        await self._mark(_cached(state.places.values()))
        if self._marker is not None:
            if self._filled or self._fault is not None:
                _log.info("cache filled again", partition=self._partition, orders=len(state.orders))
            self._filled, self._failures, self._fault = True, 0, None
        return True

    async def _put_state(self, state: LivingState) -> None:
        """All that lives, as of the places of its streams: older than every event that is still to come."""
        at = {stream: Version(self._epoch, state.places[stream].offset) for stream in _CACHED if stream in state.places}
        beginning = Version(self._epoch, 0)
        version = at.get(Stream.ORDERS_UPDATED, beginning)
        for first in range(0, len(state.orders), _SOME):
            await self._cache.put_orders([(version, order) for order in state.orders[first : first + _SOME]])
            await self._clock.sleep(0)  # a cache in memory does not wait for anything by itself
        await self._end_orders({order.order_id for order in state.orders}, version)
        version = at.get(Stream.POSITIONS_UPDATED, beginning)
        await self._cache.put_positions([(version, position) for position in state.positions])
        version = at.get(Stream.BALANCES_UPDATED, beginning)
        for account, (balances, updated_ms) in state.balances.items():
            await self._cache.put_balances(account, version, balances, updated_ms)

    async def _end_orders(self, living: set[str], version: Version) -> None:
        """What the cache holds for alive and history does not: it ended while nobody wrote it here."""
        for order_id, account in (await self._cache.living()).items():
            if order_id in living or self._partition_of(account) != self._partition:
                continue
            order = await self._history.order(order_id)
            if order is None:
                await self._cache.remove_orders([order_id])
            else:
                await self._cache.put_orders([(version, order)])


def _cached(places: Iterable[Place]) -> dict[str, int]:
    """The offsets of the streams that the caches are made of."""
    return {str(place.stream): place.offset for place in places if place.stream in _CACHED}
