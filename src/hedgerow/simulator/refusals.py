"""The exchange's refusals: Bybit's codes (https://bybit-exchange.github.io/docs/v5/error) with the words it sends."""

from __future__ import annotations

from decimal import Decimal

from hedgerow.simulator.messages import Refusal

UNKNOWN_ACCOUNT = Refusal(10003, "API key is invalid.")
ACCOUNT_EXISTS = Refusal(10001, "account already exists")
UNKNOWN_SYMBOL = Refusal(10001, "params error: symbol invalid")
BAD_QTY = Refusal(10001, "Qty invalid")
QTY_BELOW_MINIMUM = Refusal(10001, "The number of contracts exceeds minimum limit allowed")
BAD_PRICE = Refusal(10001, "Price invalid")
BAD_TRIGGER_PRICE = Refusal(10001, "TriggerPrice invalid")
BAD_TRIGGER_DIRECTION = Refusal(10001, "TriggerDirection invalid")
BAD_TAKE_PROFIT = Refusal(10001, "TakeProfit invalid")
BAD_STOP_LOSS = Refusal(10001, "StopLoss invalid")
BAD_TPSL_SIZE = Refusal(10001, "tpSize and slSize must be equal and positive")
BAD_LIMIT_LEG = Refusal(10001, "params error: a limit TP/SL needs tpslMode Partial and a limit price")
BAD_LINK_ID = Refusal(10001, "OrderLinkId invalid")
BAD_POSITION_IDX = Refusal(10001, "position idx not match position mode")
BAD_LEVERAGE = Refusal(10001, "leverage invalid")
REDUCE_ONLY_WITH_TPSL = Refusal(10001, "Reduce-only orders cannot carry take profit or stop loss")
ORDER_UNCHANGED = Refusal(10001, "The order remains unchanged as the parameters entered match the existing ones.")
NO_POSITION_TO_PROTECT = Refusal(10001, "can not set tp/sl/ts for zero position")
PROTECTION_UNCHANGED = Refusal(34040, "not modified")
NOTHING_TO_AMEND = Refusal(110001, "order not exists or too late to replace")
NOTHING_TO_CANCEL = Refusal(110001, "order not exists or too late to cancel")
PRICE_OUT_OF_RANGE = Refusal(110003, "Order price exceeds the allowable range.")
INSUFFICIENT_BALANCE = Refusal(110007, "ab not enough for new order")
TOO_MANY_CONDITIONALS = Refusal(110009, "The number of stop orders exceeds maximum limit allowed")
LEVERAGE_ABOVE_LIMIT = Refusal(110013, "Cannot set leverage due to risk limit level.")
REDUCE_ONLY_UNSATISFIED = Refusal(110017, "Reduce-only rule not satisfied")
REDUCE_ONLY_NO_POSITION = Refusal(110017, "current position is zero, cannot fix reduce-only order qty")
REDUCE_ONLY_COVERED = Refusal(110017, "orderQty will be truncated to zero.")
TOO_MANY_ORDERS = Refusal(110020, "Not allowed to have more than 500 active orders.")
LEVERAGE_UNCHANGED = Refusal(110043, "leverage not modified")
TPSL_OF_PART_FILLED = Refusal(110059, "Not allowed to modify the TP/SL of a partially filled open order")
TOO_MANY_PARTIAL_TPSL = Refusal(110061, "Not allowed to have more than 20 TP/SLs under Partial tpSlMode")
TPSL_TOO_LARGE = Refusal(
    110058, "You can't set take profit and stop loss due to insufficient size of remaining position size."
)
QTY_BELOW_FILLED = Refusal(
    110064, "The modified contract quantity cannot be less than or equal to the filled quantity."
)
DUPLICATE_LINK_ID = Refusal(110072, "OrderLinkedID is duplicate")
NOTIONAL_TOO_SMALL = Refusal(110094, "Order does not meet minimum order value 5USDT")


def qty_above_maximum(qty: Decimal, maximum: Decimal) -> Refusal:
    return Refusal(
        10001, f"The number of contracts exceeds maximum limit allowed: too large, order_qty:{qty} > max_qty:{maximum}"
    )


def _scaled(price: Decimal) -> int:
    """Bybit's texts show prices in ten-thousandths: 63302.3 as 633023000."""
    return int(price * 10_000)


def expected_rise(trigger_price: Decimal, current: Decimal, by: str) -> Refusal:
    return Refusal(
        110092, f"expect Rising, but trigger_price[{_scaled(trigger_price)}] <= current[{_scaled(current)}]??{by}"
    )


def expected_fall(trigger_price: Decimal, current: Decimal, by: str) -> Refusal:
    return Refusal(
        110093, f"expect Falling, but trigger_price[{_scaled(trigger_price)}] >= current[{_scaled(current)}]??{by}"
    )


def wrong_side_of_base(leg: str, price: Decimal, side: str, relation: str, base: Decimal, by: str) -> Refusal:
    """`leg` is TakeProfit or StopLoss, `relation` is higher or lower: where it should have been."""
    return Refusal(
        10001,
        f"{leg}:{_scaled(price)} set for {side} position should be {relation} than base_price:{_scaled(base)}??{by}",
    )
