"""Routes into the past: fills, tables to keep, and what each day came to."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from litestar.response import Stream

from hedgerow.core.commands import Side
from hedgerow.core.days import day_of
from hedgerow.core.orders import Order, Status
from hedgerow.core.refusals import Code, Refusal
from hedgerow.history import DayFilter, FillFilter, OrderFilter
from hedgerow.order_manager.equity import EquityDay
from hedgerow.order_manager.http import tables
from hedgerow.order_manager.http.answers import asks
from hedgerow.order_manager.http.bodies import RefusedError
from hedgerow.order_manager.http.desk import Desk
from hedgerow.order_manager.http.paging import Limit, Search, Since, Until, page_from, page_to
from hedgerow.order_manager.reading import LIVING
from hedgerow.order_manager.schemas import FillsPage

_DAYS: Final = 365
_MOST_DAYS: Final = 1_100
Statuses = Annotated[
    list[str] | None, QueryParameter(name="status", description="statuses; `living` is all that have not ended")
]


@get("/api/fills", tags=["fills"], summary="Fills, newest first", responses=asks())
async def fills(
    desk: NamedDependency[Desk],
    account: FromQuery[str | None] = None,
    symbol: FromQuery[str | None] = None,
    order_id: FromQuery[str | None] = None,
    side: FromQuery[Side | None] = None,
    since: Since = None,
    until: Until = None,
    search: Search = None,
    limit: Limit = 100,
    page: FromQuery[str | None] = None,
) -> FillsPage:
    wanted = FillFilter(
        account=account,
        symbol=symbol,
        order_id=order_id,
        side=side,
        since_ms=since,
        until_ms=until,
        search=search,
        before=page_from(page),
        limit=limit,
    )
    found = await desk.reading.fills(wanted)
    if not found:
        desk.known(account)
    last = found[-1] if len(found) == limit else None
    return FillsPage(fills=found, next=page_to(last.time_ms, last.fill_id) if last else None)


@get("/api/fills.csv", tags=["fills"], summary="Every such fill as CSV", media_type=tables.CSV, responses=asks())
async def fills_as_csv(
    desk: NamedDependency[Desk],
    account: FromQuery[str | None] = None,
    symbol: FromQuery[str | None] = None,
    order_id: FromQuery[str | None] = None,
    side: FromQuery[Side | None] = None,
    since: Since = None,
    until: Until = None,
    search: Search = None,
) -> Stream:
    wanted = FillFilter(
        account=account,
        symbol=symbol,
        order_id=order_id,
        side=side,
        since_ms=since,
        until_ms=until,
        search=search,
        limit=tables.A_PAGE,
    )
    return await tables.as_csv(
        "fills",
        tables.FILL_COLUMNS,
        lambda before: desk.reading.fills(msgspec.structs.replace(wanted, before=before)),
        lambda fill: (fill.time_ms, fill.fill_id),
        lambda: desk.known(account),
    )


@get("/api/orders.csv", tags=["orders"], summary="Every such order as CSV", media_type=tables.CSV, responses=asks())
async def orders_as_csv(
    desk: NamedDependency[Desk],
    account: FromQuery[str | None] = None,
    symbol: FromQuery[str | None] = None,
    side: FromQuery[Side | None] = None,
    statuses: Statuses = None,
    since: Since = None,
    until: Until = None,
    search: Search = None,
) -> Stream:
    wanted = OrderFilter(
        account=account,
        symbol=symbol,
        side=side,
        statuses=statuses_of(statuses or []),
        since_ms=since,
        until_ms=until,
        search=search,
        limit=tables.A_PAGE,
    )

    async def read(before: tuple[int, str] | None) -> list[Order]:
        page, _ = await desk.reading.orders(msgspec.structs.replace(wanted, before=before))
        return page

    return await tables.as_csv(
        "orders",
        tables.ORDER_COLUMNS,
        read,
        lambda order: (order.created_ms, order.order_id),
        lambda: desk.known(account),
    )


@get(
    "/api/equity",
    tags=["accounts"],
    summary="Equity, realised PnL and fees by day (UTC), account and currency; a year, where no time is named",
    responses=asks(),
)
async def equity(
    desk: NamedDependency[Desk], account: FromQuery[str | None] = None, since: Since = None, until: Until = None
) -> list[EquityDay]:
    last = day_of(max(0, (desk.now_ms() + 1 if until is None else until) - 1))
    first = max(0, last - _DAYS + 1) if since is None else day_of(since)
    if last - first >= _MOST_DAYS:
        message = f"ask for at most {_MOST_DAYS} days at once"
        raise RefusedError(Refusal(Code.MALFORMED, message, field="since"))
    found = await desk.reading.by_day(DayFilter(first=first, last=last, account=account))
    if not found:
        desk.known(account)
    return found


def statuses_of(names: list[str]) -> tuple[Status, ...]:
    """Raises RefusedError for a word that is no status."""
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


ROUTES = (fills, fills_as_csv, orders_as_csv, equity)
