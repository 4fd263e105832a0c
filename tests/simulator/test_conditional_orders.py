"""Conditional orders: https://bybit-exchange.github.io/docs/v5/order/create-order (triggerPrice, triggerDirection)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hedgerow.simulator.messages import Execution, Order, TimeInForce, TriggerBy
from tests.simulator.floor import BTC, BUY, SELL, Floor

D = Decimal


def test_it_waits_untriggered_takes_no_margin_and_is_not_in_the_book() -> None:
    floor = Floor()
    order_id = floor.place("ann", BUY, "1", trigger_price=D(61000), trigger_direction=1)
    assert floor.statuses(order_id) == ["Untriggered"]
    order = floor.order("ann", order_id)
    assert (order.stop_order_type, order.create_type, order.price) == ("Stop", "CreateByStopOrder", 0)
    assert floor.engine.wallet("ann").total_order_im == 0
    assert floor.engine.depth(BTC, 1) == ([], [])


def test_a_market_stop_triggers_by_the_last_price_and_keeps_its_id() -> None:
    floor = Floor()
    order_id = floor.place("ann", BUY, "1", trigger_price=D(61000), trigger_direction=1)
    floor.trade_at("60999")
    assert floor.order("ann", order_id).status == "Untriggered"
    floor.index("61000")
    floor.trade_at("61000")
    assert floor.statuses(order_id) == ["Triggered", "New", "Filled"]
    assert floor.order("ann", order_id).cum_exec_value == D(61010)


def test_a_limit_order_rests_once_triggered() -> None:
    floor = Floor()
    order_id = floor.place("ann", SELL, "1", "61500", trigger_price=D(61000), trigger_direction=1)
    floor.index("61000")
    floor.trade_at("61000")
    assert floor.statuses(order_id) == ["Triggered", "New"]
    assert floor.engine.depth(BTC, 2)[1][-1] == (D(61500), D(1))


@pytest.mark.parametrize("by", [TriggerBy.MARK, TriggerBy.INDEX])
def test_mark_and_index_trigger_without_a_trade(by: TriggerBy) -> None:
    floor = Floor()
    floor.quote("58990", "59010")
    order_id = floor.place("ann", SELL, "1", trigger_price=D(59000), trigger_direction=2, trigger_by=by)
    floor.index("59001")
    if by is TriggerBy.INDEX:
        assert floor.order("ann", order_id).status == "Untriggered"
    floor.index("58900")
    assert floor.order("ann", order_id).status == "Filled"


def test_a_price_already_beyond_the_trigger_is_refused() -> None:
    floor = Floor()
    floor.try_place("ann", BUY, "1", trigger_price=D(60000), trigger_direction=1)
    assert floor.refused == 110092
    floor.try_place("ann", BUY, "1", trigger_price=D(60000), trigger_direction=2)
    assert floor.refused == 110093
    assert "trigger_price[600000000] >= current[600000000]??LastPrice" in str(floor.result.answer)
    floor.try_place("ann", BUY, "1", trigger_price=D(60001))
    assert floor.refused == 10001


def test_cancelled_before_its_trigger_it_is_deactivated() -> None:
    floor = Floor()
    order_id = floor.place("ann", BUY, "1", trigger_price=D(61000), trigger_direction=1)
    floor.cancel("ann", order_id)
    assert floor.statuses(order_id) == ["Deactivated"]
    assert floor.order("ann", order_id).cancel_type == "CancelByUser"
    floor.trade_at("61000")
    assert floor.order("ann", order_id).status == "Deactivated"


def test_without_margin_at_its_trigger_it_is_cancelled() -> None:
    floor = Floor()
    order_id = floor.place("ann", BUY, "50", trigger_price=D(61000), trigger_direction=1)
    floor.trade_at("61000")
    assert floor.statuses(order_id) == ["Triggered", "Cancelled"]
    assert floor.position("ann").size == 0


def test_a_reduce_only_stop_without_a_position_is_cancelled_at_its_trigger() -> None:
    floor = Floor()
    order_id = floor.place("ann", SELL, "1", trigger_price=D(59000), trigger_direction=2, reduce_only=True)
    floor.trade_at("59000")
    assert floor.statuses(order_id) == ["Triggered", "Cancelled"]
    assert floor.order("ann", order_id).cancel_type == "CancelByReduceOnly"


def test_one_trigger_can_set_off_the_next() -> None:
    floor = Floor()
    floor.place("maker-m", BUY, "0.5", "59000")
    floor.place("maker-m", BUY, "5", "58500")
    first = floor.place("ann", SELL, "1", trigger_price=D(59500), trigger_direction=2)
    second = floor.place("bob", SELL, "1", trigger_price=D(58600), trigger_direction=2)
    floor.place("maker-m", BUY, "0.001", "59500")
    floor.place("maker-m", SELL, "0.001", "59500")
    assert floor.statuses(first) == ["Triggered", "New", "PartiallyFilled", "Filled"]
    assert floor.statuses(second) == ["Triggered", "New", "Filled"]
    assert [each.account for each in floor.events(Execution)] == ["ann", "ann", "bob"]


def test_of_the_same_trigger_price_the_first_to_come_goes_first() -> None:
    floor = Floor()
    first = floor.place("bob", SELL, "0.1", trigger_price=D(59500), trigger_direction=2)
    second = floor.place("ann", SELL, "0.1", trigger_price=D(59500), trigger_direction=2)
    floor.trade_at("59500")
    triggered = [order.order_id for order in floor.events(Order) if order.status == "Triggered"]
    assert triggered == [first, second]


def test_a_triggered_post_only_that_would_take_is_cancelled() -> None:
    floor = Floor()
    order_id = floor.place(
        "ann", BUY, "1", "62000", trigger_price=D(61000), trigger_direction=1, time_in_force=TimeInForce.POST_ONLY
    )
    floor.trade_at("61000")
    assert floor.statuses(order_id) == ["Triggered", "Cancelled"]


def test_there_may_be_ten_for_each_symbol() -> None:
    floor = Floor()
    for _ in range(10):
        floor.place("ann", BUY, "0.1", trigger_price=D(61000), trigger_direction=1)
    floor.try_place("ann", BUY, "0.1", trigger_price=D(61000), trigger_direction=1)
    assert floor.refused == 110009
    floor.place("ann", BUY, "0.1", trigger_price=D(3100), trigger_direction=1, symbol="ETHUSDT")
