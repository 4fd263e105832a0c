"""A desk killed while it places an order, at every step between the request and its answer."""

from __future__ import annotations

from tests.e2e.agreement import held_orders
from tests.e2e.desk_client import ENDS
from tests.e2e.restart.stage import Stage
from tests.e2e.side_by_side import named

PRICE = "50000"  # rests
KEY = "the same request"


async def before_the_intent_is_appended(stage: Stage) -> None:
    """Nothing of it exists; the client asks again under its key, and that is the one order."""
    await stage.begin()
    assert await stage.dies_at("before_order_intended", stage.desk.place("buy", "0.01", PRICE, key=KEY)) == []
    await stage.again()
    assert (await stage.desk.orders(), stage.sent) == ([], {})
    assert (await stage.desk.place("buy", "0.01", PRICE, key=KEY)).status == 201
    await stage.settles()
    assert list(stage.sent.values()) == [1]


async def after_the_intent_before_the_send(stage: Stage) -> None:
    """The intent obliges us to find out, and never to send: the order is proven absent."""
    await stage.begin()
    assert await stage.dies_at("after_order_intended", stage.desk.place("buy", "0.01", PRICE, key=KEY)) == []
    await stage.again()
    (order,) = await stage.desk.orders()
    assert order["status"] in ("pending", "in_doubt")
    repeated = await stage.desk.place("buy", "0.01", PRICE, key=KEY)
    assert (repeated.status, repeated.order["order_id"]) == (202, order["order_id"])
    other = await stage.desk.place("buy", "0.02", PRICE, key=KEY)
    assert (other.status, other.body["code"]) == (409, "key_reused")
    await stage.desk.becomes(order["order_id"], "not_placed")
    await stage.settles()
    assert (stage.sent, held_orders(stage.exchange, stage.name)) == ({}, [])


async def before_the_bytes_leave(stage: Stage) -> None:
    await stage.begin()
    assert await stage.dies_at("before_send", stage.desk.place("buy", "0.01", PRICE)) == []
    await stage.again()
    (order,) = await stage.desk.orders()
    await stage.desk.becomes(order["order_id"], "not_placed")
    await stage.settles()
    assert stage.sent == {}


async def after_the_bytes_left_before_the_answer(stage: Stage) -> None:
    await stage.begin()
    stage.exchange.fault("reply_delayed", "order.create", account=stage.name, ms=20_000)
    await stage.is_killed_while(
        stage.desk.place("buy", "0.01", PRICE, key=KEY), lambda: held_orders(stage.exchange, stage.name)
    )
    await stage.again()
    (order,) = await stage.desk.orders()
    await stage.desk.becomes(order["order_id"], "open")
    repeated = await stage.desk.place("buy", "0.01", PRICE, key=KEY)
    assert (repeated.status, repeated.order["order_id"]) == (201, order["order_id"])
    await stage.settles()
    assert list(stage.sent.values()) == [1]


async def after_the_bytes_left_over_rest(stage: Stage) -> None:
    """The exchange's WebSocket is away: the order goes by REST, and is as well found again."""
    await stage.begin()
    stage.exchange.fault("socket_cut", "auth", account=stage.name, channel="trade", count=1_000)
    stage.exchange.control("POST", "sockets/cut", account=stage.name, channel="trade")
    await stage.desk.sends_by_rest()
    stage.exchange.fault("reply_delayed", "/v5/order/create", account=stage.name, ms=20_000)
    await stage.is_killed_while(
        stage.desk.place("buy", "0.01", PRICE, key=KEY), lambda: held_orders(stage.exchange, stage.name)
    )
    await stage.again()
    (order,) = await stage.desk.orders()
    found = await stage.desk.becomes(order["order_id"], "open")
    assert found["transport"] == "rest"
    await stage.settles()
    assert list(stage.sent.values()) == [1]


async def after_the_answer_before_the_outcome_is_journaled(stage: Stage) -> None:
    await stage.begin()
    assert await stage.dies_at("after_send", stage.desk.place("buy", "0.01", PRICE)) == []
    await stage.again()
    (order,) = await stage.desk.orders()
    await stage.desk.becomes(order["order_id"], "open")
    await stage.settles()
    assert list(stage.sent.values()) == [1]


async def with_the_outcome_on_its_way_to_the_journal(stage: Stage) -> None:
    """The client may know already what the journal does not."""
    await stage.begin()
    await stage.dies_at("before_answered", stage.desk.place("buy", "0.01", PRICE))
    await stage.again()
    (order,) = await stage.desk.orders()
    await stage.desk.becomes(order["order_id"], "open")
    await stage.settles()
    assert list(stage.sent.values()) == [1]


async def after_the_outcome_is_journaled(stage: Stage) -> None:
    await stage.begin()
    await stage.dies_at("after_answered", stage.desk.place("buy", "0.01", PRICE, key=KEY))
    await stage.again()
    repeated = await stage.desk.place("buy", "0.01", PRICE, key=KEY)
    assert repeated.status == 201
    await stage.settles()
    assert list(stage.sent.values()) == [1]


async def with_the_exchanges_no_on_its_way_to_the_journal(stage: Stage) -> None:
    """More than the margin allows: the exchange refuses, and the desk that knew it is gone."""
    await stage.begin()
    assert (
        await stage.desk.call(
            "PUT", "/api/limits", {"account": stage.name, "order_notional": None, "position_notional": None}
        )
    ).status == 200
    await stage.dies_at("before_came_to_nothing", stage.desk.place("buy", "100", PRICE))
    await stage.again()
    (order,) = await stage.desk.orders()
    await stage.desk.becomes(order["order_id"], "not_placed", "rejected")
    await stage.settles()
    assert list(stage.sent.values()) == [1]


async def with_a_protected_market_order_filled(stage: Stage) -> None:
    """Filled at once, its stops armed at the exchange, and nobody there to hear of it."""
    await stage.begin()
    terms = {"symbol": "ETH/USDT:USDT", "take_profit": "3300", "stop_loss": "2700"}
    assert await stage.dies_at("after_send", stage.desk.place("buy", "0.5", **terms)) == []
    await stage.again()
    (order,) = [each for each in await stage.desk.orders() if each["origin"] == "desk"]
    await stage.desk.becomes(order["order_id"], "filled")
    await stage.settles()
    children = [each for each in stage.orders.state.values() if each["origin"] == "attached"]
    assert {each["role"]: (each["status"], each["parent_id"]) for each in children} == {
        "take_profit": ("untriggered", order["order_id"]),
        "stop_loss": ("untriggered", order["order_id"]),
    }


async def under_a_burst_of_orders(stage: Stage) -> None:
    """Ten at once, in whatever states the fifth send finds them: each is one order, or none."""
    await stage.begin()
    asked = [stage.desk.place("buy", "0.001", str(50_000 + n), key=f"burst {n}") for n in range(10)]
    await stage.dies_at("after_send", *asked, arrival=5)
    await stage.again()
    again = [await stage.desk.place("buy", "0.001", str(50_000 + n), key=f"burst {n}") for n in range(10)]
    assert {answer.status for answer in again} <= {201, 202}
    await stage.settles()
    statuses = [order["status"] for order in stage.orders.state.values()]
    assert len(statuses) == 10
    assert set(statuses) <= {"open", *ENDS}
    assert len(stage.sent) == statuses.count("open") >= 5


DRILLS = named(
    before_the_intent_is_appended,
    after_the_intent_before_the_send,
    before_the_bytes_leave,
    after_the_bytes_left_before_the_answer,
    after_the_bytes_left_over_rest,
    after_the_answer_before_the_outcome_is_journaled,
    with_the_outcome_on_its_way_to_the_journal,
    after_the_outcome_is_journaled,
    with_the_exchanges_no_on_its_way_to_the_journal,
    with_a_protected_market_order_filled,
    under_a_burst_of_orders,
)
