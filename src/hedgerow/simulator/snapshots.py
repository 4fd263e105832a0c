"""The engine's state as plain JSON values, and back.

Law: an engine restored from a snapshot behaves as the one that made it. Order matters in it: of orders at one price,
of conditional orders by arrival, of ended orders by their end.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from hedgerow.simulator.accounts import Account, Holding
from hedgerow.simulator.listing import Listing
from hedgerow.simulator.margin import recount
from hedgerow.simulator.messages import (
    Execution,
    Instrument,
    OrderStatus,
    OrderType,
    PublicTrade,
    Side,
    StopOrderType,
    TimeInForce,
    TpslMode,
    TriggerBy,
)
from hedgerow.simulator.orders import LiveOrder
from hedgerow.simulator.venue import Venue

VERSION = 1

_PLAIN: tuple[str, ...] = (
    "order_link_id",
    "ticks",
    "reduce_only",
    "close_on_trigger",
    "trigger_direction",
    "create_type",
)
_PLAIN += ("cancel_type", "reject_reason", "position_idx", "created_ms", "updated_ms")
_PLAIN += ("tp_child_id", "sl_child_id", "pair_id")
_DECIMALS: tuple[str, ...] = (
    "price",
    "leaves",
    "cum_exec_qty",
    "cum_exec_value",
    "cum_exec_fee",
    "last_price_on_created",
)
_DECIMALS += ("trigger_price", "take_profit", "stop_loss", "tp_limit_price", "sl_limit_price")
_ENUMS: Mapping[str, Any] = {
    "time_in_force": TimeInForce,
    "trigger_by": TriggerBy,
    "tp_trigger_by": TriggerBy,
    "sl_trigger_by": TriggerBy,
    "tpsl_mode": TpslMode,
    "tp_order_type": OrderType,
    "sl_order_type": OrderType,
    "stop_order_type": StopOrderType,
}
_HOLDING_DECIMALS = ("net", "cost", "leverage", "cur_realised", "cum_realised")
_HOLDING_PLAIN: tuple[str, ...] = ("seq", "created_ms", "updated_ms")


def dump(venue: Venue) -> dict[str, Any]:
    return {
        "version": VERSION,
        "id_prefix": venue.ids.prefix,
        "id_counter": venue.ids.counter,
        "now_ms": venue.now_ms,
        "listings": [_dump_listing(listing) for listing in venue.listings.values()],
        "accounts": [_dump_account(account) for account in venue.accounts.values()],
    }


def instruments(snapshot: Mapping[str, Any]) -> dict[str, Instrument]:
    assert snapshot["version"] == VERSION, snapshot["version"]
    listed = [msgspec.convert(row["instrument"], Instrument) for row in snapshot["listings"]]
    return {instrument.symbol: instrument for instrument in listed}


def load(venue: Venue, snapshot: Mapping[str, Any]) -> None:
    """Into a fresh venue of the same instruments."""
    venue.ids.counter = snapshot["id_counter"]
    venue.now_ms = snapshot["now_ms"]
    orders: dict[str, LiveOrder] = {}
    for row in snapshot["accounts"]:
        account = _load_account(venue, row, orders)
        venue.accounts[account.name] = account
    for row in snapshot["listings"]:
        _load_listing(venue.listings[row["instrument"]["symbol"]], row, orders)
    for account in venue.accounts.values():
        for holding in account.holdings.values():
            recount(holding)


def _dump_listing(listing: Listing) -> dict[str, Any]:
    return {
        "instrument": msgspec.to_builtins(listing.instrument),
        "last": str(listing.last),
        "index": str(listing.index),
        "mark": str(listing.mark),
        "seq": listing.seq,
        "trades": msgspec.to_builtins(list(listing.trades)),
        "bids": [order.order_id for order in listing.book.bids],
        "asks": [order.order_id for order in listing.book.asks],
        "waiting": {
            by.value: [order.order_id for order in book.in_arrival_order()] for by, book in listing.triggers.items()
        },
    }


def _load_listing(listing: Listing, row: Mapping[str, Any], orders: Mapping[str, LiveOrder]) -> None:
    listing.last, listing.index, listing.mark = (Decimal(row[name]) for name in ("last", "index", "mark"))
    listing.seq = row["seq"]
    listing.trades.extend(msgspec.convert(row["trades"], list[PublicTrade]))
    for name, half in (("bids", listing.book.bids), ("asks", listing.book.asks)):
        for order_id in row[name]:
            half.add(orders[order_id])
        half.drain()
    for by, order_ids in row["waiting"].items():
        for order_id in order_ids:
            listing.triggers[TriggerBy(by)].add(orders[order_id])


def _dump_account(account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "house": account.house,
        "wallet_balance": str(account.wallet_balance),
        "cum_realised": str(account.cum_realised),
        "holdings": [_dump_holding(holding) for holding in account.holdings.values()],
        "active": [_dump_order(order) for order in account.active.values()],
        "ended": [_dump_order(order) for order in account.ended],
        "executions": msgspec.to_builtins(list(account.executions)),
    }


def _load_account(venue: Venue, row: Mapping[str, Any], orders: dict[str, LiveOrder]) -> Account:
    account = Account(row["name"], Decimal(row["wallet_balance"]), row["house"])
    account.cum_realised = Decimal(row["cum_realised"])
    for held in row["holdings"]:
        holding = account.holding(venue.listings[held["symbol"]])
        for name in _HOLDING_DECIMALS:
            setattr(holding, name, Decimal(held[name]))
        for name in _HOLDING_PLAIN:
            setattr(holding, name, held[name])
    for order_row in row["active"]:
        order = _load_order(account, venue.listings[order_row["symbol"]], order_row)
        orders[order.order_id] = order
        account.enter(order)
        _count(order)
    for order_row in row["ended"]:
        order = _load_order(account, venue.listings[order_row["symbol"]], order_row)
        account.enter(order)
        account.retire(order)
    for held in row["holdings"]:
        holding = account.holdings[held["symbol"]]
        for order_id in held["reduce_only"]:
            holding.reduce_only[order_id] = orders[order_id]
        for order_id in held["partial_children"]:
            holding.partial_children[order_id] = orders[order_id]
        holding.tp_order, holding.sl_order = orders.get(held["tp_order"]), orders.get(held["sl_order"])
    account.executions.extend(msgspec.convert(row["executions"], list[Execution]))
    return account


def _count(order: LiveOrder) -> None:
    if not order.conditional:
        order.holding.open_count += 1
        order.holding.count_resting(order, order.leaves)
    elif order.stop_order_type is StopOrderType.STOP:
        order.holding.conditional_count += 1


def _dump_holding(holding: Holding) -> dict[str, Any]:
    return {
        "symbol": holding.listing.symbol,
        **{name: str(getattr(holding, name)) for name in _HOLDING_DECIMALS},
        **{name: getattr(holding, name) for name in _HOLDING_PLAIN},
        "reduce_only": list(holding.reduce_only),
        "partial_children": list(holding.partial_children),
        "tp_order": holding.tp_order.order_id if holding.tp_order else "",
        "sl_order": holding.sl_order.order_id if holding.sl_order else "",
    }


def _dump_order(order: LiveOrder) -> dict[str, Any]:
    row: dict[str, Any] = {
        "symbol": order.listing.symbol,
        "order_id": order.order_id,
        "side": order.side.value,
        "order_type": order.order_type.value,
        "qty": str(order.qty),
        "status": order.status.value,
    }
    row.update((name, getattr(order, name)) for name in _PLAIN)
    for name in _DECIMALS:
        value = getattr(order, name)
        row[name] = None if value is None else str(value)
    for name in _ENUMS:
        value = getattr(order, name)
        row[name] = None if value is None else value.value
    return row


def _load_order(account: Account, listing: Listing, row: Mapping[str, Any]) -> LiveOrder:
    order = LiveOrder(
        account,
        account.holding(listing),
        listing,
        row["order_id"],
        Side(row["side"]),
        OrderType(row["order_type"]),
        Decimal(row["qty"]),
        OrderStatus(row["status"]),
        row["created_ms"],
    )
    for name in _PLAIN:
        setattr(order, name, row[name])
    for name in _DECIMALS:
        value = row[name]
        setattr(order, name, None if value is None else Decimal(value))
    for name, kind in _ENUMS.items():
        value = row[name]
        setattr(order, name, None if value is None else kind(value))
    return order
