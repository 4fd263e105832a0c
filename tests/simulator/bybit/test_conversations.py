"""What the three sockets say back: https://bybit-exchange.github.io/docs/v5/ws/connect"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.simulator.bybit.auth import sign
from hedgerow.simulator.bybit.conversations import Conversation, Heard, PrivateConversation, PublicConversation
from hedgerow.simulator.bybit.entry import TradeConversation
from tests.simulator.bybit.wire import KEY, Wire


class Talk:
    def __init__(self, kind: str, *, known: bool = True) -> None:
        self.wire = Wire()
        exchange = self.wire.exchange
        self.talk: Conversation
        if kind == "public":
            self.talk = PublicConversation(exchange, "c-1")
        elif kind == "private":
            self.talk = PrivateConversation(exchange.keys, "c-1")
        else:
            self.talk = TradeConversation(exchange, exchange.reads, exchange.keys, "c-1")
        if known and kind != "public":
            self.authenticate()

    def authenticate(self, secret: str = KEY.secret) -> Heard:
        expires = self.wire.now_ms + 10_000
        return self.hear(op="auth", args=[KEY.key, str(expires), sign(secret, f"GET/realtime{expires}".encode())])

    def hear(self, **message: Any) -> Heard:
        return self.talk.hear(json.dumps(message), self.wire.now_ms)

    def say(self, **message: Any) -> dict[str, Any]:
        (reply,) = self.hear(**message).replies
        read: dict[str, Any] = json.loads(reply)
        return read

    def order(self, op: str, request_id: str | None = "r-1", late_ms: int = 0, **order: Any) -> dict[str, Any]:
        header = {"X-BAPI-TIMESTAMP": str(self.wire.now_ms - late_ms), "X-BAPI-RECV-WINDOW": "5000"}
        named = {} if request_id is None else {"reqId": request_id}
        return self.say(op=op, header=header, args=[{"category": "linear", "symbol": "BTCUSDT", **order}], **named)


LIMIT = {"side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "50000"}


@pytest.mark.parametrize("kind", ["private", "trade"])
def test_a_failed_authentication_is_said_and_closes_the_socket(kind: str) -> None:
    talk = Talk(kind, known=False)
    heard = talk.authenticate("another secret")
    assert heard.close
    assert talk.talk.key is None
    answer = json.loads(heard.replies[0])
    assert answer.get("success") is False or answer["retCode"] == 10004


@pytest.mark.parametrize("kind", ["public", "private", "trade"])
@given(
    st.one_of(
        st.text(max_size=60), st.binary(max_size=60), st.dictionaries(st.text(max_size=9), st.text()).map(json.dumps)
    )
)
def test_no_message_is_a_crash(kind: str, message: str | bytes) -> None:
    talk = SHARED[kind]
    assert len(talk.talk.hear(message, talk.wire.now_ms).replies) == 1


SHARED = {kind: Talk(kind) for kind in ("public", "private", "trade")}


def test_private_topics_need_authentication() -> None:
    talk = Talk("private", known=False)
    assert talk.say(op="subscribe", args=["order"])["ret_msg"] == "Request not authorized"
    assert talk.authenticate().joined == []
    assert talk.hear(op="subscribe", args=["order", "execution.linear"]).joined == ["order", "execution.linear"]


def test_a_topic_and_its_category_cannot_be_asked_for_together() -> None:
    talk = Talk("private")
    assert talk.say(op="subscribe", args=["order", "order.linear"])["success"] is False
    assert talk.say(op="subscribe", args=["orders"])["success"] is False


def test_an_unknown_public_topic_is_named_and_joins_nothing() -> None:
    talk = Talk("public")
    heard = talk.hear(op="subscribe", args=["publicTrade.BTCUSDT", "orderbook.7.BTCUSDT"])
    assert heard.joined == []
    assert json.loads(heard.replies[0])["ret_msg"] == "error:handler not found,topic:orderbook.7.BTCUSDT"


def test_request_ids_come_back_as_text() -> None:
    assert Talk("public").say(op="ping", req_id=7)["req_id"] == "7"
    assert Talk("private").say(op="ping", req_id=7)["req_id"] == "7"
    assert "req_id" not in Talk("private").say(op="ping")
    assert Talk("trade").order("order.create", request_id="abc", **LIMIT)["reqId"] == "abc"
    assert "reqId" not in Talk("trade").order("order.create", request_id=None, **LIMIT)


def test_orders_are_created_amended_and_cancelled() -> None:
    talk = Talk("trade")
    created = talk.order("order.create", "1", orderLinkId="mine", **LIMIT)
    order_id = created["data"]["orderId"]
    assert (created["retCode"], created["data"]["orderLinkId"]) == (0, "mine")
    assert talk.order("order.amend", "2", orderId=order_id, price="50001")["retCode"] == 0
    assert talk.order("order.cancel", "3", orderLinkId="mine")["data"]["orderId"] == order_id
    gone = talk.order("order.cancel", "4", orderLinkId="mine")
    assert (gone["retCode"], gone["data"]) == (110001, {})


def test_what_order_entry_refuses_before_the_engine() -> None:
    talk = Talk("trade")
    assert talk.order("order.create", "1", late_ms=5001, **LIMIT)["retCode"] == 10002
    assert talk.order("order.create", "2", late_ms=-1000, **LIMIT)["retCode"] == 10002
    assert talk.order("order.buy", "3", **LIMIT)["retCode"] == 10404
    assert talk.order("order.create", "4", **{**LIMIT, "category": "spot"})["retCode"] == 10404
    assert talk.order("order.create", "x" * 37, **LIMIT)["retCode"] == 10001
    assert talk.say(op="order.create", args=[LIMIT])["retCode"] == 10001
    assert talk.order("order.create", "5", **LIMIT)["retCode"] == 0
    assert talk.order("order.create", "5", **LIMIT)["retCode"] == 20006
    assert json.loads(talk.authenticate().replies[0])["retCode"] == 20001
    assert Talk("trade", known=False).order("order.create", **LIMIT)["retCode"] == 10007
