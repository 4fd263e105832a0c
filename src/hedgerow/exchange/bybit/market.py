"""Bybit's public market data: the REST rows, and the pushes with their deltas merged.

Pages: https://bybit-exchange.github.io/docs/v5/websocket/public/ticker, …/orderbook, …/trade, …/kline and
https://bybit-exchange.github.io/docs/v5/market/tickers, …/kline, …/recent-trade.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from hedgerow.core.instruments import Instrument
from hedgerow.exchange import Candle, Channel, ExchangeFault, Level, MarketItem, OrderBook, PublicTrade, Ticker
from hedgerow.exchange.bybit import words
from hedgerow.exchange.dialect import Call, Lane, MarketReader, Reply, ResyncError, Row
from hedgerow.exchange.wire_numbers import UnreadableError, read_amount, read_ms, read_number, read_price


def bybit_interval(interval: str | None) -> str:
    try:
        return words.INTERVALS[interval or ""]
    except KeyError:
        raise ExchangeFault(f"no candles of {interval!r}; there are {', '.join(words.INTERVALS)}") from None


def topic(channel: Channel, instrument: Instrument, interval: str | None) -> str:
    name = instrument.exchange_symbol
    match channel:
        case Channel.TICKER:
            return f"tickers.{name}"
        case Channel.ORDER_BOOK:
            return f"orderbook.50.{name}"
        case Channel.TRADES:
            return f"publicTrade.{name}"
        case Channel.CANDLES:
            return f"kline.{bybit_interval(interval)}.{name}"


def reader(channel: Channel, instrument: Instrument, interval: str | None) -> MarketReader:
    match channel:
        case Channel.TICKER:
            return TickerReader(instrument)
        case Channel.ORDER_BOOK:
            return BookReader(instrument)
        case Channel.TRADES:
            return TradeReader(instrument)
        case Channel.CANDLES:
            return CandleReader(instrument, interval or "")


def read_ticker(row: Row, instrument: Instrument, time_ms: int) -> Ticker:
    return Ticker(
        symbol=instrument.symbol,
        last=read_price(row.get("lastPrice")),
        mark=read_price(row.get("markPrice")),
        index=read_price(row.get("indexPrice")),
        bid=read_price(row.get("bid1Price")),
        ask=read_price(row.get("ask1Price")),
        volume=read_number(row.get("volume24h")),
        change=read_number(row.get("price24hPcnt")),
        high=read_price(row.get("highPrice24h")),
        low=read_price(row.get("lowPrice24h")),
        funding_rate=read_number(row.get("fundingRate")),
        next_funding_ms=read_ms(row.get("nextFundingTime")) or None,
        time_ms=time_ms,
    )


def read_first_ticker(reply: Reply, instrument: Instrument) -> Ticker:
    rows = reply.result.get("list")
    if not rows:
        raise UnreadableError(f"no ticker of {instrument.exchange_symbol}")
    return read_ticker(rows[0], instrument, reply.time_ms or 0)


class TickerReader:
    """A snapshot, then deltas that carry only what changed."""

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self._row: dict[str, Any] = {}

    def read(self, message: Row) -> list[MarketItem]:
        if message.get("type") == "snapshot":
            self._row = dict(message["data"])
        elif not self._row:
            raise ResyncError("a delta before its snapshot")
        else:
            self._row.update(message["data"])
        return [read_ticker(self._row, self._instrument, read_ms(message.get("ts")))]


class BookReader:
    """A snapshot, then deltas numbered one by one (`u`); a level of size 0 is gone."""

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self._bids: dict[Decimal, Level] = {}
        self._asks: dict[Decimal, Level] = {}
        self._update = 0

    def read(self, message: Row) -> list[MarketItem]:
        book = message["data"]
        update = read_ms(book["u"])
        if message.get("type") == "snapshot":
            self._bids.clear()
            self._asks.clear()
        elif update != self._update + 1 or not self._update:
            raise ResyncError(f"update {update} after {self._update}")
        self._update = update
        _merge(self._bids, book["b"])
        _merge(self._asks, book["a"])
        return [
            OrderBook(
                symbol=self._instrument.symbol,
                bids=tuple(self._bids[price] for price in sorted(self._bids, reverse=True)),
                asks=tuple(self._asks[price] for price in sorted(self._asks)),
                time_ms=read_ms(message.get("ts")),
            )
        ]


def _merge(levels: dict[Decimal, Level], changes: Sequence[Sequence[str]]) -> None:
    for price_text, size_text in changes:
        price, size = read_amount(price_text), read_amount(size_text)
        if size:
            levels[price] = Level(price, size)
        else:
            levels.pop(price, None)


class TradeReader:
    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument

    def read(self, message: Row) -> list[MarketItem]:
        return [
            PublicTrade(
                symbol=self._instrument.symbol,
                trade_id=row["i"],
                side=words.READ_SIDE[row["S"]].value,
                price=read_amount(row["p"]),
                amount=read_amount(row["v"]),
                time_ms=read_ms(row["T"]),
            )
            for row in message["data"]
        ]


class CandleReader:
    def __init__(self, instrument: Instrument, interval: str) -> None:
        self._instrument = instrument
        self._interval = interval

    def read(self, message: Row) -> list[MarketItem]:
        return [
            Candle(
                symbol=self._instrument.symbol,
                interval=self._interval,
                start_ms=read_ms(row["start"]),
                open=read_amount(row["open"]),
                high=read_amount(row["high"]),
                low=read_amount(row["low"]),
                close=read_amount(row["close"]),
                volume=read_amount(row["volume"]),
            )
            for row in message["data"]
        ]


def ticker_call(instrument: Instrument) -> Call:
    return _public("v5/market/tickers", {"category": words.category(instrument), "symbol": instrument.exchange_symbol})


def candles_call(instrument: Instrument, interval: str, since_ms: int | None, until_ms: int | None, limit: int) -> Call:
    params: dict[str, Any] = {
        "category": words.category(instrument),
        "symbol": instrument.exchange_symbol,
        "interval": bybit_interval(interval),
        "limit": max(1, min(limit, 1000)),
    }
    if since_ms is not None:
        params["start"] = since_ms
    if until_ms is not None:
        params["end"] = max(0, until_ms - 1)  # the exchange's end is included
    return _public("v5/market/kline", params)


def read_candles(reply: Reply, instrument: Instrument, interval: str) -> list[Candle]:
    """Oldest first; the exchange lists the newest first, as bare lists of texts."""
    rows: Sequence[Sequence[str]] = reply.result.get("list") or ()
    return [
        Candle(
            symbol=instrument.symbol,
            interval=interval,
            start_ms=read_ms(row[0]),
            open=read_amount(row[1]),
            high=read_amount(row[2]),
            low=read_amount(row[3]),
            close=read_amount(row[4]),
            volume=read_amount(row[5]),
        )
        for row in reversed(rows)
    ]


def recent_trades_call(instrument: Instrument, limit: int) -> Call:
    params = {"category": words.category(instrument), "symbol": instrument.exchange_symbol, "limit": limit}
    return _public("v5/market/recent-trade", params)


def read_recent_trades(reply: Reply, instrument: Instrument) -> list[PublicTrade]:
    """Oldest first; the exchange lists the newest first. `execId` is what pushes call `i`."""
    rows: Sequence[Row] = reply.result.get("list") or ()
    return [
        PublicTrade(
            symbol=instrument.symbol,
            trade_id=row["execId"],
            side=words.READ_SIDE[row["side"]].value,
            price=read_amount(row["price"]),
            amount=read_amount(row["size"]),
            time_ms=read_ms(row["time"]),
        )
        for row in reversed(rows)
    ]


def _public(path: str, params: Mapping[str, Any]) -> Call:
    return Call(lane=Lane.QUERY, method="GET", path=path, params=params, private=False)
