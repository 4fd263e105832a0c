"""A body becomes a command for the engine, or a refusal; numbers are parsed here and nowhere later."""

from __future__ import annotations

import re
from decimal import Decimal

from hedgerow.simulator.bybit import errors
from hedgerow.simulator.bybit.bodies import (
    AmendBody,
    CancelAllBody,
    CancelBody,
    CreateBody,
    LeverageBody,
    TradingStopBody,
)
from hedgerow.simulator.bybit.texts import parse
from hedgerow.simulator.messages import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    PlaceOrder,
    Refusal,
    SetLeverage,
    SetTradingStop,
)

# "A max of 36 characters. Combinations of numbers, letters, dashes, and underscores": .../order/create-order
_LINK_ID = re.compile(r"[A-Za-z0-9_-]{0,36}", re.ASCII)


class _BadNumberError(Exception):
    """A field that should hold a number does not; caught in this module."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _number(written: str, name: str) -> Decimal:
    number = parse(written)
    if number is None:
        raise _BadNumberError(name)
    return number


def _optional(written: str | None, name: str) -> Decimal | None:
    """Bybit takes the empty text as absence."""
    return _number(written, name) if written else None


def _above_zero(written: str | None, name: str) -> Decimal | None:
    """In a new order "0" means none: a take profit, a stop loss, a trigger."""
    return _optional(written, name) or None


def refused_category(category: str) -> Refusal | None:
    if category == "linear":
        return None
    return errors.ILLEGAL_CATEGORY if category else errors.NO_CATEGORY


def place(body: CreateBody, account: str, external: bool = False) -> PlaceOrder | Refusal:
    if _LINK_ID.fullmatch(body.order_link_id) is None:
        return errors.parameter("orderLinkId")
    try:
        return PlaceOrder(
            account=account,
            symbol=body.symbol,
            side=body.side,
            order_type=body.order_type,
            qty=_number(body.qty, "qty"),
            price=_optional(body.price, "price"),
            time_in_force=body.time_in_force,
            order_link_id="" if external else body.order_link_id,
            reduce_only=body.reduce_only,
            close_on_trigger=body.close_on_trigger,
            trigger_price=_above_zero(body.trigger_price, "triggerPrice"),
            trigger_direction=body.trigger_direction,
            trigger_by=body.trigger_by,
            take_profit=_above_zero(body.take_profit, "takeProfit"),
            stop_loss=_above_zero(body.stop_loss, "stopLoss"),
            tp_trigger_by=body.tp_trigger_by,
            sl_trigger_by=body.sl_trigger_by,
            tpsl_mode=body.tpsl_mode,
            tp_order_type=body.tp_order_type,
            sl_order_type=body.sl_order_type,
            tp_limit_price=_above_zero(body.tp_limit_price, "tpLimitPrice"),
            sl_limit_price=_above_zero(body.sl_limit_price, "slLimitPrice"),
            position_idx=body.position_idx,
        )
    except _BadNumberError as bad:
        return errors.parameter(bad.name)


def amend(body: AmendBody, account: str) -> AmendOrder | Refusal:
    if not body.order_id and not body.order_link_id:
        return errors.NO_ORDER_ID
    try:
        return AmendOrder(
            account=account,
            symbol=body.symbol,
            order_id=body.order_id,
            order_link_id=body.order_link_id,
            qty=_optional(body.qty, "qty"),
            price=_optional(body.price, "price"),
            trigger_price=_optional(body.trigger_price, "triggerPrice"),
            take_profit=_optional(body.take_profit, "takeProfit"),
            stop_loss=_optional(body.stop_loss, "stopLoss"),
            tp_trigger_by=body.tp_trigger_by,
            sl_trigger_by=body.sl_trigger_by,
            trigger_by=body.trigger_by,
        )
    except _BadNumberError as bad:
        return errors.parameter(bad.name)


def cancel(body: CancelBody, account: str) -> CancelOrder | Refusal:
    if not body.order_id and not body.order_link_id:
        return errors.NO_ORDER_ID
    return CancelOrder(account, body.symbol, body.order_id, body.order_link_id)


def cancel_all(body: CancelAllBody, account: str) -> CancelAll | Refusal:
    """One of symbol, baseCoin or settleCoin is required: .../order/cancel-all"""
    if not (body.symbol or body.base_coin or body.settle_coin):
        return errors.NO_SCOPE
    symbol = body.symbol or (f"{body.base_coin}USDT" if body.base_coin else "")
    return CancelAll(account, symbol, stop_orders_only=body.order_filter == "StopOrder")


def leverage(body: LeverageBody, account: str) -> SetLeverage | Refusal:
    """One-way mode: "buyLeverage must be the same as sellLeverage": .../position/leverage"""
    wanted = parse(body.buy_leverage)
    if wanted is None:
        return errors.parameter("buyLeverage")
    if parse(body.sell_leverage) != wanted:
        return errors.parameter("sellLeverage", "must equal buyLeverage in one-way mode")
    return SetLeverage(account, body.symbol, wanted)


def trading_stop(body: TradingStopBody, account: str) -> SetTradingStop | Refusal:
    try:
        if _above_zero(body.trailing_stop, "trailingStop"):
            return errors.parameter("trailingStop", "is not traded on this exchange")
        return SetTradingStop(
            account=account,
            symbol=body.symbol,
            take_profit=_optional(body.take_profit, "takeProfit"),
            stop_loss=_optional(body.stop_loss, "stopLoss"),
            tp_trigger_by=body.tp_trigger_by,
            sl_trigger_by=body.sl_trigger_by,
            tpsl_mode=body.tpsl_mode,
            tp_size=_above_zero(body.tp_size, "tpSize"),
            sl_size=_above_zero(body.sl_size, "slSize"),
            tp_limit_price=_above_zero(body.tp_limit_price, "tpLimitPrice"),
            sl_limit_price=_above_zero(body.sl_limit_price, "slLimitPrice"),
            tp_order_type=body.tp_order_type,
            sl_order_type=body.sl_order_type,
            position_idx=body.position_idx,
        )
    except _BadNumberError as bad:
        return errors.parameter(bad.name)
