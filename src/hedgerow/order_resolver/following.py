"""Following one account at its exchange: the private stream, REST reads, doubts and gaps.

A follower gathers evidence and hands it to its partition; it changes nothing itself.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import msgspec
import structlog

from hedgerow.clock import Clock
from hedgerow.core.account import AccountBook
from hedgerow.core.orders import Order, Status
from hedgerow.core.records import Heartbeat
from hedgerow.core.reports import BalanceReport, FillReport, Report, Source, StreamDown, StreamUp
from hedgerow.exchange import ExchangeConnection, ExchangeFault, Found, OrderRef, Reports
from hedgerow.order_resolver.apart import apart
from hedgerow.order_resolver.inbox import Heard, Judged, Opening, Settled
from hedgerow.order_resolver.partition import Partition
from hedgerow.vault import VaultFault

_log = structlog.get_logger(__name__)
_READS_THAT_PROVE = 2
_POSITION_READS = 3  # while fills overtake them; the stream tells of such a position meanwhile
_BEFORE_MS = 60_000  # how far before an order's making a search for it begins: clocks differ


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How often, in seconds; and how long evidence of absence must be waited for.

    Attributes:
        reconcile: between complete REST reads while the stream is well.
        unwell: the same while it is down or silent.
        suspicion: between looks at what may be amiss (doubts, gaps, silence).
        heartbeat: between signs of life in the journal.
        absence_margin: beyond a request's deadline, on the exchange's clock, before absence can be proven.
        between_reads: from one negative read to the next.
        gap_patience: how long a report may run ahead of its fills before they are fetched.
        stream_silence: a stream that gives no sign of life for so long is suspect.
        back_off: the longest pause between attempts to connect.
        fills_overlap: how far each read of the fills reaches back before the last one.
    """

    reconcile: float = 30.0
    unwell: float = 5.0
    suspicion: float = 0.5
    heartbeat: float = 5.0
    absence_margin: float = 2.0
    between_reads: float = 1.0
    gap_patience: float = 1.0
    stream_silence: float = 15.0
    back_off: float = 20.0
    fills_overlap: float = 120.0


class Follower:
    """One account, followed from connect to close; `run` owns all of its tasks."""

    def __init__(
        self,
        account: str,
        partition: Partition,
        connect: Callable[[], Awaitable[ExchangeConnection]],
        *,
        clock: Clock,
        chance: random.Random,
        pace: Pace,
    ) -> None:
        self._account = account
        self._partition = partition
        self._connect = connect
        self._clock = clock
        self._chance = chance
        self._pace = pace
        self._suspect = asyncio.Event()
        self._news = asyncio.Event()  # the heartbeat has something new to say
        self._stream_up = False
        self._silent = False
        self._heard_ms = 0
        self._reconciled_ms = 0
        self._fills_read_ms = partition.fills_read_ms(account)
        self._reason: str | None = None
        self._proves_absence = False
        self._asked_ms: dict[str, int] = {}  # when an order was last asked for
        self._negatives: Counter[str] = Counter()  # doubts: complete reads after the deadline that did not find it
        self._gap_since: dict[str, int] = {}

    @property
    def _book(self) -> AccountBook:
        return self._partition.book(self._account)

    async def run(self) -> None:
        """Follow for ever; an exchange that cannot be reached is tried again, and the heartbeat says so."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._beat(), name=f"heartbeat-{self._account}")
            failures = 0
            while True:
                try:
                    connection = await self._connect()
                except (ExchangeFault, VaultFault) as fault:
                    failures += 1
                    self._lost(str(fault))
                    await self._pause(failures)
                    continue
                failures = 0
                try:
                    await apart(self._follow(connection))
                except* ExchangeFault as faults:
                    self._lost(str(faults.exceptions[0]))
                finally:
                    await connection.close()
                failures += 1
                await self._pause(failures)

    async def _pause(self, failures: int) -> None:
        longest = min(self._pace.back_off, 0.25 * 2 ** min(failures, 10))
        await self._clock.sleep(longest * (0.5 + self._chance.random() / 2))

    def _lost(self, reason: str) -> None:
        if self._reason != reason:
            _log.warning("account not followed", account=self._account, reason=reason)
        self._reason = reason
        self._stream_up = self._silent = False
        self._news.set()

    @property
    def _stream_well(self) -> bool:
        return self._stream_up and not self._silent

    async def _follow(self, connection: ExchangeConnection) -> None:
        reports = connection.reports
        self._partition.learn_instruments(self._account, connection.trading.instruments)
        self._proves_absence = connection.trading.capabilities.proves_absence
        if not self._book.since_ms:
            await self._open_balance(reports)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(reports), name=f"stream-{self._account}")
            tasks.create_task(self._reconcile_in_turn(reports), name=f"reconcile-{self._account}")
            tasks.create_task(self._look_after(reports), name=f"suspicion-{self._account}")

    # the private stream

    async def _listen(self, reports: Reports) -> None:
        async for report in reports.stream():
            match report:
                case StreamUp():
                    self._stream_up, self._reason = True, None
                    self._suspect.set()
                    self._news.set()
                case StreamDown(reason=reason):
                    self._lost(f"private stream down: {reason}")
                    self._suspect.set()
                case _:
                    await self._partition.inbox.put(Heard(account=self._account, reports=(report,)))

    # the opening balance

    async def _open_balance(self, reports: Reports) -> None:
        """Read the positions while no fill happens: the fills before and after the read must be the same."""
        start_ms = reports.exchange_time_ms() - 60_000
        while True:
            before = await reports.fills(start_ms)
            positions = await reports.positions()
            after = await reports.fills(start_ms)
            if {f.trade_id for f in before} == {f.trade_id for f in after}:
                break
        since_ms = max((fill.time_ms for fill in after), default=start_ms)
        await self._partition.inbox.settle(Opening(account=self._account, positions=positions, since_ms=since_ms))

    # complete reads

    async def _reconcile_in_turn(self, reports: Reports) -> None:
        while True:
            self._suspect.clear()
            try:
                await self._reconcile(reports)
            except ExchangeFault as fault:
                self._doubt_reads(fault)
                await self._clock.sleep(self._pace.between_reads)
                continue
            await self._wait_for(self._suspect, self._pace.reconcile if self._stream_well else self._pace.unwell)

    def _doubt_reads(self, fault: ExchangeFault) -> None:
        """A read failed: said once, shown in the heartbeat, tried again; the stream goes on."""
        if self._reason != str(fault):
            _log.warning("exchange did not answer", account=self._account, fault=str(fault))
        self._reason = str(fault)

    async def _wait_for(self, event: asyncio.Event, seconds: float) -> None:
        """Until the event is set, so long at most."""
        waiting = asyncio.ensure_future(event.wait())
        pause = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait((waiting, pause), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            pause.cancel()

    async def _reconcile(self, reports: Reports) -> None:
        """Fills, then open orders, then what is missing from them, then positions and balances."""
        started_ms = self._clock.now_ms()
        await self._read_fills(reports)
        read_ms = reports.exchange_time_ms()
        open_orders = await reports.open_orders()
        await self._hear(open_orders, read_ms)
        missing = self._book.missing(open_orders, started_ms)
        asked = [await self._tried(self._ask(reports, order)) for order in missing]
        await self._check_positions(reports)
        balances = await reports.balances()
        await self._hear([BalanceReport(balances=tuple(balances), updated_ms=started_ms, source=Source.REST)])
        if all(asked):
            if not self._reconciled_ms:
                self._news.set()  # whoever waits for a take-over need not wait for the next sign of life
            self._reconciled_ms = self._clock.now_ms()
            self._reason = None if self._stream_well else self._reason

    async def _read_fills(self, reports: Reports) -> list[FillReport]:
        now_ms = reports.exchange_time_ms()
        overlap_ms = int(self._pace.fills_overlap * 1000)
        since_ms = max(self._book.since_ms, self._fills_read_ms - overlap_ms, 0)
        fills = await reports.fills(since_ms)
        await self._hear(fills)
        self._fills_read_ms = now_ms
        return fills

    async def _check_positions(self, reports: Reports) -> None:
        """A read is settled when no fill was counted while it was made; one that a fill overtook is made again."""
        for _ in range(_POSITION_READS):
            counted = self._book.last_fill
            positions = await reports.positions()
            await self._read_fills(reports)
            if self._book.last_fill == counted:
                await self._partition.inbox.settle(
                    Settled(account=self._account, positions=positions, fills_read_ms=self._fills_read_ms)
                )
                return

    # doubts, gaps and silence

    async def _look_after(self, reports: Reports) -> None:
        while True:
            await self._clock.sleep(self._pace.suspicion)
            self._mind_silence(reports)
            for order in self._book.doubts():
                await self._tried(self._settle(reports, order))
            await self._mind_gaps(reports)
            await self._read_back(reports)
            self._forget_settled()

    async def _tried(self, look: Coroutine[Any, Any, None]) -> bool:
        """Look into one order; where the exchange does not answer for it, the others are not held up."""
        try:
            await look
        except ExchangeFault as fault:
            self._doubt_reads(fault)
            return False
        return True

    async def _settle(self, reports: Reports, order: Order) -> None:
        """Settle a doubt by evidence only.

        Absence takes a deadline that has passed on the exchange's clock, a margin, and two complete reads after that.
        """
        late_ms = reports.exchange_time_ms() - order.deadline_ms
        if order.status is Status.PENDING:
            if late_ms > 0:
                note = "the deadline has passed and no answer was journaled"
                await self._judge(order, absent=False, note=note)
            return
        if not self._due(order):
            return
        read_ms = reports.exchange_time_ms()
        found = await self._find(reports, order)
        if found.reports or found.fills:
            self._negatives.pop(order.order_id, None)
            await self._hear([*found.reports, *found.fills], read_ms)
        elif found.complete and late_ms > self._pace.absence_margin * 1000 and self._proves_absence:
            self._negatives[order.order_id] += 1
            if self._negatives[order.order_id] >= _READS_THAT_PROVE:
                await self._judge(order, absent=True, note="two complete reads after the deadline do not know it")

    def _forget_settled(self) -> None:
        """Drop the notes on orders that are not in doubt any more, or have ended."""
        for order_id in self._negatives.keys() - {order.order_id for order in self._book.doubts()}:
            del self._negatives[order_id]
        for order_id in self._asked_ms.keys() - {order.order_id for order in self._book.living()}:
            del self._asked_ms[order_id]

    async def _judge(self, order: Order, *, absent: bool, note: str) -> None:
        verdict = Judged(account=self._account, order_id=order.order_id, absent=absent, note=note)
        await self._partition.inbox.settle(verdict)

    async def _mind_gaps(self, reports: Reports) -> None:
        """Fetch the executions of an order whose report has run ahead of its fills for too long."""
        now_ms = self._clock.now_ms()
        gaps = {order.order_id: order for order in self._book.gaps()}
        self._gap_since = {name: self._gap_since.get(name, now_ms) for name in gaps}
        for name, since_ms in self._gap_since.items():
            if now_ms - since_ms >= self._pace.gap_patience * 1000:
                await self._tried(self._ask(reports, gaps[name]))
                self._gap_since[name] = now_ms

    async def _read_back(self, reports: Reports) -> None:
        """Ask for orders whose amend or cancel has no outcome yet though its deadline has passed."""
        margin_ms = int(self._pace.absence_margin * 1000)
        for order in self._book.living():
            requested = order.amend_requested or order.cancel_requested
            if requested and reports.exchange_time_ms() > order.deadline_ms + margin_ms and self._due(order):
                await self._tried(self._ask(reports, order))

    def _due(self, order: Order) -> bool:
        """Whether an order may be asked for again by now; notes that it is."""
        now_ms = self._clock.now_ms()
        if now_ms - self._asked_ms.get(order.order_id, 0) < self._pace.between_reads * 1000:
            return False
        self._asked_ms[order.order_id] = now_ms
        return True

    def _mind_silence(self, reports: Reports) -> None:
        """A stream that says nothing is suspect: what it may have missed is read, and read again while it lasts."""
        self._heard_ms = max(self._heard_ms, reports.heard_ms())
        silent_ms = self._clock.now_ms() - reports.heard_ms()
        silent = self._stream_up and silent_ms > self._pace.stream_silence * 1000
        if silent:
            self._reason = f"private stream silent for {silent_ms // 1000} s"
        if silent is not self._silent:
            self._silent = silent
            self._suspect.set()
            self._news.set()

    async def _find(self, reports: Reports, order: Order) -> Found:
        """Look for one order from before it was made on, on the exchange's clock: ours may be far ahead of it."""
        ahead_ms = max(self._clock.now_ms() - reports.exchange_time_ms(), 0)
        made_ms = min(order.created_ms - ahead_ms, order.deadline_ms or order.created_ms)
        return await reports.find_order(_ref(order), made_ms - _BEFORE_MS)

    async def _ask(self, reports: Reports, order: Order) -> None:
        read_ms = reports.exchange_time_ms()
        found = await self._find(reports, order)
        await self._hear([*found.reports, *found.fills], read_ms)

    async def _hear(self, told: Sequence[Report], read_ms: int | None = None) -> None:
        if told:
            await self._partition.inbox.settle(Heard(account=self._account, reports=told, read_ms=read_ms))

    # signs of life

    async def _beat(self) -> None:
        """At an even pace, and at once when the stream comes up or goes down."""
        while True:
            self._news.clear()
            heartbeat = Heartbeat(
                stream_up=self._stream_well,
                reconciled_ms=self._reconciled_ms,
                heard_ms=self._heard_ms,
                reason=self._reason,
            )
            await self._partition.beat(self._account, heartbeat)
            await self._wait_for(self._news, self._pace.heartbeat)


def _ref(order: Order) -> OrderRef:
    return OrderRef(
        symbol=order.symbol,
        exchange_order_id=order.exchange_order_id,
        client_order_id=order.client_order_id,
        conditional=order.trigger_price is not None,
    )
