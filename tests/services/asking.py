"""What the tests ask of a desk most: an order, some orders."""

from __future__ import annotations

from typing import Any

from tests.services.asgi import Socket
from tests.services.desk import Manager
from tests.services.scripted_exchange import SYMBOL


def order(
    amount: str = "1", price: str | None = "60000", side: str = "buy", account: str = "sim", **more: Any
) -> dict[str, Any]:
    """The body of `POST /api/orders`; a price of `None` is the market's."""
    kind = {"type": "market"} if price is None else {"type": "limit", "price": price}
    return {"account": account, "symbol": SYMBOL, "side": side, "amount": amount, **kind, **more}


async def placed(manager: Manager, count: int = 1, account: str = "sim") -> list[str]:
    """So many small orders, taken by the exchange; their ids."""
    answers = [await manager.browser.call("POST", "/api/orders", order("0.01", account=account)) for _ in range(count)]
    await manager.desk.clock.advance(0.5)
    return [answer.body["order_id"] for answer in answers]


def seen(socket: Socket) -> list[tuple[str, int]]:
    """The order events that a socket brought: id and version."""
    return [(e["body"]["order"]["order_id"], e["body"]["order"]["version"]) for e in socket.events]
