"""RFC 9457 problems: the one place where a refusal becomes an HTTP status."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from hedgerow.core.orders import Order, Status
from hedgerow.core.refusals import Code, Refusal
from hedgerow.history import HistoryFault
from hedgerow.journal import JournalFault
from hedgerow.order_manager.schemas import Problem
from hedgerow.vault import VaultFault

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
# What is not about a command: who asks, from where, and how they sign in.
AT_THE_GATE: Final[dict[str, HTTPStatus]] = {
    "not_signed_in": HTTPStatus.UNAUTHORIZED,
    "read_only": HTTPStatus.FORBIDDEN,
    "owner_only": HTTPStatus.FORBIDDEN,
    "wrong_host": HTTPStatus.MISDIRECTED_REQUEST,
    "wrong_origin": HTTPStatus.FORBIDDEN,
    "csrf": HTTPStatus.FORBIDDEN,
    "wrong_code": HTTPStatus.FORBIDDEN,
    "too_many_tries": HTTPStatus.TOO_MANY_REQUESTS,
    "no_session": HTTPStatus.CONFLICT,
    "unknown_device": HTTPStatus.NOT_FOUND,
    "vault_down": HTTPStatus.SERVICE_UNAVAILABLE,
}
# msgspec's words
_FIELD: Final = re.compile(r"`\$(?:\.\w+)*\.(\w+)")  # the innermost
_NAMED: Final = re.compile(r"field `([^`]*)`")
_TYPES: Final = re.compile(r"Expected `([^`]+)`, got `([^`]+)`")
_BOUND: Final = re.compile(r"Expected `\w+` (>=|<=) (\d+)")
_ENUM: Final = re.compile(r"Invalid enum value '?(.*?)'?(?: - at .*)?$")
_WORDS: Final = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
}
_QUOTED: Final = 40  # characters of what a client sent
_DETAIL_MOST: Final = 400


class ProblemError(Exception):
    """Answered with this problem, and these headers."""

    def __init__(self, document: Problem, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(document.detail)
        self.document = document
        self.headers = dict(headers or {})


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
    cursor: str | None = None,
) -> Problem:
    return Problem(
        type=f"urn:hedgerow:problem:{code}",
        title=code.replace("_", " "),
        status=int(status),
        detail=shortened(detail, _DETAIL_MOST),
        code=code,
        field=field,
        exchange_code=exchange_code,
        exchange_message=exchange_message,
        order=order,
        cursor=cursor,
    )


def at_the_gate(code: str, detail: str, *, field: str | None = None) -> Problem:
    """One of `AT_THE_GATE`."""
    return make(AT_THE_GATE[code], code, detail, field=field)


def journal_down(fault: JournalFault) -> Problem:
    return make(503, "journal_down", f"the journal cannot be written, so nothing is sent: {fault}")


def history_down(fault: HistoryFault) -> Problem:
    return make(503, "history_down", f"history cannot be read: {fault}")


def vault_down(fault: VaultFault) -> Problem:
    return at_the_gate("vault_down", f"nobody can be signed in, so nothing is sent: {fault}")


def malformed(message: str, field: str | None = None) -> Refusal:
    """What msgspec could not read, in words of ours that name the field."""
    found = _NAMED.search(message) or _FIELD.search(message)
    field = shortened(found[1]) if found else field
    if "unknown field" in message:
        return Refusal(Code.UNKNOWN_FIELD, f"there is no field {field!r}", field=field)
    if "missing required field" in message:
        return Refusal(Code.MISSING, f"the field {field!r} is missing", field=field)
    return Refusal(Code.MALFORMED, f"{field or 'the body'} {_fault(message)}", field=field)


def _fault(message: str) -> str:
    """The rest of a sentence that begins with the field."""
    if found := _TYPES.search(message):
        wanted = " or ".join(_WORDS.get(name, name) for name in found[1].split(" | "))
        return f"must be {wanted}, not {_WORDS.get(found[2], found[2])}"
    if found := _BOUND.search(message):
        return f"must be at {'least' if found[1] == '>=' else 'most'} {found[2]}"
    if found := _ENUM.search(message):
        return f"cannot be {shortened(found[1])!r}"
    return f"cannot be read: {message.split(' - at ')[0]}"


def shortened(text: str, most: int = _QUOTED) -> str:
    """What a client sent, in a length fit for a sentence."""
    return text if len(text) <= most else text[: most - 1] + "…"


def standing(order: Order) -> tuple[int, Refusal | None]:
    """The HTTP status of a placed order as it stands, and the refusal where it came to nothing."""
    match order.status:
        case Status.IN_DOUBT | Status.PENDING:
            return HTTPStatus.ACCEPTED, None
        case Status.DENIED | Status.REJECTED:
            refusal = order.refusal or Refusal(Code.EXCHANGE_REJECTED, order.reason or "the exchange refused the order")
        case Status.NOT_PLACED:
            refusal = order.refusal or Refusal(Code.ABSENT_AT_EXCHANGE, "the exchange never had this order")
        case _:
            return HTTPStatus.CREATED, None
    return status_of(refusal), refusal
