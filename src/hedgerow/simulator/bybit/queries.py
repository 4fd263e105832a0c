"""The signed GET routes that list orders, executions and positions.

https://bybit-exchange.github.io/docs/v5/order/open-order, .../order/order-list, .../order/execution, .../position,
.../position/close-pnl
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from hedgerow.simulator.bybit import errors, pages, rows
from hedgerow.simulator.bybit.backend import Backend, Call
from hedgerow.simulator.bybit.commands import refused_category
from hedgerow.simulator.bybit.replies import Answer
from hedgerow.simulator.bybit.texts import short
from hedgerow.simulator.messages import Execution, Order, Position, Refusal, Side

_DAY_MS = 86_400_000
_LONGEST_RANGE_MS = 7 * _DAY_MS
_RECENT_CLOSED = 500  # "a maximum of recent 500 closed status records": .../order/open-order


def _order_key(order: Order) -> pages.Key:
    return order.created_ms, order.order_id


def realtime(backend: Backend, call: Call) -> Answer:
    """Open orders; `openOnly=1` adds the 500 last ended; an id finds either."""
    refusal = refused_category(call.query.get("category", ""))
    if refusal is not None:
        return refusal
    query = call.query
    order_id, link_id = query.get("orderId", ""), query.get("orderLinkId", "")
    if order_id or link_id:
        named = call.state.order(call.account, order_id=order_id, order_link_id="" if order_id else link_id)
        return _order_page(call, [] if named is None else [named])
    if not (query.get("symbol") or query.get("baseCoin") or query.get("settleCoin")):
        return errors.NO_SCOPE
    orders = list(call.state.open_orders(call.account))
    if query.get("openOnly", "0") != "0":
        ended = call.state.order_history(call.account)[:_RECENT_CLOSED]
        orders = sorted((*orders, *ended), key=lambda order: order.created_ms, reverse=True)
    return _order_page(call, _chosen_orders(call, orders))


def history(backend: Backend, call: Call) -> Answer:
    """Every order that ended, the last seven days where no time is given."""
    refusal = refused_category(call.query.get("category", ""))
    if refusal is not None:
        return refusal
    order_id, link_id = call.query.get("orderId", ""), call.query.get("orderLinkId", "")
    ended = call.state.order_history(call.account)
    if order_id or link_id:
        return _order_page(
            call,
            [order for order in ended if (order.order_id == order_id if order_id else order.order_link_id == link_id)],
        )
    span = _span(call)
    if isinstance(span, Refusal):
        return span
    return _order_page(call, [order for order in _chosen_orders(call, ended) if span[0] <= order.created_ms <= span[1]])


def _chosen_orders(call: Call, orders: Sequence[Order]) -> list[Order]:
    query = call.query
    symbol, base, settle = query.get("symbol", ""), query.get("baseCoin", ""), query.get("settleCoin", "")
    status, kind = query.get("orderStatus", ""), query.get("orderFilter", "")
    return [
        order
        for order in orders
        if symbol in ("", order.symbol)
        and (not base or order.symbol == f"{base}USDT")
        and settle in ("", "USDT")
        and status in ("", order.status)
        and (not kind or (kind == "StopOrder") == bool(order.stop_order_type))
    ]


def _order_page(call: Call, orders: Sequence[Order]) -> Answer:
    limit = pages.size(call.query.get("limit", ""), 20, 50)
    if isinstance(limit, Refusal):
        return limit
    found = pages.page(orders, _order_key, limit, call.query.get("cursor", ""))
    if isinstance(found, Refusal):
        return found
    return {"list": [rows.order_row(order) for order in found[0]], "nextPageCursor": found[1], "category": "linear"}


def executions(backend: Backend, call: Call) -> Answer:
    """By `execType`: only `Trade` happens here.  An order's id takes precedence over every other choice."""
    refusal = refused_category(call.query.get("category", ""))
    if refusal is not None:
        return refusal
    chosen = _chosen_fills(call)
    if isinstance(chosen, Refusal):
        return chosen
    limit = pages.size(call.query.get("limit", ""), 50, 100)
    if isinstance(limit, Refusal):
        return limit
    found = pages.page(chosen, lambda fill: (fill.time_ms, fill.exec_id), limit, call.query.get("cursor", ""))
    if isinstance(found, Refusal):
        return found
    return {
        "nextPageCursor": found[1],
        "category": "linear",
        "list": [rows.execution_row(fill) for fill in found[0]],
    }


def _chosen_fills(call: Call) -> list[Execution] | Refusal:
    query, fills = call.query, call.state.executions(call.account)
    order_id, link_id = query.get("orderId", ""), query.get("orderLinkId", "")
    if order_id:
        return [fill for fill in fills if fill.order_id == order_id]
    if link_id:
        return [fill for fill in fills if fill.order_link_id == link_id]
    if query.get("execType", "Trade") not in ("", "Trade"):
        return []
    span = _span(call)
    if isinstance(span, Refusal):
        return span
    symbol, base = query.get("symbol", ""), query.get("baseCoin", "")
    return [
        fill
        for fill in fills
        if span[0] <= fill.time_ms <= span[1]
        and symbol in ("", fill.symbol)
        and (not base or fill.symbol == f"{base}USDT")
    ]


def _span(call: Call) -> tuple[int, int] | Refusal:
    """No time: the last seven days.  One: seven days from it or to it.  Both: at most seven days apart."""
    written = {name: call.query.get(name, "") for name in ("startTime", "endTime")}
    for name, value in written.items():
        if value and not (value.isascii() and value.isdecimal()):
            return errors.parameter(name)
    start = int(written["startTime"]) if written["startTime"] else None
    end = int(written["endTime"]) if written["endTime"] else None
    if start is None:
        end = call.now_ms if end is None else end
        return end - _LONGEST_RANGE_MS, end
    if end is None:
        return start, start + _LONGEST_RANGE_MS
    return errors.BAD_RANGE if end - start > _LONGEST_RANGE_MS else (start, end)


def positions(backend: Backend, call: Call) -> Answer:
    """A symbol's row whether it is held or not; of a settle coin those that are held: .../position"""
    refusal = refused_category(call.query.get("category", ""))
    if refusal is not None:
        return refusal
    symbol = call.query.get("symbol", "")
    if symbol and symbol not in backend.instruments:
        return errors.NO_SYMBOL
    settle = call.query.get("settleCoin", "")
    if not (symbol or settle):
        return errors.NO_SCOPE
    limit = pages.size(call.query.get("limit", ""), 20, 200)
    if isinstance(limit, Refusal):
        return limit
    held = _held(call, symbol, settle)
    found = pages.page(held, lambda position: (0, position.symbol), limit, call.query.get("cursor", ""))
    if isinstance(found, Refusal):
        return found
    return {"list": [rows.position_row(item) for item in found[0]], "nextPageCursor": found[1], "category": "linear"}


def _held(call: Call, symbol: str, settle: str) -> list[Position]:
    if symbol:
        return [call.state.position(call.account, symbol)]
    if settle != "USDT":
        return []
    return sorted(
        (position for position in call.state.positions(call.account) if position.size),
        key=lambda position: position.symbol,
    )


def closed_pnl(backend: Backend, call: Call) -> Answer:
    """One row an order that closed something; fees are taken off: .../position/close-pnl"""
    refusal = refused_category(call.query.get("category", ""))
    if refusal is not None:
        return refusal
    span = _span(call)
    if isinstance(span, Refusal):
        return span
    limit = pages.size(call.query.get("limit", ""), 50, 100)
    if isinstance(limit, Refusal):
        return limit
    symbol = call.query.get("symbol", "")
    fills = [
        fill
        for fill in call.state.executions(call.account)
        if fill.closed_size and span[0] <= fill.time_ms <= span[1] and symbol in ("", fill.symbol)
    ]
    order_of = attrgetter("order_id")
    grouped = [list(group) for _, group in groupby(sorted(fills, key=order_of), key=order_of)]
    grouped.sort(key=lambda group: group[0].time_ms, reverse=True)
    found = pages.page(
        grouped, lambda group: (group[0].time_ms, group[0].order_id), limit, call.query.get("cursor", "")
    )
    if isinstance(found, Refusal):
        return found
    return {"nextPageCursor": found[1], "category": "linear", "list": [_closed_row(group) for group in found[0]]}


def _closed_row(fills: Sequence[Execution]) -> rows.Row:
    """The entry is what the gross profit says it was: exit less profit a unit for a long that was sold."""
    first = fills[0]
    closed = sum((fill.closed_size for fill in fills), Decimal(0))
    exit_value = sum((fill.price * fill.closed_size for fill in fills), Decimal(0))
    gross = sum((fill.exec_pnl for fill in fills), Decimal(0))
    fees = sum((fill.fee for fill in fills), Decimal(0))
    entry_value = exit_value - gross if first.side is Side.SELL else exit_value + gross
    return {
        "symbol": first.symbol,
        "orderId": first.order_id,
        "side": first.side,
        "qty": format(first.order_qty, "f"),
        "orderPrice": format(first.order_price, "f"),
        "orderType": first.order_type,
        "execType": "Trade",
        "closedSize": format(closed, "f"),
        "cumEntryValue": short(entry_value),
        "avgEntryPrice": short(entry_value / closed),
        "cumExitValue": short(exit_value),
        "avgExitPrice": short(exit_value / closed),
        "closedPnl": short(gross - fees),
        "fillCount": str(len(fills)),
        "leverage": "",
        "createdTime": str(min(fill.time_ms for fill in fills)),
        "updatedTime": str(max(fill.time_ms for fill in fills)),
    }
