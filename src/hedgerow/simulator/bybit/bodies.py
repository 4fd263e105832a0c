"""The bodies of the POST calls, and the same objects in WebSocket order entry.

https://bybit-exchange.github.io/docs/v5/order/create-order, .../amend-order, .../cancel-order, .../cancel-all,
.../position/leverage, .../position/trading-stop.  Keys that a body names and this exchange has no use for are ignored,
as Bybit ignores them; a known key of the wrong type is refused.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from hedgerow.simulator.bybit import errors
from hedgerow.simulator.messages import OrderType, Refusal, Side, TimeInForce, TpslMode, TriggerBy

BATCH_LIMIT = 10  # of USDT perpetuals in one batch call


class CreateBody(msgspec.Struct, rename="camel"):
    symbol: str
    side: Side
    order_type: OrderType
    qty: str
    category: str = ""
    price: str | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    order_link_id: str = ""
    reduce_only: bool = False
    close_on_trigger: bool = False
    trigger_price: str | None = None
    trigger_direction: int = 0
    trigger_by: TriggerBy = TriggerBy.LAST
    take_profit: str | None = None
    stop_loss: str | None = None
    tp_trigger_by: TriggerBy = TriggerBy.LAST
    sl_trigger_by: TriggerBy = TriggerBy.LAST
    tpsl_mode: TpslMode = TpslMode.NONE
    tp_order_type: OrderType = OrderType.MARKET
    sl_order_type: OrderType = OrderType.MARKET
    tp_limit_price: str | None = None
    sl_limit_price: str | None = None
    position_idx: int = 0


class AmendBody(msgspec.Struct, rename="camel"):
    symbol: str
    category: str = ""
    order_id: str = ""
    order_link_id: str = ""
    qty: str | None = None
    price: str | None = None
    trigger_price: str | None = None
    take_profit: str | None = None
    stop_loss: str | None = None
    tp_trigger_by: TriggerBy | None = None
    sl_trigger_by: TriggerBy | None = None
    trigger_by: TriggerBy | None = None


class CancelBody(msgspec.Struct, rename="camel"):
    symbol: str
    category: str = ""
    order_id: str = ""
    order_link_id: str = ""


class CancelAllBody(msgspec.Struct, rename="camel"):
    category: str = ""
    symbol: str = ""
    base_coin: str = ""
    settle_coin: str = ""
    order_filter: str = ""
    stop_order_type: str = ""


class LeverageBody(msgspec.Struct, rename="camel"):
    symbol: str
    buy_leverage: str
    sell_leverage: str
    category: str = ""


class TradingStopBody(msgspec.Struct, rename="camel"):
    symbol: str
    category: str = ""
    take_profit: str | None = None
    stop_loss: str | None = None
    trailing_stop: str | None = None
    tp_trigger_by: TriggerBy | None = None
    sl_trigger_by: TriggerBy | None = None
    tpsl_mode: TpslMode = TpslMode.FULL
    tp_size: str | None = None
    sl_size: str | None = None
    tp_limit_price: str | None = None
    sl_limit_price: str | None = None
    tp_order_type: OrderType = OrderType.MARKET
    sl_order_type: OrderType = OrderType.MARKET
    position_idx: int = 0


class SwitchModeBody(msgspec.Struct, rename="camel"):
    category: str = ""
    symbol: str = ""
    coin: str = ""
    mode: int = 0


class MarginModeBody(msgspec.Struct, rename="camel"):
    set_margin_mode: str


class CreateBatchBody(msgspec.Struct, rename="camel"):
    request: list[CreateBody]
    category: str = ""


class CancelBatchBody(msgspec.Struct, rename="camel"):
    request: list[CancelBody]
    category: str = ""


Body = TypeVar("Body")
_DECODERS: dict[type, msgspec.json.Decoder[object]] = {
    body: msgspec.json.Decoder(body)
    for body in (
        CreateBody,
        AmendBody,
        CancelBody,
        CancelAllBody,
        LeverageBody,
        TradingStopBody,
        SwitchModeBody,
        MarginModeBody,
        CreateBatchBody,
        CancelBatchBody,
    )
}


def decode(raw: bytes, body: type[Body]) -> Body | Refusal:
    try:
        return _DECODERS[body].decode(raw)  # type: ignore[return-value]
    except msgspec.ValidationError as error:
        return Refusal(errors.PARAMETER_ERROR, f"params error: {error}")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return errors.BAD_JSON


def convert(raw: object, body: type[Body]) -> Body | Refusal:
    """The same from an object that is decoded already: one of `args` in WebSocket order entry."""
    try:
        return msgspec.convert(raw, body)
    except msgspec.ValidationError as error:
        return Refusal(errors.PARAMETER_ERROR, f"params error: {error}")
