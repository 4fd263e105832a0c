"""What the order_manager knows from the streams: living orders, positions, limits, and who follows which account.

It begins with history and its places, and then lives at the end of the streams. Its own intents and answers are in it
at once, so a POST is visible before the resolver has spoken.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal

import msgspec
import structlog

from hedgerow.core import reconcile
from hedgerow.core.admission import Exposure
from hedgerow.core.commands import OrderTerms, PositionSide
from hedgerow.core.instruments import Instrument
from hedgerow.core.limits import AccountRules
from hedgerow.core.orders import Order, Status
from hedgerow.core.positions import Position
from hedgerow.core.records import (
    AmendIntended,
    Answered,
    CameToNothing,
    CancelIntended,
    Heartbeat,
    Intended,
    LimitsIntended,
    Nothing,
    OrderIntended,
    OrderUpdated,
    PositionUpdated,
    Stream,
    TradingStateIntended,
)
from hedgerow.history import History, Place
from hedgerow.journal import Entry, Journal, JournalFault, RecordsGone, Tail
from hedgerow.journal import Position as Spot
from hedgerow.journal.cursor import Cursor
from hedgerow.journal.envelope import Envelope, decode
from hedgerow.journal.fencing import Fence
from hedgerow.journal.kept import is_kept, oldest_kept
from hedgerow.order_manager.past import Past
from hedgerow.order_manager.remembering import KnownCommand, ReadCommands

_log = structlog.get_logger(__name__)
STREAMS = (Stream.ORDER_INTENTS, Stream.ORDERS_EXECUTED, Stream.ORDERS_UPDATED, Stream.POSITIONS_UPDATED)
_ENDED_KEPT = 10_000
_BATCH = 500
_READ_ON_S = 1.0
_UNANSWERED = (Status.PENDING, Status.IN_DOUBT)

PositionKey = tuple[str, str, PositionSide]


class LiveView:
    """Folded from the streams; `run` keeps it fresh, `read_to` brings it up to a place at once."""

    def __init__(self, journal: Journal, history: History, past: Past, now_ms: Callable[[], int]) -> None:
        self._journal = journal
        self._history = history
        self._past = past
        self._now_ms = now_ms
        self._orders: dict[str, Order] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._living: dict[str, dict[str, Order]] = {}
        self._said: dict[str, Answered | CameToNothing] = {}  # outcomes that the resolver has not taken in yet
        self._positions: dict[PositionKey, Position] = {}
        self._rules: dict[str, AccountRules] = {}
        self._exposures: dict[str, Exposure] = {}
        self._instruments: dict[str, dict[str, Instrument]] = {}
        self._commands = ReadCommands()
        self._heartbeats: dict[str, tuple[int, Heartbeat]] = {}
        self._followers: dict[str, int] = {}  # the highest epoch that has beaten, by account
        self._tails: dict[Stream, Tail] = {}
        self._fences = {Stream.ORDERS_UPDATED: Fence(), Stream.POSITIONS_UPDATED: Fence()}
        self._read: dict[Stream, dict[int, tuple[int, int]]] = {stream: {} for stream in STREAMS}
        self._moved = asyncio.Event()

    # start and run

    async def start(self) -> None:
        """Begin with history; from there on the streams are read."""
        self._open_tails(await self._take_history())

    async def _take_history(self) -> Sequence[Place]:
        """Take in what history holds of the living; gives the places that it was folded to."""
        orders, places = await self._history.living_orders()
        positions, _ = await self._history.positions()
        for name, rules in (await self._history.rules()).items():
            self._rules[name] = rules
            self.exposure(name).set_rules(rules)
        for position in positions:
            self._put_position(position)
        for order in orders:
            self._put_order(order)
        return places

    def _open_tails(self, places: Iterable[Place]) -> None:
        for stream in STREAMS:
            folded = {p.partition: (p.offset, p.epoch) for p in places if p.stream == stream}
            self._read[stream] = folded
            if stream in self._fences:
                self._fences[stream] = Fence({n: epoch for n, (_, epoch) in folded.items()})
            self._tails[stream] = self._journal.tail(stream, {n: offset for n, (offset, _) in folded.items()})

    async def run(self) -> None:
        """Follow the streams for ever."""
        async with asyncio.TaskGroup() as tasks:
            for stream in STREAMS:
                tasks.create_task(self._follow(stream), name=f"live-{stream}")
            tasks.create_task(self._follow_heartbeats(), name="live-heartbeats")

    async def _follow(self, stream: Stream) -> None:
        while True:
            try:
                entries = await self._tails[stream].next(_BATCH)
            except RecordsGone as gone:
                await self._pass_gap(stream, gone)
                continue
            for entry in entries:
                self._fold(stream, entry)

    async def _pass_gap(self, stream: Stream, gone: RecordsGone) -> None:
        """Retention was faster: go on with the oldest that is kept, and with what history has by now."""
        _log.error("records lost to retention; history and what is kept make up for them", reason=str(gone))
        self._past.missed_some()
        offsets = {n: offset for n, (offset, _) in self._read[stream].items()}
        for partition in range(self._journal.partitions):
            place = offsets.get(partition, -1)
            if not await is_kept(self._journal, stream, partition, place):
                offsets[partition] = await oldest_kept(self._journal, stream, partition, place)
                self._read[stream][partition] = (offsets[partition], 0)
        self._tails[stream].close()
        self._tails[stream] = self._journal.tail(stream, offsets)
        await self._take_history()
        self._moved.set()

    async def _follow_heartbeats(self) -> None:
        while True:
            tail = self._journal.tail(Stream.HEARTBEATS, await self._journal.end(Stream.HEARTBEATS))
            with suppress(RecordsGone):  # only the newest beats count
                while True:
                    for entry in await tail.next(_BATCH):
                        envelope = _readable(Stream.HEARTBEATS, entry)
                        if envelope is not None and isinstance(envelope.body, Heartbeat):
                            self._beat(envelope, envelope.body)

    def _beat(self, envelope: Envelope, body: Heartbeat) -> None:
        """An owner that was taken over may go on beating for a while: it follows nothing any more."""
        known = self._followers.get(envelope.account, envelope.epoch)
        if envelope.epoch >= known:
            self._followers[envelope.account] = envelope.epoch
            self._heartbeats[envelope.account] = (self._now_ms(), body)

    def catch_up(self) -> None:
        """Fold what is already at hand, without waiting."""
        for stream, tail in self._tails.items():
            while entries := tail.take(_BATCH):
                for entry in entries:
                    self._fold(stream, entry)

    async def read_to(self, stream: Stream, place: Spot, within_s: float) -> None:
        """Return once the record at `place` is folded, and every earlier one of its partition.

        Raises:
            JournalFault: the log did not bring it in time.
        """
        self.catch_up()
        if self._has_read(stream, place):
            return
        try:
            async with asyncio.timeout(within_s):
                while not self._has_read(stream, place):
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            raise JournalFault(f"{stream} was not read back within {within_s:g} s") from None

    async def find(self, order_id: str) -> Order | None:
        """An order in memory; one that is not there may have been placed elsewhere a moment ago, so the log is read on.

        Raises:
            JournalFault: the log cannot be read to its end now, so nobody can say.
        """
        self.catch_up()
        if order_id not in self._orders:
            try:
                async with asyncio.timeout(_READ_ON_S):
                    for partition, offset in (await self._journal.end(Stream.ORDER_INTENTS)).items():
                        await self.read_to(Stream.ORDER_INTENTS, Spot(partition, offset), _READ_ON_S)
            except TimeoutError:
                raise JournalFault(
                    f"the log did not say within {_READ_ON_S:g} s whether there is such an order"
                ) from None
        return self._orders.get(order_id)

    def _has_read(self, stream: Stream, place: Spot) -> bool:
        return self._read[stream].get(place.partition, (-1, 0))[0] >= place.offset

    def cursor(self, stream: Stream) -> Cursor:
        """How far this view has read a stream."""
        return Cursor(self._journal.journal_id, stream, dict(self._read[stream]))

    # views

    def order(self, order_id: str) -> Order | None:
        return self._orders.get(order_id)

    def orders(self) -> Iterable[Order]:
        """Every order in memory: the living ones, and those that ended lately."""
        return self._orders.values()

    def living(self, account: str) -> list[Order]:
        return list(self._living.get(account, {}).values())

    def positions(self) -> list[Position]:
        return list(self._positions.values())

    def position(self, account: str, symbol: str, side: PositionSide) -> Position | None:
        return self._positions.get((account, symbol, side))

    def rules(self, account: str) -> AccountRules:
        return self._rules.get(account, AccountRules())

    def exposure(self, account: str) -> Exposure:
        if account not in self._exposures:
            instruments = self._instruments.setdefault(account, {})
            self._exposures[account] = Exposure(instruments, self.rules(account))
        return self._exposures[account]

    def learn_instruments(self, account: str, instruments: Mapping[str, Instrument]) -> None:
        """What the account trades, known once it is connected."""
        self._instruments.setdefault(account, {}).update(instruments)

    def leverage(self, terms: OrderTerms) -> Decimal | None:
        """Of the position that the order would move, as the exchange last told it."""
        legs = (self.position(terms.account, terms.symbol, side) for side in PositionSide)
        return max((leg.leverage for leg in legs if leg is not None and leg.leverage is not None), default=None)

    def command(self, command_id: str) -> KnownCommand | None:
        """A command that is no order, if its intent was read lately."""
        return self._commands.get(command_id)

    def heartbeat(self, account: str) -> tuple[int, Heartbeat] | None:
        """When this account's resolver was last heard of, and what it said."""
        return self._heartbeats.get(account)

    # folding

    def _fold(self, stream: Stream, entry: Entry) -> None:
        offset, _ = self._read[stream].get(entry.partition, (-1, 0))
        if entry.offset <= offset:
            return
        self._read[stream][entry.partition] = (entry.offset, entry.epoch)
        self._moved.set()
        fence = self._fences.get(stream)
        if fence is not None and not fence.admits(entry):
            return
        envelope = _readable(stream, entry)
        if envelope is not None:
            self._apply(envelope, entry)

    def _apply(self, envelope: Envelope, entry: Entry) -> None:
        match envelope.body:
            case OrderUpdated(order=order):
                self._put_order(order)
            case PositionUpdated(position=position):
                self._put_position(position)
            case Intended() | CameToNothing() as body:
                exposure = self.exposure(envelope.account)
                exposure.on_intent(entry.offset, envelope.principal, body)
                self._past.add(body.command_id)
                self._commands.read(body)
                if exposure.repeat_of(entry.offset) is None:
                    self._intend(envelope, body)
            case Answered() as body:
                self._commands.read(body)
                self.note_answer(body)

    def _intend(self, envelope: Envelope, body: Intended | CameToNothing) -> None:
        account = envelope.account
        match body:
            case OrderIntended() if body.command_id not in self._orders:
                made = reconcile.from_intent(body, principal=envelope.principal, time_ms=envelope.time_ms)
                self._overlay(None, made)
            case AmendIntended(denied=None) | CancelIntended() if order := self._orders.get(body.order_id):
                self._overlay(order, reconcile.requested(order, body, envelope.time_ms))
            case CameToNothing(order_id=str() as order_id) if order := self._orders.get(order_id):
                if body.how is not Nothing.REPEAT:
                    self._overlay(order, reconcile.nothing(order, body, envelope.time_ms))
            case LimitsIntended(limits=limits):
                self._set_rules(account, AccountRules(limits, self.rules(account).state))
            case TradingStateIntended(state=state):
                self._set_rules(account, AccountRules(self.rules(account).limits, state))
            case _:
                pass

    def _set_rules(self, account: str, rules: AccountRules) -> None:
        self._rules[account] = rules
        self.exposure(account).set_rules(rules)

    def note_answer(self, answer: Answered) -> Order | None:
        """Take in an answer, our own before it is even journaled."""
        return self._note(answer)

    def note_nothing(self, body: CameToNothing) -> Order | None:
        """Take in that an order came to nothing, before it is journaled."""
        return self._note(body)

    def _note(self, said: Answered | CameToNothing) -> Order | None:
        order = self._orders.get(said.order_id or "")
        if order is None:
            return None
        if order.status in _UNANSWERED and said.command_id == order.order_id:
            self._said[order.order_id] = said
        return self._overlay(order, _with_word(order, said, self._now_ms()))

    def _overlay(self, before: Order | None, after: Order) -> Order:
        """Our own word on an order never outranks the resolver's: it keeps the version of what it changes."""
        kept = msgspec.structs.replace(after, version=before.version if before else 0)
        self._store(kept)
        return kept

    def _put_order(self, order: Order) -> None:
        known = self._orders.get(order.order_id)
        if known is None or order.version >= known.version:
            order = self._with_own_word(order)
            self._store(order)
            self.exposure(order.account).on_order(order)

    def _with_own_word(self, order: Order) -> Order:
        """The resolver may not have read yet what we were answered: its pending or doubt does not take that back."""
        said = self._said.get(order.order_id)
        if said is None:
            return order
        if order.status not in _UNANSWERED:
            del self._said[order.order_id]
            return order
        return msgspec.structs.replace(_with_word(order, said, self._now_ms()), version=order.version)

    def _store(self, order: Order) -> None:
        self._orders[order.order_id] = order
        living = self._living.setdefault(order.account, {})
        if not order.ended:
            living[order.order_id] = order
            self._ended.pop(order.order_id, None)
            return
        living.pop(order.order_id, None)
        self._ended[order.order_id] = None
        while len(self._ended) > _ENDED_KEPT:
            oldest, _ = self._ended.popitem(last=False)
            self._orders.pop(oldest, None)
            self._said.pop(oldest, None)

    def _put_position(self, position: Position) -> None:
        key = (position.account, position.symbol, position.side)
        known = self._positions.get(key)
        if known is None or position.version >= known.version:
            self._positions[key] = position
            self.exposure(position.account).on_position(position)


def _readable(stream: Stream, entry: Entry) -> Envelope | None:
    """The record, unless it cannot be read: it is passed over, and the stream lives."""
    try:
        return decode(entry.payload)
    except msgspec.DecodeError as fault:
        _log.error("record quarantined", stream=stream, offset=entry.offset, fault=str(fault))
        return None


def _with_word(order: Order, said: Answered | CameToNothing, now_ms: int) -> Order:
    if isinstance(said, Answered):
        return reconcile.answered(order, said, now_ms)
    return reconcile.nothing(order, said, now_ms)
