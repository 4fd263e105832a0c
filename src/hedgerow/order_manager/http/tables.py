"""Orders and fills as CSV: https://www.rfc-editor.org/rfc/rfc4180, written page by page as it is read."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, TypeVar

from litestar.response import Stream

from hedgerow.core.decimals import to_text
from hedgerow.core.fills import Fill
from hedgerow.core.orders import Order

CSV: Final = "text/csv"
A_PAGE: Final = 500
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run
_Row = TypeVar("_Row", Order, Fill)
_Key = tuple[int, str]
Cell = Decimal | int | str | None

ORDER_COLUMNS: Final[dict[str, Callable[[Order], Cell]]] = {
    "created": lambda order: _time(order.created_ms),
    "updated": lambda order: _time(order.updated_ms),
    "account": lambda order: order.account,
    "symbol": lambda order: order.symbol,
    "side": lambda order: order.side,
    "type": lambda order: order.type,
    "status": lambda order: order.status,
    "amount": lambda order: order.amount,
    "price": lambda order: order.price,
    "trigger_price": lambda order: order.trigger_price,
    "take_profit": lambda order: order.take_profit,
    "stop_loss": lambda order: order.stop_loss,
    "filled": lambda order: order.filled,
    "average": lambda order: order.average,
    "time_in_force": lambda order: order.time_in_force,
    "post_only": lambda order: _truth(order.post_only),
    "reduce_only": lambda order: _truth(order.reduce_only),
    "origin": lambda order: order.origin,
    "reason": lambda order: order.reason or (order.refusal.message if order.refusal else None),
    "order_id": lambda order: order.order_id,
    "client_order_id": lambda order: order.client_order_id,
    "exchange_order_id": lambda order: order.exchange_order_id,
}
FILL_COLUMNS: Final[dict[str, Callable[[Fill], Cell]]] = {
    "time": lambda fill: _time(fill.time_ms),
    "account": lambda fill: fill.account,
    "symbol": lambda fill: fill.symbol,
    "side": lambda fill: fill.side,
    "amount": lambda fill: fill.amount,
    "price": lambda fill: fill.price,
    "fee": lambda fill: fill.fee,
    "fee_currency": lambda fill: fill.fee_currency,
    "realised_pnl": lambda fill: fill.realised_pnl,
    "liquidity": lambda fill: fill.liquidity,
    "kind": lambda fill: fill.kind,
    "order_id": lambda fill: fill.order_id,
    "exchange_order_id": lambda fill: fill.exchange_order_id,
    "trade_id": lambda fill: fill.trade_id,
}


async def as_csv(
    name: str,
    columns: dict[str, Callable[[_Row], Cell]],
    read: Callable[[_Key | None], Awaitable[Sequence[_Row]]],
    key: Callable[[_Row], _Key],
    nothing: Callable[[], None],
) -> Stream:
    """A table as a file. Its first page is read before the answer begins, so that a fault is an answer of its own.

    Args:
        read: the rows before a key, newest first, at most `A_PAGE` of them.
        nothing: called where there is none; it may raise.
    """
    first = await read(None)
    if not first:
        nothing()

    async def lines() -> AsyncIterator[bytes]:
        yield written([list(columns)])
        page = first
        while page:
            yield written([[cell(column(row)) for column in columns.values()] for row in page])
            page = await read(key(page[-1])) if len(page) == A_PAGE else ()

    headers = {
        "content-disposition": f'attachment; filename="{name}.csv"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return Stream(lines(), media_type=CSV, headers=headers)


def written(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def cell(value: Cell) -> str:
    """Numbers plain; text that a spreadsheet would take for a formula behind an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return to_text(value)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) and not isinstance(value, int) else text


def _time(time_ms: int) -> str:
    at = datetime.fromtimestamp(time_ms // 1000, UTC).replace(microsecond=time_ms % 1000 * 1000)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _truth(value: bool) -> str:
    return "true" if value else "false"
