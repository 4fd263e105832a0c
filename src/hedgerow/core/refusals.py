"""Why something was not done: our denials and the exchange's rejections, as values."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Code(StrEnum):
    """Stable codes; clients may depend on them."""

    MALFORMED = "malformed"
    MISSING = "missing"
    UNKNOWN_FIELD = "unknown_field"
    UNKNOWN_ACCOUNT = "unknown_account"
    UNKNOWN_SYMBOL = "unknown_symbol"
    UNKNOWN_ORDER = "unknown_order"
    UNKNOWN_POSITION = "unknown_position"
    NOT_SUPPORTED = "not_supported"
    AMOUNT_OFF_STEP = "amount_off_step"
    AMOUNT_TOO_SMALL = "amount_too_small"
    AMOUNT_TOO_LARGE = "amount_too_large"
    PRICE_OFF_TICK = "price_off_tick"
    PRICE_OUT_OF_RANGE = "price_out_of_range"
    NOTIONAL_TOO_SMALL = "notional_too_small"
    TRIGGER_ON_WRONG_SIDE = "trigger_on_wrong_side"
    LEVERAGE_OUT_OF_RANGE = "leverage_out_of_range"
    PRICE_COLLAR = "price_collar"
    MARK_STALE = "mark_stale"
    ORDER_NOTIONAL_LIMIT = "order_notional_limit"
    POSITION_NOTIONAL_LIMIT = "position_notional_limit"
    LEVERAGE_LIMIT = "leverage_limit"
    OPEN_ORDERS_LIMIT = "open_orders_limit"
    REDUCING_ONLY = "reducing_only"
    HALTED = "halted"
    ORDER_ENDED = "order_ended"
    ACCOUNT_NOT_READY = "account_not_ready"
    DEADLINE_PASSED = "deadline_passed"
    NOT_SENT = "not_sent"
    REPEAT = "repeat"
    KEY_REUSED = "key_reused"
    EXCHANGE_REJECTED = "exchange_rejected"
    ABSENT_AT_EXCHANGE = "absent_at_exchange"


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """One no, with what a person and a program need to act on it.

    Attributes:
        code: the stable reason.
        message: a sentence a person understands.
        field: the field of the request that is at fault, if one is.
        exchange_code: the exchange's own code, where it was the exchange that refused.
        exchange_message: the exchange's own words.
    """

    code: Code
    message: str
    field: str | None = None
    exchange_code: str | None = None
    exchange_message: str | None = None
