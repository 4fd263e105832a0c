"""The public rows: instruments, tickers, books, trades, candles, risk tiers.

https://bybit-exchange.github.io/docs/v5/market/instrument, .../tickers, .../orderbook, .../recent-trade, .../kline,
.../risk-limit, .../fee-rate.  Every ticker has `openInterestValue`: its absence means a spot ticker.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hedgerow.simulator.bybit.backend import Backend
from hedgerow.simulator.bybit.texts import short
from hedgerow.simulator.candles import Candle
from hedgerow.simulator.messages import Instrument, PublicTrade

Row = dict[str, Any]

FUNDING_RATE = "0.0001"  # a constant: this exchange settles no funding
FUNDING_INTERVAL_MINUTES = 480
TAKER_FEE, MAKER_FEE = "0.00055", "0.0002"  # https://www.bybit.com/en/announcement-info/fee-rate/ (non-VIP perpetuals)
INTERVALS: dict[str, int] = {  # https://bybit-exchange.github.io/docs/v5/enum#interval, in minutes; months are unequal
    "1": 1,
    "3": 3,
    "5": 5,
    "15": 15,
    "30": 30,
    "60": 60,
    "120": 120,
    "240": 240,
    "360": 360,
    "720": 720,
    "D": 1_440,
    "W": 10_080,
}


def instrument_row(instrument: Instrument, symbol_id: int) -> Row:
    exponent = instrument.tick_size.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return {
        "symbol": instrument.symbol,
        "symbolId": symbol_id,
        "contractType": "LinearPerpetual",
        "status": "Trading",
        "baseCoin": instrument.base_coin,
        "quoteCoin": instrument.quote_coin,
        "launchTime": str(instrument.launch_time_ms),
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": str(max(0, -exponent)),
        "leverageFilter": {
            "minLeverage": format(instrument.min_leverage, "f"),
            "maxLeverage": format(instrument.max_leverage, "f"),
            "leverageStep": format(instrument.leverage_step, "f"),
        },
        "priceFilter": {
            "minPrice": format(instrument.min_price, "f"),
            "maxPrice": format(instrument.max_price, "f"),
            "tickSize": format(instrument.tick_size, "f"),
        },
        "lotSizeFilter": {
            "maxOrderQty": format(instrument.max_order_qty, "f"),
            "minOrderQty": format(instrument.min_order_qty, "f"),
            "qtyStep": format(instrument.qty_step, "f"),
            "postOnlyMaxOrderQty": format(instrument.max_order_qty, "f"),
            "maxMktOrderQty": format(instrument.max_market_order_qty, "f"),
            "minNotionalValue": format(instrument.min_notional, "f"),
        },
        "unifiedMarginTrade": True,
        "fundingInterval": FUNDING_INTERVAL_MINUTES,
        "settleCoin": instrument.settle_coin,
        "copyTrading": "none",
        "upperFundingRate": "0.00375",
        "lowerFundingRate": "-0.00375",
        "isPreListing": False,
        "preListingInfo": None,
        "riskParameters": {"priceLimitRatioX": "0.01", "priceLimitRatioY": "0.02"},
        "symbolType": "",
        "displayName": "",
    }


def ticker_row(backend: Backend, symbol: str, now_ms: int) -> Row:
    """The fields of the WebSocket ticker; the REST list has a few more."""
    prices, day = backend.market.prices(symbol), backend.day(symbol, now_ms)
    bids, asks = backend.market.depth(symbol, 1)
    interest = backend.open_interest(symbol)
    bid, ask = next(iter(bids), None), next(iter(asks), None)
    interval_ms = FUNDING_INTERVAL_MINUTES * 60_000
    return {
        "symbol": symbol,
        "tickDirection": "PlusTick" if prices.last >= day.open else "MinusTick",
        "price24hPcnt": format((prices.last / day.open - 1).quantize(Decimal("0.000001")), "f"),
        "lastPrice": format(prices.last, "f"),
        "prevPrice24h": format(day.open, "f"),
        "highPrice24h": format(day.high, "f"),
        "lowPrice24h": format(day.low, "f"),
        "prevPrice1h": format(day.hour_ago, "f"),
        "markPrice": format(prices.mark, "f"),
        "indexPrice": format(prices.index, "f"),
        "openInterest": format(interest, "f"),
        "openInterestValue": short(interest * prices.mark),
        "turnover24h": short(day.turnover),
        "volume24h": format(day.volume, "f"),
        "nextFundingTime": str(now_ms - now_ms % interval_ms + interval_ms),
        "fundingRate": FUNDING_RATE,
        "bid1Price": format(bid[0], "f") if bid else "",
        "bid1Size": format(bid[1], "f") if bid else "",
        "ask1Price": format(ask[0], "f") if ask else "",
        "ask1Size": format(ask[1], "f") if ask else "",
    }


def listed_ticker_row(backend: Backend, symbol: str, now_ms: int) -> Row:
    row = ticker_row(backend, symbol, now_ms)
    del row["tickDirection"]
    return {
        **row,
        "predictedDeliveryPrice": "",
        "basisRate": "",
        "deliveryFeeRate": "",
        "deliveryTime": "0",
    }


def trade_row(trade: PublicTrade) -> Row:
    """Of the REST list: .../market/recent-trade"""
    return {
        "execId": trade.trade_id,
        "symbol": trade.symbol,
        "price": format(trade.price, "f"),
        "size": format(trade.qty, "f"),
        "side": trade.side,
        "time": str(trade.time_ms),
        "isBlockTrade": False,
        "isRPITrade": False,
        "seq": str(trade.seq),
    }


def candle_row(candle: Candle) -> list[str]:
    """[start, open, high, low, close, volume, turnover]: .../market/kline"""
    return [
        str(candle.start_ms),
        format(candle.open, "f"),
        format(candle.high, "f"),
        format(candle.low, "f"),
        format(candle.close, "f"),
        format(candle.volume, "f"),
        format(candle.turnover, "f"),
    ]


def risk_row(instrument: Instrument) -> Row:
    """One tier: this exchange's margin does not rise with size."""
    return {
        "id": 1,
        "symbol": instrument.symbol,
        "riskLimitValue": "2000000",
        "maintenanceMargin": short(instrument.maintenance_margin_rate),
        "initialMargin": short(1 / instrument.max_leverage),
        "isLowestRisk": 1,
        "maxLeverage": format(instrument.max_leverage, "f"),
        "mmDeduction": "",
    }


def coin_row(coin: str) -> Row:
    """.../asset/coin-info: a coin that can neither be deposited nor withdrawn here."""
    return {"name": coin, "coin": coin, "remainAmount": "0", "chains": []}
