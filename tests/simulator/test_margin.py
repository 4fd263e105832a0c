"""Cross margin: https://bybit-exchange.github.io/docs/v5/account/wallet-balance, code 110007."""

from __future__ import annotations

from decimal import Decimal

from hedgerow.simulator.messages import Position
from tests.simulator.floor import BUY, SELL, Floor

D = Decimal


def test_an_order_reserves_initial_margin_and_the_fees_of_both_ways() -> None:
    floor = Floor()
    floor.place("ann", BUY, "1", "60000")
    wallet = floor.engine.wallet("ann")
    assert wallet.total_order_im == 6000 + 66
    assert wallet.available_balance == 100000 - 6066
    assert wallet.wallet_balance == 100000


def test_orders_beyond_the_available_balance_are_refused() -> None:
    floor = Floor("7000")
    floor.place("ann", BUY, "1", "60000")
    floor.try_place("ann", BUY, "0.2", "60000")
    assert floor.refused == 110007
    floor.place("ann", BUY, "0.1", "60000")


def test_orders_that_close_need_no_margin_and_only_the_excess_reserves() -> None:
    floor = Floor()
    floor.quote()
    floor.place("ann", BUY, "1")
    floor.place("ann", SELL, "1", "61000")
    assert floor.engine.wallet("ann").total_order_im == 0
    floor.place("ann", SELL, "1", "61000")
    assert floor.engine.wallet("ann").total_order_im == D("6100") + D("67.1")


def test_a_position_holds_margin_at_the_mark_price() -> None:
    floor = Floor()
    floor.quote("59990", "60000")
    floor.place("ann", BUY, "1")
    floor.index("61000")
    floor.trade_at("61000")
    position = floor.position("ann")
    assert (position.mark_price, position.unrealised_pnl) == (61000, 1000)
    assert position.position_im == D("6100") + D("33.55")
    assert position.position_mm == D("305") + D("33.55")
    wallet = floor.engine.wallet("ann")
    assert wallet.equity == wallet.wallet_balance + 1000
    assert wallet.available_balance == wallet.equity - position.position_im


def test_the_mark_price_follows_the_last_only_so_far_from_the_index() -> None:
    floor = Floor()
    floor.trade_at("60010")
    assert floor.engine.prices("BTCUSDT").mark == D("60010")
    floor.trade_at("60500")
    assert floor.engine.prices("BTCUSDT").mark == D("60030")


def test_the_liquidation_price_is_where_the_balance_meets_the_maintenance_margin() -> None:
    floor = Floor("10000")
    floor.quote("59990", "60000")
    floor.place("ann", BUY, "1")
    price = floor.position("ann").liq_price
    assert price is not None
    balance = 10000 - 33 + (price - 60000)
    assert abs(balance - price * D("0.00555")) < 1


def test_a_small_position_has_no_liquidation_price() -> None:
    floor = Floor()
    floor.quote()
    floor.place("ann", BUY, "0.1")
    assert floor.position("ann").liq_price is None


def test_leverage_changes_what_is_reserved_and_is_told() -> None:
    floor = Floor()
    floor.place("ann", BUY, "1", "60000")
    floor.leverage("ann", "20")
    assert floor.engine.wallet("ann").total_order_im == 3000 + 66
    assert floor.events(Position)[0].leverage == 20


def test_leverage_refusals() -> None:
    floor = Floor("7000")
    floor.leverage("ann", "10")
    assert floor.refused == 110043
    floor.leverage("ann", "100.01")
    assert floor.refused == 110013
    for bad in ("0", "0.5", "NaN", "-1", "10.001"):
        floor.leverage("ann", bad)
        assert floor.refused == 10001
    floor.leverage("ann", "1e400")
    assert floor.refused == 110013
    floor.place("ann", BUY, "1", "60000")
    floor.leverage("ann", "5")
    assert floor.refused == 110007
    assert floor.position("ann").leverage == 10
