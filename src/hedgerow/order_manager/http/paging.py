"""Pages: opaque text for the last row of the page before."""

from __future__ import annotations

import base64
import binascii

from hedgerow.core.refusals import Code, Refusal
from hedgerow.order_manager.http.bodies import RefusedError


def page_to(time_ms: int, name: str) -> str:
    return base64.urlsafe_b64encode(f"{time_ms}:{name}".encode()).decode().rstrip("=")


def page_from(text: str | None) -> tuple[int, str] | None:
    """Raises RefusedError for what is no page of ours."""
    if text is None:
        return None
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        time_ms, _, name = raw.decode().partition(":")
        return int(time_ms), name
    except (UnicodeError, binascii.Error, ValueError) as fault:
        raise RefusedError(
            Refusal(Code.MALFORMED, "page must be the `next` of an earlier answer", field="page")
        ) from fault
