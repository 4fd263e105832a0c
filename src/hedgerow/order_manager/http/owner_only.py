"""What only the owner may do: on the page, or by the command line of the desk's own machine; never by a token."""

from __future__ import annotations

from typing import Any

from litestar import Request

from hedgerow.order_manager.http.gate import Principal
from hedgerow.order_manager.http.problems import ProblemError, at_the_gate


def owner_only(request: Request[Any, Any, Any]) -> None:
    """Raises ProblemError where whoever asks is not the owner."""
    principal: Principal = request.scope["state"]["principal"]
    if not principal.owner:
        detail = "this is the owner's: do it on the page, or by the command line on the desk's own machine"
        raise ProblemError(at_the_gate("owner_only", detail, field="Authorization"))
