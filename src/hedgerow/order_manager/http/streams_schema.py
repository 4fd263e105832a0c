"""The schemas of the WebSocket frames, beside the routes' in the OpenAPI document."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar.openapi.spec import Components, Schema

from hedgerow.journal.envelope import Envelope
from hedgerow.order_manager.market import MarketFrame
from hedgerow.order_manager.schemas import OrdersFrame

_FRAMES = (OrdersFrame, Envelope, MarketFrame)


def stream_components() -> Components:
    """`OrdersFrame` (both feeds), `Envelope` (an event in it) and `MarketFrame`, with all that they contain."""
    _, found = msgspec.json.schema_components(_FRAMES, ref_template="#/components/schemas/{name}")
    return Components(schemas={name: RawSchema(schema) for name, schema in found.items()})


class RawSchema(Schema):
    """A schema that is JSON Schema already."""

    def __init__(self, schema: dict[str, Any]) -> None:
        super().__init__()
        self._schema = schema

    def to_schema(self) -> dict[str, Any]:
        return self._schema
