"""What one account owns: its balance, positions, orders and past."""

from __future__ import annotations

from collections import deque
from decimal import Decimal

from hedgerow.simulator.listing import Listing
from hedgerow.simulator.messages import Execution, Side
from hedgerow.simulator.orders import LiveOrder

ZERO = Decimal(0)
KEPT_ORDERS = 10_000  # ended orders an account can still look up
KEPT_EXECUTIONS = 10_000
DEFAULT_LEVERAGE = Decimal(10)
COST_PRECISION = Decimal("1e-12")  # the cost of a part of a position is rounded here; sums then stay exact


class Holding:
    """An account's place in one symbol, one-way mode: position, leverage, and the sums of its open orders."""

    __slots__ = (
        "buy_qty",
        "buy_value",
        "conditional_count",
        "cost",
        "created_ms",
        "cum_realised",
        "cur_realised",
        "leverage",
        "listing",
        "net",
        "open_count",
        "order_im",
        "owner",
        "partial_children",
        "reduce_only",
        "sell_qty",
        "sell_value",
        "seq",
        "sl_order",
        "tp_order",
        "updated_ms",
    )

    def __init__(self, owner: Account, listing: Listing) -> None:
        self.owner = owner
        self.listing = listing
        self.net = ZERO  # long above zero, short below
        self.cost = ZERO  # what the open position was bought (or sold) for, never negative
        self.leverage = min(DEFAULT_LEVERAGE, listing.instrument.max_leverage)
        self.cur_realised = ZERO  # of the position now open, or of the last one; fees included
        self.cum_realised = ZERO
        self.buy_qty = ZERO  # of resting orders that are not reduce-only
        self.buy_value = ZERO
        self.sell_qty = ZERO
        self.sell_value = ZERO
        self.order_im = ZERO  # what those orders reserve
        self.open_count = 0
        self.conditional_count = 0
        self.reduce_only: dict[str, LiveOrder] = {}  # resting, oldest first
        self.tp_order: LiveOrder | None = None  # of the whole position
        self.sl_order: LiveOrder | None = None
        self.partial_children: dict[str, LiveOrder] = {}  # TP/SL of parts of it
        self.seq = -1  # Bybit: -1 if the symbol has never been traded
        self.created_ms = 0
        self.updated_ms = 0

    @property
    def size(self) -> Decimal:
        return abs(self.net)

    @property
    def side(self) -> Side | None:
        if not self.net:
            return None
        return Side.BUY if self.net > 0 else Side.SELL

    def fill(self, side: Side, qty: Decimal, price: Decimal) -> tuple[Decimal, Decimal]:
        """Adds one fill; the quantity that it closed and the profit of that, before fees."""
        signed = qty if side is Side.BUY else -qty
        if not self.net or (self.net > 0) == (signed > 0):
            if not self.net:
                self.cur_realised = ZERO
            self.net += signed
            self.cost += price * qty
            return ZERO, ZERO
        held = abs(self.net)
        closed = min(qty, held)
        cost = self.cost if closed == held else (self.cost * closed / held).quantize(COST_PRECISION)
        profit = price * closed - cost if self.net > 0 else cost - price * closed
        self.cost -= cost
        self.net += closed if signed > 0 else -closed
        if qty > closed:  # turned over: the rest opens a new position
            self.net = qty - closed if signed > 0 else closed - qty
            self.cost = price * (qty - closed)
        return closed, profit

    def count_resting(self, order: LiveOrder, qty: Decimal) -> None:
        """`qty` more of this order rests in the book (or less, if negative)."""
        if order.reduce_only:
            return
        if order.side is Side.BUY:
            self.buy_qty += qty
            self.buy_value += qty * order.price
        else:
            self.sell_qty += qty
            self.sell_value += qty * order.price


class Account:
    """Cross margin, one-way mode, USDT."""

    __slots__ = (
        "active",
        "by_id",
        "by_link",
        "cum_realised",
        "ended",
        "executions",
        "holdings",
        "house",
        "name",
        "order_im",
        "wallet_balance",
    )

    def __init__(self, name: str, deposit: Decimal, house: bool) -> None:
        self.name = name
        self.house = house
        self.wallet_balance = deposit
        self.cum_realised = ZERO  # profit less fees
        self.order_im = ZERO  # sum over holdings
        self.holdings: dict[str, Holding] = {}
        self.active: dict[str, LiveOrder] = {}  # oldest first
        self.by_id: dict[str, LiveOrder] = {}  # active and recently ended
        self.by_link: dict[str, LiveOrder] = {}
        self.ended: deque[LiveOrder] = deque()
        self.executions: deque[Execution] = deque(maxlen=KEPT_EXECUTIONS)

    def holding(self, listing: Listing) -> Holding:
        held = self.holdings.get(listing.symbol)
        if held is None:
            held = self.holdings[listing.symbol] = Holding(self, listing)
        return held

    def find(self, order_id: str, order_link_id: str) -> LiveOrder | None:
        """Bybit: "if both are entered, orderId is prioritised"."""
        if order_id:
            return self.by_id.get(order_id)
        return self.by_link.get(order_link_id) if order_link_id else None

    def enter(self, order: LiveOrder) -> None:
        self.active[order.order_id] = order
        self.by_id[order.order_id] = order
        if order.order_link_id:
            self.by_link[order.order_link_id] = order

    def retire(self, order: LiveOrder) -> None:
        """The order has ended; the oldest one beyond `KEPT_ORDERS` is forgotten. A house account forgets at once."""
        del self.active[order.order_id]
        if not self.house:
            self.ended.append(order)
            if len(self.ended) <= KEPT_ORDERS:
                return
            order = self.ended.popleft()
        del self.by_id[order.order_id]
        if order.order_link_id:
            del self.by_link[order.order_link_id]
