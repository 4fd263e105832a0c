"""The exchange's side of a benchmark: what arrived there and when, and a clean slate between rounds."""

from __future__ import annotations

import hmac
import time
from typing import Any

import msgspec

from benchmarks.servers import HOST, Key, Server
from benchmarks.wires import Frame, Heard, HttpWire, WebSocketTap, request

_WINDOW = "5000"


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
        """Listen to the order pushes of one account."""
        pushes = OrderPushes()
        tap = await WebSocketTap.connect(HOST, self.server.port, "/v5/private", {}, pushes.take)
        expires = time.time_ns() // 1_000_000 + 10_000
        signature = hmac.digest(key.secret.encode(), f"GET/realtime{expires}".encode(), "sha256").hex()
        tap.send(msgspec.json.encode({"op": "auth", "args": [key.name, expires, signature]}))
        tap.send(msgspec.json.encode({"op": "subscribe", "args": ["order"]}))
        pushes.tap = tap
        return pushes

    def close(self) -> None:
        self._wire.close()


class OrderPushes:
    """When the pushes of one account's orders left the exchange.

    The exchange writes to an account's sockets one after another: whoever listens before all others has the time of the
    first write. What comes while it does not attend is not even read.
    """

    def __init__(self) -> None:
        self.attends = True
        self.left_ns: dict[tuple[str, str], int] = {}  # by exchange order id and Bybit's status
        self.tap: WebSocketTap | None = None

    def take(self, frame: Frame) -> None:
        if not self.attends:
            return
        message = msgspec.json.decode(frame.text)
        if message.get("topic") == "order":
            for row in message["data"]:
                self.left_ns.setdefault((row["orderId"], row["orderStatus"]), frame.arrived_ns)

    def close(self) -> None:
        assert self.tap is not None, "it was listening"
        self.tap.close()
