"""TP/SL of entries and positions: https://bybit-exchange.github.io/docs/v5/position/trading-stop."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hedgerow.simulator.messages import Order, OrderType, Position, TpslMode, TriggerBy
from tests.simulator.floor import BUY, SELL, Floor

D = Decimal


def protected_floor(**more: Any) -> Floor:
    """ann bought 1 BTC at 60010 with take profit 62000 and stop loss 58000."""
    floor = Floor()
    floor.quote("59990", "60010")
    floor.place("ann", BUY, "1", take_profit=D(62000), stop_loss=D(58000), **more)
    return floor


def waiting(floor: Floor) -> dict[str, Order]:
    """ann's untriggered orders by kind."""
    return {order.stop_order_type.value: order for order in floor.engine.open_orders("ann")}


def test_an_entrys_protection_becomes_the_positions_when_it_fills() -> None:
    floor = protected_floor()
    children = waiting(floor)
    profit, loss = children["TakeProfit"], children["StopLoss"]
    assert (profit.side, profit.qty, profit.trigger_price, profit.trigger_direction) == (SELL, 1, 62000, 1)
    assert (loss.side, loss.qty, loss.trigger_price, loss.trigger_direction) == (SELL, 1, 58000, 2)
    assert (profit.create_type, loss.create_type) == ("CreateByTakeProfit", "CreateByStopLoss")
    assert profit.reduce_only
    assert profit.close_on_trigger
    position = floor.position("ann")
    assert (position.take_profit, position.stop_loss) == (62000, 58000)
    assert floor.events(Position)[0] == position


def test_nothing_is_protected_before_the_fill_and_the_quantity_follows_the_fills() -> None:
    floor = Floor()
    floor.place("ann", BUY, "1", "60000", stop_loss=D(58000))
    assert waiting(floor)[""].status == "New"
    floor.place("maker-m", SELL, "0.4", "60000")
    child = waiting(floor)["StopLoss"]
    assert child.qty == D("0.4")
    floor.place("maker-m", SELL, "0.6", "60000")
    assert floor.statuses(child.order_id) == ["Untriggered"]
    assert waiting(floor)["StopLoss"].qty == 1


def test_the_stop_closes_the_whole_position_and_the_other_leg_goes() -> None:
    floor = protected_floor()
    children = waiting(floor)
    floor.index("58000")
    floor.trade_at("58000")
    assert floor.statuses(children["StopLoss"].order_id) == ["Triggered", "New", "Filled"]
    assert floor.statuses(children["TakeProfit"].order_id) == ["Deactivated"]
    profit = floor.order("ann", children["TakeProfit"].order_id)
    assert profit.cancel_type == "CancelByTpSlTsClear"
    position = floor.position("ann")
    assert (position.size, position.take_profit, position.stop_loss) == (0, None, None)
    assert floor.engine.executions("ann")[0].create_type == "CreateByStopLoss"


def test_closing_by_hand_takes_the_protection_away() -> None:
    floor = protected_floor()
    children = waiting(floor)
    floor.place("ann", SELL, "1", reduce_only=True)
    assert floor.engine.open_orders("ann") == []
    assert {floor.order("ann", child.order_id).status.value for child in children.values()} == {"Deactivated"}


def test_closing_a_part_shrinks_it() -> None:
    floor = protected_floor()
    floor.place("ann", SELL, "0.4")
    assert {child.qty for child in waiting(floor).values()} == {D("0.6")}


def test_turning_over_takes_the_old_protection_away() -> None:
    floor = protected_floor()
    floor.place("ann", SELL, "3")
    assert floor.position("ann").side is SELL
    assert floor.engine.open_orders("ann") == []


def test_a_second_entry_moves_the_protection() -> None:
    floor = protected_floor()
    before = waiting(floor)
    floor.place("ann", BUY, "1", take_profit=D(63000))
    after = waiting(floor)
    assert after["TakeProfit"].order_id == before["TakeProfit"].order_id
    assert (after["TakeProfit"].trigger_price, after["TakeProfit"].qty) == (63000, 2)
    assert (after["StopLoss"].trigger_price, after["StopLoss"].qty) == (58000, 2)


def test_an_entry_that_only_reduced_protects_nothing() -> None:
    floor = Floor()
    floor.quote()
    floor.place("ann", BUY, "1")
    floor.place("ann", SELL, "0.5", take_profit=D(50000))
    assert floor.engine.open_orders("ann") == []


def test_trading_stop_sets_moves_and_removes() -> None:
    floor = Floor()
    floor.quote()
    floor.place("ann", SELL, "1")
    floor.protect("ann", stop_loss=D(61000), sl_trigger_by=TriggerBy.MARK)
    child = waiting(floor)["StopLoss"]
    assert (child.side, child.trigger_direction, child.trigger_by) == (BUY, 1, "MarkPrice")
    assert floor.position("ann").stop_loss == 61000
    floor.protect("ann", stop_loss=D(61500), sl_trigger_by=TriggerBy.MARK)
    assert waiting(floor)["StopLoss"].order_id == child.order_id
    floor.protect("ann", stop_loss=D(61500), sl_trigger_by=TriggerBy.MARK)
    assert floor.refused == 34040
    floor.protect("ann", stop_loss=D(0), take_profit=D(58000))
    assert floor.order("ann", child.order_id).status == "Deactivated"
    assert (floor.position("ann").stop_loss, floor.position("ann").take_profit) == (None, 58000)
    floor.protect("ann", stop_loss=D(0))
    assert floor.refused == 34040


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, 34040),
        ({"take_profit": D(59000)}, 10001),
        ({"stop_loss": D(61000)}, 10001),
        ({"stop_loss": D("58000.05")}, 10001),
        ({"stop_loss": D("NaN")}, 10001),
        ({"stop_loss": D(-1)}, 10001),
        ({"stop_loss": D(58000), "sl_order_type": OrderType.LIMIT, "sl_limit_price": D(57900)}, 10001),
        ({"stop_loss": D(58000), "position_idx": 1}, 10001),
        ({"stop_loss": D(58000), "tpsl_mode": TpslMode.PARTIAL}, 10001),
        ({"tpsl_mode": TpslMode.PARTIAL}, 34040),
        ({"stop_loss": D(58000), "tpsl_mode": TpslMode.PARTIAL, "sl_size": D("0.0001")}, 10001),
        ({"stop_loss": D(58000), "tpsl_mode": TpslMode.PARTIAL, "sl_size": D(2)}, 110058),
        (
            {
                "stop_loss": D(58000),
                "take_profit": D(61000),
                "tpsl_mode": TpslMode.PARTIAL,
                "sl_size": D("0.5"),
                "tp_size": D("0.4"),
            },
            10001,
        ),
    ],
)
def test_what_trading_stop_refuses(asked: dict[str, Any], code: int) -> None:
    floor = Floor()
    floor.quote()
    floor.place("ann", BUY, "1")
    floor.protect("ann", **asked)
    assert floor.refused == code


def test_a_flat_position_cannot_be_protected() -> None:
    floor = Floor()
    floor.protect("ann", stop_loss=D(58000))
    assert floor.refused == 10001


def test_removing_by_cancelling_the_order_clears_the_position() -> None:
    floor = protected_floor()
    child = waiting(floor)["StopLoss"]
    floor.cancel("ann", child.order_id)
    assert floor.position("ann").stop_loss is None
    assert floor.position("ann").take_profit == 62000


def test_amending_the_order_moves_the_positions_stop_but_not_its_quantity() -> None:
    floor = protected_floor()
    child = waiting(floor)["StopLoss"]
    floor.amend("ann", child.order_id, trigger_price=D(58500))
    assert floor.position("ann").stop_loss == 58500
    assert floor.events(Position)
    floor.amend("ann", child.order_id, qty=D("0.5"))
    assert floor.refused == 10001


def test_partial_protection_has_the_filled_quantity_and_limit_legs() -> None:
    floor = Floor()
    floor.place("maker-m", SELL, "0.4", "60000")
    floor.place(
        "ann",
        BUY,
        "1",
        "60000",
        take_profit=D(62000),
        stop_loss=D(58000),
        tpsl_mode=TpslMode.PARTIAL,
        tp_order_type=OrderType.LIMIT,
        tp_limit_price=D(62100),
    )
    children = waiting(floor)
    assert (children["PartialTakeProfit"].qty, children["PartialTakeProfit"].price) == (D("0.4"), D(62100))
    assert children["PartialStopLoss"].order_type == "Market"
    floor.place("maker-m", SELL, "0.6", "60000")
    grown = waiting(floor)
    assert grown["PartialTakeProfit"].order_id == children["PartialTakeProfit"].order_id
    assert {grown[kind].qty for kind in ("PartialTakeProfit", "PartialStopLoss")} == {D(1)}
    assert floor.position("ann").take_profit is None


def test_of_a_partial_pair_the_other_leg_goes_when_one_triggers() -> None:
    floor = Floor()
    floor.quote()
    floor.place("ann", BUY, "1")
    floor.protect(
        "ann",
        take_profit=D(61000),
        stop_loss=D(59000),
        tp_size=D("0.4"),
        sl_size=D("0.4"),
        tpsl_mode=TpslMode.PARTIAL,
        tp_order_type=OrderType.LIMIT,
        tp_limit_price=D(61100),
    )
    children = waiting(floor)
    floor.index("61000")
    floor.trade_at("61000")
    assert floor.statuses(children["PartialTakeProfit"].order_id) == ["Triggered", "New"]
    loss = floor.order("ann", children["PartialStopLoss"].order_id)
    assert (loss.status, loss.cancel_type) == ("Deactivated", "CancelByOCOSlCanceledByTpTriggered")
    assert floor.position("ann").size == 1


def test_there_may_be_twenty_partial_orders() -> None:
    floor = Floor()
    floor.quote()
    floor.place("ann", BUY, "1")
    partial: dict[str, Any] = {"tpsl_mode": TpslMode.PARTIAL, "sl_size": D("0.01")}
    for _ in range(20):
        floor.protect("ann", stop_loss=D(58000), **partial)
    floor.protect("ann", stop_loss=D(58000), **partial)
    assert floor.refused == 110061


@pytest.mark.parametrize(
    "legs",
    [
        {"take_profit": D(59000)},
        {"stop_loss": D(60500)},
        {"take_profit": D(61000), "tp_order_type": OrderType.LIMIT, "tp_limit_price": D(61000)},
        {"take_profit": D(61000), "tp_order_type": OrderType.LIMIT, "tpsl_mode": TpslMode.PARTIAL},
    ],
)
def test_an_entry_with_impossible_protection_is_refused(legs: dict[str, Any]) -> None:
    floor = Floor()
    floor.try_place("ann", BUY, "1", "60000", **legs)
    assert floor.refused == 10001


def test_a_conditional_entry_is_protected_once_it_has_triggered_and_filled() -> None:
    floor = Floor()
    floor.place("ann", BUY, "1", trigger_price=D(61000), trigger_direction=1, take_profit=D(63000), stop_loss=D(60500))
    floor.index("61000")
    floor.trade_at("61000")
    assert {kind: order.qty for kind, order in waiting(floor).items()} == {"TakeProfit": 1, "StopLoss": 1}
