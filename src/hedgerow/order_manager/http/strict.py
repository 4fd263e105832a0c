"""What Litestar would let pass: bodies are read strictly, by our own decoder, and no parameter is ignored."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from litestar import Litestar, Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute

from hedgerow.core.refusals import Code, Refusal
from hedgerow.order_manager.http.bodies import RefusedError, decoded
from hedgerow.order_manager.http.problems import shortened


class StrictRequest(Request[Any, Any, Any]):
    """Litestar would take `"3"` for 3 and `"yes"` for true in a body, and fall over a deep one."""

    async def json(self) -> Any:
        """The body as its route wants it. Raises RefusedError."""
        wanted = self.route_handler.parsed_data_field
        assert wanted is not None, self.route_handler
        return decoded(_decoder(wanted.annotation), await self.body())


@cache
def _decoder(wanted: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(wanted)


class KnownParameters:
    """A guard: `symbl=…` must not cancel the orders of every symbol."""

    def __init__(self) -> None:
        self._known: dict[BaseRouteHandler, frozenset[str]] = {}

    def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        """Raises RefusedError for a query parameter that the route does not have."""
        if not connection.query_params:
            return
        self._known = self._known or _parameters(connection.app)
        known = self._known[connection.route_handler]  # a guard is handed a copy
        unknown = next((name for name in connection.query_params if name not in known), None)
        if unknown is not None:
            there_are = f"; there are: {', '.join(sorted(known))}" if known else ""
            message = f"there is no parameter {shortened(unknown)!r}{there_are}"
            raise RefusedError(Refusal(Code.UNKNOWN_FIELD, message, field=shortened(unknown)))


def _parameters(app: Litestar) -> dict[BaseRouteHandler, frozenset[str]]:
    """The query parameters of every route."""
    return {
        handler: frozenset(parameter.field_alias for parameter in model.expected_query_params)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler, model in route.route_handler_map.values()
    }
