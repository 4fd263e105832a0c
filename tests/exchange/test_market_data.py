"""Market data over real sockets: shared upstreams, fresh after every loss."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from hedgerow.exchange import Candle, Channel, ExchangeFault, MarketItem, OrderBook, PublicTrade, Ticker
from hedgerow.exchange.ccxt_connection import CcxtConnection
from hedgerow.exchange.dialect import UnknownInstrumentError
from tests.exchange.desks import BTC, now_ms
from tests.simulator.running import Running, until

KINDS = {
    Channel.TICKER: Ticker,
    Channel.ORDER_BOOK: OrderBook,
    Channel.TRADES: PublicTrade,
    Channel.CANDLES: Candle,
}


def topics(server: Running) -> list[str]:
    sockets = server.control("GET", "sockets")["sockets"]
    return [topic for socket in sockets if socket["channel"] == "public" for topic in socket["topics"]]


async def stepping(server: Running, holds: Callable[[], object]) -> None:
    """Steps the market until a condition holds."""
    async with asyncio.timeout(10):
        while not holds():
            server.control("POST", "market/step", steps=1)
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("channel", list(Channel))
async def test_every_channel_brings_its_items(desk: CcxtConnection, server: Running, channel: Channel) -> None:
    items: list[MarketItem] = []
    interval = "1m" if channel is Channel.CANDLES else None
    assert desk.market.heard_ms(channel, BTC) == 0
    desk.market.watch(channel, BTC, interval, items.append)
    await stepping(server, lambda: desk.market.heard_ms(channel, BTC))
    assert {(type(item), item.symbol) for item in items} == {(KINDS[channel], BTC)}
    assert 0 <= now_ms() - desk.market.heard_ms(channel, BTC) < 5_000


async def test_two_listeners_share_one_upstream_and_the_last_one_ends_it(desk: CcxtConnection, server: Running) -> None:
    first: list[MarketItem] = []
    second: list[MarketItem] = []
    desk.market.watch(Channel.TICKER, BTC, None, first.append)
    await stepping(server, lambda: first)
    desk.market.watch(Channel.TICKER, BTC, None, second.append)
    assert second == [first[-1]]  # what is known comes at once
    assert topics(server) == ["tickers.BTCUSDT"]
    desk.market.unwatch(Channel.TICKER, BTC, None, first.append)
    heard = len(first)
    await stepping(server, lambda: len(second) > 2)
    assert len(first) == heard
    desk.market.unwatch(Channel.TICKER, BTC, None, second.append)
    desk.market.unwatch(Channel.TICKER, BTC, None, second.append)  # once more does nothing
    await until(lambda: topics(server) == [])


@pytest.mark.parametrize("channel", [Channel.TRADES, Channel.CANDLES])
async def test_who_comes_later_has_what_is_known_at_once(
    desk: CcxtConnection, server: Running, channel: Channel
) -> None:
    first: list[MarketItem] = []
    later: list[MarketItem] = []
    interval = "1m" if channel is Channel.CANDLES else None
    desk.market.watch(channel, BTC, interval, first.append)
    await stepping(server, lambda: len(first) > 2)
    desk.market.watch(channel, BTC, interval, later.append)
    assert later == (first[-50:] if channel is Channel.TRADES else first[-1:])


async def test_trades_begin_with_those_of_the_moment_before(desk: CcxtConnection, server: Running) -> None:
    server.control("POST", "market/step", steps=50)
    items: list[MarketItem] = []
    desk.market.watch(Channel.TRADES, BTC, None, items.append)
    await until(lambda: items)  # the market stands still: nothing is pushed
    before = [item for item in items if isinstance(item, PublicTrade)]
    assert 2 < len(before) <= 50
    assert [trade.time_ms for trade in before] == sorted(trade.time_ms for trade in before)
    await stepping(server, lambda: len(items) > len(before))
    pushed = [item for item in items if isinstance(item, PublicTrade)][len(before) :]
    assert not {trade.trade_id for trade in pushed} & {trade.trade_id for trade in before}


@pytest.mark.parametrize("channel", [Channel.TICKER, Channel.ORDER_BOOK])
async def test_after_a_cut_it_comes_back_with_a_snapshot(
    desk: CcxtConnection, server: Running, channel: Channel
) -> None:
    items: list[MarketItem] = []
    desk.market.watch(channel, BTC, None, items.append)
    await stepping(server, lambda: items)
    server.control("POST", "sockets/cut", channel="public")
    await until(lambda: topics(server) == [])
    items.clear()
    await stepping(server, lambda: len(items) > 1)
    item = items[-1]
    if isinstance(item, OrderBook):
        assert item.bids[0].price < item.asks[0].price


async def test_a_gap_in_a_book_is_healed(desk: CcxtConnection, server: Running) -> None:
    link = desk._link
    assert link is not None
    items: list[MarketItem] = []
    desk.market.watch(Channel.ORDER_BOOK, BTC, None, items.append)
    await stepping(server, lambda: items)
    connection = link.client.clients[link.socket_address("linear")]
    connection.handle_text_or_binary_message(
        '{"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1,"data":{"s":"BTCUSDT","b":[["1","1"]],"a":[],"u":7,"seq":1}}'
    )
    items.clear()
    await stepping(server, lambda: len(items) > 1)
    book = items[-1]
    assert isinstance(book, OrderBook)
    assert book.bids[-1].price != 1


async def test_what_is_asked_once(desk: CcxtConnection) -> None:
    ticker = await desk.market.ticker(BTC)
    assert (ticker.symbol, ticker.mark is not None, ticker.bid is not None) == (BTC, True, True)
    candles = await desk.market.candles(BTC, "1m", None, None, 3)
    assert candles
    earlier = await desk.market.candles(BTC, "1m", None, candles[-1].start_ms, 3)
    assert all(candle.start_ms < candles[-1].start_ms for candle in earlier)
    last = await desk.market.candles(BTC, "1m", None, candles[-1].start_ms + 1, 1)
    assert [candle.start_ms for candle in last] == [candles[-1].start_ms]
    assert [candle.start_ms for candle in candles] == sorted(candle.start_ms for candle in candles)
    with pytest.raises(ExchangeFault, match="no candles of '7m'"):
        await desk.market.candles(BTC, "7m", None, None, 3)
    items: list[MarketItem] = []
    with pytest.raises(ExchangeFault, match="no candles of '7m'"):
        desk.market.watch(Channel.CANDLES, BTC, "7m", items.append)
    with pytest.raises(UnknownInstrumentError):
        desk.market.watch(Channel.TICKER, "NO/SUCH:ONE", None, items.append)
