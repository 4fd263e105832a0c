"""What the streams hold: the body of every record, one type for each kind.

order_intents:     OrderIntended … GroupIntended, CameToNothing
orders_executed:   Answered
orders_updated:    OrderUpdated
positions_updated: PositionUpdated
fills:             FillBooked
balances_updated:  BalancesUpdated
ledger:            LedgerEntry
heartbeats:        Heartbeat

and, in what a resolver writes but for its heartbeats, TakenOver where the owner changed.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from hedgerow.core.commands import OrderTerms, PositionSide
from hedgerow.core.fills import Fill
from hedgerow.core.limits import Limits, TradingState
from hedgerow.core.orders import Order
from hedgerow.core.positions import Position
from hedgerow.core.refusals import Refusal
from hedgerow.core.reports import Balance


class Stream(StrEnum):
    ORDER_INTENTS = "order_intents"
    ORDERS_EXECUTED = "orders_executed"
    ORDERS_UPDATED = "orders_updated"
    POSITIONS_UPDATED = "positions_updated"
    FILLS = "fills"
    LEDGER = "ledger"
    BALANCES_UPDATED = "balances_updated"
    HEARTBEATS = "heartbeats"


INPUTS: Final = (Stream.ORDER_INTENTS, Stream.ORDERS_EXECUTED)  # what the resolver reads


class Transport(StrEnum):
    WEBSOCKET = "websocket"
    REST = "rest"


class Intended(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, tag_field="kind"):
    """What every intent carries.

    Attributes:
        command_id: ours; for an order its order id.
        idempotency_key: as the client gave it; `None` where none came.
        body_hash: SHA-256 of the canonical request, to tell a repeat from another request under the same key.
        timestamp_ms, deadline_ms: of the request, on the exchange's clock.
        denied: set where the desk's no was known before anything was sent: the record then only remembers the no.
    """

    command_id: str
    body_hash: str
    timestamp_ms: int
    deadline_ms: int
    idempotency_key: str | None = None
    denied: Refusal | None = None


class OrderIntended(Intended, frozen=True, omit_defaults=True, kw_only=True, tag="order_intended"):
    """An order will be sent, once, with this client order id.

    `notional` is what it is counted at for the limits until it has ended; `mark` the price that it was judged by.
    `group` names the larger command (close, reverse, flatten) that made it.
    """

    terms: OrderTerms
    client_order_id: str
    transport: Transport
    notional: Decimal
    mark: Decimal | None = None
    group: str | None = None


class AmendIntended(Intended, frozen=True, omit_defaults=True, kw_only=True, tag="amend_intended"):
    """A living order is to change; what is `None` stays. A zero take profit or stop loss removes it."""

    order_id: str
    symbol: str
    client_order_id: str
    exchange_order_id: str
    amount: Decimal | None = None
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    notional: Decimal | None = None  # of the order after the amend


class CancelIntended(Intended, frozen=True, omit_defaults=True, kw_only=True, tag="cancel_intended"):
    order_id: str
    symbol: str
    client_order_id: str
    exchange_order_id: str


class CancelAllIntended(Intended, frozen=True, omit_defaults=True, kw_only=True, tag="cancel_all_intended"):
    """`symbol` is `None` for every symbol."""

    symbol: str | None = None


class ProtectIntended(Intended, frozen=True, omit_defaults=True, kw_only=True, tag="protect_intended"):
    """TP and SL of a position. `None` leaves one as it is, zero clears it."""

    symbol: str
    position_side: PositionSide
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    trigger_by: str | None = None


class LeverageIntended(Intended, frozen=True, omit_defaults=True, kw_only=True, tag="leverage_intended"):
    symbol: str
    leverage: Decimal


class LimitsIntended(Intended, frozen=True, omit_defaults=True, kw_only=True, tag="limits_intended"):
    limits: Limits


class TradingStateIntended(Intended, frozen=True, omit_defaults=True, kw_only=True, tag="trading_state_intended"):
    state: TradingState


class GroupIntended(Intended, frozen=True, omit_defaults=True, kw_only=True, tag="group_intended"):
    """A command made of others: close, reverse, flatten. Its parts name it in their own intents."""

    action: str
    symbol: str | None = None


class Nothing(StrEnum):
    """How an intent came to nothing."""

    DENIED = "denied"  # at admission, by the log's order
    REJECTED = "rejected"  # by the exchange
    NOT_SENT = "not_sent"  # never left
    REPEAT = "repeat"  # an earlier intent has the same principal and key


class CameToNothing(
    msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, tag_field="kind", tag="came_to_nothing"
):
    """An earlier intent of `order_intents` had no effect at the exchange, and why.

    `intent_offset` tells which intent is meant where two carry the same command id (a repeat).
    """

    command_id: str
    how: Nothing
    refusal: Refusal
    order_id: str | None = None
    intent_offset: int | None = None


def remembered_no(intent: Intended) -> CameToNothing | None:
    """What an intent came to that was denied before it was written."""
    if intent.denied is None:
        return None
    order_id = intent.order_id if isinstance(intent, AmendIntended) else None
    return CameToNothing(command_id=intent.command_id, how=Nothing.DENIED, refusal=intent.denied, order_id=order_id)


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    IN_DOUBT = "in_doubt"


class Answered(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, tag_field="kind", tag="answered"):
    """The exchange took a command, or may have. Of an order: what the resolver must follow.

    `command` is the kind of the intent; `detail` says, for a doubt, what came instead of an answer.
    """

    command_id: str
    command: str
    outcome: Outcome
    order_id: str | None = None
    exchange_order_id: str | None = None
    client_order_id: str | None = None
    detail: str | None = None
    sent_ms: int = 0
    answered_ms: int = 0


class Cause(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Why something changed: by which command or report, from where.

    Attributes:
        kind: `intent`, `answer`, `nothing`, `report`, `fill`, `proof` or `restart`.
        source: `stream`, `rest` or `journal`.
        command_id: the command, where one caused it.
        exchange_ms: the exchange's time of the report.
        note: what a timeline should say beside the change.
    """

    kind: str
    source: str
    command_id: str | None = None
    exchange_ms: int | None = None
    note: str | None = None


class OrderUpdated(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="order_updated"):
    order: Order
    cause: Cause


class PositionUpdated(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="position_updated"):
    position: Position
    cause: Cause


class FillBooked(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="fill_booked"):
    fill: Fill


class BalancesUpdated(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="balances_updated"):
    balances: tuple[Balance, ...]
    updated_ms: int


class LedgerEntry(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="ledger_entry"):
    """Funding, settlement or an adjustment; `entry_id` makes it count once."""

    entry_id: str
    currency: str
    amount: Decimal
    reason: str
    time_ms: int
    symbol: str | None = None


class TakenOver(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="taken_over"):
    """A resolver has taken a partition over, with its record's epoch: what a lower one writes from here on is void.

    It is no event: no feed carries it.
    """

    partition: int


class Heartbeat(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, tag_field="kind", tag="heartbeat"):
    """The resolver follows this account: whether its private stream is up, and when it last heard of it."""

    stream_up: bool
    reconciled_ms: int
    heard_ms: int
    reason: str | None = None


CommandIntended = (
    OrderIntended
    | AmendIntended
    | CancelIntended
    | CancelAllIntended
    | ProtectIntended
    | LeverageIntended
    | LimitsIntended
    | TradingStateIntended
    | GroupIntended
)
Input = CommandIntended | CameToNothing | Answered
Output = OrderUpdated | PositionUpdated | FillBooked | BalancesUpdated | LedgerEntry | TakenOver
Body = Input | Output | Heartbeat
