"""Orders as they are shown: the table, the live table, and one order as it is followed."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final, NamedTuple

from rich.console import Group, RenderableType
from rich.text import Text

from hedgerow.cli import words
from hedgerow.cli.client import Client, Query, decode, part
from hedgerow.cli.columns import Column, table
from hedgerow.cli.screens import Start
from hedgerow.cli.terminal import Terminal
from hedgerow.core.codec import to_json
from hedgerow.core.orders import Order, Status
from hedgerow.core.records import OrderUpdated
from hedgerow.core.reports import Origin
from hedgerow.exchange import Ticker
from hedgerow.journal.envelope import Envelope
from hedgerow.order_manager.schemas import OrdersPage, OrderStory

LIVING: Final = "living"
_PAGE: Final = 200
_MOST: Final = 5_000  # orders that a live view begins with: the newest
_ENDED_STAYS_S: Final = 15.0  # how long a live table still shows an order that has ended


def columns(terminal: Terminal) -> list[Column[Order]]:
    return [
        Column("ID", lambda order: words.short_id(order.order_id), rank=1),
        Column("SYMBOL", lambda order: order.symbol),
        Column("SIDE", lambda order: order.side),
        Column("AMOUNT", lambda order: words.number(order.amount), right=True),
        Column("PRICE", words.price_of, right=True),
        Column("FOR", _role, rank=3, sparse=True),
        Column("TRIGGER", lambda order: words.number(order.trigger_price), rank=3, right=True, sparse=True),
        Column("FILLED", lambda order: words.number(order.filled), rank=2, right=True),
        Column("AVERAGE", lambda order: words.number(order.average), rank=5, right=True),
        Column("STATUS", words.status),
        Column("ACCOUNT", lambda order: order.account, rank=4),
        Column("UPDATED", lambda order: terminal.moment(order.updated_ms), rank=6),
    ]


def _role(order: Order) -> str:
    """What an order is for, where it is not simply the user's own: `stop loss`, `external`."""
    return words.plain_word(order.role or ("" if order.origin is Origin.DESK else order.origin))


class OrderFilter(NamedTuple):
    """Which orders are meant; an empty part means any."""

    account: str | None = None
    symbol: str | None = None
    statuses: tuple[str, ...] = ()
    since_ms: int | None = None

    def query(self, limit: int, page: str | None) -> Query:
        return {
            "account": self.account,
            "symbol": self.symbol,
            "status": list(self.statuses),
            "since": self.since_ms,
            "limit": limit,
            "page": page,
        }

    def admits(self, order: Order) -> bool:
        if (self.account or order.account) != order.account or (self.symbol or order.symbol) != order.symbol:
            return False
        if self.since_ms is not None and order.created_ms < self.since_ms:
            return False
        living = LIVING in self.statuses and not order.ended
        return not self.statuses or living or order.status in self.statuses


def updated_order(envelope: Envelope) -> Order | None:
    return envelope.body.order if isinstance(envelope.body, OrderUpdated) else None


class OrdersView:
    """The orders that a filter admits, newest first. One that ends, or is admitted no more, stays for a moment."""

    path = "/ws/orders"
    priced = False
    finished = False

    def __init__(self, terminal: Terminal, wanted: OrderFilter) -> None:
        self._terminal = terminal
        self._wanted = wanted
        self._orders: dict[str, Order] = {}
        self._left_s: dict[str, float] = {}

    def begin(self, client: Client) -> Start:
        self._orders.clear()
        self._left_s.clear()
        json: list[bytes] = []
        cursor = page = None
        while len(self._orders) < _MOST:
            raw = client.get("/api/orders", self._wanted.query(_PAGE, page))
            answer = decode(raw, OrdersPage)
            json.append(raw)
            cursor = cursor or answer.cursor  # of the first page: what comes after it may repeat, and miss nothing
            for order in answer.orders:
                self._keep(order)
            page = answer.next
            if page is None:
                break
        assert cursor is not None
        return Start(cursor, json)

    def _keep(self, order: Order) -> bool:
        known = self._orders.get(order.order_id)
        if known is not None and known.version >= order.version:
            return False
        self._orders[order.order_id] = order
        if len(self._orders) > 2 * _MOST:
            kept = self._newest_first()[:_MOST]
            self._orders = {each.order_id: each for each in kept}
            self._left_s = {known: left_s for known, left_s in self._left_s.items() if known in self._orders}
        return True

    def take(self, envelope: Envelope) -> bool:
        order = updated_order(envelope)
        if order is None or not (self._wanted.admits(order) or order.order_id in self._orders):
            return False
        if not self._keep(order):
            return False
        if self._wanted.admits(order):
            self._left_s.pop(order.order_id, None)
        else:
            self._left_s.setdefault(order.order_id, time.monotonic())
        return True

    def opening_lines(self) -> Iterable[str]:
        return [self._line(order) for order in self._newest_first()]

    def line(self, envelope: Envelope) -> str:
        order = updated_order(envelope)
        assert order is not None
        return self._line(order)

    def _line(self, order: Order) -> str:
        reason = f" ({why})" if (why := words.why(order)) else ""
        return (
            f"{self._terminal.moment(order.updated_ms)}  {words.short_id(order.order_id)}  {order.account}  "
            f"{words.terms(order)}: {words.status(order).plain}, {words.progress(order)}{reason}"
        )

    def json_line(self, envelope: Envelope, raw: bytes) -> bytes:
        return raw

    def picture(self, width: int, height: int) -> RenderableType:
        self._let_go()
        orders = self._newest_first()
        if not orders:
            return Text("No orders.")
        shown = orders[: max(1, height - 2)]
        picture = table(columns(self._terminal), shown, width)
        if len(shown) == len(orders):
            return picture
        return Group(picture, Text(f"and {len(orders) - len(shown)} more", style="dim"))

    def _newest_first(self) -> list[Order]:
        return sorted(self._orders.values(), key=lambda order: (order.created_ms, order.order_id), reverse=True)

    def _let_go(self) -> None:
        now_s = time.monotonic()
        for order_id in [known for known, left_s in self._left_s.items() if now_s - left_s > _ENDED_STAYS_S]:
            del self._left_s[order_id], self._orders[order_id]

    def prices_wanted(self) -> Iterable[tuple[str, str]]:
        return ()

    def take_mark(self, account: str, ticker: Ticker) -> None:
        pass


class FollowView:
    """One order until it ends. What is already known of it is not said again."""

    path = "/ws/orders"
    priced = False

    def __init__(self, terminal: Terminal, order: Order) -> None:
        self._terminal = terminal
        self.order = order
        self._shown_version = order.version

    @property
    def finished(self) -> bool:
        return self.order.ended

    def begin(self, client: Client) -> Start:
        """The cursor first, the order after it: what is between the two only repeats."""
        query: Query = {"account": self.order.account, "symbol": self.order.symbol, "status": [LIVING], "limit": 1}
        cursor = decode(client.get("/api/orders", query), OrdersPage).cursor
        story = decode(client.get(f"/api/orders/{part(self.order.order_id)}"), OrderStory)
        changed = self._keep(story.order)
        return Start(cursor, [to_json(self.order)] if changed else [])

    def _keep(self, order: Order) -> bool:
        if order.version <= self.order.version:
            return False
        self.order = order
        return True

    def take(self, envelope: Envelope) -> bool:
        order = updated_order(envelope)
        return order is not None and order.order_id == self.order.order_id and self._keep(order)

    def opening_lines(self) -> Iterable[str]:
        if self._shown_version == self.order.version:
            return []
        self._shown_version = self.order.version
        return [self._line()]

    def line(self, envelope: Envelope) -> str:
        self._shown_version = self.order.version
        return self._line()

    def _line(self) -> str:
        return f"{self._terminal.exact_moment(self.order.updated_ms)}  {standing(self.order)}"

    def json_line(self, envelope: Envelope, raw: bytes) -> bytes:
        return to_json(self.order)

    def picture(self, width: int, height: int) -> RenderableType:
        return Text.assemble(words.status(self.order), ", ", words.progress(self.order))

    def prices_wanted(self) -> Iterable[tuple[str, str]]:
        return ()

    def take_mark(self, account: str, ticker: Ticker) -> None:
        pass


def standing(order: Order) -> str:
    """How an order stands, in one line: status, progress, fees, reason."""
    parts = [words.status(order).plain]
    if order.status not in {Status.DENIED, Status.REJECTED, Status.NOT_PLACED}:
        parts.append(words.progress(order))
    if order.fees:
        parts.append(f"fees {words.fees(order.fees)}")
    reason = words.why(order)
    return ", ".join(parts) + (f": {reason}" if reason else "")
