"""What an exchange says: evidence, in our words, that may be late, repeated and out of order."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from hedgerow.core.commands import OrderType, PositionSide, Side, TimeInForce, TriggerBy
from hedgerow.core.fills import FillKind


class Source(StrEnum):
    STREAM = "stream"  # the private WebSocket
    REST = "rest"


class ReportedStatus(StrEnum):
    """The exchange's statuses, folded to those that lead an order on or end it."""

    UNTRIGGERED = "untriggered"
    TRIGGERED = "triggered"  # a step, not an end
    OPEN = "open"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"


class Origin(StrEnum):
    DESK = "desk"
    ATTACHED = "attached"  # a take profit or stop loss that hangs on an order or a position
    EXTERNAL = "external"  # the exchange's own page, another program
    LIQUIDATION = "liquidation"
    ADL = "adl"
    SETTLEMENT = "settlement"


class OrderReport(msgspec.Struct, frozen=True, kw_only=True):
    """One order as the exchange reports it.

    Attributes:
        filled: cumulative contracts; `average` its average price, if given.
        updated_ms: when the exchange last changed it, on the exchange's clock.
        origin: what the exchange says of its making; DESK where it says nothing (the intents decide).
        reason: the exchange's words for a cancel or a rejection.
    """

    symbol: str
    exchange_order_id: str
    client_order_id: str  # empty where the order has none
    side: Side
    type: OrderType
    amount: Decimal
    status: ReportedStatus
    filled: Decimal
    updated_ms: int
    created_ms: int
    source: Source
    price: Decimal | None = None
    average: Decimal | None = None
    trigger_price: Decimal | None = None
    trigger_by: TriggerBy | None = None
    trigger_ascending: bool | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False
    position_side: PositionSide | None = None
    origin: Origin = Origin.DESK
    role: str | None = None  # of an attached order: take_profit, stop_loss
    reason: str | None = None


class FillReport(msgspec.Struct, frozen=True, kw_only=True):
    symbol: str
    trade_id: str
    exchange_order_id: str
    client_order_id: str
    side: Side
    amount: Decimal
    price: Decimal
    fee: Decimal
    fee_currency: str
    time_ms: int
    source: Source
    liquidity: str | None = None
    kind: FillKind = FillKind.TRADE
    position_side: PositionSide | None = None


class PositionReport(msgspec.Struct, frozen=True, kw_only=True):
    """One leg of a position as the exchange holds it; a flat one has amount 0 and, in one-way mode, no side."""

    symbol: str
    side: PositionSide | None
    amount: Decimal
    updated_ms: int
    source: Source
    entry: Decimal | None = None
    mark: Decimal | None = None
    liquidation_price: Decimal | None = None
    margin: Decimal | None = None
    maintenance_margin: Decimal | None = None
    leverage: Decimal | None = None
    margin_mode: str | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    hedged: bool = False


class Balance(msgspec.Struct, frozen=True):
    """One currency of an account. `equity` counts unrealised PnL; `available` may be used for new orders."""

    currency: str
    wallet: Decimal
    equity: Decimal
    available: Decimal
    initial_margin: Decimal = Decimal(0)
    maintenance_margin: Decimal = Decimal(0)
    unrealised_pnl: Decimal = Decimal(0)


class BalanceReport(msgspec.Struct, frozen=True, kw_only=True):
    balances: tuple[Balance, ...]
    updated_ms: int
    source: Source


class StreamUp(msgspec.Struct, frozen=True):
    """The private stream is connected and subscribed: what was missed must be fetched."""

    time_ms: int


class StreamDown(msgspec.Struct, frozen=True):
    time_ms: int
    reason: str


Report = OrderReport | FillReport | PositionReport | BalanceReport | StreamUp | StreamDown
