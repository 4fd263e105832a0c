"""Reduce-only orders: https://bybit-exchange.github.io/docs/v5/order/create-order, code 110017, CancelByReduceOnly."""

from __future__ import annotations

from decimal import Decimal

from hedgerow.simulator.messages import Order, Refusal
from tests.simulator.floor import BUY, SELL, Floor

D = Decimal


def long_floor() -> Floor:
    """ann is long 1 BTC."""
    floor = Floor()
    floor.quote("59990", "60010")
    floor.place("ann", BUY, "1")
    return floor


def test_without_a_position_it_is_refused() -> None:
    floor = Floor()
    floor.try_place("ann", SELL, "1", "61000", reduce_only=True)
    assert floor.refused == 110017
    assert floor.result.answer == Refusal(110017, "current position is zero, cannot fix reduce-only order qty")


def test_on_the_positions_own_side_it_is_refused() -> None:
    floor = long_floor()
    floor.try_place("ann", BUY, "1", "59000", reduce_only=True)
    assert floor.refused == 110017


def test_it_is_cut_to_the_position() -> None:
    floor = long_floor()
    order_id = floor.place("ann", SELL, "5", reduce_only=True)
    assert floor.order("ann", order_id).qty == 1
    assert floor.position("ann").size == 0


def test_resting_ones_share_the_position() -> None:
    floor = long_floor()
    floor.place("ann", SELL, "0.7", "61000", reduce_only=True)
    second = floor.place("ann", SELL, "0.7", "61000", reduce_only=True)
    assert floor.order("ann", second).qty == D("0.3")
    floor.try_place("ann", SELL, "0.1", "61000", reduce_only=True)
    assert floor.refused == 110017


def test_when_the_position_shrinks_the_newest_shrink_or_go() -> None:
    floor = long_floor()
    first = floor.place("ann", SELL, "0.5", "61000", reduce_only=True)
    second = floor.place("ann", SELL, "0.3", "61000", reduce_only=True)
    third = floor.place("ann", SELL, "0.2", "61000", reduce_only=True)
    floor.place("ann", SELL, "0.4", reduce_only=True)
    assert floor.statuses(first) == []
    assert floor.statuses(second) == ["New"]
    assert floor.order("ann", second).qty == D("0.1")
    assert floor.statuses(third) == ["Cancelled"]
    assert floor.order("ann", third).cancel_type == "CancelByReduceOnly"
    assert floor.position("ann").size == D("0.6")


def test_when_the_position_is_closed_they_all_go() -> None:
    floor = long_floor()
    order_id = floor.place("ann", SELL, "1", "61000", reduce_only=True)
    floor.place("ann", SELL, "1")
    assert floor.statuses(order_id) == ["Cancelled"]
    assert floor.engine.open_orders("ann") == []


def test_one_that_is_hit_in_part_is_cut_by_its_own_fill_only() -> None:
    floor = long_floor()
    first = floor.place("ann", SELL, "0.6", "60000", reduce_only=True)
    second = floor.place("ann", SELL, "0.4", "60000", reduce_only=True)
    floor.place("bob", BUY, "0.5", "60000")
    assert floor.order("ann", first).leaves_qty == D("0.1")
    assert floor.statuses(second) == []
    assert floor.position("ann").size == D("0.5")


def test_it_reserves_no_margin() -> None:
    floor = long_floor()
    before = floor.engine.wallet("ann").total_order_im
    floor.place("ann", SELL, "1", "61000", reduce_only=True)
    assert floor.engine.wallet("ann").total_order_im == before == 0


def test_a_zero_quantity_with_close_on_trigger_closes_it_all() -> None:
    floor = long_floor()
    floor.place("ann", SELL, "0", reduce_only=True, close_on_trigger=True)
    assert floor.position("ann").size == 0
    floor.try_place("ann", SELL, "0", reduce_only=True, close_on_trigger=True)
    assert floor.refused == 110017


def test_it_may_not_carry_protection() -> None:
    floor = long_floor()
    floor.try_place("ann", SELL, "1", "61000", reduce_only=True, take_profit=D(50000))
    assert floor.refused == 10001


def test_a_taker_that_closes_more_than_rests_leaves_no_reduce_only_order_behind() -> None:
    """A reduce-only ask is hit while its owner's position turns by the same hand."""
    floor = long_floor()
    floor.place("ann", SELL, "1", "60005", reduce_only=True)
    floor.place("ann", BUY, "0.4", "60005")
    assert all(order.status.value in {"New", "PartiallyFilled", "Filled"} for order in floor.events(Order))
    assert floor.position("ann").size == 1
