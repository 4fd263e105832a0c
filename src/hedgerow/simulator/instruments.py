"""The USDT linear perpetuals that this exchange lists, with the limits that Bybit publishes for them.

Shape and meaning: https://bybit-exchange.github.io/docs/v5/market/instrument (the BTCUSDT row is that page's example).
Bybit adjusts the limits now and then; what matters here is that a client meets limits of the true kind and size.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from hedgerow.simulator.messages import Instrument

MIN_NOTIONAL = Decimal(5)  # lotSizeFilter.minNotionalValue of every USDT perpetual
MIN_LEVERAGE = Decimal(1)
LEVERAGE_STEP = Decimal("0.01")


def _perpetual(
    base_coin: str,
    prices: str,
    quantities: str,
    max_leverage: str,
    maintenance_margin_rate: str,
    launch_time_ms: int,
    initial_price: str,
) -> Instrument:
    """`prices` is "tick minimum maximum", `quantities` is "step minimum maximum maximum-of-a-market-order"."""
    tick_size, min_price, max_price = (Decimal(text) for text in prices.split())
    qty_step, min_order_qty, max_order_qty, max_market_order_qty = (Decimal(text) for text in quantities.split())
    return Instrument(
        symbol=f"{base_coin}USDT",
        base_coin=base_coin,
        quote_coin="USDT",
        settle_coin="USDT",
        tick_size=tick_size,
        min_price=min_price,
        max_price=max_price,
        qty_step=qty_step,
        min_order_qty=min_order_qty,
        max_order_qty=max_order_qty,
        max_market_order_qty=max_market_order_qty,
        min_notional=MIN_NOTIONAL,
        min_leverage=MIN_LEVERAGE,
        max_leverage=Decimal(max_leverage),
        leverage_step=LEVERAGE_STEP,
        launch_time_ms=launch_time_ms,
        maintenance_margin_rate=Decimal(maintenance_margin_rate),
        initial_price=Decimal(initial_price),
    )


# BTC is the page's own example. ETH, XRP, DOGE, ADA, LTC and TRX are as Bybit answered in 2024 (recorded by ccxt,
# XRP on its finer lot of today); the limits of the others follow the same pattern, on their true ticks and lots.
_LISTED = (
    _perpetual(
        "BTC", "0.10 0.10 1999999.80", "0.001 0.001 1190.000 500.000", "100.00", "0.005", 1585526400000, "60000.00"
    ),
    _perpetual("ETH", "0.01 0.01 199999.98", "0.01 0.01 7240.00 724.00", "100.00", "0.005", 1615766400000, "3000.00"),
    _perpetual("SOL", "0.010 0.010 19999.980", "0.1 0.1 79770.0 7950.0", "100.00", "0.005", 1634256000000, "150.000"),
    _perpetual(
        "XRP", "0.0001 0.0001 1999.9998", "0.1 0.1 10965300.0 2467800.0", "75.00", "0.0067", 1620898440000, "0.6000"
    ),
    _perpetual("BNB", "0.10 0.10 199999.80", "0.01 0.01 9500.00 1900.00", "75.00", "0.0067", 1624952400000, "600.00"),
    _perpetual(
        "DOGE", "0.00001 0.00001 199.99998", "1 1 43678900 5991100", "75.00", "0.0067", 1622630640000, "0.15000"
    ),
    _perpetual("ADA", "0.0001 0.0001 1999.9998", "1 1 6315500 1109600", "75.00", "0.0067", 1610668800000, "0.4500"),
    _perpetual("LINK", "0.001 0.001 1999.998", "0.1 0.1 180000.0 30000.0", "75.00", "0.0067", 1610668800000, "15.000"),
    _perpetual("AVAX", "0.001 0.001 1999.998", "0.1 0.1 92000.0 15000.0", "75.00", "0.0067", 1631836800000, "30.000"),
    _perpetual(
        "DOT", "0.0001 0.0001 1999.9998", "0.1 0.1 280000.0 60000.0", "75.00", "0.0067", 1615507200000, "6.0000"
    ),
    _perpetual("LTC", "0.01 0.01 199999.98", "0.1 0.1 28740.0 6160.0", "50.00", "0.01", 1514764800000, "80.00"),
    _perpetual("BCH", "0.10 0.10 199999.80", "0.01 0.01 5000.00 1000.00", "50.00", "0.01", 1610668800000, "400.00"),
    _perpetual("TRX", "0.00001 0.00001 199.99998", "1 1 5417800 1356000", "75.00", "0.0067", 1628726400000, "0.12000"),
    _perpetual("SUI", "0.0001 0.0001 1999.9998", "10 10 330000 60000", "75.00", "0.0067", 1683072000000, "1.5000"),
)

INSTRUMENTS: Mapping[str, Instrument] = MappingProxyType({listed.symbol: listed for listed in _LISTED})
