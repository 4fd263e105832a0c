"""What a body may say, and what is refused before the engine is asked."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.simulator.bybit import orders
from hedgerow.simulator.bybit.backend import Call
from hedgerow.simulator.bybit.texts import parse
from hedgerow.simulator.messages import Refusal
from tests.simulator.bybit.wire import KEY, Wire

BODY = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "50000"}


def create(body: Any) -> int:
    """The code of the answer."""
    wire = Wire()
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = orders.create(wire.exchange, Call(wire.now_ms, body=raw, key=KEY, reads=wire.exchange.reads))
    return answer.code if isinstance(answer, Refusal) else 0


def test_the_smallest_body_is_taken_and_strange_keys_are_ignored() -> None:
    assert create(BODY) == 0
    assert create({**BODY, "isLeverage": 1, "Referer": "x"}) == 0


@pytest.mark.parametrize("qty", ["1e1", " 1", "+1", "-1", "NaN", "1_0", "٣", "", "1" * 300, 0.01, None])
def test_a_quantity_that_is_no_plain_number_is_refused(qty: object) -> None:
    assert create({**BODY, "qty": qty}) == 10001


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("side", "buy"),
        ("orderType", "limit"),
        ("timeInForce", "GTD"),
        ("triggerDirection", "up"),
        ("reduceOnly", "yes"),
        ("orderLinkId", "x" * 37),
        ("orderLinkId", "a b"),
        ("price", "fifty"),
        ("category", ""),
        ("category", "spot"),
    ],
)
def test_a_field_of_the_wrong_kind_is_refused(field: str, value: object) -> None:
    assert create({**BODY, field: value}) == 10001


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"symbol":"BTCUSDT"}'])
def test_a_body_that_is_no_order_is_refused(raw: bytes) -> None:
    assert create(raw) == 10001


@given(st.binary(max_size=200))
def test_no_body_is_a_crash(raw: bytes) -> None:
    assert create(raw) != 0


@given(st.decimals(0, 10**9, places=8, allow_nan=False, allow_infinity=False))
def test_a_plain_number_is_read_exactly(number: Any) -> None:
    assert parse(format(number, "f")) == number


def test_a_closing_order_of_quantity_zero_closes_the_position() -> None:
    wire = Wire()
    wire.buy("0.02")
    closing = {"symbol": "BTCUSDT", "side": "Sell", "orderType": "Market", "qty": "0"}
    assert wire.post("/v5/order/create", **closing, reduceOnly=True, closeOnTrigger=True)["retCode"] == 0
    (row,) = wire.get("/v5/position/list", category="linear", symbol="BTCUSDT")["result"]["list"]
    assert (Decimal(row["size"]), row["side"]) == (0, "")


def test_a_trailing_stop_is_refused_and_its_absence_is_not() -> None:
    wire = Wire()
    wire.buy()
    assert wire.post("/v5/position/trading-stop", symbol="BTCUSDT", trailingStop="100")["retCode"] == 10001
    assert wire.post("/v5/position/trading-stop", symbol="BTCUSDT", trailingStop="0", stopLoss="40000")["retCode"] == 0
