"""From changes to the world: first the journal, then history, then the caches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import msgspec

from hedgerow.cache import Version
from hedgerow.clock import Clock
from hedgerow.core.changes import Changes
from hedgerow.core.fills import Fill
from hedgerow.core.limits import AccountRules
from hedgerow.core.orders import Order
from hedgerow.core.positions import Position
from hedgerow.core.records import Body, FillBooked, Stream
from hedgerow.core.reports import Balance
from hedgerow.history import Batch, CommandRow, History, Place, TimelineEntry
from hedgerow.journal import Journal, Record
from hedgerow.journal.envelope import Envelope, Environment, encode
from hedgerow.meters import Meters

_GATHER_S = 0.1  # history may lag the journal; fewer, larger transactions leave the processor to the orders
_QUEUE = 5_000
_MOST = 500  # records in one append: after an outage there are more than a message of the journal may hold
_T = TypeVar("_T")


class Folding(msgspec.Struct):
    """What one step of a partition adds to history and the caches."""

    places: list[Place] = []
    orders: list[tuple[Version, Order]] = []
    positions: list[tuple[Version, Position]] = []
    fills: list[Fill] = []
    balances: list[tuple[str, Version, Sequence[Balance], int]] = []
    timeline: list[TimelineEntry] = []
    commands: list[CommandRow] = []
    rules: dict[str, AccountRules] = {}
    since_ms: dict[str, int] = {}
    fills_read_ms: dict[str, int] = {}


class Publisher:
    """Writes one partition's events to the journal, stamped with its epoch."""

    def __init__(self, journal: Journal, clock: Clock, partition: int, epoch: int, writer: str, meters: Meters) -> None:
        self._journal = journal
        self._clock = clock
        self._partition = partition
        self._epoch = epoch
        self._writer = writer
        self._meters = meters
        self._sequence = 0

    async def publish(
        self, account: str, environment: Environment, changes: Changes, into: Folding, *, lazy: bool = False
    ) -> None:
        """Append fills, then orders, then positions and balances; note in `into` what history has to fold.

        Raises:
            JournalFault: it is unknown how much of it was written.
        """
        for part in changes.parts(_MOST):
            await self._append(account, environment, part, into, lazy=lazy)

    async def _append(
        self, account: str, environment: Environment, changes: Changes, into: Folding, *, lazy: bool
    ) -> None:
        parts: list[tuple[Stream, Sequence[Body]]] = [
            (Stream.FILLS, [FillBooked(fill=fill) for fill in changes.fills]),
            (Stream.ORDERS_UPDATED, changes.orders),
            (Stream.POSITIONS_UPDATED, changes.positions),
            (Stream.BALANCES_UPDATED, [changes.balances] if changes.balances else []),
        ]
        filled = [(stream, bodies) for stream, bodies in parts if bodies]
        if not filled:
            return
        now_ms = self._clock.now_ms()
        records = [
            (stream, [self._record(account, environment, body, now_ms) for body in bodies]) for stream, bodies in filled
        ]
        began_s = self._meters.now_s()
        places = await self._journal.append_in_order(account, records, lazy=lazy)
        self._meters.journal_append.add(self._meters.now_s() - began_s, "order_resolver")
        for stream, several in records:
            self._meters.published.add(stream, by=len(several))
        written = {
            stream: Written(place.offset, [record.payload for record in several])
            for (stream, several), place in zip(records, places, strict=True)
        }
        note(account, changes, written, self._partition, self._epoch, now_ms, into)

    async def beat(self, account: str, environment: Environment, body: Body) -> None:
        """Journal a sign of life."""
        record = self._record(account, environment, body, self._clock.now_ms())
        await self._journal.append(Stream.HEARTBEATS, account, [record], lazy=True)

    def _record(self, account: str, environment: Environment, body: Body, now_ms: int) -> Record:
        self._sequence += 1
        envelope = Envelope(
            journal=self._journal.journal_id,
            account=account,
            environment=environment,
            writer=self._writer,
            epoch=self._epoch,
            sequence=self._sequence,
            time_ms=now_ms,
            body=body,
        )
        return Record(self._epoch, encode(envelope))


class Written(NamedTuple):
    """One append to one stream: the offset of its last record, and what was written."""

    last: int
    payloads: Sequence[bytes]


_NOTHING = Written(-1, ())


def note(
    account: str,
    changes: Changes,
    written: Mapping[Stream, Written],
    partition: int,
    epoch: int,
    time_ms: int,
    into: Folding,
) -> None:
    """What history and the caches have to fold of changes that are in the journal."""
    into.places += [Place(stream, partition, append.last, epoch) for stream, append in written.items()]
    into.fills += changes.fills
    for offset, updated, payload in _numbered(changes.orders, written.get(Stream.ORDERS_UPDATED, _NOTHING)):
        into.orders.append((Version(epoch, offset), updated.order))
        place = (Stream.ORDERS_UPDATED, partition, offset)
        into.timeline.append(_line(place, updated.order.order_id, account, time_ms, "order_updated", payload))
    for offset, fill, payload in _numbered(changes.fills, written.get(Stream.FILLS, _NOTHING)):
        place = (Stream.FILLS, partition, offset)
        into.timeline.append(_line(place, fill.order_id, account, time_ms, "fill_booked", payload))
    for offset, moved, _ in _numbered(changes.positions, written.get(Stream.POSITIONS_UPDATED, _NOTHING)):
        into.positions.append((Version(epoch, offset), moved.position))
    if changes.balances:
        version = Version(epoch, written[Stream.BALANCES_UPDATED].last)
        into.balances.append((account, version, changes.balances.balances, changes.balances.updated_ms))


def _numbered(items: Sequence[_T], append: Written) -> Iterable[tuple[int, _T, bytes]]:
    """Items of one append with their offsets, counted back from the last one's, and their records."""
    first = append.last - len(append.payloads) + 1
    return zip(range(first, append.last + 1), items, append.payloads, strict=False)


def _line(
    place: tuple[str, int, int], subject: str, account: str, time_ms: int, kind: str, payload: bytes
) -> TimelineEntry:
    stream, partition, offset = place
    return TimelineEntry(
        stream=stream,
        partition=partition,
        offset=offset,
        subject=subject,
        account=account,
        time_ms=time_ms,
        kind=kind,
        body=payload.decode(),
    )


class Folder:
    """Folds what was journaled into history, many steps in one transaction, and hands it on to the caches.

    Args:
        folded: told of the steps that are in history now; it must not wait for anything.
    """

    def __init__(
        self,
        history: History,
        folded: Callable[[Sequence[Folding]], None],
        clock: Clock,
        partition: int,
        epoch: int,
        meters: Meters,
    ) -> None:
        self._history = history
        self._meters = meters
        self._folded = folded
        self._clock = clock
        self._partition = partition
        self._epoch = epoch
        self._queue: asyncio.Queue[Folding] = asyncio.Queue(_QUEUE)

    async def put(self, folding: Folding) -> None:
        """Hand a step over; waits while history is far behind."""
        await self._queue.put(folding)

    async def run(self) -> None:
        """Fold for ever. Raises HistoryFault when history fails: the partition must start again."""
        while True:
            gathered = [await self._queue.get()]
            await self._clock.sleep(_GATHER_S)
            await self.fold(gathered)

    async def fold(self, gathered: list[Folding]) -> None:
        """Fold these steps and all that is waiting."""
        while not self._queue.empty():
            gathered.append(self._queue.get_nowait())
        if gathered:
            began_s = self._meters.now_s()
            await self._history.commit(_merged(gathered, self._partition, self._epoch))
            self._meters.history_fold.add(self._meters.now_s() - began_s)
            self._folded(gathered)


def _merged(steps: list[Folding], partition: int, epoch: int) -> Batch:
    """One batch of many steps: the last state of each order and position, the last place of each stream."""
    return Batch(
        partition=partition,
        epoch=epoch,
        places=list({place.stream: place for step in steps for place in step.places}.values()),
        orders=list({order.order_id: order for step in steps for _, order in step.orders}.values()),
        fills=[fill for step in steps for fill in step.fills],
        positions=list({(p.account, p.symbol, p.side): p for step in steps for _, p in step.positions}.values()),
        balances=[(account, balances, time) for step in steps for account, _, balances, time in step.balances],
        rules={name: rules for step in steps for name, rules in step.rules.items()},
        since_ms={name: since for step in steps for name, since in step.since_ms.items()},
        fills_read_ms={name: read for step in steps for name, read in step.fills_read_ms.items()},
        timeline=[line for step in steps for line in step.timeline],
        commands=[row for step in steps for row in step.commands],
    )
