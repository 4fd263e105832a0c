"""Our questions as Bybit's GET requests, and how their pages go on.

Pages: https://bybit-exchange.github.io/docs/v5/order/open-order, …/order/order-list, …/order/execution, …/position,
…/account/wallet-balance, …/account/account-info, …/account/fee-rate, …/user/apikey-info, …/market/time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from hedgerow.core.instruments import Instrument
from hedgerow.exchange import OrderRef
from hedgerow.exchange.bybit import words
from hedgerow.exchange.bybit.commands import settlements
from hedgerow.exchange.dialect import Call, Lane, Listing, Reply
from hedgerow.exchange.wire_numbers import UnreadableError, read_ms

_WEEK_MS: Final = 7 * 86_400_000  # the longest span that one request may ask for
_KEPT_MS: Final = 730 * 86_400_000  # what Bybit keeps
_SLACK_MS: Final = 1000  # between two clocks
_ORDERS_A_PAGE: Final = 50
_FILLS_A_PAGE: Final = 100
_POSITIONS_A_PAGE: Final = 200


def _get(path: str, params: dict[str, Any], *, private: bool = True) -> Call:
    return Call(lane=Lane.QUERY, method="GET", path=path, params=params, private=private)


def server_time() -> Call:
    return _get("v5/market/time", {}, private=False)


def read_server_time(reply: Reply) -> int:
    """In ms, from the nanoseconds that the answer carries."""
    nanoseconds = read_ms(reply.result.get("timeNano"))
    if not nanoseconds:
        raise UnreadableError("an answer without the time")
    return nanoseconds // 1_000_000


def key() -> Call:
    return _get("v5/user/query-api", {})


def account() -> Call:
    return _get("v5/account/info", {})


def one_position(instrument: Instrument) -> Call:
    return _get("v5/position/list", _named(instrument))


def fees(listing: Listing) -> list[Call]:
    categories = sorted({words.category(each) for each in listing.by_symbol.values()})
    return [_get("v5/account/fee-rate", {"category": category}) for category in categories]


def open_orders(listing: Listing) -> list[Call]:
    """Active and conditional orders alike, of every settlement currency."""
    return [_get("v5/order/realtime", scope | {"limit": _ORDERS_A_PAGE}) for scope in settlements(listing)]


def positions(listing: Listing) -> list[Call]:
    return [_get("v5/position/list", scope | {"limit": _POSITIONS_A_PAGE}) for scope in settlements(listing)]


def balances() -> Call:
    return _get("v5/account/wallet-balance", {"accountType": "UNIFIED"})


def order_places(instrument: Instrument, order: OrderRef, since_ms: int, now_ms: int) -> list[Call]:
    named = _order(instrument, order)
    history = [_get("v5/order/history", named | span | {"limit": _ORDERS_A_PAGE}) for span in _weeks(since_ms, now_ms)]
    return [_get("v5/order/realtime", named), *history]


def order_fills(instrument: Instrument, order: OrderRef, since_ms: int, now_ms: int) -> list[Call]:
    named = _order(instrument, order) | {"limit": _FILLS_A_PAGE}
    return [_get("v5/execution/list", named | span) for span in _weeks(since_ms, now_ms)]


def fills(listing: Listing, symbol: str | None, since_ms: int, now_ms: int) -> list[Call]:
    """Of every type: no `execType` is named."""
    if symbol is None:
        scopes = [{"category": name} for name in sorted({words.category(each) for each in listing.by_symbol.values()})]
    else:
        scopes = [_named(listing[symbol])]
    return [
        _get("v5/execution/list", scope | span | {"limit": _FILLS_A_PAGE})
        for scope in scopes
        for span in _weeks(since_ms, now_ms)
    ]


def _named(instrument: Instrument) -> dict[str, Any]:
    return {"category": words.category(instrument), "symbol": instrument.exchange_symbol}


def _order(instrument: Instrument, order: OrderRef) -> dict[str, Any]:
    """By our own id where there is one: it alone proves that an order is ours."""
    if order.client_order_id:
        return _named(instrument) | {"orderLinkId": order.client_order_id}
    return _named(instrument) | {"orderId": order.exchange_order_id}


def _weeks(since_ms: int, now_ms: int) -> Iterator[dict[str, int]]:
    """Spans of at most seven days that cover everything since, the last one open to the future."""
    start = max(since_ms, now_ms - _KEPT_MS)
    while start <= now_ms + _SLACK_MS:
        yield {"startTime": start, "endTime": start + _WEEK_MS - 1}
        start += _WEEK_MS


def next_page(call: Call, reply: Reply) -> Call | None:
    """An empty cursor or an empty page is the end."""
    cursor = reply.result.get("nextPageCursor")
    if not cursor or not reply.result.get("list"):
        return None
    return msgspec.structs.replace(call, params={**call.params, "cursor": cursor})
