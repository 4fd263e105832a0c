"""Routes on orders."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Controller, Request, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from hedgerow.core import preview as previews
from hedgerow.core.commands import Side
from hedgerow.core.orders import Order
from hedgerow.core.refusals import Code, Refusal
from hedgerow.history import OrderFilter
from hedgerow.journal.cursor import to_text
from hedgerow.order_manager.http.answers import JsonResponse, asks, command_response, commands
from hedgerow.order_manager.http.bodies import RefusedError, amendment, order_terms
from hedgerow.order_manager.http.desk import Desk, IdempotencyKey
from hedgerow.order_manager.http.paging import Limit, Search, Since, Until, page_from, page_to
from hedgerow.order_manager.http.place import PlaceOrder
from hedgerow.order_manager.http.routes_history import Statuses, statuses_of
from hedgerow.order_manager.schemas import AmendOrderBody, CommandResult, OrdersPage, OrderStory, PlaceOrderBody


class OrdersController(Controller):
    path = "/api/orders"
    tags = ("orders",)

    @post(
        summary="Place an order",
        description="201 accepted by the exchange; 202 in doubt; 422 denied by the desk or rejected by the exchange. "
        "The same Idempotency-Key and body again: the same order as it now stands; another body: 409.",
        responses=commands(Order),
    )
    async def place(
        self,
        data: JSONBody[PlaceOrderBody],
        request: Request[Any, Any, Any],
        place_order: NamedDependency[PlaceOrder],
        key: IdempotencyKey = None,
    ) -> Order:
        """Documented here; `place.PlaceOrder` stands before it on the hot path and answers the same."""
        status, body = await place_order.answer(
            msgspec.json.encode(data),
            None if key is None else key.encode("latin-1", "replace"),
            request.scope["state"]["principal"],
        )
        return JsonResponse.raw(body, status)  # type: ignore[return-value]

    @post("/preview", status_code=200, summary="What an order would be; sends nothing", responses=asks())
    async def preview(self, data: JSONBody[PlaceOrderBody], desk: NamedDependency[Desk]) -> previews.Preview:
        checked = await desk.placing.check(order_terms(data), quantise=data.quantise)
        if isinstance(checked, Refusal):
            raise RefusedError(checked)
        return await desk.previewing.preview(checked)

    @get(summary="Orders, newest first", responses=asks())
    async def page(
        self,
        desk: NamedDependency[Desk],
        account: FromQuery[str | None] = None,
        symbol: FromQuery[str | None] = None,
        side: FromQuery[Side | None] = None,
        statuses: Statuses = None,
        since: Since = None,
        until: Until = None,
        search: Search = None,
        limit: Limit = 100,
        page: FromQuery[str | None] = None,
    ) -> OrdersPage:
        wanted = OrderFilter(
            account=account,
            symbol=symbol,
            statuses=statuses_of(statuses or []),
            side=side,
            since_ms=since,
            until_ms=until,
            search=search,
            before=page_from(page),
            limit=limit,
        )
        orders, cursor = await desk.reading.orders(wanted)
        if not orders:
            desk.known(account)
        last = orders[-1] if len(orders) == limit else None
        following = page_to(last.created_ms, last.order_id) if last else None
        return OrdersPage(cursor=to_text(cursor), orders=orders, next=following)

    @get("/{order_id:str}", summary="One order with its timeline", responses=asks())
    async def story(self, desk: NamedDependency[Desk], order_id: FromPath[str]) -> OrderStory:
        story = await desk.reading.story(order_id)
        if story is None:
            raise RefusedError(Refusal(Code.UNKNOWN_ORDER, f"there is no order {order_id!r}", field="order_id"))
        return story

    @patch("/{order_id:str}", summary="Change a living order", responses=commands(CommandResult))
    async def amend(
        self,
        data: JSONBody[AmendOrderBody],
        desk: NamedDependency[Desk],
        order_id: FromPath[str],
        request: Request[Any, Any, Any],
        key: IdempotencyKey = None,
    ) -> CommandResult:
        change = amendment(data)
        asked = desk.asked(request, key, f"amend {order_id}", data)
        return command_response(await desk.changing.amend(order_id, change, asked, quantise=data.quantise))

    @delete("/{order_id:str}", status_code=200, summary="Cancel one order", responses=commands(CommandResult))
    async def cancel(
        self,
        desk: NamedDependency[Desk],
        order_id: FromPath[str],
        request: Request[Any, Any, Any],
        key: IdempotencyKey = None,
    ) -> CommandResult:
        asked = desk.asked(request, key, f"cancel {order_id}", None)
        return command_response(await desk.changing.cancel(order_id, asked))

    @delete(
        status_code=200,
        summary="Cancel every order of an account, or of one symbol of it",
        responses=commands(CommandResult),
    )
    async def cancel_all(
        self,
        desk: NamedDependency[Desk],
        request: Request[Any, Any, Any],
        account: FromQuery[str],
        symbol: FromQuery[str | None] = None,
        key: IdempotencyKey = None,
    ) -> CommandResult:
        asked = desk.asked(request, key, f"cancel_all {account} {symbol}", None)
        return command_response(await desk.changing.cancel_all(account, symbol, asked))
