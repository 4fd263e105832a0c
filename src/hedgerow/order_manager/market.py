"""The market hub behind `/ws/market`: one upstream a channel, any number of watchers, the latest wins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from hedgerow.core.refusals import Code, Refusal
from hedgerow.exchange import Channel, MarketData, MarketItem, PublicTrade
from hedgerow.order_manager.accounts import Accounts

INTERVALS = ("1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d", "1w")
_TRADES_KEPT = 200
_TOPICS = 200


class Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a client watches."""

    account: str
    channel: Channel
    symbol: str
    interval: str | None = None


class MarketFrame(msgspec.Struct, frozen=True, kw_only=True):
    channel: Channel
    account: str
    symbol: str
    item: MarketItem
    interval: str | None = None


class Watcher:
    """One client's topics. What it does not fetch in time is replaced by the newest; trades are kept, 200 a topic."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._watching: dict[Topic, tuple[MarketData, Callable[[MarketItem], None]]] = {}
        self._latest: dict[Topic, MarketItem] = {}
        self._trades: dict[Topic, list[MarketItem]] = {}
        self._fresh = asyncio.Event()

    def subscribe(self, topic: Topic) -> Refusal | None:
        account = self._accounts.get(topic.account)
        if isinstance(account, Refusal):
            return account
        instrument = account.instrument(topic.symbol)
        if isinstance(instrument, Refusal):
            return instrument
        if topic.channel is Channel.CANDLES and topic.interval not in INTERVALS:
            return Refusal(Code.MALFORMED, f"the interval must be one of {', '.join(INTERVALS)}", field="interval")
        if len(self._watching) >= _TOPICS:
            return Refusal(Code.NOT_SUPPORTED, f"a socket watches at most {_TOPICS} topics")
        if topic not in self._watching and account.connection is not None:
            market = account.connection.market

            def sink(item: MarketItem) -> None:
                self._take(topic, item)

            self._watching[topic] = (market, sink)
            market.watch(topic.channel, topic.symbol, topic.interval, sink)
        return None

    def unsubscribe(self, topic: Topic) -> None:
        watched = self._watching.pop(topic, None)
        if watched is not None:
            market, sink = watched
            market.unwatch(topic.channel, topic.symbol, topic.interval, sink)
        self._latest.pop(topic, None)
        self._trades.pop(topic, None)

    def close(self) -> None:
        for topic in list(self._watching):
            self.unsubscribe(topic)

    def _take(self, topic: Topic, item: MarketItem) -> None:
        if isinstance(item, PublicTrade):
            trades = self._trades.setdefault(topic, [])
            trades.append(item)
            del trades[:-_TRADES_KEPT]
        else:
            self._latest[topic] = item
        self._fresh.set()

    async def frames(self) -> list[MarketFrame]:
        """What is new since the last call; waits until something is."""
        await self._fresh.wait()
        self._fresh.clear()
        latest, self._latest = self._latest, {}
        trades, self._trades = self._trades, {}
        items = [(topic, item) for topic, item in latest.items()]
        items += [(topic, item) for topic, several in trades.items() for item in several]
        return [
            MarketFrame(channel=t.channel, account=t.account, symbol=t.symbol, interval=t.interval, item=item)
            for t, item in items
        ]
