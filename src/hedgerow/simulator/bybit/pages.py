"""Pages of a list that is newest first: `limit` rows from a cursor, and the next page's cursor.

`nextPageCursor` is empty at the end: a client follows it until then.  A cursor names the last row seen and its time,
so when that row is gone meanwhile (an open order that was filled) the next page may repeat a row of the same
millisecond, and never hides one (.../order/open-order, .../order/execution).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import quote, unquote

from hedgerow.simulator.bybit import errors
from hedgerow.simulator.messages import Refusal

Item = TypeVar("Item")
Key = tuple[int, str]  # the row's time in milliseconds, its id


def size(limit: str, default: int, most: int) -> int | Refusal:
    if not limit:
        return default
    if not (limit.isascii() and limit.isdecimal() and len(limit) < 6 and 1 <= int(limit) <= most):
        return errors.BAD_LIMIT
    return int(limit)


def cursor_of(key: Key) -> str:
    """Escaped already, as Bybit sends it: `page_args%3Dfd4300ae-…%26`."""
    return quote(f"page_args={key[1]}&at={key[0]}&", safe="")


def page(
    items: Sequence[Item], key: Callable[[Item], Key], limit: int, cursor: str
) -> tuple[list[Item], str] | Refusal:
    """The rows after `cursor`, and the cursor after them."""
    start = 0
    if cursor:
        last = _parsed(cursor)
        if last is None:
            return errors.BAD_CURSOR
        start = _after(items, key, last)
    rows = list(items[start : start + limit])
    more = start + limit < len(items)
    return rows, cursor_of(key(rows[-1])) if more else ""


def _parsed(cursor: str) -> Key | None:
    """A client may send it as it came or escape it once more."""
    fields = dict(field.partition("=")[::2] for field in unquote(unquote(cursor)).split("&"))
    name, at = fields.get("page_args"), fields.get("at", "")
    if not name or not (at.isascii() and at.isdecimal() and len(at) <= 16):
        return None
    return int(at), name


def _after(items: Sequence[Item], key: Callable[[Item], Key], last: Key) -> int:
    for index, item in enumerate(items):
        if key(item) == last:
            return index + 1
    return next((index for index, item in enumerate(items) if key(item)[0] <= last[0]), len(items))
