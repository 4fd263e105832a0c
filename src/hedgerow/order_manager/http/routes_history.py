"""Routes into the past: fills, tables to keep, and what each day came to."""

from __future__ import annotations

from typing import Final

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Stream
from msgspec.structs import replace

from hedgerow.core.days import day_of
from hedgerow.core.orders import Order
from hedgerow.core.refusals import Code, Refusal
from hedgerow.history import DayFilter, FillFilter, OrderFilter
from hedgerow.order_manager.equity import EquityDay
from hedgerow.order_manager.http import tables
from hedgerow.order_manager.http.answers import asks
from hedgerow.order_manager.http.bodies import RefusedError
from hedgerow.order_manager.http.desk import Desk
from hedgerow.order_manager.http.paging import Place, Since, Until
from hedgerow.order_manager.schemas import FillsPage

_DAYS: Final = 365
_MOST_DAYS: Final = 1_100


@get("/api/fills", tags=["fills"], summary="Fills, newest first", responses=asks())
async def fills(
    desk: NamedDependency[Desk], which_fills: NamedDependency[FillFilter], place: NamedDependency[Place]
) -> FillsPage:
    found = await desk.reading.fills(replace(which_fills, before=place.before, limit=place.limit))
    if not found:
        desk.known(which_fills.account)
    last = (found[-1].time_ms, found[-1].fill_id) if found else None
    return FillsPage(fills=found, next=place.next(last, len(found)))


@get(
    "/api/fills.csv",
    tags=["fills"],
    summary="Every such fill as CSV",
    media_type=tables.CSV,
    responses=asks(),
)
async def fills_as_csv(desk: NamedDependency[Desk], which_fills: NamedDependency[FillFilter]) -> Stream:
    return await tables.as_csv(
        "fills",
        tables.FILL_COLUMNS,
        lambda before: desk.reading.fills(replace(which_fills, before=before, limit=tables.A_PAGE)),
        lambda fill: (fill.time_ms, fill.fill_id),
        lambda: desk.known(which_fills.account),
    )


@get(
    "/api/orders.csv",
    tags=["orders"],
    summary="Every such order as CSV",
    media_type=tables.CSV,
    responses=asks(),
)
async def orders_as_csv(desk: NamedDependency[Desk], which_orders: NamedDependency[OrderFilter]) -> Stream:
    async def read(before: tuple[int, str] | None) -> list[Order]:
        page, _ = await desk.reading.orders(replace(which_orders, before=before, limit=tables.A_PAGE))
        return page

    return await tables.as_csv(
        "orders",
        tables.ORDER_COLUMNS,
        read,
        lambda order: (order.created_ms, order.order_id),
        lambda: desk.known(which_orders.account),
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


ROUTES = (fills, fills_as_csv, orders_as_csv, equity)
