"""Our commands on Bybit's wire: exact text, every kind of order, the frame and its window."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core.commands import OrderTerms, OrderType, PositionSide, Side, TimeInForce, TriggerBy
from hedgerow.exchange import Amendment, OrderRef, Timing
from hedgerow.exchange.bybit import commands
from hedgerow.exchange.dialect import Lane
from tests.exchange.bybit.frames import BTC, LISTING, published

LIMIT = OrderTerms("a", BTC.symbol, Side.BUY, OrderType.LIMIT, Decimal("0.010"), price=Decimal("60000.10"))
COMMON = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "qty": "0.01", "orderLinkId": "hg1"}
ORDER = OrderRef(symbol=BTC.symbol, exchange_order_id="e1", client_order_id="hg1")


def terms(**changes: Any) -> OrderTerms:
    return msgspec.structs.replace(LIMIT, **changes)


@pytest.mark.parametrize(
    ("asked", "more"),
    [
        (LIMIT, {"orderType": "Limit", "price": "60000.1", "timeInForce": "GTC"}),
        (terms(type=OrderType.MARKET, price=None), {"orderType": "Market"}),
        (
            terms(time_in_force=TimeInForce.FOK, reduce_only=True),
            {"orderType": "Limit", "price": "60000.1", "timeInForce": "FOK", "reduceOnly": True},
        ),
        (terms(post_only=True), {"orderType": "Limit", "price": "60000.1", "timeInForce": "PostOnly"}),
        (
            terms(position_side=PositionSide.SHORT),
            {"orderType": "Limit", "price": "60000.1", "timeInForce": "GTC", "positionIdx": 2},
        ),
        (
            terms(type=OrderType.MARKET, price=None, trigger_price=Decimal(59000), trigger_ascending=False),
            {"orderType": "Market", "triggerPrice": "59000", "triggerDirection": 2, "triggerBy": "LastPrice"},
        ),
        (
            terms(
                type=OrderType.MARKET,
                price=None,
                trigger_price=Decimal(61000),
                trigger_ascending=True,
                trigger_by=TriggerBy.MARK,
                stop_loss=Decimal("58000.5"),
            ),
            {
                "orderType": "Market",
                "triggerPrice": "61000",
                "triggerDirection": 1,
                "triggerBy": "MarkPrice",
                "tpslMode": "Full",
                "stopLoss": "58000.5",
                "slTriggerBy": "MarkPrice",
            },
        ),
        (
            terms(take_profit=Decimal(70000), stop_loss=Decimal(50000)),
            {
                "orderType": "Limit",
                "price": "60000.1",
                "timeInForce": "GTC",
                "tpslMode": "Full",
                "takeProfit": "70000",
                "tpTriggerBy": "LastPrice",
                "stopLoss": "50000",
                "slTriggerBy": "LastPrice",
            },
        ),
    ],
)
def test_every_kind_of_order(asked: OrderTerms, more: dict[str, Any]) -> None:
    call = commands.create(BTC, asked, "hg1")
    assert (call.method, call.path, call.operation, call.lane) == (
        "POST",
        "v5/order/create",
        "order.create",
        Lane.CREATE,
    )
    assert call.params == COMMON | more


NUMBERS = st.decimals(min_value=Decimal("1e-12"), max_value=Decimal("1e12"), places=12)


@given(amount=NUMBERS, price=NUMBERS)
def test_the_exact_number_goes_out_as_plain_text(amount: Decimal, price: Decimal) -> None:
    params = commands.create(BTC, terms(amount=amount, price=price), "hg1").params
    assert (Decimal(params["qty"]), Decimal(params["price"])) == (amount, price)
    assert not set("eE+ ") & set(params["qty"] + params["price"])


def test_an_amend_names_only_what_changes() -> None:
    call = commands.amend(BTC, ORDER, Amendment(price=Decimal("60001.0"), stop_loss=Decimal(0)))
    assert call.params == {
        "category": "linear",
        "symbol": "BTCUSDT",
        "orderId": "e1",
        "price": "60001",
        "stopLoss": "0",
    }


def test_a_cancel_goes_by_our_id_where_theirs_is_unknown() -> None:
    params = commands.cancel(BTC, msgspec.structs.replace(ORDER, exchange_order_id="")).params
    assert params == {"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "hg1"}


def test_cancel_all_reaches_every_settlement_currency() -> None:
    assert [call.params for call in commands.cancel_all(LISTING, None)] == [
        {"category": "linear", "settleCoin": "USDC"},
        {"category": "linear", "settleCoin": "USDT"},
        {"category": "inverse"},
    ]
    assert [call.params for call in commands.cancel_all(LISTING, BTC.symbol)] == [
        {"category": "linear", "symbol": "BTCUSDT"}
    ]


def test_protection_sets_clears_and_leaves() -> None:
    call = commands.protect(BTC, None, Decimal("70000.0"), Decimal(0), "mark")
    assert call.params == {
        "category": "linear",
        "symbol": "BTCUSDT",
        "tpslMode": "Full",
        "positionIdx": 0,
        "takeProfit": "70000",
        "tpTriggerBy": "MarkPrice",
        "stopLoss": "0",
        "slTriggerBy": "MarkPrice",
    }
    left = commands.protect(BTC, PositionSide.LONG, None, Decimal(1), None).params
    assert ("takeProfit" in left, left["positionIdx"]) == (False, 1)


def test_the_frame_has_the_published_shape_and_the_intents_window() -> None:
    call = commands.create(BTC, LIMIT, "hg1")
    frame = json.loads(commands.entry_frame(call, "hg1", Timing(1711001595207, 1711001600207)))
    assert set(frame) == set(published("order_entry")["request"])
    assert frame["header"] == {"X-BAPI-TIMESTAMP": "1711001595207", "X-BAPI-RECV-WINDOW": "5000"}
    assert (frame["op"], frame["reqId"], frame["args"]) == ("order.create", "hg1", [dict(call.params)])
