"""Who asks for a command, and under which key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import HeaderParameter

from hedgerow.order_manager.http.desk import Desk
from hedgerow.order_manager.http.gate import Principal
from hedgerow.order_manager.http.place import asked_by
from hedgerow.order_manager.placing import Asked, body_hash

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="1 to 255 printable ASCII characters: under one key the same command is done once",
    ),
]


class Asker(msgspec.Struct, frozen=True):
    principal: Principal
    key: bytes | None
    new_key: Callable[[], str]

    def asks(self, kind: str, body: object = None) -> Asked:
        """The same `kind` and `body` under the same key are one command. Raises RefusedError for what is no key."""
        return asked_by(self.principal, self.key, body_hash(kind, msgspec.json.encode(body)), self.new_key)


def asker(request: Request[Any, Any, Any], desk: NamedDependency[Desk], key: IdempotencyKey = None) -> Asker:
    """Provided to routes that command."""
    raw = None if key is None else key.encode("latin-1", "replace")
    return Asker(request.scope["state"]["principal"], raw, desk.new_key)
