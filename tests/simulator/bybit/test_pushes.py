"""What the private stream says of an order's life."""

from __future__ import annotations

from decimal import Decimal

from tests.simulator.bybit.wire import Wire


def test_a_resting_order_is_new_and_its_position_and_wallet_are_told() -> None:
    wire = Wire()
    order_id = wire.buy(price="50000", orderLinkId="mine")
    ((row,),) = wire.pushes("order")
    assert (row["orderId"], row["orderLinkId"], row["orderStatus"]) == (order_id, "mine", "New")
    assert (row["avgPrice"], row["cumExecQty"], row["category"]) == ("", "0", "linear")


def test_a_fill_is_told_by_order_and_execution_alike() -> None:
    wire = Wire()
    wire.buy("0.5")
    orders, fills = wire.pushes("order", "execution")
    assert orders[0]["orderStatus"] == "New"
    assert orders[-1]["orderStatus"] == "Filled"
    assert sum(Decimal(row["execQty"]) for row in fills) == Decimal(orders[-1]["cumExecQty"]) == Decimal("0.5")
    assert {row["execType"] for row in fills} == {"Trade"}
    assert len({row["execId"] for row in fills}) == len(fills)


def test_a_fast_execution_of_a_maker_has_no_link_id() -> None:
    wire = Wire()
    wire.buy("0.5", price="59000", orderLinkId="resting")
    wire.exchange.take_events()
    wire.exchange.market_maker.set_price("BTCUSDT", Decimal("58000.00"))
    wire.exchange.step_market()
    (fast, *_), (slow, *_) = wire.pushes("execution.fast", "execution")
    assert (fast["isMaker"], fast["orderLinkId"], slow["orderLinkId"]) == (True, "", "resting")


def test_what_closing_brought_in_is_on_the_order() -> None:
    wire = Wire()
    wire.buy("0.01")
    wire.exchange.take_events()
    wire.post("/v5/order/create", symbol="BTCUSDT", side="Sell", orderType="Market", qty="0.01", reduceOnly=True)
    assert Decimal(wire.pushes("order")[0][-1]["closedPnl"]) < 0


def test_a_position_of_a_moment_is_told_once_as_it_ended() -> None:
    wire = Wire()
    wire.buy("0.01")
    wire.buy("0.02")
    ((row,),) = wire.pushes("position")
    assert (row["symbol"], row["side"], Decimal(row["size"])) == ("BTCUSDT", "Buy", Decimal("0.03"))
