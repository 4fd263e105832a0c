"""The wire's own refusals, in Bybit's codes and words (https://bybit-exchange.github.io/docs/v5/error).

What the engine refuses carries its code already; these are refused before it is asked.
"""

from __future__ import annotations

from hedgerow.simulator.messages import Refusal

PARAMETER_ERROR = 10001
TIMESTAMP_ERROR = 10002
SIGN_ERROR = 10004

INVALID_KEY = Refusal(10003, "API key is invalid.")
BAD_JSON = Refusal(PARAMETER_ERROR, "Request parameter error.")
NO_CATEGORY = Refusal(PARAMETER_ERROR, "params error: category is required")
ILLEGAL_CATEGORY = Refusal(PARAMETER_ERROR, "Illegal category")
NO_SYMBOL = Refusal(PARAMETER_ERROR, "params error: symbol invalid")
BAD_CURSOR = Refusal(PARAMETER_ERROR, "params error: cursor invalid")
BAD_LIMIT = Refusal(PARAMETER_ERROR, "params error: limit invalid")
BAD_RANGE = Refusal(PARAMETER_ERROR, "The time range between startTime and endTime cannot exceed 7 days")
NO_SCOPE = Refusal(PARAMETER_ERROR, "Missing some parameters that must be filled in, symbol or settleCoin or baseCoin")
NO_ORDER_ID = Refusal(PARAMETER_ERROR, "params error: orderId or orderLinkId is required")

POSITION_MODE_NOT_MODIFIED = Refusal(110025, "Position mode is not modified")
MARGIN_MODE_NOT_MODIFIED = Refusal(110026, "Cross/isolated margin mode is not modified")
NO_HEDGE_MODE = Refusal(110029, "Hedge mode is not supported for this symbol.")
MARGIN_MODE_FAILED = Refusal(110073, "Set margin mode failed")

# WebSocket order entry: https://bybit-exchange.github.io/docs/v5/websocket/trade/guideline
NOT_AUTHENTICATED = Refusal(10007, "User authentication failed.")
UNKNOWN_OP = Refusal(10404, "op type is not found")
UNKNOWN_CATEGORY = Refusal(10404, "category is not correct/supported")
REPEATED_AUTH = Refusal(20001, "Repeat auth")
REPEATED_REQUEST_ID = Refusal(20006, "reqId is duplicated")


def parameter(name: str, why: str = "invalid") -> Refusal:
    return Refusal(PARAMETER_ERROR, f"params error: {name} {why}")


def timestamp_outside(timestamp: str, server_ms: int, window: str) -> Refusal:
    return Refusal(
        TIMESTAMP_ERROR,
        "invalid request, please check your server timestamp or recv_window param. "
        f"req_timestamp[{timestamp}],server_timestamp[{server_ms}],recv_window[{window}]",
    )


def wrong_sign(origin: str) -> Refusal:
    return Refusal(SIGN_ERROR, f"error sign! origin_string[{origin}]")
