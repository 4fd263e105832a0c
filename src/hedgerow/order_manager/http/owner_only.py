"""What only the owner may do: on the page, or by the command line of the desk's own machine; never by a token."""

from __future__ import annotations

from typing import Any

from litestar import Request

from hedgerow.order_manager.http.gate import Principal


class OwnerOnlyError(Exception):
    """Whoever asked is not the owner."""


def owner_only(request: Request[Any, Any, Any]) -> None:
    """Raises OwnerOnlyError."""
    principal: Principal = request.scope["state"]["principal"]
    if not principal.owner:
        raise OwnerOnlyError
