"""The frames of the private stream: what one account is told of the engine's events.

https://bybit-exchange.github.io/docs/v5/websocket/private/order, .../execution, .../fast-execution, .../position,
.../wallet.  A subscription brings no snapshot.  Rows of one moment share a frame, in the order they happened; of a
position and of the wallet, which say everything each time, the last of a moment is enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import msgspec

from hedgerow.simulator.bybit import rows
from hedgerow.simulator.bybit.replies import encode
from hedgerow.simulator.messages import Event, Execution, Order, Position, Wallet

ORDER, EXECUTION, FAST_EXECUTION, POSITION, WALLET = "order", "execution", "execution.fast", "position", "wallet"

# All-in-one topics and those of a category; both push the same rows here, where all is linear.
TOPICS: Mapping[str, str] = MappingProxyType(
    {
        ORDER: ORDER,
        "order.linear": ORDER,
        EXECUTION: EXECUTION,
        "execution.linear": EXECUTION,
        FAST_EXECUTION: FAST_EXECUTION,
        "execution.fast.linear": FAST_EXECUTION,
        POSITION: POSITION,
        "position.linear": POSITION,
        WALLET: WALLET,
    }
)
# Known to Bybit, silent here: other categories, and what this exchange has not.
SILENT_TOPICS = frozenset(
    {f"{kind}.{category}" for kind in (ORDER, EXECUTION, POSITION) for category in ("spot", "inverse", "option")}
    | {"execution.fast.spot", "execution.fast.inverse", "greeks"}
)


class Moment(msgspec.Struct):
    """What happened to one account since its last frames."""

    orders: list[Order] = []
    executions: list[Execution] = []
    positions: dict[str, Position] = {}
    wallet: Wallet | None = None


def moments(events: Iterable[Event]) -> dict[str, Moment]:
    """The private events by account."""
    found: dict[str, Moment] = {}
    for event in events:
        if not isinstance(event, Order | Execution | Position | Wallet):
            continue
        moment = found.get(event.account)
        if moment is None:
            moment = found[event.account] = Moment()
        if isinstance(event, Order):
            moment.orders.append(event)
        elif isinstance(event, Execution):
            moment.executions.append(event)
        elif isinstance(event, Position):
            moment.positions[event.symbol] = event
        else:
            moment.wallet = event
    return found


def frame(topic: str, moment: Moment, message_id: str, now_ms: int) -> bytes | None:
    """The topic's frame of this moment, None where it has nothing to say."""
    kind = TOPICS[topic]
    data = _data(kind, moment)
    if not data:
        return None
    message: dict[str, Any] = {"topic": topic, "creationTime": now_ms, "data": data}
    if kind != FAST_EXECUTION:
        message["id"] = message_id
    return encode(message)


def _data(kind: str, moment: Moment) -> list[rows.Row]:
    if kind == ORDER:
        return _orders(moment)
    if kind == EXECUTION:
        return [rows.execution_row(fill) for fill in moment.executions]
    if kind == FAST_EXECUTION:
        return [rows.fast_execution_row(fill) for fill in moment.executions]
    if kind == POSITION:
        return [rows.position_push_row(position) for position in moment.positions.values()]
    return [] if moment.wallet is None else [rows.wallet_row(moment.wallet)]


def _orders(moment: Moment) -> list[rows.Row]:
    """`closedPnl` is what this moment's fills of the order brought in."""
    gained: dict[str, Decimal] = {}
    for fill in moment.executions:
        if fill.closed_size:
            gained[fill.order_id] = gained.get(fill.order_id, Decimal(0)) + fill.exec_pnl
    found = []
    for order in moment.orders:
        row = rows.order_row(order)
        row["closedPnl"] = format(gained[order.order_id], "f") if order.order_id in gained else "0"
        found.append(row)
    return found
