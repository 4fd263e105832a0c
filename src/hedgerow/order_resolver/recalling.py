"""Bringing back from history what a record may speak of and memory has let go."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hedgerow.core.account import AccountBook
from hedgerow.core.records import OrderIntended
from hedgerow.history import History
from hedgerow.journal.envelope import Envelope


async def recall(
    history: History, book_of: Callable[[str], AccountBook], envelopes: Iterable[Envelope], *, replaying: bool
) -> None:
    """Look up, in one read, the orders that these records speak of and that no book has.

    An intent is looked up where it may be a repeat: after a restart, or where its client gave a key.
    """
    lacking: dict[str, set[str]] = {}
    for envelope in envelopes:
        order_id = _spoken_of(envelope, replaying)
        if order_id is not None and book_of(envelope.account).order(order_id) is None:
            lacking.setdefault(order_id, set()).add(envelope.account)
    if not lacking:
        return
    for order_id, order in (await history.known_orders(list(lacking))).items():
        if order.account in lacking[order_id]:
            book_of(order.account).fold_order(order)


def _spoken_of(envelope: Envelope, replaying: bool) -> str | None:
    body = envelope.body
    if isinstance(body, OrderIntended):
        return body.command_id if replaying or body.idempotency_key is not None else None
    order_id: str | None = getattr(body, "order_id", None)
    return order_id
