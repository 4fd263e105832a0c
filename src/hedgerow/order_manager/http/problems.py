"""RFC 9457 problems: the one place where a refusal becomes an HTTP status."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

from hedgerow.core.codec import to_json
from hedgerow.core.orders import Order, Status
from hedgerow.core.refusals import Code, Refusal
from hedgerow.order_manager.schemas import Problem

PROBLEM_JSON: Final = "application/problem+json"
_STATUS: Final[dict[Code, HTTPStatus]] = {
    Code.MALFORMED: HTTPStatus.BAD_REQUEST,
    Code.MISSING: HTTPStatus.BAD_REQUEST,
    Code.UNKNOWN_FIELD: HTTPStatus.BAD_REQUEST,
    Code.UNKNOWN_ACCOUNT: HTTPStatus.NOT_FOUND,
    Code.UNKNOWN_SYMBOL: HTTPStatus.NOT_FOUND,
    Code.UNKNOWN_ORDER: HTTPStatus.NOT_FOUND,
    Code.UNKNOWN_POSITION: HTTPStatus.NOT_FOUND,
    Code.ORDER_ENDED: HTTPStatus.CONFLICT,
    Code.KEY_REUSED: HTTPStatus.CONFLICT,
    Code.ACCOUNT_NOT_READY: HTTPStatus.SERVICE_UNAVAILABLE,
    Code.NOT_SENT: HTTPStatus.SERVICE_UNAVAILABLE,
}
_FIELD: Final = re.compile(r"`\$\.([A-Za-z_]+)")
_NAMED: Final = re.compile(r"field `([A-Za-z_]+)`")


def status_of(refusal: Refusal) -> int:
    return _STATUS.get(refusal.code, HTTPStatus.UNPROCESSABLE_ENTITY)


def problem(refusal: Refusal, order: Order | None = None) -> Problem:
    """A refusal as a problem document."""
    status = status_of(refusal)
    return make(
        status,
        refusal.code,
        refusal.message,
        field=refusal.field,
        exchange_code=refusal.exchange_code,
        exchange_message=refusal.exchange_message,
        order=order,
    )


def make(
    status: int,
    code: str,
    detail: str,
    *,
    field: str | None = None,
    exchange_code: str | None = None,
    exchange_message: str | None = None,
    order: Order | None = None,
) -> Problem:
    return Problem(
        type=f"urn:hedgerow:problem:{code}",
        title=code.replace("_", " "),
        status=int(status),
        detail=detail,
        code=code,
        field=field,
        exchange_code=exchange_code,
        exchange_message=exchange_message,
        order=order,
    )


def malformed(message: str) -> Refusal:
    """A body that could not be decoded: which field, and why, from msgspec's words."""
    found = _NAMED.search(message) or _FIELD.search(message)
    field = found[1] if found else None
    if "unknown field" in message:
        return Refusal(Code.UNKNOWN_FIELD, f"there is no field {field!r}", field=field)
    if "missing required field" in message:
        return Refusal(Code.MISSING, f"the field {field!r} is missing", field=field)
    reason = message.split(" - at ")[0]
    return Refusal(Code.MALFORMED, reason if field is None else f"{field}: {reason}", field=field)


def order_status(order: Order) -> tuple[int, Refusal | None]:
    """The HTTP status of a placed order as it stands, and the refusal where it came to nothing."""
    match order.status:
        case Status.IN_DOUBT | Status.PENDING:
            return HTTPStatus.ACCEPTED, None
        case Status.DENIED | Status.REJECTED:
            refusal = order.refusal or Refusal(Code.EXCHANGE_REJECTED, order.reason or "the exchange refused the order")
            return HTTPStatus.UNPROCESSABLE_ENTITY, refusal
        case Status.NOT_PLACED:
            refusal = order.refusal or Refusal(Code.ABSENT_AT_EXCHANGE, "the exchange never had this order")
            return status_of(refusal), refusal
        case _:
            return HTTPStatus.CREATED, None


def rendered(document: Problem) -> bytes:
    return to_json(document)
