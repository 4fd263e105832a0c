"""The market as a test wants it, and what an order's story must contain."""

from __future__ import annotations

from typing import Any

from tests.simulator.running import Running


def trades_at(exchange: Running, symbol: str, price: str) -> None:
    """The market of a symbol (`ETH`) moves to this price: last, mark and index, and what it meets on its way."""
    exchange.control("POST", "price", symbol=f"{symbol}USDT", price=price)


def external(exchange: Running, account: str, **order: str) -> str:
    """An order from the exchange's own page; the exchange's id of it."""
    placed = exchange.control("POST", "orders", account=account, order=order)
    return str(placed["orderId"])


def told(timeline: list[dict[str, Any]]) -> list[str]:
    """The kinds of a timeline's lines, and of a change the status that it led to."""
    return [each["body"]["order"]["status"] if each["kind"] == "order_updated" else each["kind"] for each in timeline]
