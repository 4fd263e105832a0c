"""Answers to questions: history, made newer by what the order_manager has read itself, and by the caches.

What is in a cache was in history before, so a cache only helps an order_manager that is behind: one whose own reading
of the streams has not come as far as history has. Only then is it asked, for no more than is on the page; nothing is
ever shown because a cache alone holds it, and none of this has a say in what is sent. A cache that does not answer
costs nothing: its adapter says so once, and health shows it.
"""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import msgspec

from hedgerow.cache import Cache, CacheUnavailable
from hedgerow.clock import Clock
from hedgerow.core.commands import PositionSide
from hedgerow.core.decimals import ZERO
from hedgerow.core.fills import Fill
from hedgerow.core.instruments import Instrument
from hedgerow.core.orders import ENDS, Order, Status
from hedgerow.core.positions import Position
from hedgerow.core.records import Stream
from hedgerow.core.refusals import Refusal
from hedgerow.core.reports import Balance
from hedgerow.history import DayFilter, FillFilter, History, OrderFilter, Place
from hedgerow.history.searching import finds
from hedgerow.journal import Journal, JournalFault
from hedgerow.journal.cursor import Cursor
from hedgerow.order_manager.accounts import Accounts
from hedgerow.order_manager.equity import EquityDay, by_day
from hedgerow.order_manager.live import LiveView
from hedgerow.order_manager.marks import Mark, Marks
from hedgerow.order_manager.schemas import BalancesView, OrderStory, PositionView, TimelineLine

_LIVING_MOST = 10_000
_ASKED = 500  # orders that the cache is asked for at once: a page
_FOLD_LOOK_S = 0.05
_FOLD_LOOKS = 10  # a resolver that is away must not keep an answer from anybody
LIVING = tuple(status for status in Status if status not in ENDS)


class _Enveloped(msgspec.Struct):
    """A journaled record, of which only the body is wanted."""

    body: msgspec.Raw


_enveloped = msgspec.json.Decoder(_Enveloped)


class Reading:
    def __init__(
        self,
        *,
        accounts: Accounts,
        live: LiveView,
        marks: Marks,
        history: History,
        cache: Cache,
        journal: Journal,
        clock: Clock,
    ) -> None:
        self._accounts = accounts
        self._live = live
        self._marks = marks
        self._history = history
        self._cache = cache
        self._journal = journal
        self._clock = clock

    # orders

    async def orders(self, wanted: OrderFilter) -> tuple[list[Order], Cursor]:
        """A page, newest first, and the cursor after which every later event is still to come.

        What is asked for because it lives is of the accounts that there are; nobody follows what others left behind.
        """
        if wanted.statuses and ENDS.isdisjoint(wanted.statuses):
            wanted = msgspec.structs.replace(wanted, accounts=self._accounts.known())
        rows, places = await self._history.orders(wanted)
        known = {order.order_id: order for order in rows}
        self._live.catch_up()
        cached = await self._cached_orders(rows) if self._is_behind(Stream.ORDERS_UPDATED, places) else []
        for order in [*cached, *self._live.orders()]:
            before = known.get(order.order_id)
            if _could_be_on(wanted, order, rows) if before is None else order.version >= before.version:
                known[order.order_id] = order
        page = [order for order in known.values() if _matches(wanted, order)]
        page.sort(key=lambda order: (order.created_ms, order.order_id), reverse=True)
        return page[: wanted.limit], _cursor(self._journal.journal_id, Stream.ORDERS_UPDATED, places)

    async def living(self) -> tuple[list[Order], Cursor]:
        """Every living order, and the cursor as of `orders`."""
        return await self.orders(OrderFilter(statuses=LIVING, limit=_LIVING_MOST))

    def _is_behind(self, stream: Stream, places: list[Place]) -> bool:
        """Whether history has come further in a partition of the stream than the order_manager's own reading."""
        read = self._live.cursor(stream).offsets
        return any(place.offset > read.get(place.partition, -1) for place in places if place.stream == stream)

    async def _cached_orders(self, rows: list[Order]) -> list[Order]:
        """The newest of these orders as the cache has them."""
        try:
            found = await self._cache.find_orders([order.order_id for order in rows[:_ASKED]])
        except CacheUnavailable:
            return []
        return [order for _, order in found]

    async def story(self, order_id: str) -> OrderStory | None:
        """An order with its timeline: every intent, answer, change with its cause, and fill.

        History is folded a moment after the journal is written: it is given that moment, so that the timeline tells
        how the order came to be what it is.
        """
        self._live.catch_up()
        order = self._live.order(order_id)
        stored = await self._history.order(order_id)
        if order is None and stored is None:
            with suppress(JournalFault):  # while it is away, what is known here is what there is
                order = await self._live.find(order_id)
        if order is not None:
            for _ in range(_FOLD_LOOKS):
                if stored is not None and stored.version >= order.version:
                    break
                await self._clock.sleep(_FOLD_LOOK_S)
                stored = await self._history.order(order_id)
        shown = order or stored
        if shown is None:
            return None
        lines = [
            TimelineLine(time_ms=e.time_ms, stream=e.stream, kind=e.kind, body=_enveloped.decode(e.body).body)
            for e in await self._history.timeline(order_id)
        ]
        return OrderStory(order=shown, timeline=lines)

    # positions

    async def positions(self, account: str | None) -> tuple[list[PositionView], Cursor]:
        """Open positions, valued by the freshest marks."""
        held, cursor = await self.held()
        return [await self.view(p) for p in held if account in (None, p.account)], cursor

    async def held(self) -> tuple[list[Position], Cursor]:
        """Open positions of the accounts that there are, as the streams hold them, and the cursor as of `orders`."""
        rows, places = await self._history.positions()
        known = {(p.account, p.symbol, p.side): p for p in rows}
        self._live.catch_up()
        cached = await self._cached_positions() if self._is_behind(Stream.POSITIONS_UPDATED, places) else []
        for position in [*(p for p in cached if (p.account, p.symbol, p.side) in known), *self._live.positions()]:
            key = (position.account, position.symbol, position.side)
            before = known.get(key)
            if before is None or position.version >= before.version:
                known[key] = position
        shown = [p for p in known.values() if (p.size or p.discrepancy) and not self._accounts.gone(p.account)]
        shown.sort(key=lambda p: (p.account, p.symbol, p.side))
        return shown, _cursor(self._journal.journal_id, Stream.POSITIONS_UPDATED, places)

    async def _cached_positions(self) -> list[Position]:
        try:
            return [position for _, position in await self._cache.positions()]
        except CacheUnavailable:
            return []

    async def view(self, position: Position) -> PositionView:
        """A position as shown, with its freshest mark."""
        found = self._accounts.get(position.account)
        connection = None if isinstance(found, Refusal) else found.connection
        if connection is None:
            return valued(position, None, None)
        mark = await self._marks.ensure(position.account, position.symbol, connection.market, 5_000)
        return valued(position, connection.trading.instruments.get(position.symbol), mark)

    # the rest

    async def fills(self, wanted: FillFilter) -> list[Fill]:
        fills, _ = await self._history.fills(wanted)
        return fills

    async def by_day(self, wanted: DayFilter) -> list[EquityDay]:
        """What each day came to; of an account that is gone, up to the last day that is known of it."""
        days = await self._history.days(wanted)
        return by_day(days, wanted.first, wanted.last, lambda account: not self._accounts.gone(account))

    async def balances(self, account: str | None) -> list[BalancesView]:
        names = [held.settings.name for held in self._accounts.all() if account in (None, held.settings.name)]
        return [view for name in names if (view := await self._balances(name)) is not None]

    async def _balances(self, account: str) -> BalancesView | None:
        """As history has them, or the cache if that is newer by the exchange's own time."""
        known = [each for each in (await self._history.balances(account), await self._cached_balances(account)) if each]
        if not known:
            return None
        balances, updated_ms = max(known, key=lambda each: each[1])
        return BalancesView(account=account, updated_ms=updated_ms, balances=balances)

    async def _cached_balances(self, account: str) -> tuple[list[Balance], int] | None:
        try:
            kept = await self._cache.balances(account)
        except CacheUnavailable:  # the cache has said so itself
            return None
        return None if kept is None else (kept[1], kept[2])


def valued(position: Position, instrument: Instrument | None, mark: Mark | None) -> PositionView:
    """A position with its worth at a mark; what cannot be known is `None`."""
    price = mark.price if mark else position.mark
    entry = position.entry if position.entry is not None else position.exchange_entry
    unrealised = None
    if instrument is not None and price is not None and entry is not None:
        unrealised = _unrealised(position.side, position.size, entry, price, instrument)
    return PositionView(
        account=position.account,
        symbol=position.symbol,
        side=position.side,
        amount=position.size,
        base_amount=position.size * instrument.contract_size if instrument else None,
        entry=entry,
        mark=price,
        mark_ms=mark.time_ms if mark else position.exchange_updated_ms,
        notional=instrument.notional(position.size, price) if instrument and price else None,
        liquidation_price=position.liquidation_price,
        margin=position.margin,
        leverage=position.leverage,
        margin_mode=position.margin_mode,
        unrealised_pnl=unrealised,
        realised_pnl=position.realised_pnl,
        fees=position.fees,
        take_profit=position.take_profit,
        stop_loss=position.stop_loss,
        discrepancy=position.discrepancy,
        version=position.version,
        updated_ms=position.updated_ms,
    )


def _unrealised(side: PositionSide, size: Decimal, entry: Decimal, mark: Decimal, instrument: Instrument) -> Decimal:
    """Gross PnL at the mark, in the settle currency."""
    base = size * instrument.contract_size
    if not base or not entry or not mark:
        return ZERO
    gain = base * (mark - entry) if instrument.linear else base / entry - base / mark
    return gain if side is PositionSide.LONG else -gain


def _matches(wanted: OrderFilter, order: Order) -> bool:
    return (
        wanted.account in (None, order.account)
        and (wanted.accounts is None or order.account in wanted.accounts)
        and wanted.symbol in (None, order.symbol)
        and (not wanted.statuses or order.status in wanted.statuses)
        and wanted.side in (None, order.side)
        and (wanted.since_ms is None or order.created_ms >= wanted.since_ms)
        and (wanted.until_ms is None or order.created_ms < wanted.until_ms)
        and (wanted.search is None or finds(wanted.search, order.symbol, order.order_id, _ids(order)))
        and (wanted.before is None or (order.created_ms, order.order_id) < wanted.before)
    )


def _ids(order: Order) -> set[str]:
    return {*order.client_order_ids, *order.exchange_order_ids, order.client_order_id, order.exchange_order_id}


def _could_be_on(wanted: OrderFilter, order: Order, rows: list[Order]) -> bool:
    """Whether an order that history did not bring belongs on this page: not beyond its last row."""
    if len(rows) < wanted.limit:
        return True
    last = rows[-1]
    return (order.created_ms, order.order_id) > (last.created_ms, last.order_id)


def _cursor(journal_id: str, stream: Stream, places: list[Place]) -> Cursor:
    mine = {place.partition: (place.offset, place.epoch) for place in places if place.stream == stream}
    return Cursor(journal_id, stream, mine)
