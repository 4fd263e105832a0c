"""The frames that Bybit published are the tests: ours have the same keys, with values of the same types."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from hedgerow.simulator.bybit.auth import sign
from hedgerow.simulator.bybit.conversations import PrivateConversation, PublicConversation
from hedgerow.simulator.bybit.entry import TradeConversation
from hedgerow.simulator.bybit.pushes import frame, moments
from tests.simulator.bybit.wire import KEY, Wire, differences, published

BTC = "BTCUSDT"


def an_order(wire: Wire) -> dict[str, Any]:
    wire.buy(price="50000", takeProfit="70000", stopLoss="40000")
    return wire.get("/v5/order/realtime", category="linear", symbol=BTC)


def an_execution(wire: Wire) -> dict[str, Any]:
    wire.buy()
    return wire.get("/v5/execution/list", category="linear")


def a_position(wire: Wire) -> dict[str, Any]:
    wire.buy()
    return wire.get("/v5/position/list", category="linear", settleCoin="USDT")


def a_batch(wire: Wire) -> dict[str, Any]:
    body = {"symbol": BTC, "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "50000"}
    return wire.post("/v5/order/create-batch", request=[body, body])


def a_trading_stop(wire: Wire) -> dict[str, Any]:
    wire.buy()
    return wire.post("/v5/position/trading-stop", symbol=BTC, takeProfit="70000", tpslMode="Full", positionIdx=0)


ANSWERS: dict[str, Callable[[Wire], dict[str, Any]]] = {
    "order_realtime": an_order,
    "execution_list": an_execution,
    "position_list": a_position,
    "wallet_balance": lambda wire: wire.get("/v5/account/wallet-balance", accountType="UNIFIED"),
    "account_info": lambda wire: wire.get("/v5/account/info"),
    "instruments_info": lambda wire: wire.get("/v5/market/instruments-info", category="linear", symbol=BTC),
    "tickers": lambda wire: wire.get("/v5/market/tickers", category="linear", symbol=BTC),
    "create_batch": a_batch,
    "trading_stop": a_trading_stop,
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_rest_answer_has_the_published_shape(name: str) -> None:
    assert differences(published(name)["frame"], ANSWERS[name](Wire())) == []


@pytest.mark.parametrize("topic", ["order", "execution", "execution.fast", "position", "wallet"])
def test_a_private_push_has_the_published_shape(topic: str) -> None:
    wire = Wire()
    wire.buy()
    sent = frame(topic, moments(wire.exchange.take_events())["ann"], "1", wire.now_ms)
    assert sent is not None
    example = published("push_" + {"execution.fast": "fast_execution"}.get(topic, topic))["frame"]
    assert differences(example, json.loads(sent)) == []


@pytest.mark.parametrize(("name", "topic"), [("ticker", f"tickers.{BTC}"), ("orderbook", f"orderbook.50.{BTC}")])
def test_a_public_snapshot_has_the_published_shape(name: str, topic: str) -> None:
    wire = Wire()
    sent = wire.topics.listen(topic, wire.now_ms)
    assert sent is not None
    assert differences(published(f"public_{name}")["frame"], json.loads(sent)) == []


def test_a_candle_push_has_the_published_shape() -> None:
    wire = Wire()
    wire.topics.listen(f"kline.5.{BTC}", wire.now_ms)
    sent = dict(wire.topics.frames(frozenset(), wire.now_ms))[f"kline.5.{BTC}"]
    assert differences(published("public_kline")["frame"], json.loads(sent)) == []


def test_the_answers_of_the_public_and_private_sockets_have_the_published_shapes() -> None:
    wire, examples = Wire(), published("connect")
    public = PublicConversation(wire.exchange, "c-1")
    private = PrivateConversation(wire.exchange.keys, "c-2")
    expires = wire.now_ms + 10_000
    heard = {
        "auth": private.hear(
            json.dumps({"op": "auth", "args": ["key", expires, sign("secret", f"GET/realtime{expires}".encode())]}),
            wire.now_ms,
        ),
        "public_pong": public.hear('{"op":"ping"}', wire.now_ms),
        "private_pong": private.hear('{"req_id":"test","op":"ping"}', wire.now_ms),
        "private_subscribed": private.hear('{"op":"subscribe","args":["order"]}', wire.now_ms),
        "public_subscribed": public.hear('{"op":"subscribe","args":["publicTrade.BTCUSDT"]}', wire.now_ms),
    }
    for name, said in heard.items():
        (answer,) = (json.loads(reply) for reply in said.replies)
        assert differences(examples[name], answer, name) == []
        assert answer["op"] == examples[name]["op"]


def test_the_published_order_entry_request_gets_an_answer_of_the_published_shape() -> None:
    wire, examples = Wire(), published("order_entry")
    talk = TradeConversation(wire.exchange, wire.exchange.reads, wire.exchange.keys, "c-1")
    request = examples["request"]
    wire.now_ms = int(request["header"]["X-BAPI-TIMESTAMP"]) + 2
    expires = wire.now_ms + 1000
    arguments = [KEY.key, str(expires), sign(KEY.secret, f"GET/realtime{expires}".encode())]
    said = {
        "auth": talk.hear(json.dumps({"op": "auth", "args": arguments}), wire.now_ms),
        "created": talk.hear(json.dumps(request), wire.now_ms),
        "pong": talk.hear('{"op":"ping"}', wire.now_ms),
    }
    for name, heard in said.items():
        (answer,) = (json.loads(reply) for reply in heard.replies)
        assert differences(examples[name], answer, name) == []
        assert answer["retCode"] == 0


def test_the_comparison_itself_sees_a_missing_key_and_another_type() -> None:
    assert differences({"a": [{"b": "1"}]}, {"a": [{"b": 1}]}) == [".a[].b: str is published, int is ours"]
    assert differences({"a": "1"}, {}) == [".a is missing"]
