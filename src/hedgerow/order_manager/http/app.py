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
from litestar.openapi.plugins import JsonRenderPlugin

from hedgerow import __version__
from hedgerow.core.codec import to_json
from hedgerow.core.refusals import Code, Refusal
from hedgerow.history import HistoryFault
from hedgerow.journal import JournalFault
from hedgerow.order_manager.http.answers import JsonResponse
from hedgerow.order_manager.http.bodies import RefusedError
from hedgerow.order_manager.http.desk import Desk
from hedgerow.order_manager.http.gate import MOST_BYTES, ASGIScope, Gate, Receive, Send, send_problem
from hedgerow.order_manager.http.place import PlaceOrder, too_large
from hedgerow.order_manager.http.problems import (
    PROBLEM_JSON,
    history_down,
    journal_down,
    make,
    malformed,
    problem,
    vault_down,
)
from hedgerow.order_manager.http.routes_accounts import ROUTES as ACCOUNT_ROUTES
from hedgerow.order_manager.http.routes_accounts import OwnerOnlyError, UpstreamError
from hedgerow.order_manager.http.routes_orders import OrdersController
from hedgerow.order_manager.http.routes_positions import ROUTES as POSITION_ROUTES
from hedgerow.order_manager.http.sockets import Sockets
from hedgerow.order_manager.http.streams_schema import stream_components
from hedgerow.order_manager.http.strict import KnownParameters, StrictRequest
from hedgerow.order_manager.schemas import Problem
from hedgerow.vault import VaultFault

_log = structlog.get_logger(__name__)
_OPEN = frozenset({"/api/health", "/api/openapi.json"})  # without sign-in
_ABSENT = re.compile(r"Missing required \w+ parameter '([^']+)'")  # Litestar's words
_HTTP = {
    404: ("no_such_path", "there is nothing at this address; /api/openapi.json says what there is"),
    405: ("wrong_method", "this address does not take this method"),
}


class App:
    def __init__(self, *, gate: Gate, desk: Desk, place_order: PlaceOrder, sockets: Sockets) -> None:
        self._gate = gate
        self._place = place_order
        self._sockets = sockets
        self._routes = routes(desk, place_order)

    async def __call__(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        path: str = scope["path"]
        if scope["type"] == "websocket":
            await self._sockets(path, scope["query_string"], headers, receive, send)
            return
        method: str = scope["method"]
        principal = None
        refused = self._gate.host_refused(headers)
        try:
            principal = await self._gate.principal(headers)
        except VaultFault as fault:
            refused = refused or (None if path in _OPEN else vault_down(fault))
        if refused is None and path not in _OPEN:
            refused = self._gate.scope_refused(principal, method)
        if refused is not None:
            await send_problem(send, refused)
        elif path == "/api/orders" and method == "POST" and principal is not None:
            await self._place(headers, principal, receive, send)
        else:
            await self._routes({**scope, "state": {"principal": principal}}, receive, send)  # type: ignore[arg-type]


def routes(desk: Desk, place_order: PlaceOrder) -> Litestar:
    """Every route of the API, described by OpenAPI at `/api/openapi.json`."""
    return Litestar(
        route_handlers=[OrdersController, *POSITION_ROUTES, *ACCOUNT_ROUTES],
        dependencies={
            "desk": Provide(lambda: desk, sync_to_thread=False),
            "place_order": Provide(lambda: place_order, sync_to_thread=False),
        },
        exception_handlers={
            RefusedError: _refused,
            ValidationException: _invalid,
            HTTPException: _http,
            OwnerOnlyError: _owner_only,
            UpstreamError: _upstream,
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
            render_plugins=[JsonRenderPlugin(path="/")],
            components=stream_components(),
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


def _answer(document: Problem) -> Response[Any]:
    return JsonResponse(content=to_json(document), status_code=document.status, media_type=PROBLEM_JSON)


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


def _owner_only(_: Request[Any, Any, Any], __: OwnerOnlyError) -> Response[Any]:
    detail = "accounts and tokens are managed from the desk's own machine"
    return _answer(make(403, "owner_only", detail, field="Authorization"))


def _upstream(_: Request[Any, Any, Any], error: UpstreamError) -> Response[Any]:
    return _answer(make(502, "exchange_silent", f"the exchange did not answer: {error}"))


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
