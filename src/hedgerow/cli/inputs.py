"""What a person types, checked before anything is sent."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Annotated, Final

import typer

from hedgerow.cli.client import Client, Query, decode
from hedgerow.cli.exits import BadInputError
from hedgerow.core.decimals import MalformedNumberError, parse_decimal
from hedgerow.order_manager.schemas import AccountView, OrdersPage

AccountOption = Annotated[
    str | None, typer.Option("--account", "-a", help="The exchange account; the only one if there is one.")
]
AccountFilter = Annotated[str | None, typer.Option("--account", "-a", help="Of this account only.")]
SymbolFilter = Annotated[str | None, typer.Option("--symbol", "-s", help="Of this symbol only, as BTC/USDT:USDT.")]
SinceOption = Annotated[
    str | None, typer.Option("--since", help="From then on: 2h, 3d, 2025-01-31 or 2025-01-31T14:00 (local time).")
]
KeyOption = Annotated[
    str | None,
    typer.Option("--key", help="Idempotency key: under one key the same command is done once. Random if not given."),
]
QuantiseFlag = Annotated[
    bool, typer.Option("--quantise", help="Round what is off the exchange's grid: amounts down, prices passively.")
]

ID_LENGTH: Final = 26
_PREFIX_LENGTH: Final = 6
_PAGE: Final = 200
_PAGES: Final = 25
_KEY: Final = re.compile(r"[!-~]{1,200}")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_SYMBOL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9/:._-]{0,63}")
_AGO: Final = re.compile(r"([1-9][0-9]{0,5})(s|m|h|d|w)")
_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def positive(field: str, text: str) -> str:
    """The text as it is, if it is a plain number above zero."""
    return _number(field, text, zero=False)


def positive_or_none(field: str, text: str | None) -> str | None:
    return None if text is None else positive(field, text)


def level_or_zero(field: str, text: str | None) -> str | None:
    """A price, or `0` or `none`, which clears it."""
    if text is None:
        return None
    return "0" if text == "none" else _number(field, text, zero=True)


def _number(field: str, text: str, *, zero: bool) -> str:
    try:
        value = parse_decimal(text)
    except MalformedNumberError as error:
        raise BadInputError(field, str(error)) from None
    if value < 0 or (not value and not zero):
        raise BadInputError(field, "must not be negative" if zero else "must be above zero")
    return text


def symbol(text: str) -> str:
    if _SYMBOL.fullmatch(text) is None:
        raise BadInputError("symbol", "must be a symbol such as BTC/USDT:USDT")
    return text


def name(field: str, text: str) -> str:
    if _NAME.fullmatch(text) is None:
        raise BadInputError(field, "must be 1 to 32 lower-case letters, digits, - and _")
    return text


def key(text: str | None) -> str:
    """The Idempotency-Key of one command."""
    if text is None:
        return secrets.token_hex(16)
    if _KEY.fullmatch(text) is None:
        raise BadInputError("key", "must be 1 to 200 visible ASCII characters")
    return text


def since(text: str | None, now_ms: int, zone: tzinfo | None) -> int | None:
    """A time in ms; of a date or time without zone, the local one."""
    if text is None:
        return None
    if ago := _AGO.fullmatch(text):
        return now_ms - int(ago[1]) * _UNITS[ago[2]] * 1000
    try:
        then = datetime.fromisoformat(text)
        local = then if then.tzinfo else then.replace(tzinfo=zone) if zone else then.astimezone()
        return (local - datetime.fromisoformat("1970-01-01T00:00:00+00:00")) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        raise BadInputError("since", "must be such as 2h, 3d, 2025-01-31 or 2025-01-31T14:00") from None


def account(client: Client, given: str | None) -> str:
    """The account that is meant: the one given, else the only one."""
    if given is not None:
        return name("account", given)
    accounts = decode(client.get("/api/accounts"), list[AccountView])
    if len(accounts) == 1:
        return accounts[0].name
    if not accounts:
        raise BadInputError("account", "there is none yet: `hedgerow accounts add`")
    raise BadInputError("account", f"say which with --account: {', '.join(sorted(view.name for view in accounts))}")


def order_id(client: Client, text: str, statuses: Sequence[str] = ()) -> str:
    """A whole order id, or the only order whose id begins so, among the newest of these statuses."""
    if not text.isascii() or not text.isalnum() or not _PREFIX_LENGTH <= len(text) <= ID_LENGTH:
        raise BadInputError("order_id", f"must be an order id, or its first {_PREFIX_LENGTH} characters or more")
    wanted = text.lower()
    if len(wanted) == ID_LENGTH:
        return wanted
    found = _beginning_with(client, wanted, statuses)
    if len(found) == 1:
        return found[0]
    if found:
        raise BadInputError("order_id", f"{text} begins {len(found)} ids; give more of it: {', '.join(found[:5])}")
    raise BadInputError("order_id", f"no order's id begins with {text}")


def _beginning_with(client: Client, prefix: str, statuses: Sequence[str]) -> list[str]:
    found: list[str] = []
    page: str | None = None
    for _ in range(_PAGES):
        query: Query = {"status": statuses, "limit": _PAGE, "page": page}
        answer = decode(client.get("/api/orders", query), OrdersPage)
        found += [order.order_id for order in answer.orders if order.order_id.startswith(prefix)]
        page = answer.next
        if page is None:
            break
    return list(dict.fromkeys(found))
