"""The schemas of the WebSocket frames, beside the routes' in the OpenAPI document."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request
from litestar.openapi.plugins import JsonRenderPlugin

from hedgerow.journal.envelope import Envelope
from hedgerow.order_manager.market import MarketMessage
from hedgerow.order_manager.schemas import OrdersFrame, Pong

_FRAMES = (OrdersFrame, Envelope, MarketMessage, Pong)


def with_streams(document: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI document with `OrdersFrame` (both feeds), `Envelope` (an event in it), `MarketMessage` and `Pong`.

    Litestar describes only what its routes name, and drops what else its configuration holds.
    """
    _, found = msgspec.json.schema_components(_FRAMES, ref_template="#/components/schemas/{name}")
    components = document.get("components", {})
    return {**document, "components": {**components, "schemas": {**found, **components.get("schemas", {})}}}


class WholeDocument(JsonRenderPlugin):
    """The document as JSON, the streams in it."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return super().render(request, with_streams(openapi_schema))
