"""Which orders and fills are asked for: the same questions for a page of them and for all of them as a file."""

from __future__ import annotations

from typing import Annotated

from litestar.params import FromQuery, QueryParameter

from hedgerow.core.commands import Side
from hedgerow.core.orders import Status
from hedgerow.core.refusals import Code, Refusal
from hedgerow.history import FillFilter, OrderFilter
from hedgerow.order_manager.http.bodies import RefusedError
from hedgerow.order_manager.http.paging import Search, Since, Until
from hedgerow.order_manager.reading import LIVING

Statuses = Annotated[
    list[str] | None, QueryParameter(name="status", description="statuses; `living` is all that have not ended")
]


def which_orders(
    account: FromQuery[str | None] = None,
    symbol: FromQuery[str | None] = None,
    side: FromQuery[Side | None] = None,
    statuses: Statuses = None,
    since: Since = None,
    until: Until = None,
    search: Search = None,
) -> OrderFilter:
    """Raises RefusedError for a word that is no status."""
    return OrderFilter(
        account=account,
        symbol=symbol,
        side=side,
        statuses=_statuses(statuses or []),
        since_ms=since,
        until_ms=until,
        search=search,
    )


def which_fills(
    account: FromQuery[str | None] = None,
    symbol: FromQuery[str | None] = None,
    order_id: FromQuery[str | None] = None,
    side: FromQuery[Side | None] = None,
    since: Since = None,
    until: Until = None,
    search: Search = None,
) -> FillFilter:
    return FillFilter(
        account=account,
        symbol=symbol,
        order_id=order_id,
        side=side,
        since_ms=since,
        until_ms=until,
        search=search,
    )


def _statuses(names: list[str]) -> tuple[Status, ...]:
    wanted: list[Status] = []
    for name in names:
        if name == "living":
            wanted += LIVING
        elif name in {status.value for status in Status}:
            wanted.append(Status(name))
        else:
            message = f"{name!r} is no status; they are living, {', '.join(Status)}"
            raise RefusedError(Refusal(Code.MALFORMED, message, field="status"))
    return tuple(dict.fromkeys(wanted))
