"""The order_resolver's levels, put when somebody looks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from hedgerow.cache import Cache, CacheUnavailable
from hedgerow.core.account import AccountBook
from hedgerow.core.orders import Status
from hedgerow.core.records import Stream
from hedgerow.history import History
from hedgerow.journal import Journal
from hedgerow.journal.backlog import Backlog
from hedgerow.meters import Labels, Meters

_FOLDED = tuple(stream for stream in Stream if stream is not Stream.HEARTBEATS)


def look_at_books(meters: Meters, books: Iterable[AccountBook], now_ms: int) -> None:
    """Doubts and discrepancies of the accounts that are followed here."""
    doubts: dict[Labels, float] = {}
    ages: dict[Labels, float] = {}
    discrepancies: dict[Labels, float] = {}
    for book in books:
        made_ms = [order.created_ms for order in book.doubts() if order.status is Status.IN_DOUBT]
        doubts[book.account,] = len(made_ms)
        ages[book.account,] = max(now_ms - min(made_ms), 0) / 1000 if made_ms else 0
        discrepancies[book.account,] = sum(1 for position in book.positions() if position.discrepancy)
    meters.doubts.replace(doubts)
    meters.doubt_age.replace(ages)
    meters.discrepancies.replace(discrepancies)


def look_at_partitions(meters: Meters, epochs: Mapping[int, int]) -> None:
    meters.partition_epoch.replace({(str(partition),): epoch for partition, epoch in epochs.items()})


async def look_at_cache(meters: Meters, cache: Cache) -> None:
    try:
        await cache.life()
    except CacheUnavailable:
        meters.cache_available.put(0)
    else:
        meters.cache_available.put(1)


class HistoryLag:
    """How far history is behind the streams: commands that were not read yet, events that were not folded yet."""

    def __init__(self, meters: Meters, journal: Journal, history: History) -> None:
        self._meters = meters
        self._journal = journal
        self._history = history
        self._backlog = Backlog()

    async def look(self, partitions: Collection[int], now_ms: int) -> None:
        """Raises JournalFault and HistoryFault where it cannot be told."""
        places = await self._history.places()
        self._backlog.keep([(stream, partition) for stream in _FOLDED for partition in partitions])
        for stream in _FOLDED:
            folded = {place.partition: place.offset for place in places if place.stream == stream}
            ends = await self._journal.end(stream)
            ages_ms = [
                self._backlog.age_ms((stream, number), folded, {number: ends[number]}, now_ms)
                for number in partitions
                if number in ends
            ]
            self._meters.history_behind.put(max(ages_ms, default=0) / 1000, stream)
