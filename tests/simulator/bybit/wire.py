"""The exchange in this process, called as the wire calls it: no socket, and a clock that is set by hand."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from hedgerow.simulator.bybit.auth import ApiKey
from hedgerow.simulator.bybit.backend import Call
from hedgerow.simulator.bybit.publics import PublicTopics
from hedgerow.simulator.bybit.pushes import frame, moments
from hedgerow.simulator.bybit.replies import envelope
from hedgerow.simulator.bybit.routes import ROUTES
from hedgerow.simulator.exchange import SimulatedExchange

PUBLISHED = Path(__file__).parent / "published"
KEY = ApiKey("key", "secret", "ann", Decimal(100_000))


class Wire:
    """`ann` with 100,000 USDT, and the market's quotes around 60,000 for BTCUSDT."""

    def __init__(self) -> None:
        self.now_ms = 1_700_000_000_000
        self.exchange = SimulatedExchange(7, lambda: self.now_ms, None)
        self.exchange.add_key(KEY)
        self.exchange.step_market()
        self.exchange.take_events()
        self.topics = PublicTopics(self.exchange)

    def get(self, path: str, **query: str) -> dict[str, Any]:
        return self._call("GET", path, Call(self.now_ms, query=query, key=KEY, reads=self.exchange.reads))

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        raw = json.dumps({"category": "linear", **body}).encode()
        return self._call("POST", path, Call(self.now_ms, body=raw, key=KEY, reads=self.exchange.reads))

    def buy(self, qty: str = "0.01", price: str | None = None, **more: Any) -> str:
        """The order id; the order must be taken."""
        kind = {"orderType": "Market"} if price is None else {"orderType": "Limit", "price": price}
        answer = self.post("/v5/order/create", symbol="BTCUSDT", side="Buy", qty=qty, **kind, **more)
        assert answer["retCode"] == 0, answer
        return str(answer["result"]["orderId"])

    def pushes(self, *topics: str) -> list[list[dict[str, Any]]]:
        """The rows that each of the topics pushes for all that happened since the last call."""
        moment = moments(self.exchange.take_events())["ann"]
        sent = (frame(topic, moment, "1", self.now_ms) for topic in topics)
        return [[] if each is None else json.loads(each)["data"] for each in sent]

    def _call(self, method: str, path: str, call: Call) -> dict[str, Any]:
        self.now_ms += 1
        answer = ROUTES[method, path].handler(self.exchange, call)
        read: dict[str, Any] = json.loads(envelope(answer, call.now_ms))
        return read


def published(name: str) -> dict[str, Any]:
    """One page's examples, as the exchange published them."""
    read: dict[str, Any] = json.loads((PUBLISHED / f"{name}.json").read_text())
    return read


def differences(example: Any, ours: Any, where: str = "") -> list[str]:
    """Keys that the published frame has and ours lacks, and values of another JSON type."""
    if type(example) is not type(ours):
        return [f"{where}: {type(example).__name__} is published, {type(ours).__name__} is ours"]
    if isinstance(example, dict):
        found = [f"{where}.{name} is missing" for name in example if name not in ours]
        for name in example.keys() & ours.keys():
            found += differences(example[name], ours[name], f"{where}.{name}")
        return found
    if isinstance(example, list) and example:
        return differences(example[0], ours[0], f"{where}[]") if ours else [f"{where} is empty"]
    return []
