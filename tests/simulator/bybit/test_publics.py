"""Public topics: a reader who applies every frame holds the book, whatever happens to it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulator.bybit.wire import Wire

BTC = "BTCUSDT"


class Reader:
    """Applies snapshots and deltas as .../websocket/public/orderbook tells."""

    def __init__(self) -> None:
        self.sides: dict[str, dict[Decimal, Decimal]] = {"b": {}, "a": {}}
        self.update = 0

    def read(self, frame: bytes) -> None:
        message = json.loads(frame)
        data = message["data"]
        if message["type"] == "snapshot":
            self.sides = {"b": {}, "a": {}}
        else:
            assert data["u"] == self.update + 1
        self.update = data["u"]
        for side, levels in self.sides.items():
            for price, size in data[side]:
                levels.pop(Decimal(price), None)
                if Decimal(size):
                    levels[Decimal(price)] = Decimal(size)


ORDERS = st.lists(
    st.tuples(st.sampled_from(["Buy", "Sell"]), st.integers(59_900, 60_100), st.integers(1, 400)), max_size=12
)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["1", "50"]), ORDERS)
def test_snapshot_and_deltas_are_the_book(depth: str, orders: list[tuple[str, int, int]]) -> None:
    wire, reader = Wire(), Reader()
    topic = f"orderbook.{depth}.{BTC}"
    first = wire.topics.listen(topic, wire.now_ms)
    assert first is not None
    reader.read(first)
    for side, price, lots in orders:
        body = {"symbol": BTC, "side": side, "orderType": "Limit", "qty": f"0.{lots:03}", "price": str(price)}
        wire.post("/v5/order/create", **body)
        books, _ = wire.exchange.take_market_changes()
        for said, frame in wire.topics.frames(books, wire.now_ms):
            if said == topic:
                reader.read(frame)
        bids, asks = wire.exchange.market.depth(BTC, int(depth))
        assert reader.sides == {"b": dict(bids), "a": dict(asks)}


def test_a_second_listener_gets_what_was_sent_last_so_that_the_next_delta_fits() -> None:
    wire, late = Wire(), Reader()
    topic = f"orderbook.50.{BTC}"
    wire.topics.listen(topic, wire.now_ms)
    wire.buy(price="50000")
    snapshot = wire.topics.listen(topic, wire.now_ms)
    assert snapshot is not None
    late.read(snapshot)
    books, _ = wire.exchange.take_market_changes()
    late.read(dict(wire.topics.frames(books, wire.now_ms))[topic])
    assert Decimal(50_000) in late.sides["b"]


def test_the_first_level_is_repeated_after_three_quiet_seconds() -> None:
    wire = Wire()
    topic = f"orderbook.1.{BTC}"
    wire.topics.listen(topic, wire.now_ms)
    assert topic not in dict(wire.topics.frames(frozenset(), wire.now_ms + 2_999))
    again = json.loads(dict(wire.topics.frames(frozenset(), wire.now_ms + 3_000))[topic])
    assert again["type"] == "snapshot"


def test_a_ticker_delta_says_what_changed_and_only_that() -> None:
    wire = Wire()
    topic = f"tickers.{BTC}"
    first = wire.topics.listen(topic, wire.now_ms)
    assert first is not None
    held: dict[str, Any] = json.loads(first)["data"]
    wire.buy("0.3")
    wire.now_ms += 200
    delta = json.loads(dict(wire.topics.frames(frozenset(), wire.now_ms))[topic])
    assert (delta["type"], delta["data"]["symbol"]) == ("delta", BTC)
    assert all(held[name] != value for name, value in delta["data"].items() if name != "symbol")
    (listed,) = wire.get("/v5/market/tickers", category="linear", symbol=BTC)["result"]["list"]
    merged = {**held, **delta["data"]}
    assert {name: merged[name] for name in ("lastPrice", "volume24h", "openInterest")} == {
        name: listed[name] for name in ("lastPrice", "volume24h", "openInterest")
    }


def test_trades_and_candles_are_told_and_a_candle_is_confirmed_when_its_time_is_over() -> None:
    wire = Wire()
    trades, candles = f"publicTrade.{BTC}", f"kline.1.{BTC}"
    for topic in (trades, candles):
        assert wire.topics.listen(topic, wire.now_ms) is None
    wire.buy("0.01")
    books, printed = wire.exchange.take_market_changes()
    wire.topics.traded(printed)
    said = dict(wire.topics.frames(books, wire.now_ms))
    (row,) = json.loads(said[trades])["data"]
    assert (row["S"], Decimal(row["v"]), row["s"]) == ("Buy", Decimal("0.01"), BTC)
    assert json.loads(said[candles])["data"][0]["confirm"] is False
    wire.now_ms += 60_000
    closed, running = json.loads(dict(wire.topics.frames(frozenset(), wire.now_ms))[candles])["data"]
    assert (closed["confirm"], running["confirm"]) == (True, False)
    assert running["start"] == closed["end"] + 1


def test_a_topic_without_listeners_is_forgotten() -> None:
    wire = Wire()
    topic = f"tickers.{BTC}"
    wire.topics.listen(topic, wire.now_ms)
    wire.topics.listen(topic, wire.now_ms)
    wire.topics.leave(topic)
    wire.buy()
    assert topic in dict(wire.topics.frames(frozenset(), wire.now_ms + 200))
    wire.topics.leave(topic)
    assert dict(wire.topics.frames(frozenset(), wire.now_ms + 400)) == {}
