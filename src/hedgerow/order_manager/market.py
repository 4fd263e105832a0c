"""The market hub behind `/ws/market`: one upstream a channel, any number of watchers, the latest wins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from hedgerow.core.refusals import Code, Refusal
from hedgerow.exchange import Channel, ExchangeConnection, ExchangeFault, MarketData, MarketItem, PublicTrade
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


class MarketMessage(msgspec.Struct, frozen=True, kw_only=True):
    """All that is new since the last message."""

    items: list[MarketFrame]


class Turned(NamedTuple):
    """A topic that could not be had once its account was connected."""

    topic: Topic
    refusal: Refusal


class Watcher:
    """One client's topics. What it does not fetch in time is replaced by the newest; trades are kept, 200 a topic.

    A topic of an account that is not connected waits until it is; one that is connected anew is watched anew.
    """

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._watching: dict[Topic, tuple[MarketData, Callable[[MarketItem], None]] | None] = {}
        self._latest: dict[Topic, MarketItem] = {}
        self._trades: dict[Topic, list[MarketItem]] = {}
        self._turned: list[Turned] = []
        self._fresh = asyncio.Event()
        accounts.listen(self._connected)

    def subscribe(self, topic: Topic) -> Refusal | None:
        account = self._accounts.get(topic.account)
        if isinstance(account, Refusal):
            return account
        if topic.channel is Channel.CANDLES and topic.interval not in INTERVALS:
            return Refusal(Code.MALFORMED, f"the interval must be one of {', '.join(INTERVALS)}", field="interval")
        if topic in self._watching:
            return None
        if len(self._watching) >= _TOPICS:
            return Refusal(Code.NOT_SUPPORTED, f"a socket watches at most {_TOPICS} topics")
        if account.connection is None:
            self._watching[topic] = None
            return None
        instrument = account.instrument(topic.symbol)
        if isinstance(instrument, Refusal):
            return instrument
        return self._watch(topic, account.connection.market)

    def _watch(self, topic: Topic, market: MarketData) -> Refusal | None:
        def sink(item: MarketItem) -> None:
            self._take(topic, item)

        try:
            market.watch(topic.channel, topic.symbol, topic.interval, sink)
        except ExchangeFault as fault:
            return Refusal(Code.NOT_SUPPORTED, str(fault), field="interval" if topic.interval else "channel")
        self._watching[topic] = (market, sink)
        return None

    def _connected(self, account: str, connection: ExchangeConnection) -> None:
        """What waited for this account, and what was watched over a connection that it had before."""
        for topic in [topic for topic in self._watching if topic.account == account]:
            self._leave(topic)
            if (refused := self.subscribe(topic)) is not None:
                self._turned.append(Turned(topic, refused))
                self._fresh.set()

    def unsubscribe(self, topic: Topic) -> None:
        self._leave(topic)
        self._latest.pop(topic, None)
        self._trades.pop(topic, None)

    def _leave(self, topic: Topic) -> None:
        watched = self._watching.pop(topic, None)
        if watched is not None:
            market, sink = watched
            market.unwatch(topic.channel, topic.symbol, topic.interval, sink)

    def close(self) -> None:
        self._accounts.listen_no_more(self._connected)
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

    async def news(self) -> tuple[MarketMessage | None, list[Turned]]:
        """What is new since the last call, and what turned out not to be had; waits until there is something."""
        await self._fresh.wait()
        self._fresh.clear()
        latest, self._latest = self._latest, {}
        trades, self._trades = self._trades, {}
        turned, self._turned = self._turned, []
        items = [(topic, item) for topic, item in latest.items()]
        items += [(topic, item) for topic, several in trades.items() for item in several]
        frames = [
            MarketFrame(channel=t.channel, account=t.account, symbol=t.symbol, interval=t.interval, item=item)
            for t, item in items
        ]
        return MarketMessage(items=frames) if frames else None, turned
