"""The exchange's whole state, and the turn: what the command now being handled has caused so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from hashlib import blake2b

from hedgerow.simulator import margin
from hedgerow.simulator.accounts import Account, Holding
from hedgerow.simulator.listing import Listing
from hedgerow.simulator.messages import BookChanged, Event, Instrument, OrderStatus, StopOrderType
from hedgerow.simulator.orders import NO_CANCEL, NO_ERROR, ZERO, LiveOrder

_RESTING = frozenset({OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED})


class Ids:
    """Identifiers of Bybit's shape (UUIDs), from a counter and a key: never by chance, never twice."""

    __slots__ = ("_key", "counter", "prefix")

    def __init__(self, prefix: str, counter: int = 0) -> None:
        self.prefix = prefix
        self.counter = counter
        self._key = blake2b(prefix.encode(), digest_size=32).digest()

    def next(self) -> str:
        self.counter += 1
        text = blake2b(self.counter.to_bytes(8, "big"), key=self._key, digest_size=16).hexdigest()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class Venue:
    """State between turns; `begin` opens a turn, `finish` closes it and gives its events.

    Order of a turn's events: first, as they happen, orders and fills (for each match: the public trade, the maker's
    execution, the maker's order, the taker's execution, the taker's order); then the positions that changed; then the
    wallets; then for each symbol its book and its prices.
    """

    def __init__(self, instruments: Mapping[str, Instrument], id_prefix: str) -> None:
        self.listings = {symbol: Listing(instrument) for symbol, instrument in instruments.items()}
        self.accounts: dict[str, Account] = {}
        self.ids = Ids(id_prefix)
        self.now_ms = 0
        self.events: list[Event] = []
        self.traded: dict[LiveOrder, Decimal] = {}  # orders with TP/SL, and what they filled since last protected
        self.closed: dict[Holding, None] = {}  # positions with TP/SL whose size changed since
        self.to_trigger: dict[Listing, None] = {}  # prices moved, or new conditional orders wait
        self._positions: dict[Holding, None] = {}
        self._wallets: dict[Account, None] = {}
        self._books: dict[Listing, None] = {}

    def begin(self, now_ms: int) -> None:
        self.now_ms = now_ms
        self.events = []

    def finish(self) -> tuple[Event, ...]:
        events, now_ms = self.events, self.now_ms
        if self._positions:
            events.extend(margin.position(holding) for holding in self._positions if not holding.owner.house)
            self._positions.clear()
        if self._wallets:
            events.extend(margin.wallet(account, now_ms) for account in self._wallets if not account.house)
            self._wallets.clear()
        for listing in self._books:
            bids, asks = listing.book.bids.drain(), listing.book.asks.drain()
            if bids or asks:
                events.append(BookChanged(listing.symbol, bids, asks, listing.next_sequence(), now_ms))
            if listing.price_moved:
                listing.price_moved = False
                events.append(listing.prices(now_ms))
        self._books.clear()
        return tuple(events)

    def report(self, order: LiveOrder) -> None:
        if not order.owner.house:
            self.events.append(order.view())

    def book_moved(self, listing: Listing) -> None:
        self._books[listing] = None

    def price_moved(self, listing: Listing) -> None:
        self._books[listing] = None
        self.to_trigger[listing] = None

    def position_changed(self, holding: Holding) -> None:
        holding.updated_ms = self.now_ms
        self._positions[holding] = None

    def wallet_changed(self, account: Account) -> None:
        self._wallets[account] = None

    def rest(self, order: LiveOrder) -> None:
        """What is left of the order goes into the book, behind the others at its price."""
        holding = order.holding
        order.listing.book.own(order.side).add(order)
        holding.open_count += 1
        if order.reduce_only:
            holding.reduce_only[order.order_id] = order
        else:
            holding.count_resting(order, order.leaves)
            margin.recount(holding)
        self._books[order.listing] = None

    def unrest(self, order: LiveOrder) -> None:
        """Takes the order off the book, with what is left of it."""
        holding = order.holding
        order.listing.book.own(order.side).remove(order)
        holding.open_count -= 1
        if order.reduce_only:
            del holding.reduce_only[order.order_id]
        else:
            holding.count_resting(order, -order.leaves)
            margin.recount(holding)
        self._books[order.listing] = None

    def shrink(self, order: LiveOrder, qty: Decimal) -> None:
        """A resting order now wants less, and keeps its place."""
        by = order.qty - qty
        order.listing.book.own(order.side).shrink(order, by)
        order.holding.count_resting(order, -by)
        margin.recount(order.holding)
        order.qty = qty
        order.leaves -= by
        self._books[order.listing] = None

    def wait(self, order: LiveOrder) -> None:
        """An untriggered order starts to watch its price."""
        assert order.trigger_by is not None
        order.listing.triggers[order.trigger_by].add(order)
        if order.stop_order_type is StopOrderType.STOP:
            order.holding.conditional_count += 1
        self.to_trigger[order.listing] = None

    def unwait(self, order: LiveOrder) -> None:
        assert order.trigger_by is not None
        order.listing.triggers[order.trigger_by].remove(order)
        holding = order.holding
        if order.stop_order_type is StopOrderType.STOP:
            holding.conditional_count -= 1
        elif holding.tp_order is order:
            holding.tp_order = None
            self.position_changed(holding)
        elif holding.sl_order is order:
            holding.sl_order = None
            self.position_changed(holding)
        else:
            holding.partial_children.pop(order.order_id, None)

    def end(
        self, order: LiveOrder, cancel_type: str = NO_CANCEL, reject_reason: str = NO_ERROR, *, resting: bool = True
    ) -> None:
        """Cancels an order, wherever it is; before its trigger that is called deactivation
        (https://bybit-exchange.github.io/docs/v5/enum#orderstatus)."""
        if order.conditional:
            self.unwait(order)
            order.move(OrderStatus.DEACTIVATED, self.now_ms)
        else:
            if resting and order.status in _RESTING:
                self.unrest(order)
            order.move(OrderStatus.CANCELLED, self.now_ms)
        order.leaves = ZERO
        order.cancel_type = cancel_type
        order.reject_reason = reject_reason
        order.owner.retire(order)
        self.report(order)

    def end_all(self, orders: Iterable[LiveOrder], cancel_type: str) -> None:
        for order in orders:
            self.end(order, cancel_type)
