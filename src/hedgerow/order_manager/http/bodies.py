"""From text to commands: every number goes through the strict parser, and every fault names its field."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, TypeVar

import msgspec

from hedgerow.core.commands import OrderTerms
from hedgerow.core.decimals import MalformedNumberError, parse_decimal
from hedgerow.core.limits import Limits
from hedgerow.core.refusals import Code, Refusal
from hedgerow.exchange import Amendment
from hedgerow.order_manager.http.problems import malformed
from hedgerow.order_manager.schemas import AmendOrderBody, LimitsBody, PlaceOrderBody

_T = TypeVar("_T")
_OPEN_ORDERS_MOST: Final = 100_000


class RefusedError(Exception):
    """The request cannot be understood or carried out; holds the refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def decoded(decoder: msgspec.json.Decoder[_T], body: bytes) -> _T:
    """Decode a JSON body. Raises RefusedError naming the field."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as fault:
        raise RefusedError(malformed(str(fault))) from fault
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise RefusedError(Refusal(Code.MALFORMED, f"the body is not JSON: {fault}")) from fault


def positive(field: str, text: str) -> Decimal:
    """A number above zero. Raises RefusedError."""
    number = _number(field, text)
    if number <= 0:
        raise RefusedError(Refusal(Code.MALFORMED, f"{field} must be more than 0", field=field))
    return number


def not_negative(field: str, text: str) -> Decimal:
    """A number of 0 or more. Raises RefusedError."""
    number = _number(field, text)
    if number < 0:
        raise RefusedError(Refusal(Code.MALFORMED, f"{field} must not be negative", field=field))
    return number


def _number(field: str, text: str) -> Decimal:
    try:
        return parse_decimal(text)
    except MalformedNumberError as fault:
        raise RefusedError(Refusal(Code.MALFORMED, f"{field} {fault}", field=field)) from fault


def _optional(field: str, text: str | None) -> Decimal | None:
    return None if text is None else positive(field, text)


def order_terms(body: PlaceOrderBody) -> OrderTerms:
    """The terms of an order as asked. Raises RefusedError."""
    return OrderTerms(
        account=body.account,
        symbol=body.symbol,
        side=body.side,
        type=body.type,
        amount=positive("amount", body.amount),
        price=_optional("price", body.price),
        trigger_price=_optional("trigger_price", body.trigger_price),
        trigger_by=body.trigger_by,
        take_profit=_optional("take_profit", body.take_profit),
        stop_loss=_optional("stop_loss", body.stop_loss),
        time_in_force=body.time_in_force,
        post_only=body.post_only,
        reduce_only=body.reduce_only,
        position_side=body.position_side,
    )


def amendment(body: AmendOrderBody) -> Amendment:
    """What an amend changes. Raises RefusedError."""
    if all(v is None for v in (body.amount, body.price, body.trigger_price, body.take_profit, body.stop_loss)):
        raise RefusedError(Refusal(Code.MISSING, "name at least one field to change"))
    return Amendment(
        amount=_optional("amount", body.amount),
        price=_optional("price", body.price),
        trigger_price=_optional("trigger_price", body.trigger_price),
        take_profit=protective("take_profit", body.take_profit),
        stop_loss=protective("stop_loss", body.stop_loss),
    )


def protective(field: str, text: str | None) -> Decimal | None:
    """A take profit or stop loss: absent stays, "0" clears. Raises RefusedError."""
    return None if text is None else not_negative(field, text)


def limits(body: LimitsBody, now: Limits) -> Limits:
    """The limits as they will stand. Raises RefusedError."""
    if body.mark_max_age_ms is not msgspec.UNSET and not 100 <= body.mark_max_age_ms <= 3_600_000:
        raise RefusedError(
            Refusal(Code.MALFORMED, "mark_max_age_ms must be from 100 to 3600000", field="mark_max_age_ms")
        )
    if isinstance(body.open_orders, int) and not 0 <= body.open_orders <= _OPEN_ORDERS_MOST:
        message = f"open_orders must be from 0 to {_OPEN_ORDERS_MOST}"
        raise RefusedError(Refusal(Code.MALFORMED, message, field="open_orders"))
    return Limits(
        price_collar=_limit("price_collar", body.price_collar, now.price_collar),
        mark_max_age_ms=now.mark_max_age_ms if body.mark_max_age_ms is msgspec.UNSET else body.mark_max_age_ms,
        order_notional=_limit("order_notional", body.order_notional, now.order_notional),
        position_notional=_limit("position_notional", body.position_notional, now.position_notional),
        leverage=_limit("leverage", body.leverage, now.leverage),
        open_orders=now.open_orders if body.open_orders is msgspec.UNSET else body.open_orders,
    )


def _limit(field: str, text: str | msgspec.UnsetType | None, now: Decimal | None) -> Decimal | None:
    if text is msgspec.UNSET:
        return now
    return None if text is None else not_negative(field, text)
