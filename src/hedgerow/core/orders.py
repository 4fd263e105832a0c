"""The life of an order: its statuses, the one table of its moves, and the order itself."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from hedgerow.core.commands import OrderType, PositionSide, Side, TimeInForce, TriggerBy
from hedgerow.core.decimals import ZERO
from hedgerow.core.refusals import Refusal
from hedgerow.core.reports import Origin


class Status(StrEnum):
    DENIED = "denied"
    PENDING = "pending"
    IN_DOUBT = "in_doubt"
    NOT_PLACED = "not_placed"
    ACCEPTED = "accepted"
    UNTRIGGERED = "untriggered"
    OPEN = "open"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"


MEANING: Final[dict[Status, str]] = {
    Status.DENIED: "our no: nothing was sent",
    Status.PENDING: "the intent is written, no answer yet",
    Status.IN_DOUBT: "nobody can say yet whether the exchange has it",
    Status.NOT_PLACED: "proven: the exchange has no such order",
    Status.ACCEPTED: "the exchange gave an id, no report yet",
    Status.UNTRIGGERED: "a conditional order waits for its trigger",
    Status.OPEN: "works at the exchange",
    Status.PARTIALLY_FILLED: "works at the exchange, part of it is filled",
    Status.FILLED: "all of it is filled",
    Status.CANCELED: "ended before all of it was filled; late fills still count",
    Status.EXPIRED: "the exchange ended it at its time; late fills still count",
    Status.REJECTED: "the exchange's no",
}

_WORKING: Final = frozenset({Status.UNTRIGGERED, Status.OPEN, Status.PARTIALLY_FILLED})
_ENDED_AT_EXCHANGE: Final = frozenset({Status.FILLED, Status.CANCELED, Status.EXPIRED})
_EVIDENCE: Final = _WORKING | _ENDED_AT_EXCHANGE | {Status.ACCEPTED, Status.REJECTED}

# From each status, where an answer, a report or a proof may lead. Nothing else moves an order.
MOVES: Final[dict[Status, frozenset[Status]]] = {
    Status.PENDING: _EVIDENCE | {Status.DENIED, Status.NOT_PLACED, Status.IN_DOUBT},
    Status.IN_DOUBT: _EVIDENCE | {Status.NOT_PLACED},
    Status.ACCEPTED: _WORKING | _ENDED_AT_EXCHANGE | {Status.REJECTED},
    Status.UNTRIGGERED: frozenset(
        {Status.OPEN, Status.PARTIALLY_FILLED, Status.FILLED, Status.CANCELED, Status.EXPIRED, Status.REJECTED}
    ),
    Status.OPEN: frozenset({Status.PARTIALLY_FILLED, Status.FILLED, Status.CANCELED, Status.EXPIRED, Status.REJECTED}),
    Status.PARTIALLY_FILLED: _ENDED_AT_EXCHANGE,
    Status.FILLED: frozenset(),
    Status.CANCELED: frozenset(),
    Status.EXPIRED: frozenset(),
    Status.DENIED: frozenset(),
    # An end that rests on absence or on one answer; evidence that the order lives re-opens it.
    Status.NOT_PLACED: _EVIDENCE - {Status.REJECTED},
    Status.REJECTED: _WORKING | _ENDED_AT_EXCHANGE,
}

ENDS: Final = frozenset(
    {
        Status.DENIED,
        Status.NOT_PLACED,
        Status.FILLED,
        Status.CANCELED,
        Status.EXPIRED,
        Status.REJECTED,
    }
)


def may_move(before: Status, after: Status) -> bool:
    """Whether the table lets an order go from one status to another."""
    return after in MOVES[before]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """The whole order as the desk holds it true: one shape in the streams, the caches, history and the API.

    Attributes:
        order_id: ours, for good.
        amount, price, trigger_price …: as they stand now; an amend changes them.
        filled: contracts; never falls; the larger of the exchange's cumulative figure and `filled_by_fills`.
        remaining: amount - filled, never negative.
        filled_by_fills: the sum of the fills counted so far; a gap to `filled` makes the resolver fetch executions.
        average: fill-weighted price of what is filled.
        cost: sum of price x amount of the counted fills.
        fees: paid so far, by currency.
        last_fill: the account's fill sequence number last counted into this order.
        client_order_id, exchange_order_id: the current ones; `..._ids` every one it went by.
        role: of an attached order: `take_profit` or `stop_loss`.
        deadline_ms: on the exchange's clock; after it the request cannot take effect any more.
        exchange_updated_ms: the newest change that the exchange reported, on its clock.
        version: counts the changes, from 1.
        quarantined: evidence that the desk cannot reconcile; a person should look.
    """

    order_id: str
    account: str
    symbol: str
    side: Side
    type: OrderType
    amount: Decimal
    status: Status
    origin: Origin
    created_ms: int
    updated_ms: int
    version: int = 1
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    trigger_by: TriggerBy | None = None
    trigger_ascending: bool | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False
    position_side: PositionSide | None = None
    filled: Decimal = ZERO
    remaining: Decimal = ZERO
    filled_by_fills: Decimal = ZERO
    average: Decimal | None = None
    cost: Decimal = ZERO
    fees: dict[str, Decimal] = msgspec.field(default_factory=dict)
    last_fill: int = 0
    client_order_id: str = ""
    exchange_order_id: str = ""
    client_order_ids: tuple[str, ...] = ()
    exchange_order_ids: tuple[str, ...] = ()
    idempotency_key: str | None = None
    body_hash: str | None = None
    principal: str | None = None
    parent_id: str | None = None
    group: str | None = None
    role: str | None = None
    transport: str | None = None
    deadline_ms: int = 0
    exchange_updated_ms: int = 0
    refusal: Refusal | None = None
    reason: str | None = None
    cancel_requested: bool = False
    amend_requested: bool = False
    quarantined: bool = False

    @property
    def ended(self) -> bool:
        return self.status in ENDS
