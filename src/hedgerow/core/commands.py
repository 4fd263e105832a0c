"""What a user may ask of one order: its terms."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"


class OrderType(StrEnum):
    LIMIT = "limit"
    MARKET = "market"


class TimeInForce(StrEnum):
    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"


class TriggerBy(StrEnum):
    LAST = "last"
    MARK = "mark"
    INDEX = "index"


class PositionSide(StrEnum):
    """Which position a fill moves. In one-way mode it is the sign of the net position."""

    LONG = "long"
    SHORT = "short"


class OrderTerms(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order as asked, exact: what goes on the wire is the text of these numbers.

    Attributes:
        amount: contracts.
        price: of a limit order; `None` for a market order.
        trigger_price: of a conditional order.
        trigger_ascending: whether the trigger waits for the price to rise to it; decided when the intent is written.
        take_profit, stop_loss: trigger prices attached to the order; they act on its position once it fills.
        position_side: for hedge mode; `None` in one-way mode.
    """

    account: str
    symbol: str
    side: Side
    type: OrderType
    amount: Decimal
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
