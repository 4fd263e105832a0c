"""An order as the exchange keeps it, and the table of its life."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from hedgerow.simulator.messages import (
    Order,
    OrderStatus,
    OrderType,
    Side,
    StopOrderType,
    TimeInForce,
    TpslMode,
    TriggerBy,
)

if TYPE_CHECKING:
    from hedgerow.simulator.accounts import Account, Holding
    from hedgerow.simulator.listing import Listing

ZERO = Decimal(0)

NO_CANCEL = "UNKNOWN"  # cancelType of an order that nobody cancelled, as Bybit pushes it
NO_ERROR = "EC_NoError"

_NEW, _PARTIAL, _FILLED = OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED, OrderStatus.FILLED
_CANCELLED, _UNTRIGGERED, _TRIGGERED = OrderStatus.CANCELLED, OrderStatus.UNTRIGGERED, OrderStatus.TRIGGERED

# https://bybit-exchange.github.io/docs/v5/enum#orderstatus: a derivative order that is cancelled after a part was
# filled is Cancelled (PartiallyFilledCanceled is of spot only), Triggered is an instant between Untriggered and New,
# and a conditional order cancelled before its trigger is Deactivated.  An amended order says again what it is.
MOVES: Mapping[OrderStatus, frozenset[OrderStatus]] = MappingProxyType(
    {
        _UNTRIGGERED: frozenset({_UNTRIGGERED, _TRIGGERED, OrderStatus.DEACTIVATED}),
        _TRIGGERED: frozenset({_NEW, _CANCELLED}),
        _NEW: frozenset({_NEW, _PARTIAL, _FILLED, _CANCELLED}),
        _PARTIAL: frozenset({_PARTIAL, _FILLED, _CANCELLED}),
        _FILLED: frozenset(),
        _CANCELLED: frozenset(),
        OrderStatus.DEACTIVATED: frozenset(),
        OrderStatus.REJECTED: frozenset(),
        OrderStatus.PARTIALLY_FILLED_CANCELED: frozenset(),
    }
)
ENDED = frozenset(status for status, following in MOVES.items() if not following)


class LiveOrder:
    """Mutable, owned by one account; what others see is a `view`."""

    __slots__ = (
        "cancel_type",
        "close_on_trigger",
        "create_type",
        "created_ms",
        "cum_exec_fee",
        "cum_exec_qty",
        "cum_exec_value",
        "holding",
        "last_price_on_created",
        "leaves",
        "listing",
        "order_id",
        "order_link_id",
        "order_type",
        "owner",
        "pair_id",
        "position_idx",
        "price",
        "qty",
        "reduce_only",
        "reject_reason",
        "side",
        "sl_child_id",
        "sl_limit_price",
        "sl_order_type",
        "sl_trigger_by",
        "status",
        "stop_loss",
        "stop_order_type",
        "take_profit",
        "ticks",
        "time_in_force",
        "tp_child_id",
        "tp_limit_price",
        "tp_order_type",
        "tp_trigger_by",
        "tpsl_mode",
        "trigger_by",
        "trigger_direction",
        "trigger_price",
        "updated_ms",
    )

    def __init__(
        self,
        owner: Account,
        holding: Holding,
        listing: Listing,
        order_id: str,
        side: Side,
        order_type: OrderType,
        qty: Decimal,
        status: OrderStatus,
        now_ms: int,
    ) -> None:
        self.owner = owner
        self.holding = holding
        self.listing = listing
        self.order_id = order_id
        self.order_link_id = ""
        self.side = side
        self.order_type = order_type
        self.price = ZERO
        self.ticks = 0  # the price in ticks
        self.qty = qty
        self.leaves = qty
        self.status = status
        self.time_in_force = TimeInForce.GTC
        self.reduce_only = False
        self.close_on_trigger = False
        self.cum_exec_qty = ZERO
        self.cum_exec_value = ZERO
        self.cum_exec_fee = ZERO
        self.trigger_price: Decimal | None = None
        self.trigger_direction = 0
        self.trigger_by: TriggerBy | None = None
        self.take_profit: Decimal | None = None
        self.stop_loss: Decimal | None = None
        self.tp_trigger_by: TriggerBy | None = None
        self.sl_trigger_by: TriggerBy | None = None
        self.tpsl_mode = TpslMode.NONE
        self.tp_order_type = OrderType.MARKET
        self.sl_order_type = OrderType.MARKET
        self.tp_limit_price: Decimal | None = None
        self.sl_limit_price: Decimal | None = None
        self.stop_order_type = StopOrderType.NONE
        self.create_type = "CreateByUser"
        self.cancel_type = NO_CANCEL
        self.reject_reason = NO_ERROR
        self.last_price_on_created = listing.last
        self.position_idx = 0
        self.created_ms = now_ms
        self.updated_ms = now_ms
        self.tp_child_id = ""  # of an entry with TP/SL in Partial mode: the children made of its fills
        self.sl_child_id = ""
        self.pair_id = ""  # of a Partial child: the other leg, which goes when this one triggers

    def move(self, status: OrderStatus, now_ms: int) -> None:
        assert status in MOVES[self.status], (self.order_id, self.status, status)
        self.status = status
        self.updated_ms = now_ms

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def conditional(self) -> bool:
        return self.status is _UNTRIGGERED

    def view(self) -> Order:
        return Order(
            self.owner.name,
            self.order_id,
            self.order_link_id,
            self.listing.symbol,
            self.side,
            self.order_type,
            self.price,
            self.qty,
            self.status,
            self.time_in_force,
            self.reduce_only,
            self.close_on_trigger,
            self.cum_exec_qty,
            self.cum_exec_value,
            self.cum_exec_fee,
            self.leaves,
            self.trigger_price,
            self.trigger_direction,
            self.trigger_by,
            self.take_profit,
            self.stop_loss,
            self.tp_trigger_by,
            self.sl_trigger_by,
            self.tpsl_mode,
            self.tp_order_type,
            self.sl_order_type,
            self.tp_limit_price,
            self.sl_limit_price,
            self.stop_order_type,
            self.create_type,
            self.cancel_type,
            self.reject_reason,
            self.last_price_on_created,
            self.position_idx,
            self.created_ms,
            self.updated_ms,
        )
