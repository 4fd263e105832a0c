"""The list of instruments is coherent: https://bybit-exchange.github.io/docs/v5/market/instrument."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hedgerow.simulator.instruments import INSTRUMENTS
from hedgerow.simulator.messages import Instrument


def test_there_are_enough_and_bitcoin_starts_near_sixty_thousand() -> None:
    assert len(INSTRUMENTS) >= 12
    assert abs(INSTRUMENTS["BTCUSDT"].initial_price - 60000) < 1000


def test_bitcoin_is_the_pages_published_example() -> None:
    bitcoin = INSTRUMENTS["BTCUSDT"]
    assert (str(bitcoin.tick_size), str(bitcoin.min_price), str(bitcoin.max_price)) == ("0.10", "0.10", "1999999.80")
    assert (str(bitcoin.max_order_qty), str(bitcoin.max_market_order_qty)) == ("1190.000", "500.000")
    assert (str(bitcoin.min_order_qty), str(bitcoin.qty_step), str(bitcoin.min_notional)) == ("0.001", "0.001", "5")
    assert (str(bitcoin.max_leverage), str(bitcoin.leverage_step)) == ("100.00", "0.01")


@pytest.mark.parametrize("instrument", INSTRUMENTS.values(), ids=lambda each: each.symbol)
def test_limits_agree_with_each_other(instrument: Instrument) -> None:
    tick, step = instrument.tick_size, instrument.qty_step
    for price in (instrument.min_price, instrument.max_price, instrument.initial_price):
        assert price % tick == 0
        assert instrument.min_price <= price <= instrument.max_price
    for qty in (instrument.min_order_qty, instrument.max_order_qty, instrument.max_market_order_qty):
        assert qty % step == 0
    assert instrument.max_market_order_qty <= instrument.max_order_qty
    assert instrument.symbol == instrument.base_coin + instrument.quote_coin
    assert instrument.maintenance_margin_rate < 1 / instrument.max_leverage + Decimal("0.0001")
    assert instrument.min_order_qty * instrument.initial_price < 1000
