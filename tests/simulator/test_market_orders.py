"""Bybit turns a market order into an IOC limit order: https://bybit-exchange.github.io/docs/v5/order/create-order."""

from __future__ import annotations

from decimal import Decimal

from hedgerow.simulator.messages import Acknowledgement, OrderType, PlaceOrder, PublicTrade
from tests.simulator.floor import BUY, SELL, Floor

D = Decimal


def test_a_market_order_fills_at_the_best_prices_and_shows_its_protective_limit() -> None:
    floor = Floor()
    floor.quote("59990", "60010")
    order_id = floor.place("ann", SELL, "0.5")
    order = floor.order("ann", order_id)
    assert floor.statuses(order_id) == ["New", "Filled"]
    assert (order.order_type, order.time_in_force) == ("Market", "IOC")
    assert order.cum_exec_value == D("29995")
    assert order.price == D("57000.00")


def test_beyond_the_slippage_limit_nothing_is_taken() -> None:
    floor = Floor()
    floor.place("maker-m", SELL, "0.3", "62999.9")
    floor.place("maker-m", SELL, "0.7", "63000.1")
    order_id = floor.place("ann", BUY, "1")
    order = floor.order("ann", order_id)
    assert floor.statuses(order_id) == ["New", "PartiallyFilled", "Cancelled"]
    assert order.cum_exec_qty == D("0.3")


def test_an_empty_book_cancels_a_market_order() -> None:
    floor = Floor()
    order_id = floor.place("ann", BUY, "1")
    assert floor.statuses(order_id) == ["New", "Cancelled"]
    assert not floor.events(PublicTrade)


def test_a_market_orders_price_is_ignored() -> None:
    floor = Floor()
    floor.quote()
    command = PlaceOrder("ann", "BTCUSDT", BUY, OrderType.MARKET, D("0.1"), price=D("1.23456"))
    assert isinstance(floor.do(command).answer, Acknowledgement)


def test_a_position_grows_shrinks_and_turns_over() -> None:
    floor = Floor()
    floor.quote("60000", "60000.1")
    floor.place("ann", BUY, "0.4")
    position = floor.position("ann")
    assert (position.side, position.size, position.avg_price) == (BUY, D("0.4"), D("60000.1"))
    floor.place("ann", SELL, "0.1")
    assert floor.position("ann").size == D("0.3")
    floor.place("ann", SELL, "0.5")
    position = floor.position("ann")
    assert (position.side, position.size, position.avg_price) == (SELL, D("0.2"), D("60000"))


def test_realised_profit_counts_the_closed_part_and_fees_apart() -> None:
    floor = Floor()
    floor.quote("60000", "60010")
    floor.place("ann", BUY, "1")
    floor.quote("60110", "60120")
    floor.place("ann", SELL, "0.5")
    execution = floor.engine.executions("ann")[0]
    assert (execution.closed_size, execution.exec_pnl) == (D("0.5"), D(50))
    fees = D("60010") * D("0.00055") + D("30055") * D("0.00055")
    assert floor.position("ann").cur_realised_pnl == 50 - fees
    assert floor.engine.wallet("ann").wallet_balance == 100000 + 50 - fees
    assert floor.engine.wallet("ann").cum_realised_pnl == 50 - fees


def test_the_next_position_starts_its_realised_profit_anew() -> None:
    floor = Floor()
    floor.quote("60000", "60000.1")
    floor.place("ann", BUY, "1")
    floor.place("ann", SELL, "1")
    total = floor.position("ann").cum_realised_pnl
    floor.place("ann", BUY, "0.1")
    position = floor.position("ann")
    assert position.cur_realised_pnl == -D("6000.01") * D("0.00055")
    assert position.cum_realised_pnl == total + position.cur_realised_pnl
