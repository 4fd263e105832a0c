"""The exchange's side of a benchmark: what arrived there and when, and a clean slate between rounds."""

from __future__ import annotations

import hmac
import time
from typing import Any

import msgspec

from benchmarks.servers import HOST, Key, Server
from benchmarks.wires import Frame, Heard, HttpWire, WebSocketTap, request

_WINDOW = "5000"


BYSTANDERS = 3


class Venue:
    """The simulated exchange as a bystander with everybody's keys sees it."""

    def __init__(self, server: Server, wire: HttpWire) -> None:
        self.server = server
        self._wire = wire
        self._host = f"{HOST}:{server.port}"
        self._seen = 0

    @classmethod
    async def connect(cls, server: Server) -> Venue:
        return cls(server, await HttpWire.connect(HOST, server.port))

    async def arrivals(self) -> dict[str, int]:
        """When the order requests since the last call arrived, by the exchange's order id; creates only."""
        heard = await self._wire.ask(request("GET", self._host, f"/control/requests?after={self._seen}", {}))
        noted = msgspec.json.decode(heard.body)["requests"]
        self._seen = max((each["number"] for each in noted), default=self._seen)
        return {each["order_id"]: each["arrived_ns"] for each in noted if each["kind"] == "PlaceOrder"}

    async def cancel_all(self, key: Key) -> None:
        await self.post(key, "/v5/order/cancel-all", {"category": "linear", "settleCoin": "USDT"})

    async def cancel(self, key: Key, symbol: str, order_id: str) -> None:
        await self.post(key, "/v5/order/cancel", {"category": "linear", "symbol": symbol, "orderId": order_id})

    async def post(self, key: Key, path: str, body: dict[str, Any]) -> Heard:
        """A signed request: https://bybit-exchange.github.io/docs/v5/guide#authentication."""
        content, now = msgspec.json.encode(body), str(time.time_ns() // 1_000_000)
        signature = hmac.digest(key.secret.encode(), f"{now}{key.name}{_WINDOW}".encode() + content, "sha256").hex()
        fields = {
            "X-BAPI-API-KEY": key.name,
            "X-BAPI-TIMESTAMP": now,
            "X-BAPI-RECV-WINDOW": _WINDOW,
            "X-BAPI-SIGN": signature,
        }
        heard = await self._wire.ask(request("POST", self._host, path, fields, content))
        code = msgspec.json.decode(heard.body)["retCode"]
        if code != 0:
            raise RuntimeError(f"the exchange refused {path}: {heard.body.decode()}")
        return heard

    async def overhear_orders(self, key: Key) -> OrderPushes:
        """Listen to the order pushes of one account, on several sockets."""
        pushes = OrderPushes()
        for _ in range(BYSTANDERS):
            tap = await WebSocketTap.connect(HOST, self.server.port, "/v5/private", {}, pushes.take)
            expires = time.time_ns() // 1_000_000 + 10_000
            signature = hmac.digest(key.secret.encode(), f"GET/realtime{expires}".encode(), "sha256").hex()
            tap.send(msgspec.json.encode({"op": "auth", "args": [key.name, expires, signature]}))
            tap.send(msgspec.json.encode({"op": "subscribe", "args": ["order"]}))
            pushes.taps.append(tap)
        return pushes

    def close(self) -> None:
        self._wire.close()


class OrderPushes:
    """When the pushes of one account's orders left the exchange.

    The exchange's event loop writes to an account's sockets one after another, in an order of its own, some 50 us
    apart: the earliest of several bystanders is nearest to the first write.
    What comes while it does not attend is not even read.
    """

    def __init__(self) -> None:
        self.attends = True
        self.taps: list[WebSocketTap] = []
        self._arrived_ns: dict[tuple[str, str], list[int]] = {}

    def take(self, frame: Frame) -> None:
        if not self.attends:
            return
        message = msgspec.json.decode(frame.text)
        if message.get("topic") == "order":
            for row in message["data"]:
                self._arrived_ns.setdefault((row["orderId"], row["orderStatus"]), []).append(frame.arrived_ns)

    def left_ns(self, order_id: str, status: str) -> int | None:
        """When an order with this status of Bybit's left; `None` until every bystander has heard of it."""
        arrived_ns = self._arrived_ns.get((order_id, status), [])
        return min(arrived_ns) if len(arrived_ns) >= len(self.taps) else None

    def close(self) -> None:
        for tap in self.taps:
            tap.close()
