"""Between history's structs and its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from hedgerow.core.fills import Fill
from hedgerow.core.limits import AccountRules
from hedgerow.core.orders import Order
from hedgerow.core.positions import Position
from hedgerow.core.records import LedgerEntry
from hedgerow.core.reports import Balance
from hedgerow.history import CommandRow, Place, TimelineEntry

Row = dict[str, Any]

_encoder: Final = msgspec.json.Encoder(decimal_format="string")
read_order: Final = msgspec.json.Decoder(Order).decode
read_fill: Final = msgspec.json.Decoder(Fill).decode
read_position: Final = msgspec.json.Decoder(Position).decode
read_rules: Final = msgspec.json.Decoder(AccountRules).decode
read_balances: Final = msgspec.json.Decoder(list[Balance]).decode

# How far an outcome is along: a repeat says nothing of the command itself, a doubt may still be settled.
RANKS: Final = {"repeat": 0, "pending": 1, "in_doubt": 2, "accepted": 3, "denied": 3, "rejected": 3, "not_sent": 3}


def body(value: Any) -> str:
    return _encoder.encode(value).decode()


def lives(order: Order) -> bool:
    """Whether a resolver must still follow it: it has not ended, or not all of its fills are counted."""
    return not order.ended or order.filled_by_fills < order.filled


def order_row(order: Order, partition: int) -> Row:
    return {
        "order_id": order.order_id,
        "partition": partition,
        "account": order.account,
        "symbol": order.symbol,
        "side": order.side.value,
        "status": order.status.value,
        "living_in": partition if lives(order) else None,
        "created_ms": order.created_ms,
        "version": order.version,
        "body": body(order),
    }


def order_id_rows(orders: Sequence[Order]) -> Iterator[Row]:
    """Every id that they go by, each once, though an order comes in several versions."""
    seen: set[tuple[str, str]] = set()
    for order in orders:
        names = {*order.client_order_ids, *order.exchange_order_ids, order.client_order_id, order.exchange_order_id}
        for name in names:
            if name and (order.account, name) not in seen:
                seen.add((order.account, name))
                yield {"account": order.account, "id": name, "order_id": order.order_id}


def fill_row(fill: Fill) -> Row:
    return {
        "fill_id": fill.fill_id,
        "account": fill.account,
        "symbol": fill.symbol,
        "side": fill.side.value,
        "order_id": fill.order_id,
        "time_ms": fill.time_ms,
        "body": body(fill),
    }


def position_row(position: Position, partition: int) -> Row:
    return {
        "account": position.account,
        "symbol": position.symbol,
        "side": position.side.value,
        "partition": partition,
        "version": position.version,
        "body": body(position),
    }


def ledger_row(account: str, entry: LedgerEntry) -> Row:
    return {"account": account, "entry_id": entry.entry_id, "time_ms": entry.time_ms, "body": body(entry)}


def balances_row(account: str, balances: Sequence[Balance], time_ms: int) -> Row:
    return {"account": account, "time_ms": time_ms, "body": body(balances)}


def place_row(place: Place) -> Row:
    return msgspec.structs.asdict(place)


def timeline_row(entry: TimelineEntry) -> Row:
    return msgspec.structs.asdict(entry)


def command_row(command: CommandRow) -> Row:
    return {**msgspec.structs.asdict(command), "rank": RANKS[command.outcome]}
