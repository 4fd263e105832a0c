"""Bybit's words for our own, both ways: https://bybit-exchange.github.io/docs/v5/enum."""

from __future__ import annotations

from typing import Final

from hedgerow.core.commands import OrderType, PositionSide, Side, TimeInForce, TriggerBy
from hedgerow.core.fills import FillKind
from hedgerow.core.instruments import Instrument
from hedgerow.core.reports import Origin, ReportedStatus

SIDE: Final = {Side.BUY: "Buy", Side.SELL: "Sell"}
ORDER_TYPE: Final = {OrderType.LIMIT: "Limit", OrderType.MARKET: "Market"}
TRIGGER_BY: Final = {TriggerBy.LAST: "LastPrice", TriggerBy.MARK: "MarkPrice", TriggerBy.INDEX: "IndexPrice"}
POSITION_INDEX: Final = {None: 0, PositionSide.LONG: 1, PositionSide.SHORT: 2}

READ_SIDE: Final = {word: side for side, word in SIDE.items()}
READ_ORDER_TYPE: Final = {word: kind for kind, word in ORDER_TYPE.items()}
READ_TRIGGER_BY: Final = {word: by for by, word in TRIGGER_BY.items()}
READ_POSITION_INDEX: Final = {index: side for side, index in POSITION_INDEX.items()}

# `RPI` orders are post-only by their nature.
READ_TIME_IN_FORCE: Final = {
    "GTC": (TimeInForce.GTC, False),
    "IOC": (TimeInForce.IOC, False),
    "FOK": (TimeInForce.FOK, False),
    "PostOnly": (TimeInForce.GTC, True),
    "RPI": (TimeInForce.GTC, True),
}

STATUS: Final = {
    "New": ReportedStatus.OPEN,
    "PartiallyFilled": ReportedStatus.PARTIALLY_FILLED,
    "Filled": ReportedStatus.FILLED,
    "Cancelled": ReportedStatus.CANCELED,
    "PartiallyFilledCanceled": ReportedStatus.CANCELED,
    "Deactivated": ReportedStatus.CANCELED,  # a conditional order canceled before its trigger
    "Rejected": ReportedStatus.REJECTED,
    "Untriggered": ReportedStatus.UNTRIGGERED,
    "Triggered": ReportedStatus.TRIGGERED,  # the instant between Untriggered and New
}

_ROLES: Final = {
    "TakeProfit": "take_profit",
    "PartialTakeProfit": "take_profit",
    "StopLoss": "stop_loss",
    "PartialStopLoss": "stop_loss",
    "TrailingStop": "trailing_stop",
    "TrailingProfit": "trailing_stop",
}
_FORCED: Final = {
    "CreateByLiq": Origin.LIQUIDATION,
    "CreateByTakeOver_PassThrough": Origin.LIQUIDATION,
    "CreateByAdl_PassThrough": Origin.ADL,
    "CreateBySettle": Origin.SETTLEMENT,
    "CreateByAdminClosing": Origin.EXTERNAL,
}

# `None`: no execution of an order, it moves money only.
FILL_KIND: Final = {
    "Trade": FillKind.TRADE,
    "BlockTrade": FillKind.TRADE,
    "MovePosition": FillKind.TRADE,
    "FutureSpread": FillKind.TRADE,
    "AdlTrade": FillKind.ADL,
    "BustTrade": FillKind.LIQUIDATION,
    "Delivery": FillKind.SETTLEMENT,
    "Settle": FillKind.SETTLEMENT,
    "Funding": None,
    "SessionSettlePnL": None,
}

INTERVALS: Final = {
    "1m": "1",
    "3m": "3",
    "5m": "5",
    "15m": "15",
    "30m": "30",
    "1h": "60",
    "2h": "120",
    "4h": "240",
    "6h": "360",
    "12h": "720",
    "1d": "D",
    "1w": "W",
    "1M": "M",
}


def category(instrument: Instrument) -> str:
    return "linear" if instrument.linear else "inverse"


def origin_and_role(stop_order_type: str, create_type: str, order_link_id: str) -> tuple[Origin, str | None]:
    """Who made an order, as far as Bybit says. A child of an order or a position never bears a client order id."""
    forced = _FORCED.get(create_type)
    if forced is not None:
        return forced, None
    role = _ROLES.get(stop_order_type) or _ROLES.get(create_type.removeprefix("CreateBy"))
    if role is not None and not order_link_id:
        return Origin.ATTACHED, role
    return Origin.DESK, None


def reason(reject_reason: str, cancel_type: str) -> str | None:
    """The words for a rejection or a cancel; `None` where there are none."""
    if reject_reason and reject_reason != "EC_NoError":
        return reject_reason
    return cancel_type if cancel_type and cancel_type != "UNKNOWN" else None
