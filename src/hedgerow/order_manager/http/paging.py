"""Which part of a list is asked for: since when, how much, and the page, opaque text for the last row before it."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Final

import msgspec
from litestar.params import FromQuery, QueryParameter

from hedgerow.core.refusals import Code, Refusal
from hedgerow.order_manager.http.bodies import RefusedError

_LATEST_MS: Final = 253_402_300_799_999  # the end of the year 9999
Since = Annotated[
    int | None, QueryParameter(description="at or after this time, ms since the epoch", ge=0, le=_LATEST_MS)
]
Until = Annotated[int | None, QueryParameter(description="before this time, ms since the epoch", ge=0, le=_LATEST_MS)]
Search = Annotated[
    str | None,
    QueryParameter(description="part of a symbol, an order's id or its first 6 letters", min_length=1, max_length=64),
]
Limit = Annotated[int, QueryParameter(ge=1, le=500)]


class Place(msgspec.Struct, frozen=True):
    """Where in a list, newest first: up to `limit` rows after the one that `before` names by its time and id."""

    before: tuple[int, str] | None
    limit: int

    def next(self, last: tuple[int, str] | None, found: int) -> str | None:
        """The name of the page after one of `found` rows that ends with `last`."""
        return page_to(*last) if last is not None and found == self.limit else None


def place_in_list(limit: Limit = 100, page: FromQuery[str | None] = None) -> Place:
    """Provided to routes that list. Raises RefusedError for what is no page of ours."""
    return Place(page_from(page), limit)


def page_to(time_ms: int, name: str) -> str:
    return base64.urlsafe_b64encode(f"{time_ms}:{name}".encode()).decode().rstrip("=")


def page_from(text: str | None) -> tuple[int, str] | None:
    """Raises RefusedError for what is no page of ours."""
    if text is None:
        return None
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        time_text, _, name = raw.decode().partition(":")
        time_ms = int(time_text)
        if not 0 <= time_ms <= _LATEST_MS:
            raise ValueError(time_ms)
        return time_ms, name
    except (UnicodeError, binascii.Error, ValueError) as fault:
        raise RefusedError(
            Refusal(Code.MALFORMED, "page must be what an earlier answer named as next", field="page")
        ) from fault
