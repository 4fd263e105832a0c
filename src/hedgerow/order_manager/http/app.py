"""The desk's ASGI application: the gate first, then the hot route, the sockets, and Litestar for the rest."""

from __future__ import annotations

import re
import uuid
from http import HTTPStatus
from typing import Any

import structlog
from litestar import Litestar, Request, Response
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi import OpenAPIConfig

from hedgerow import __version__
from hedgerow.core.codec import to_json
from hedgerow.core.refusals import Code, Refusal
from hedgerow.history import HistoryFault
from hedgerow.journal import JournalFault
from hedgerow.order_manager.http.answers import JsonResponse
from hedgerow.order_manager.http.asker import asker
from hedgerow.order_manager.http.bodies import RefusedError
from hedgerow.order_manager.http.desk import Desk
from hedgerow.order_manager.http.front import Headers
from hedgerow.order_manager.http.gate import MOST_BYTES, ASGIScope, Gate, Receive, Send, Visitor, send_problem
from hedgerow.order_manager.http.page import Page, is_of_page
from hedgerow.order_manager.http.paging import place_in_list
from hedgerow.order_manager.http.place import PlaceOrder, too_large
from hedgerow.order_manager.http.problems import (
    PROBLEM_JSON,
    ProblemError,
    history_down,
    journal_down,
    make,
    malformed,
    problem,
    vault_down,
)
from hedgerow.order_manager.http.questions import which_fills, which_orders
from hedgerow.order_manager.http.routes_accounts import ROUTES as ACCOUNT_ROUTES
from hedgerow.order_manager.http.routes_history import ROUTES as HISTORY_ROUTES
from hedgerow.order_manager.http.routes_notices import ROUTES as NOTICE_ROUTES
from hedgerow.order_manager.http.routes_orders import OrdersController
from hedgerow.order_manager.http.routes_positions import ROUTES as POSITION_ROUTES
from hedgerow.order_manager.http.routes_sessions import ROUTES as SESSION_ROUTES
from hedgerow.order_manager.http.session_use import SessionUse
from hedgerow.order_manager.http.sockets import Sockets
from hedgerow.order_manager.http.streams_schema import WholeDocument
from hedgerow.order_manager.http.strict import KnownParameters, StrictRequest
from hedgerow.order_manager.schemas import Problem
from hedgerow.vault import VaultFault

_log = structlog.get_logger(__name__)
_OPEN = frozenset(  # without sign-in
    {("GET", "/api/health"), ("HEAD", "/api/health"), ("GET", "/api/openapi.json"), ("POST", "/api/session")}
)
_ABSENT = re.compile(r"Missing required \w+ parameter '([^']+)'")  # Litestar's words
_HTTP = {
    404: ("no_such_path", "there is nothing at this address; /api/openapi.json says what there is"),
    405: ("wrong_method", "this address does not take this method"),
}


class App:
    def __init__(
        self, *, gate: Gate, desk: Desk, place_order: PlaceOrder, sockets: Sockets, page: Page, use: SessionUse
    ) -> None:
        self._gate = gate
        self._page = page
        self._place = place_order
        self._sockets = sockets
        self._use = use
        self._routes = routes(desk, place_order)

    async def __call__(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        path: str = scope["path"]
        if scope["type"] == "websocket":
            await self._sockets(path, scope["query_string"], headers, receive, send)
            return
        method: str = scope["method"]
        refused = self._gate.doorway.refused(headers)
        if refused is None and is_of_page(path):
            await self._page(method, path, headers, send)
            return
        visitor, is_open = None, (method, path) in _OPEN
        try:
            visitor = await self._gate.visitor(headers)
        except VaultFault as fault:
            refused = refused or (None if is_open else vault_down(fault))
        if refused is None and not is_open:
            refused = self._gate.refused(visitor, method, headers)
        if refused is not None:
            await send_problem(send, refused)
        elif visitor is None or visitor.session is None:
            await self._answer(visitor, scope, headers, receive, send)
        else:
            renews = self._use.cookie_is_due(visitor.session)
            sending = self._gate.renewing(send, headers) if renews else send
            await self._answer(visitor, scope, headers, receive, sending)
            self._use.seen(visitor.session, cookie=renews)

    async def _answer(
        self, visitor: Visitor | None, scope: ASGIScope, headers: Headers, receive: Receive, send: Send
    ) -> None:
        if scope["path"] == "/api/orders" and scope["method"] == "POST" and visitor is not None:
            await self._place(headers, visitor.principal, receive, send)
            return
        state = {
            "principal": None if visitor is None else visitor.principal,
            "session": None if visitor is None else visitor.session,
            "headers": headers,
        }
        await self._routes({**scope, "state": state}, receive, send)  # type: ignore[arg-type]


def routes(desk: Desk, place_order: PlaceOrder) -> Litestar:
    """Every route of the API, described by OpenAPI at `/api/openapi.json`."""
    return Litestar(
        route_handlers=[
            OrdersController,
            *POSITION_ROUTES,
            *ACCOUNT_ROUTES,
            *HISTORY_ROUTES,
            *NOTICE_ROUTES,
            *SESSION_ROUTES,
        ],
        dependencies={
            "desk": Provide(lambda: desk, sync_to_thread=False),
            "place_order": Provide(lambda: place_order, sync_to_thread=False),
            "asker": Provide(asker, sync_to_thread=False),
            "place": Provide(place_in_list, sync_to_thread=False),
            "which_orders": Provide(which_orders, sync_to_thread=False),
            "which_fills": Provide(which_fills, sync_to_thread=False),
        },
        exception_handlers={
            RefusedError: _refused,
            ValidationException: _invalid,
            HTTPException: _http,
            ProblemError: _told,
            JournalFault: _journal_down,
            HistoryFault: _history_down,
            VaultFault: _vault_down,
            Exception: _fault,
        },
        openapi_config=OpenAPIConfig(
            title="Hedgerow",
            version=__version__,
            description="Orders, positions and markets of every account of the desk. Money is text.",
            path="/api/openapi.json",  # a page of its own: below it Litestar answers with HTML
            render_plugins=[WholeDocument(path="/")],
            use_handler_docstrings=False,
        ),
        guards=[KnownParameters()],
        request_class=StrictRequest,
        request_max_body_size=MOST_BYTES,
        response_class=JsonResponse,
        type_encoders={},
        debug=False,
        logging_config=None,
    )


def _answer(document: Problem, headers: dict[str, str] | None = None) -> Response[Any]:
    return JsonResponse(
        content=to_json(document), status_code=document.status, media_type=PROBLEM_JSON, headers=headers or {}
    )


def _refused(_: Request[Any, Any, Any], error: RefusedError) -> Response[Any]:
    return _answer(problem(error.refusal))


def _invalid(_: Request[Any, Any, Any], error: ValidationException) -> Response[Any]:
    """Litestar's word on a parameter, as a problem that names it."""
    if (absent := _ABSENT.match(error.detail)) is not None:
        return _answer(problem(Refusal(Code.MISSING, f"the parameter {absent[1]!r} is missing", field=absent[1])))
    extra = error.extra if isinstance(error.extra, list) and error.extra else [{"message": error.detail}]
    key = extra[0].get("key")
    if key == "data":
        return _answer(problem(Refusal(Code.MISSING, "the request needs a body: a JSON object")))
    return _answer(problem(malformed(str(extra[0].get("message", error.detail)), None if key is None else str(key))))


def _http(_: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return _answer(too_large())
    code, sentence = _HTTP.get(error.status_code, ("malformed", error.detail))
    return _answer(make(error.status_code, code, sentence))


def _told(_: Request[Any, Any, Any], error: ProblemError) -> Response[Any]:
    return _answer(error.document, error.headers)


def _journal_down(_: Request[Any, Any, Any], error: JournalFault) -> Response[Any]:
    return _answer(journal_down(error))


def _history_down(_: Request[Any, Any, Any], error: HistoryFault) -> Response[Any]:
    return _answer(history_down(error))


def _vault_down(_: Request[Any, Any, Any], error: VaultFault) -> Response[Any]:
    return _answer(vault_down(error))


def _fault(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A fault of ours: logged once under a number, which is all that the client gets."""
    number = uuid.uuid4().hex[:8]
    _log.error("request failed", fault=number, path=request.url.path, method=request.method, exc_info=error)
    return _answer(make(500, "fault", f"the desk failed; its log has it under {number}"))
