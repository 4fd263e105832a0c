"""Amending and cancelling: https://bybit-exchange.github.io/docs/v5/order/amend-order, …/cancel-order, …/cancel-all."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hedgerow.simulator.accounts import KEPT_ORDERS
from hedgerow.simulator.messages import (
    Acknowledgement,
    AmendOrder,
    CancelAll,
    CancelOrder,
    Execution,
    TimeInForce,
    TriggerBy,
)
from tests.simulator.floor import BTC, BUY, SELL, Floor

D = Decimal


def test_less_quantity_at_the_same_price_keeps_the_place() -> None:
    floor = Floor()
    first = floor.place("ann", SELL, "1", "60000")
    floor.place("maker-m", SELL, "1", "60000")
    floor.amend("ann", first, qty=D("0.4"))
    assert floor.statuses(first) == ["New"]
    floor.place("bob", BUY, "0.4", "60000")
    assert floor.order("ann", first).status == "Filled"


@pytest.mark.parametrize("change", [{"qty": D("1.5")}, {"price": D("60001")}])
def test_more_quantity_or_another_price_loses_it(change: dict[str, Any]) -> None:
    floor = Floor()
    first = floor.place("ann", SELL, "1", "60000")
    floor.place("maker-m", SELL, "1", "60000")
    floor.amend("ann", first, **change)
    if "price" in change:
        floor.amend("ann", first, price=D("60000"))
    floor.place("bob", BUY, "1", "60000")
    assert floor.order("ann", first).cum_exec_qty == 0


def test_a_new_price_that_crosses_trades_at_once() -> None:
    floor = Floor()
    floor.place("maker-m", SELL, "0.4", "60010")
    order_id = floor.place("ann", BUY, "1", "60000")
    floor.amend("ann", order_id, price=D("60010"))
    assert floor.statuses(order_id) == ["New", "PartiallyFilled"]
    assert not floor.events(Execution)[0].is_maker
    assert floor.engine.depth(BTC, 1)[0] == [(D("60010"), D("0.6"))]


def test_a_post_only_order_amended_to_cross_is_cancelled() -> None:
    floor = Floor()
    floor.place("maker-m", SELL, "0.4", "60010")
    order_id = floor.place("ann", BUY, "1", "60000", time_in_force=TimeInForce.POST_ONLY)
    floor.amend("ann", order_id, price=D("60010"))
    assert floor.statuses(order_id) == ["Cancelled"]
    assert floor.engine.depth(BTC, 1)[0] == []
    assert floor.engine.wallet("ann").total_order_im == 0


def test_an_order_filled_in_part_keeps_what_it_filled() -> None:
    floor = Floor()
    order_id = floor.place("ann", SELL, "1", "60000")
    floor.place("bob", BUY, "0.4", "60000")
    floor.amend("ann", order_id, qty=D("0.4"))
    assert floor.refused == 110064
    floor.amend("ann", order_id, qty=D("0.9"))
    assert floor.statuses(order_id) == ["PartiallyFilled"]
    order = floor.order("ann", order_id)
    assert (order.qty, order.cum_exec_qty, order.leaves_qty) == (D("0.9"), D("0.4"), D("0.5"))
    floor.amend("ann", order_id, qty=D("2"), price=D("60100"))
    order = floor.order("ann", order_id)
    assert (order.qty, order.leaves_qty) == (D("2"), D("1.6"))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, 10001),
        ({"price": D("60000")}, 10001),
        ({"price": D("60000.05")}, 10001),
        ({"price": D("NaN")}, 10001),
        ({"qty": D("sNaN")}, 10001),
        ({"qty": D("1e400")}, 10001),
        ({"qty": D("0.0001")}, 10001),
        ({"qty": D("-1")}, 10001),
        ({"price": D("3000000")}, 110003),
        ({"price": D("66001")}, 110003),
        ({"qty": D("100")}, 110007),
        ({"take_profit": D("59000")}, 10001),
        ({"stop_loss": D("61000")}, 10001),
    ],
)
def test_what_is_refused_changes_nothing(change: dict[str, Any], code: int) -> None:
    floor = Floor()
    order_id = floor.place("ann", BUY, "1", "60000")
    before = floor.engine.snapshot()
    floor.amend("ann", order_id, **change)
    assert floor.refused == code
    after = floor.engine.snapshot()
    assert {**after, "now_ms": before["now_ms"]} == before


def test_an_unknown_or_ended_order_cannot_be_changed_or_cancelled() -> None:
    floor = Floor()
    order_id = floor.place("ann", BUY, "1", "59000", order_link_id="mine")
    floor.do(AmendOrder("ann", "ETHUSDT", order_id, price=D(1)))
    assert floor.refused == 110001
    floor.do(CancelOrder("bob", BTC, order_id))
    assert floor.refused == 110001
    floor.do(CancelOrder("ann", BTC))
    assert floor.refused == 110001
    floor.do(CancelOrder("ann", BTC, order_link_id="mine"))
    assert floor.statuses(order_id) == ["Cancelled"]
    assert floor.order("ann", order_id).cancel_type == "CancelByUser"
    floor.cancel("ann", order_id)
    assert floor.refused == 110001
    floor.amend("ann", order_id, qty=D("0.5"))
    assert floor.refused == 110001


def test_what_is_amended_is_kept_at_the_instruments_scale() -> None:
    floor = Floor()
    order_id = floor.place("ann", BUY, "1", "60000")
    floor.amend("ann", order_id, price=D("59000"), qty=D("0.50"), stop_loss=D("58000"))
    order = floor.order("ann", order_id)
    assert [str(each) for each in (order.price, order.qty, order.stop_loss)] == ["59000.00", "0.500", "58000.00"]


def test_cancelling_gives_back_margin_and_book() -> None:
    floor = Floor()
    order_id = floor.place("ann", BUY, "1", "59000")
    assert floor.engine.wallet("ann").total_order_im > 5900
    floor.cancel("ann", order_id)
    assert floor.engine.wallet("ann").available_balance == 100000
    assert floor.engine.depth(BTC, 1) == ([], [])


def test_cancel_all_is_of_one_symbol_or_all_and_can_spare_working_orders() -> None:
    floor = Floor()
    working = floor.place("ann", BUY, "0.1", "59000")
    waiting = floor.place("ann", BUY, "0.1", trigger_price=D(61000), trigger_direction=1)
    other = floor.place("ann", BUY, "1", "2900", symbol="ETHUSDT")
    foreign = floor.place("bob", BUY, "0.1", "59000")
    floor.do(CancelAll("ann", BTC, stop_orders_only=True))
    assert floor.result.answer == Acknowledgement(cancelled=((waiting, ""),))
    floor.do(CancelAll("ann", BTC))
    assert floor.result.answer == Acknowledgement(cancelled=((working, ""),))
    floor.do(CancelAll("ann"))
    assert floor.result.answer == Acknowledgement(cancelled=((other, ""),))
    assert [order.order_id for order in floor.engine.open_orders("bob")] == [foreign]


def test_a_waiting_order_can_get_another_trigger_price_and_quantity() -> None:
    floor = Floor()
    order_id = floor.place("ann", BUY, "1", "61500", trigger_price=D(61000), trigger_direction=1)
    floor.amend("ann", order_id, trigger_price=D(62000), qty=D("0.5"), price=D(62500), trigger_by=TriggerBy.MARK)
    assert floor.statuses(order_id) == ["Untriggered"]
    order = floor.order("ann", order_id)
    assert (order.trigger_price, order.qty, order.price, order.trigger_by) == (
        D(62000),
        D("0.5"),
        D(62500),
        "MarkPrice",
    )
    floor.amend("ann", order_id, trigger_price=D(59000))
    assert floor.refused == 110092
    floor.amend("ann", order_id, qty=D("0.5"))
    assert floor.refused == 10001
    floor.index("62000")
    floor.trade_at("62000")
    assert floor.order("ann", order_id).status == "Filled"


def test_protection_of_an_entry_can_change_until_it_fills() -> None:
    floor = Floor()
    order_id = floor.place("ann", BUY, "1", "60000", take_profit=D(61000))
    floor.amend("ann", order_id, take_profit=D(0), stop_loss=D(59000), sl_trigger_by=TriggerBy.MARK)
    order = floor.order("ann", order_id)
    assert (order.take_profit, order.stop_loss, order.sl_trigger_by) == (None, D(59000), "MarkPrice")
    floor.place("maker-m", SELL, "0.5", "60000")
    floor.amend("ann", order_id, take_profit=D(62000))
    assert floor.refused == 110059
    assert floor.position("ann").stop_loss == D(59000)


def test_a_reduce_only_order_cannot_grow_beyond_the_position() -> None:
    floor = Floor()
    floor.quote()
    floor.place("ann", BUY, "1")
    order_id = floor.place("ann", SELL, "0.4", "61000", reduce_only=True)
    floor.amend("ann", order_id, qty=D(3))
    assert floor.order("ann", order_id).qty == 1


def test_protection_can_be_added_to_an_entry_but_not_to_a_reduce_only_order() -> None:
    floor = Floor()
    floor.quote()
    order_id = floor.place("ann", BUY, "1", "59000")
    floor.amend("ann", order_id, take_profit=D(62000))
    order = floor.order("ann", order_id)
    assert (order.take_profit, order.tp_trigger_by, order.tpsl_mode) == (D(62000), "LastPrice", "Full")
    floor.place("ann", BUY, "1")
    closing = floor.place("ann", SELL, "1", "61000", reduce_only=True)
    floor.amend("ann", closing, stop_loss=D(62000))
    assert floor.refused == 10001


def test_the_oldest_ended_orders_are_forgotten_with_their_link_ids() -> None:
    floor = Floor()
    for number in range(KEPT_ORDERS + 2):
        order_id = floor.place("ann", BUY, "0.001", "59000", order_link_id=f"link-{number}")
        floor.cancel("ann", order_id)
    assert len(floor.engine.order_history("ann")) == KEPT_ORDERS
    assert floor.engine.order("ann", order_link_id="link-1") is None
    assert floor.engine.order("ann", order_link_id="link-2") is not None
    floor.place("ann", BUY, "0.001", "59000", order_link_id="link-1")
