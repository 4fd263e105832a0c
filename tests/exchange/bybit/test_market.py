"""Bybit's public pushes: the published frames, deltas merged, and gaps noticed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hedgerow.exchange import Candle, Channel, ExchangeFault, Level, OrderBook, Ticker
from hedgerow.exchange.bybit import frames, market
from hedgerow.exchange.dialect import ResyncError
from tests.exchange.bybit.frames import BTC, published


def test_the_published_ticker_and_a_delta() -> None:
    reader = market.TickerReader(BTC)
    ticker = reader.read(published("public_ticker")["frame"])[0]
    assert isinstance(ticker, Ticker)
    assert (str(ticker.last), str(ticker.mark), str(ticker.index)) == ("17216", "17217.33", "17227.36")
    assert (str(ticker.bid), str(ticker.ask), ticker.next_funding_ms) == ("17215.5", "17216", 1673280000000)
    later = reader.read({"type": "delta", "ts": 5, "data": {"symbol": "BTCUSDT", "markPrice": "17220.01"}})[0]
    assert isinstance(later, Ticker)
    assert (str(later.mark), str(later.last), later.time_ms) == ("17220.01", "17216", 5)


def test_a_delta_before_its_snapshot_asks_for_one() -> None:
    with pytest.raises(ResyncError):
        market.TickerReader(BTC).read({"type": "delta", "data": {"markPrice": "1"}})


def delta(update: int, bids: list[list[str]], asks: list[list[str]]) -> dict[str, Any]:
    return {"type": "delta", "ts": 9, "data": {"s": "BTCUSDT", "b": bids, "a": asks, "u": update, "seq": 1}}


def test_the_published_book_and_its_deltas() -> None:
    reader = market.BookReader(BTC)
    book = reader.read(published("public_orderbook")["frame"])[0]
    assert isinstance(book, OrderBook)
    assert [str(level.price) for level in book.bids] == ["16493.5", "16493"]
    assert [str(level.price) for level in book.asks] == ["16611", "16612"]
    book = reader.read(delta(18521289, [["16493.50", "0"], ["16494.00", "1"]], [["16611.00", "7"]]))[0]
    assert isinstance(book, OrderBook)
    assert book.bids == (Level(Decimal(16494), Decimal(1)), Level(Decimal(16493), Decimal("0.1")))
    assert book.asks[0] == Level(Decimal(16611), Decimal(7))


@pytest.mark.parametrize("update", [18521288, 18521290, 1])
def test_a_gap_in_the_book_is_noticed(update: int) -> None:
    reader = market.BookReader(BTC)
    reader.read(published("public_orderbook")["frame"])
    with pytest.raises(ResyncError):
        reader.read(delta(update, [], []))


def test_a_new_snapshot_replaces_the_book() -> None:
    reader = market.BookReader(BTC)
    reader.read(published("public_orderbook")["frame"])
    fresh = delta(1, [["1", "1"]], []) | {"type": "snapshot"}
    book = reader.read(fresh)[0]
    assert isinstance(book, OrderBook)
    assert (book.bids, book.asks) == ((Level(Decimal(1), Decimal(1)),), ())


def test_the_published_candle() -> None:
    candle = market.CandleReader(BTC, "5m").read(published("public_kline")["frame"])[0]
    assert isinstance(candle, Candle)
    assert (candle.start_ms, candle.interval, str(candle.close)) == (1672324800000, "5m", "16677")


def test_topics() -> None:
    topics = [market.topic(channel, BTC, "1h") for channel in Channel]
    assert topics == ["tickers.BTCUSDT", "orderbook.50.BTCUSDT", "publicTrade.BTCUSDT", "kline.60.BTCUSDT"]
    with pytest.raises(ExchangeFault, match="no candles of '7m'"):
        market.topic(Channel.CANDLES, BTC, "7m")


def test_candles_are_asked_for_before_a_time() -> None:
    assert market.candles_call(BTC, "1m", None, 120_000, 50).params["end"] == 119_999
    assert market.candles_call(BTC, "1m", 60_000, None, 50).params["start"] == 60_000


def test_candles_come_oldest_first() -> None:
    rows = b'[["2","1","2","0.5","1.5","9","0"],["1","1","1","1","1","1","0"]]'
    body = b'{"retCode":0,"retMsg":"OK","result":{"list":' + rows + b"}}"
    reply = frames.read_reply(200, body)
    assert reply is not None
    assert [candle.start_ms for candle in market.read_candles(reply, BTC, "1m")] == [1, 2]
