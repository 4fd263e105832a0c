"""One partition of accounts: reads the commands, hears the exchanges, decides in the core, publishes.

One task writes: everything that changes an account's book passes through `run`, in one order.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from types import UnionType

import msgspec
import structlog

from hedgerow.clock import Clock
from hedgerow.core.account import AccountBook
from hedgerow.core.changes import Changes
from hedgerow.core.instruments import Instrument
from hedgerow.core.limits import AccountRules
from hedgerow.core.records import (
    INPUTS,
    Answered,
    BalancesUpdated,
    CameToNothing,
    FillBooked,
    Heartbeat,
    Input,
    Intended,
    OrderUpdated,
    Output,
    PositionUpdated,
    Stream,
    TakenOver,
)
from hedgerow.core.reports import BalanceReport, FillReport, OrderReport, PositionReport, Report
from hedgerow.history import History, PartitionState, Place
from hedgerow.journal import Entry, Journal, JournalFault, RecordsGone
from hedgerow.journal.envelope import Envelope, Environment, decode
from hedgerow.journal.fencing import Fence
from hedgerow.journal.kept import oldest_kept
from hedgerow.order_resolver.inbox import Commands, Heard, Inbox, Item, Judged, Opening, Settled
from hedgerow.order_resolver.pacing import Steps
from hedgerow.order_resolver.publishing import Folder, Folding, Publisher, Written, note
from hedgerow.order_resolver.recalling import recall
from hedgerow.order_resolver.story import command_row, input_line
from hedgerow.order_resolver.taking_over import FENCED, mark_take_over

_log = structlog.get_logger(__name__)
_BUSY_MS = 5  # commands that came so lately are likely to be followed by others
_STEP = 200  # items in one step: they share their journal write


class Partition:
    """The books of the accounts of one partition, from take-over to the end of this resolver's time."""

    def __init__(
        self,
        partition: int,
        *,
        journal: Journal,
        history: History,
        folder: Folder,
        publisher: Publisher,
        clock: Clock,
        id_key: bytes,
        state: PartitionState,
        environments: Mapping[str, Environment],
    ) -> None:
        self.inbox = Inbox()
        self._partition = partition
        self._journal = journal
        self._history = history
        self._folder = folder
        self._publisher = publisher
        self._clock = clock
        self._id_key = id_key
        self._state = state
        self._environments = environments
        self._instruments: dict[str, dict[str, Instrument]] = {}
        self._books = {account: self._restored(account) for account in _accounts_of(state)}
        self._consumed = {stream: state.places[stream].offset for stream in INPUTS if stream in state.places}
        self._marks: dict[Stream, int] = {}
        self._replaying = True
        self._commanded_ms = 0

    # the start

    async def recover(self) -> None:
        """Fold what the streams hold beyond history, publish what a crash left out, read the commands to the end."""
        folding = Folding()
        self._marks = await mark_take_over(self._journal, self._clock, self._partition, self._state.epoch)
        try:
            await self._replay_outputs(folding)
            await self._finish(folding)
            await self._read_inputs(folding)
        except RecordsGone as gone:
            raise JournalFault(f"retention was faster once more: {gone}") from gone
        await self._finish(folding)
        self._replaying = False
        await self._folder.put(folding)

    async def _finish(self, folding: Folding) -> None:
        """Make what a crash between the appends left out; fills may speak of orders that history alone still has."""
        now_ms = self._clock.now_ms()
        for account, book in list(self._books.items()):
            for order_id in book.lacking():
                if (order := await self._history.order(order_id)) is not None:
                    book.fold_order(order)
            await self._publish(account, book.finish(now_ms), folding)

    async def _replay_outputs(self, folding: Folding) -> None:
        for stream in FENCED:
            place = self._state.places.get(stream)
            fence = Fence({self._partition: place.epoch} if place else {})  # what history holds was written by then
            async for batch in self._kept(stream, {self._partition: place.offset} if place else {}, folding):
                for entry in fence.passed(batch):
                    self._replay(entry, stream, folding)

    async def _kept(self, stream: Stream, after: dict[int, int], folding: Folding) -> AsyncIterator[list[Entry]]:
        """Everything after a place; where retention was faster, from the oldest record that is kept."""
        try:
            async for batch in self._journal.read(stream, after, [self._partition]):
                yield batch
            return
        except RecordsGone as gone:
            if not self._replaying:
                raise JournalFault(f"retention was faster: {gone}") from gone
            reason = str(gone)
        place = await oldest_kept(self._journal, stream, self._partition, after.get(self._partition, -1))
        _log.error("records lost to retention; history, what is kept and the exchange make up for them", reason=reason)
        self._consumed[stream] = max(place, self._consumed.get(stream, -1))
        folding.places.append(Place(stream, self._partition, place, 0))
        async for batch in self._journal.read(stream, {self._partition: place}, [self._partition]):
            yield batch

    def _replay(self, entry: Entry, stream: Stream, folding: Folding) -> None:
        if entry.epoch >= self._state.epoch and entry.offset < self._marks[stream]:
            raise JournalFault(
                f"{stream} holds epoch {entry.epoch}, and history gave out {self._state.epoch}: an older copy of "
                "history was put in place; the partition is taken over again, until its epoch is the highest"
            )
        envelope = _readable(entry, stream, Output)
        if envelope is None:
            folding.places.append(Place(stream, self._partition, entry.offset, entry.epoch))
            return
        book = self.book(envelope.account)
        changes = Changes()
        match envelope.body:
            case FillBooked(fill=fill):
                book.fold_fill(fill)
                changes.fills.append(fill)
            case OrderUpdated() as updated:
                book.fold_order(updated.order)
                changes.orders.append(updated)
            case PositionUpdated() as moved:
                book.fold_position(moved.position)
                changes.positions.append(moved)
            case BalancesUpdated() as balances:
                changes.balances = balances
            case TakenOver():
                folding.places.append(Place(stream, self._partition, entry.offset, entry.epoch))
                return
            case _:
                raise AssertionError(f"{stream} holds a {type(envelope.body).__name__}")
        written = {stream: Written(entry.offset, [entry.payload])}
        note(envelope.account, changes, written, self._partition, entry.epoch, envelope.time_ms, folding)

    def _restored(self, account: str) -> AccountBook:
        state = self._state
        return AccountBook(
            account,
            self._id_key,
            self._instruments.setdefault(account, {}),
            orders=[order for order in state.orders if order.account == account],
            positions=[position for position in state.positions if position.account == account],
            last_fill=state.last_fill.get(account, 0),
            since_ms=state.since_ms.get(account),
            rules=state.rules.get(account, AccountRules()),
        )

    # views

    def books(self) -> list[AccountBook]:
        """The books of every account that it has heard of."""
        return list(self._books.values())

    def book(self, account: str) -> AccountBook:
        """An account's book; an account that was never heard of gets an empty one."""
        if account not in self._books:
            self._books[account] = self._restored(account)
        return self._books[account]

    def fills_read_ms(self, account: str) -> int:
        """Up to when every fill of the account had been read when this partition was taken over."""
        return self._state.fills_read_ms.get(account, 0)

    def learn_instruments(self, account: str, instruments: Mapping[str, Instrument]) -> None:
        self._instruments.setdefault(account, {}).update(instruments)

    def environment(self, account: str) -> Environment:
        return self._environments.get(account, Environment.LIVE)

    async def beat(self, account: str, heartbeat: Heartbeat) -> None:
        await self._publisher.beat(account, self.environment(account), heartbeat)

    # the loop

    async def run(self) -> None:
        """Take commands and reports as they come, for ever."""
        steps = Steps(self.inbox, self._clock, _STEP)
        async with asyncio.TaskGroup() as tasks:
            for stream in INPUTS:
                tasks.create_task(self._pump(stream), name=f"partition-{self._partition}-{stream}")
            while True:
                await self._step(await steps.next())

    async def _pump(self, stream: Stream) -> None:
        tail = self._journal.tail(stream, self._after(stream), [self._partition])
        try:
            while True:
                await self.inbox.put(Commands(stream=stream, entries=await tail.next(_STEP)))
        except RecordsGone as gone:
            raise JournalFault(f"retention was faster: {gone}") from gone
        finally:
            tail.close()

    async def _step(self, items: Sequence[Item]) -> None:
        """One step: all that is at hand, one journal write for each account."""
        folding = Folding()
        gathered: dict[str, Changes] = {}
        for item in items:
            account, changes = await self._apply(item, folding, gathered)
            if changes:
                gathered.setdefault(account, Changes()).extend(changes)
        patient = self._is_patient(items)
        for account, changes in gathered.items():
            await self._publish(account, changes, folding, lazy=patient)
        if folding != Folding():
            await self._folder.put(folding)
        for item in items:
            item.done()

    def _is_patient(self, items: Sequence[Item]) -> bool:
        """Whether this step's events may share the write of the commands that are coming in just now.

        What the desk asked for, people see already; what an exchange reports out of the blue, they wait for.
        """
        now_ms = self._clock.now_ms()
        if any(isinstance(item, Commands) for item in items):
            self._commanded_ms = now_ms
        return now_ms - self._commanded_ms <= _BUSY_MS

    async def _apply(self, item: Item, folding: Folding, gathered: dict[str, Changes]) -> tuple[str, Changes]:
        now_ms = self._clock.now_ms()
        match item:
            case Heard() as heard:
                return heard.account, await self._hear(heard, folding, gathered)
            case Opening(account=account, positions=positions, since_ms=since_ms):
                folding.since_ms[account] = since_ms
                return account, self.book(account).opening(positions, since_ms, now_ms)
            case Settled(account=account, positions=positions, fills_read_ms=fills_read_ms):
                folding.fills_read_ms[account] = fills_read_ms
                return account, self.book(account).settled_read(positions, now_ms)
            case Judged(account=account, order_id=order_id, absent=True, note=note):
                return account, self.book(account).prove_absent(order_id, note, now_ms)
            case Judged(account=account, order_id=order_id, note=note):
                return account, self.book(account).doubt(order_id, note, now_ms)
            case Commands(stream=stream, entries=entries):
                await self._read(stream, entries, folding, gathered)
                return "", Changes()
            case _:
                raise AssertionError(f"the inbox holds a {type(item).__name__}")

    # commands

    async def _read_inputs(self, folding: Folding) -> None:
        """Read both command streams to their ends."""
        gathered: dict[str, Changes] = {}
        await self._read_on(folding, gathered)
        for account, changes in gathered.items():
            await self._publish(account, changes, folding)

    async def _read_on(self, folding: Folding, gathered: dict[str, Changes]) -> None:
        for stream in INPUTS:
            async for batch in self._kept(stream, self._after(stream), folding):
                await self._read(stream, batch, folding, gathered)

    def _after(self, stream: Stream) -> dict[int, int]:
        return {self._partition: self._consumed[stream]} if stream in self._consumed else {}

    async def _read(
        self, stream: Stream, entries: Iterable[Entry], folding: Folding, gathered: dict[str, Changes]
    ) -> None:
        fresh: list[tuple[Entry, Envelope]] = []
        for entry in entries:
            if entry.partition != self._partition or entry.offset <= self._consumed.get(stream, -1):
                continue
            self._consumed[stream] = entry.offset
            folding.places.append(Place(stream, self._partition, entry.offset, entry.epoch))
            if (envelope := _readable(entry, stream, Input)) is not None:
                fresh.append((entry, envelope))
        await recall(self._history, self.book, (envelope for _, envelope in fresh), replaying=self._replaying)
        for entry, envelope in fresh:
            if changes := self._command(envelope, stream, entry, folding):
                gathered.setdefault(envelope.account, Changes()).extend(changes)

    def _command(self, envelope: Envelope, stream: Stream, entry: Entry, folding: Folding) -> Changes:
        book = self.book(envelope.account)
        body = envelope.body
        folding.timeline.append(input_line(envelope, stream, entry))
        if (row := command_row(envelope)) is not None:
            folding.commands.append(row)
        match body:
            case Intended():
                changes = book.intent(body, envelope.principal, envelope.time_ms)
            case CameToNothing():
                changes = book.nothing(body, envelope.time_ms)
            case Answered():
                changes = book.answer(body, envelope.time_ms)
            case _:
                raise AssertionError(f"{stream} holds a {type(body).__name__}")
        folding.rules[envelope.account] = book.rules
        return changes

    # reports

    async def _hear(self, heard: Heard, folding: Folding, gathered: dict[str, Changes]) -> Changes:
        book = self.book(heard.account)
        told = [r for r in heard.reports if isinstance(r, (OrderReport, FillReport, PositionReport, BalanceReport))]
        await self._learn(heard.account, book, told, folding, gathered)
        changes = Changes()
        for report in told:
            changes.extend(book.report(report, self._clock.now_ms(), adopt=True, read_ms=heard.read_ms))
        return changes

    async def _learn(
        self,
        account: str,
        book: AccountBook,
        reports: Iterable[Report],
        folding: Folding,
        gathered: dict[str, Changes],
    ) -> None:
        """Before anything is adopted: read the intents to their end, and ask history for what memory has let go."""
        strange = [r for r in reports if isinstance(r, (OrderReport, FillReport)) and not book.knows(r)]
        if strange:
            await self._recall_orders(account, book, strange, folding, gathered)
        doubtful = [key for r in reports if isinstance(r, FillReport) and (key := book.must_ask(r)) is not None]
        if doubtful:
            book.learn_fills(await self._history.known_fills(doubtful))

    async def _recall_orders(
        self,
        account: str,
        book: AccountBook,
        strange: Sequence[OrderReport | FillReport],
        folding: Folding,
        gathered: dict[str, Changes],
    ) -> None:
        await self._read_on(folding, gathered)
        ids = [i for r in strange if not book.knows(r) for i in (r.client_order_id, r.exchange_order_id) if i]
        for order in (await self._history.find_orders(account, ids)).values() if ids else ():
            book.fold_order(order)

    async def _publish(self, account: str, changes: Changes, folding: Folding, *, lazy: bool = False) -> None:
        if changes:
            await self._publisher.publish(account, self.environment(account), changes, folding, lazy=lazy)


def _readable(entry: Entry, stream: Stream, kinds: UnionType) -> Envelope | None:
    """The record, unless it cannot be read or does not belong there: it is passed over, and the stream lives."""
    try:
        envelope = decode(entry.payload)
    except msgspec.DecodeError as error:
        fault = str(error)
    else:
        if isinstance(envelope.body, kinds):
            return envelope
        fault = f"a {type(envelope.body).__name__} does not belong here"
    _log.error("record quarantined", stream=stream, partition=entry.partition, offset=entry.offset, fault=fault)
    return None


def _accounts_of(state: PartitionState) -> set[str]:
    named = {order.account for order in state.orders} | {position.account for position in state.positions}
    return named | set(state.rules) | set(state.since_ms) | set(state.last_fill)
