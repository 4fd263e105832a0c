"""Routes on orders."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec.structs import replace

from hedgerow.core import preview as previews
from hedgerow.core.orders import Order
from hedgerow.core.refusals import Code, Refusal
from hedgerow.history import OrderFilter
from hedgerow.journal.cursor import to_text
from hedgerow.order_manager.http.answers import JsonResponse, asks, command_response, commands
from hedgerow.order_manager.http.asker import Asker, IdempotencyKey
from hedgerow.order_manager.http.bodies import RefusedError, amendment, order_terms
from hedgerow.order_manager.http.desk import Desk
from hedgerow.order_manager.http.paging import Place
from hedgerow.order_manager.http.place import PlaceOrder
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
    ) -> Response[Order]:
        """Documented here; `place.PlaceOrder` stands before it on the hot path and answers the same."""
        status, body = await place_order.answer(
            msgspec.json.encode(data),
            None if key is None else key.encode("latin-1", "replace"),
            request.scope["state"]["principal"],
        )
        return JsonResponse.raw(body, status)

    @post("/preview", status_code=200, summary="What an order would be; sends nothing", responses=asks())
    async def preview(self, data: JSONBody[PlaceOrderBody], desk: NamedDependency[Desk]) -> previews.Preview:
        checked = await desk.placing.check(order_terms(data), quantise=data.quantise)
        if isinstance(checked, Refusal):
            raise RefusedError(checked)
        return await desk.previewing.preview(checked)

    @get(summary="Orders, newest first", responses=asks())
    async def page(
        self, desk: NamedDependency[Desk], which_orders: NamedDependency[OrderFilter], place: NamedDependency[Place]
    ) -> OrdersPage:
        orders, cursor = await desk.reading.orders(replace(which_orders, before=place.before, limit=place.limit))
        if not orders:
            desk.known(which_orders.account)
        last = (orders[-1].created_ms, orders[-1].order_id) if orders else None
        return OrdersPage(cursor=to_text(cursor), orders=orders, next=place.next(last, len(orders)))

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
        asker: NamedDependency[Asker],
        order_id: FromPath[str],
    ) -> Response[CommandResult]:
        change = amendment(data)
        asked = asker.asks(f"amend {order_id}", data)
        return command_response(await desk.changing.amend(order_id, change, asked, quantise=data.quantise))

    @delete("/{order_id:str}", status_code=200, summary="Cancel one order", responses=commands(CommandResult))
    async def cancel(
        self,
        desk: NamedDependency[Desk],
        asker: NamedDependency[Asker],
        order_id: FromPath[str],
    ) -> Response[CommandResult]:
        asked = asker.asks(f"cancel {order_id}")
        return command_response(await desk.changing.cancel(order_id, asked))

    @delete(
        status_code=200,
        summary="Cancel every order of an account, or of one symbol of it",
        responses=commands(CommandResult),
    )
    async def cancel_all(
        self,
        desk: NamedDependency[Desk],
        asker: NamedDependency[Asker],
        account: FromQuery[str],
        symbol: FromQuery[str | None] = None,
    ) -> Response[CommandResult]:
        asked = asker.asks(f"cancel_all {account} {symbol}")
        return command_response(await desk.changing.cancel_all(account, symbol, asked))
