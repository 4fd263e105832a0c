"""Resting, matching and what is told of it: https://bybit-exchange.github.io/docs/v5/order/create-order."""

from __future__ import annotations

from decimal import Decimal

from hedgerow.simulator.messages import (
    BookChanged,
    Execution,
    Order,
    Position,
    PriceChanged,
    PublicTrade,
    TimeInForce,
    Wallet,
)
from tests.simulator.floor import BTC, BUY, SELL, Floor, texts

D = Decimal


def test_a_resting_order_is_new_and_in_the_book() -> None:
    floor = Floor()
    order_id = floor.place("ann", BUY, "0.5", "59000", order_link_id="mine")
    assert floor.statuses(order_id) == ["New"]
    order = floor.order("ann", order_id)
    assert (order.leaves_qty, order.cancel_type, order.reject_reason) == (D("0.5"), "UNKNOWN", "EC_NoError")
    assert floor.engine.order("ann", order_link_id="mine") == order
    bids, asks = floor.engine.depth(BTC, 5)
    assert (texts(bids), asks) == ([("59000.00", "0.500")], [])
    (change,) = floor.events(BookChanged)
    assert change.bids == ((D("59000"), D("0.5")),)
    assert not floor.events(Position)
    assert not floor.events(Wallet)


def test_prices_and_quantities_are_kept_at_the_instruments_scale() -> None:
    floor = Floor()
    order = floor.order("ann", floor.place("ann", BUY, "0.5", "59000"))
    assert (str(order.price), str(order.qty)) == ("59000.00", "0.500")


def test_order_ids_look_like_uuids_and_never_repeat() -> None:
    floor = Floor()
    ids = {floor.place("ann", BUY, "0.001", "59000") for _ in range(50)}
    assert len(ids) == 50
    assert all([len(part) for part in order_id.split("-")] == [8, 4, 4, 4, 12] for order_id in ids)


def test_a_match_reports_trade_then_maker_then_taker_then_positions_wallets_book_and_price() -> None:
    floor = Floor()
    maker = floor.place("ann", SELL, "1", "60100")
    taker = floor.place("bob", BUY, "1", "60200")
    kinds = [type(event) for event in floor.result.events]
    assert kinds == [
        Order,
        PublicTrade,
        Execution,
        Order,
        Execution,
        Order,
        Position,
        Position,
        Wallet,
        Wallet,
        BookChanged,
        PriceChanged,
    ]
    assert [order.account for order in floor.events(Order)] == ["bob", "ann", "bob"]
    assert floor.statuses(maker) == ["Filled"]
    assert floor.statuses(taker) == ["New", "Filled"]
    assert floor.events(PublicTrade)[0].side is BUY
    assert floor.events(PublicTrade)[0].price == D("60100")


def test_fees_are_the_makers_and_the_takers() -> None:
    """0.02 % and 0.055 %: https://bybit-exchange.github.io/docs/v5/account/fee-rate (non-VIP)."""
    floor = Floor()
    floor.place("ann", SELL, "1", "60000")
    floor.place("bob", BUY, "1", "60000")
    maker, taker = floor.events(Execution)
    assert (maker.is_maker, maker.fee, maker.fee_rate) == (True, D(12), D("0.0002"))
    assert (taker.is_maker, taker.fee, taker.fee_rate) == (False, D(33), D("0.00055"))
    assert floor.engine.wallet("ann").wallet_balance == D(99988)
    assert floor.engine.wallet("bob").wallet_balance == D(99967)


def test_a_large_order_takes_several_levels_and_rests_with_what_is_left() -> None:
    floor = Floor()
    floor.place("ann", SELL, "0.2", "60010")
    floor.place("ann", SELL, "0.3", "60000")
    taker = floor.place("bob", BUY, "1", "60010")
    assert [(each.price, each.qty) for each in floor.events(PublicTrade)] == [
        (D("60000"), D("0.3")),
        (D("60010"), D("0.2")),
    ]
    assert floor.statuses(taker) == ["New", "PartiallyFilled", "PartiallyFilled"]
    order = floor.order("bob", taker)
    assert (order.cum_exec_qty, order.leaves_qty, order.cum_exec_value) == (D("0.5"), D("0.5"), D("30002"))
    assert texts(floor.engine.depth(BTC, 5)[0]) == [("60010.00", "0.500")]
    assert floor.engine.prices(BTC).last == D("60010")


def test_two_orders_of_one_account_may_meet() -> None:
    """smpType None is the default: https://bybit-exchange.github.io/docs/v5/smp."""
    floor = Floor()
    floor.place("ann", SELL, "1", "60000")
    floor.place("ann", BUY, "1", "60000")
    assert len(floor.events(Execution)) == 2
    assert floor.position("ann").size == 0
    assert floor.engine.wallet("ann").wallet_balance == D(100000 - 12 - 33)


def test_post_only_that_would_take_is_cancelled_untraded() -> None:
    floor = Floor()
    floor.place("ann", SELL, "1", "60000")
    order_id = floor.place("bob", BUY, "1", "60000", time_in_force=TimeInForce.POST_ONLY)
    assert floor.statuses(order_id) == ["Cancelled"]
    assert floor.order("bob", order_id).reject_reason == "EC_PostOnlyWillTakeLiquidity"
    assert not floor.events(PublicTrade)


def test_post_only_that_would_rest_rests() -> None:
    floor = Floor()
    floor.place("ann", SELL, "1", "60000")
    order_id = floor.place("bob", BUY, "1", "59999.9", time_in_force=TimeInForce.POST_ONLY)
    assert floor.statuses(order_id) == ["New"]


def test_ioc_takes_what_is_there_and_cancels_the_rest() -> None:
    """A derivative order cancelled with a part filled is Cancelled, not PartiallyFilledCanceled:
    https://bybit-exchange.github.io/docs/v5/enum#orderstatus."""
    floor = Floor()
    floor.place("ann", SELL, "0.4", "60000")
    order_id = floor.place("bob", BUY, "1", "60000", time_in_force=TimeInForce.IOC)
    assert floor.statuses(order_id) == ["New", "PartiallyFilled", "Cancelled"]
    order = floor.order("bob", order_id)
    assert (order.cum_exec_qty, order.leaves_qty) == (D("0.4"), 0)
    assert order.reject_reason == "EC_CancelForNoFullFill"


def test_ioc_that_finds_nothing_is_cancelled() -> None:
    floor = Floor()
    order_id = floor.place("bob", BUY, "1", "60000", time_in_force=TimeInForce.IOC)
    assert floor.statuses(order_id) == ["New", "Cancelled"]
    assert floor.order("bob", order_id).reject_reason == "EC_NoImmediateQtyToFill"


def test_fok_fills_whole_over_levels_or_not_at_all() -> None:
    floor = Floor()
    floor.place("ann", SELL, "0.4", "60000")
    floor.place("ann", SELL, "0.6", "60001")
    killed = floor.place("bob", BUY, "1.001", "60001", time_in_force=TimeInForce.FOK)
    assert floor.statuses(killed) == ["New", "Cancelled"]
    assert not floor.events(PublicTrade)
    filled = floor.place("bob", BUY, "1", "60001", time_in_force=TimeInForce.FOK)
    assert floor.statuses(filled) == ["New", "PartiallyFilled", "Filled"]


def test_a_house_account_trades_and_is_told_nothing() -> None:
    floor = Floor()
    floor.place("maker-m", SELL, "1", "60000")
    assert [type(event) for event in floor.result.events] == [BookChanged]
    floor.place("bob", BUY, "1", "60000")
    assert {event.account for event in floor.events(Execution)} == {"bob"}
    assert floor.position("maker-m").size == 1
    assert floor.engine.order_history("maker-m") == []


def test_history_and_executions_come_newest_first() -> None:
    floor = Floor()
    floor.quote()
    first = floor.place("ann", BUY, "0.1")
    second = floor.place("ann", SELL, "0.1")
    assert [order.order_id for order in floor.engine.order_history("ann")] == [second, first]
    assert [each.order_id for each in floor.engine.executions("ann")] == [second, first]
    third = floor.place("ann", BUY, "0.1", "59000")
    fourth = floor.place("ann", BUY, "0.1", "58000")
    assert [order.order_id for order in floor.engine.open_orders("ann")] == [fourth, third]
    assert floor.engine.open_orders("ann", "ETHUSDT") == []
