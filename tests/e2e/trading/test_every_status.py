"""Each of the exchange's statuses leads on or ends rightly, whoever placed the order."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.e2e.agreement import agree
from tests.e2e.desk_client import BTC, DeskClient
from tests.e2e.desk_process import until
from tests.e2e.trading.market import external, told, trades_at
from tests.simulator.running import Running

LINK = "LINK/USDT:USDT"
AVAX = "AVAX/USDT:USDT"


@pytest.mark.parametrize("trigger_by", ["last", "mark", "index"])
async def test_a_conditional_market_order_is_triggered_and_filled(
    desk: DeskClient, exchange: Running, trigger_by: str
) -> None:
    trades_at(exchange, "LINK", "15.000")
    rises = await desk.placed("buy", "5", symbol=LINK, trigger_price="15.5", trigger_by=trigger_by)
    falls = await desk.placed("sell", "5", symbol=LINK, trigger_price="14.5", trigger_by=trigger_by)
    for each in (rises, falls):
        await desk.becomes(each["order_id"], "untriggered")
    trades_at(exchange, "LINK", "15.600")
    filled = await desk.becomes(rises["order_id"], "filled")
    assert (filled["trigger_by"], Decimal(filled["filled"])) == (trigger_by, 5)
    assert (await desk.order(falls["order_id"]))["status"] == "untriggered"
    trades_at(exchange, "LINK", "14.400")
    await desk.becomes(falls["order_id"], "filled")
    await desk.holds("0", LINK)
    await agree(desk, exchange)


@pytest.mark.parametrize("trigger_by", ["last", "mark", "index"])
async def test_a_conditional_limit_order_is_triggered_and_rests(
    desk: DeskClient, exchange: Running, trigger_by: str
) -> None:
    trades_at(exchange, "AVAX", "30.000")
    order = await desk.placed("buy", "5", "28", symbol=AVAX, trigger_price="31", trigger_by=trigger_by)
    await desk.becomes(order["order_id"], "untriggered")
    moved = await desk.amend(order["order_id"], trigger_price="30.5")
    assert moved.status == 200
    trades_at(exchange, "AVAX", "30.700")
    open_ = await desk.becomes(order["order_id"], "open")
    assert Decimal(open_["trigger_price"]) == Decimal("30.5")
    trades_at(exchange, "AVAX", "27.500")
    await desk.becomes(order["order_id"], "filled")
    await agree(desk, exchange)
    assert [each for each in told(await desk.timeline(order["order_id"])) if each in ("untriggered", "open")]


async def test_deactivated_a_conditional_order_that_is_canceled(desk: DeskClient, exchange: Running) -> None:
    order = await desk.placed("buy", "0.01", trigger_price="70000")
    await desk.becomes(order["order_id"], "untriggered")
    assert (await desk.cancel(order["order_id"])).status == 200
    await desk.becomes(order["order_id"], "canceled")
    await agree(desk, exchange)


async def test_rejected_a_post_only_order_that_would_take(desk: DeskClient, exchange: Running) -> None:
    """The exchange gives it an id, and takes it back."""
    answer = await desk.place("buy", "0.01", "61000", post_only=True)
    assert answer.status in (201, 422)
    order_id = answer.order["order_id"]
    ended = await desk.becomes(order_id, "rejected", "canceled")
    assert Decimal(ended["filled"]) == 0
    await agree(desk, exchange)


async def test_partially_filled_then_canceled(desk: DeskClient, exchange: Running) -> None:
    """More than the book has, at once or not at all: part is filled, the rest canceled."""
    trades_at(exchange, "DOT", "6.0000")
    order = await desk.placed("buy", "40000", "6.0012", symbol="DOT/USDT:USDT", time_in_force="IOC")
    ended = await desk.becomes(order["order_id"], "canceled")
    assert 0 < Decimal(ended["filled"]) < 40000
    assert Decimal(ended["remaining"]) == 40000 - Decimal(ended["filled"])
    await agree(desk, exchange)


async def test_partially_filled_then_filled(desk: DeskClient, exchange: Running) -> None:
    trades_at(exchange, "ADA", "0.4500")
    order = await desk.placed("buy", "400000", "0.4501", symbol="ADA/USDT:USDT")
    partly = await desk.becomes(order["order_id"], "partially_filled")
    assert 0 < Decimal(partly["filled"]) < 400000
    trades_at(exchange, "ADA", "0.4400")
    await desk.becomes(order["order_id"], "filled")
    await desk.holds("400000", "ADA/USDT:USDT")
    await agree(desk, exchange)


async def test_fill_or_kill_ends_at_once(desk: DeskClient, exchange: Running) -> None:
    killed = await desk.placed("buy", "0.01", "50000", time_in_force="FOK")
    await desk.becomes(killed["order_id"], "canceled")
    await agree(desk, exchange)


async def test_an_order_that_the_exchange_refuses(desk: DeskClient, exchange: Running) -> None:
    """More than the margin allows: its own code and words come with the answer."""
    await desk.call("PUT", "/api/limits", {"account": desk.account, "order_notional": None, "position_notional": None})
    answer = await desk.place("buy", "100", "50000")
    assert (answer.status, answer.body["code"], answer.body["exchange_code"]) == (422, "exchange_rejected", "110007")
    assert answer.body["exchange_message"]
    assert answer.order["status"] == "rejected"
    await agree(desk, exchange)


async def test_an_order_from_the_exchanges_own_page_is_adopted(desk: DeskClient, exchange: Running) -> None:
    theirs = external(
        exchange, desk.account, symbol="BTCUSDT", side="Buy", orderType="Limit", qty="0.02", price="50000"
    )

    async def adopted() -> bool:
        return bool(await desk.orders(status="living"))

    await until(adopted)
    (order,) = await desk.orders()
    assert (order["origin"], order["exchange_order_id"], order["symbol"]) == ("external", theirs, BTC)
    assert (await desk.amend(order["order_id"], price="50200")).status == 200
    assert (await desk.cancel(order["order_id"])).status == 200
    await desk.becomes(order["order_id"], "canceled")
    external(exchange, desk.account, symbol="BTCUSDT", side="Sell", orderType="Market", qty="0.02")
    position = await desk.holds("0.02")
    assert position is not None
    assert position["side"] == "short"
    await agree(desk, exchange)
    assert {each["origin"] for each in await desk.orders()} == {"external"}


async def test_a_reversal_is_one_position_after_the_other(desk: DeskClient, exchange: Running) -> None:
    await desk.placed("buy", "0.02")
    await desk.holds("0.02")
    await desk.placed("sell", "0.05")

    async def short() -> bool:
        position = await desk.position()
        return position is not None and (position["side"], Decimal(position["amount"])) == ("short", Decimal("0.03"))

    await until(short)
    await agree(desk, exchange)
