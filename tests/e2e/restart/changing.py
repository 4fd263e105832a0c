"""A desk killed while it changes something: an amend, a cancel, protection, a close in pieces, a flatten."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.e2e.agreement import held_orders, requests
from tests.e2e.restart.stage import Stage
from tests.e2e.side_by_side import named

PRICE = "50000"  # rests
ETH = "ETH/USDT:USDT"
SUI = "SUI/USDT:USDT"  # its largest market order is 60,000
KEY = "the same request"


async def resting(stage: Stage) -> dict[str, Any]:
    await stage.begin()
    order = await stage.desk.placed("buy", "0.01", PRICE)
    return await stage.desk.becomes(order["order_id"], "open")


async def with_an_amend_not_sent(stage: Stage) -> None:
    order = await resting(stage)
    assert await stage.dies_at("before_amend", stage.desk.amend(order["order_id"], price="50100", key=KEY)) == []
    await stage.again()
    await stage.settles()
    assert requests(stage.exchange, stage.name, "AmendOrder") == []
    after = stage.orders.state[order["order_id"]]
    assert (Decimal(after["price"]), after["amend_requested"]) == (50000, False)


async def with_an_amend_out(stage: Stage) -> None:
    order = await resting(stage)
    stage.exchange.fault("reply_delayed", "order.amend", account=stage.name, ms=20_000)
    await stage.is_killed_while(
        stage.desk.amend(order["order_id"], price="50100", key=KEY),
        lambda: requests(stage.exchange, stage.name, "AmendOrder"),
    )
    await stage.again()
    repeated = await stage.desk.amend(order["order_id"], price="50100", key=KEY)
    assert repeated.status in (200, 202)
    await stage.settles()
    assert len(requests(stage.exchange, stage.name, "AmendOrder")) == 1
    assert Decimal(stage.orders.state[order["order_id"]]["price"]) == 50100


async def with_an_amend_answered(stage: Stage) -> None:
    order = await resting(stage)
    assert await stage.dies_at("after_amend", stage.desk.amend(order["order_id"], amount="0.02")) == []
    await stage.again()
    await stage.settles()
    after = stage.orders.state[order["order_id"]]
    assert (Decimal(after["amount"]), after["amend_requested"]) == (Decimal("0.02"), False)


async def with_a_cancel_not_sent(stage: Stage) -> None:
    """The order lives on, and the cancel may be asked again."""
    order = await resting(stage)
    assert await stage.dies_at("before_cancel", stage.desk.cancel(order["order_id"])) == []
    await stage.again()
    assert (await stage.desk.order(order["order_id"]))["status"] == "open"
    assert (await stage.desk.cancel(order["order_id"])).status == 200
    await stage.desk.becomes(order["order_id"], "canceled")
    await stage.settles()


async def with_a_cancel_out(stage: Stage) -> None:
    order = await resting(stage)
    stage.exchange.fault("reply_delayed", "order.cancel", account=stage.name, ms=20_000)
    await stage.is_killed_while(
        stage.desk.cancel(order["order_id"]),
        lambda: held_orders(stage.exchange, stage.name)[0]["status"] == "Cancelled",
    )
    await stage.again()
    await stage.desk.becomes(order["order_id"], "canceled")
    await stage.settles()


async def with_every_order_being_canceled(stage: Stage) -> None:
    order = await resting(stage)
    other = await stage.desk.placed("buy", "0.1", "2500", symbol=ETH)
    cancel_all = stage.desk.call("DELETE", "/api/orders", account=stage.name)
    assert await stage.dies_at("after_cancel_all", cancel_all) == []
    await stage.again()
    for each in (order, other):
        await stage.desk.becomes(each["order_id"], "canceled")
    await stage.settles()


async def with_protection_out(stage: Stage) -> None:
    await stage.begin()
    await stage.desk.placed("buy", "0.5", symbol=ETH)
    await stage.desk.holds("0.5", ETH)
    body = {"account": stage.name, "symbol": ETH, "stop_loss": "2700"}
    assert await stage.dies_at("after_protect", stage.desk.call("PUT", "/api/positions/protection", body)) == []
    await stage.again()
    await stage.settles()
    stops = [each for each in stage.orders.state.values() if each["role"] == "stop_loss"]
    assert [(each["status"], Decimal(each["trigger_price"])) for each in stops] == [("untriggered", 2700)]


async def with_the_leverage_set(stage: Stage) -> None:
    await stage.begin()
    body = {"account": stage.name, "symbol": ETH, "leverage": "7"}
    assert await stage.dies_at("after_set_leverage", stage.desk.call("PUT", "/api/leverage", body)) == []
    await stage.again()
    await stage.desk.placed("buy", "0.5", symbol=ETH)
    position = await stage.desk.holds("0.5", ETH)
    assert position is not None
    assert Decimal(position["leverage"]) == 7
    await stage.settles()


async def hundred_thousand_sui(stage: Stage) -> None:
    await stage.begin()
    for amount in ("60000", "40000"):
        await stage.desk.placed("buy", amount, symbol=SUI)
        stage.exchange.control("POST", "price", symbol="SUIUSDT", price="1.5000")
    await stage.desk.holds("100000", SUI)


async def between_two_pieces_of_a_close(stage: Stage) -> None:
    """The piece that went is counted; closing again closes the rest, and no more."""
    await hundred_thousand_sui(stage)
    body = {"account": stage.name, "symbol": SUI}
    close = stage.desk.call("POST", "/api/positions/close", body)
    assert await stage.dies_at("before_order_intended", close, arrival=2) == []
    await stage.again()
    await stage.desk.holds("40000", SUI)
    assert (await stage.desk.call("POST", "/api/positions/close", body)).status == 200
    await stage.desk.holds("0", SUI)
    await stage.settles()
    sold = [each for each in stage.orders.state.values() if each["side"] == "sell"]
    assert sorted((Decimal(each["amount"]), each["status"]) for each in sold) == [
        (40000, "filled"),
        (60000, "filled"),
    ]


async def between_the_halves_of_a_reverse(stage: Stage) -> None:
    """The position is closed; who asks again is told that nothing was opened, and nothing is."""
    await stage.begin()
    await stage.desk.placed("buy", "0.5", symbol=ETH)
    await stage.desk.holds("0.5", ETH)
    body = {"account": stage.name, "symbol": ETH}
    reverse = stage.desk.call("POST", "/api/positions/reverse", body, key=KEY)
    assert await stage.dies_at("before_order_intended", reverse, arrival=2) == []
    await stage.again()
    await stage.desk.holds("0", ETH)
    repeated = await stage.desk.call("POST", "/api/positions/reverse", body, key=KEY)
    assert (repeated.status, len(repeated.body["orders"])) == (200, 1)
    assert "nothing was opened on the other side" in repeated.body["note"]
    await stage.settles()
    assert [each["side"] for each in stage.orders.state.values()] == ["buy", "sell"]


async def in_the_middle_of_a_flatten(stage: Stage) -> None:
    """One position is gone, the other stands with its stop; flatten again makes an end."""
    await stage.begin()
    await stage.desk.placed("buy", "0.5", symbol=ETH, stop_loss="2700")
    await stage.desk.placed("sell", "100", symbol="XRP/USDT:USDT", stop_loss="0.66")
    resting = await stage.desk.placed("buy", "0.1", "2500", symbol=ETH)
    await stage.desk.holds("0.5", ETH)
    await stage.desk.holds("100", "XRP/USDT:USDT")
    flatten = stage.desk.call("POST", "/api/flatten", {"account": stage.name}, key=KEY)
    assert await stage.dies_at("after_send", flatten) == []
    await stage.again()
    repeated = await stage.desk.call("POST", "/api/flatten", {"account": stage.name}, key=KEY)
    assert repeated.status in (200, 202)
    assert "not flat yet" in repeated.body["note"]
    await stage.desk.becomes(resting["order_id"], "canceled")
    stops = [each for each in await stage.desk.orders(status="living") if each["role"] == "stop_loss"]
    assert len(stops) >= 1, "what is still open is still guarded"
    again = await stage.desk.call("POST", "/api/flatten", {"account": stage.name})
    assert (again.status, again.body["note"]) == (200, "flat")
    await stage.settles()
    assert all(each["status"] in ("filled", "canceled") for each in stage.orders.state.values())


async def before_a_flatten_has_sent_anything(stage: Stage) -> None:
    await stage.begin()
    await stage.desk.placed("buy", "0.5", symbol=ETH, stop_loss="2700")
    await stage.desk.holds("0.5", ETH)
    flatten = stage.desk.call("POST", "/api/flatten", {"account": stage.name})
    assert await stage.dies_at("after_group_intended", flatten) == []
    await stage.again()
    await stage.desk.holds("0.5", ETH)
    again = await stage.desk.call("POST", "/api/flatten", {"account": stage.name})
    assert (again.status, again.body["note"]) == (200, "flat")
    await stage.settles()


DRILLS = named(
    with_an_amend_not_sent,
    with_an_amend_out,
    with_an_amend_answered,
    with_a_cancel_not_sent,
    with_a_cancel_out,
    with_every_order_being_canceled,
    with_protection_out,
    with_the_leverage_set,
    between_two_pieces_of_a_close,
    between_the_halves_of_a_reverse,
    in_the_middle_of_a_flatten,
    before_a_flatten_has_sent_anything,
)
