"""Who places the orders: raw ccxt, the twenty lines over ccxt, and the desk. All place the same order."""

from __future__ import annotations

import itertools
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, Final, NamedTuple, Protocol

import ccxt.pro
import msgspec

from benchmarks.raw import settings
from benchmarks.servers import HOST, Key, Listening, Server
from benchmarks.wires import Heard, HttpWire, request

SYMBOL: Final = "BTC/USDT:USDT"
MARKET: Final = "BTCUSDT"
AMOUNT, PRICE = "0.001", "40000.0"  # far below the market: it rests
CLIENTS: Final = 64  # connections that every server is given
_LIMITS: Final = {"order_notional": None, "position_notional": "1000000000", "open_orders": 100_000}


class Placed(NamedTuple):
    """One order: when its request was made, when its answer was there, and the id that the exchange gave it."""

    sent_ns: int
    answered_ns: int
    order_id: str


class Contestant(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def key(self) -> Key:
        """Whose orders they are."""
        ...

    @property
    def pid(self) -> int | None:
        """The process that does the work; `None` for this one."""
        ...

    async def place(self, client: int) -> Placed:
        """Place one order as client number `client`; raises where it is not accepted."""
        ...

    async def close(self) -> None: ...


class RawCcxt:
    """ccxt.pro in this process, without anything around it."""

    pid = None

    def __init__(self, name: str, exchange: Server, key: Key, *, over_websocket: bool) -> None:
        self.name = name
        self.key = key
        self.client: Any = ccxt.pro.bybit(settings(exchange.url, key.name, key.secret))
        self._create = self.client.create_order_ws if over_websocket else self.client.create_order

    async def open(self) -> RawCcxt:
        await self.client.load_markets()
        return self

    async def place(self, client: int) -> Placed:
        sent_ns = time.monotonic_ns()
        order = await self._create(SYMBOL, "limit", "buy", float(AMOUNT), float(PRICE))
        return Placed(sent_ns, time.monotonic_ns(), order["id"])

    async def close(self) -> None:
        await self.client.close()


class OverHttp(ABC):
    """A server that takes orders over HTTP, asked by kept-alive connections."""

    def __init__(self, name: str, server: Listening, key: Key, wires: list[HttpWire]) -> None:
        self.name = name
        self.key = key
        self.pid = server.pid
        self._host = f"{HOST}:{server.port}"
        self._wires = wires

    async def place(self, client: int) -> Placed:
        heard = await self._wires[client].ask(self._request())
        return Placed(heard.sent_ns, heard.heard_ns, self._order_id(heard))

    @abstractmethod
    def _request(self) -> bytes:
        """The next order."""

    @abstractmethod
    def _order_id(self, heard: Heard) -> str:
        """The exchange's id of an order that was accepted, which this asserts."""

    async def close(self) -> None:
        for wire in self._wires:
            wire.close()


async def wires(server: Listening, count: int = CLIENTS) -> list[HttpWire]:
    return [await HttpWire.connect(HOST, server.port) for _ in range(count)]


class Baseline(OverHttp):
    def __init__(self, name: str, server: Listening, key: Key, wires: list[HttpWire]) -> None:
        super().__init__(name, server, key, wires)
        order = {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": AMOUNT, "price": PRICE}
        self._bytes = request("POST", self._host, "/orders", {}, msgspec.json.encode(order))

    def _request(self) -> bytes:
        return self._bytes

    def _order_id(self, heard: Heard) -> str:
        assert heard.status == 200, heard.body
        order_id: str = msgspec.json.decode(heard.body)["id"]
        return order_id


class Desk(OverHttp):
    """The desk, with a token, and an Idempotency-Key for each order."""

    def __init__(self, name: str, server: Listening, key: Key, wires: list[HttpWire], token: str) -> None:
        super().__init__(name, server, key, wires)
        order = {"account": key.name, "symbol": SYMBOL, "type": "limit", "side": "buy"}
        body = msgspec.json.encode({**order, "amount": AMOUNT, "price": PRICE})
        mark = "0" * 16
        fields = {"Authorization": f"Bearer {token}", "Idempotency-Key": mark}
        self._parts = request("POST", self._host, "/api/orders", fields, body).split(mark.encode())
        self._number = itertools.count(time.time_ns())

    def _request(self) -> bytes:
        head, rest = self._parts
        return b"%s%016x%s" % (head, next(self._number), rest)

    def _order_id(self, heard: Heard) -> str:
        assert heard.status == 201, (heard.status, heard.body)
        order_id: str = msgspec.json.decode(heard.body)["exchange_order_id"]
        return order_id


async def lift_limits(wire: HttpWire, desk: Listening, token: str, accounts: Iterable[str]) -> None:
    """The checks stay; nothing that the benchmark places is denied by them."""
    for account in accounts:
        body = msgspec.json.encode({"account": account, **_LIMITS})
        fields = {"Authorization": f"Bearer {token}"}
        heard = await wire.ask(request("PUT", f"{HOST}:{desk.port}", "/api/limits", fields, body))
        if heard.status != 200:
            raise RuntimeError(f"the limits stand: {heard.body.decode()}")
