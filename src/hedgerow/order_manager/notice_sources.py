"""What notices are made from, as the order_manager has it: its feeds, its accounts, its followers' signs of life."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from hedgerow.core.instruments import Instrument
from hedgerow.core.records import Heartbeat, Stream
from hedgerow.core.refusals import Refusal
from hedgerow.journal.cursor import to_text
from hedgerow.journal.envelope import Environment
from hedgerow.notices import Account, EventFeed, PlaceLost
from hedgerow.order_manager.accounts import Accounts
from hedgerow.order_manager.feeds import CursorRefusedError, Feed, Feeds
from hedgerow.order_manager.live import LiveView


class NoticeFeeds:
    """`EventFeeds`: notices are one more client of the feeds."""

    def __init__(self, feeds: Feeds, live: LiveView) -> None:
        self._feeds = feeds
        self._live = live

    async def after(self, stream: Stream, place: str) -> EventFeed:
        try:
            return _NoticeFeed(await self._feeds.after(stream, place))
        except CursorRefusedError as refused:
            raise PlaceLost(str(refused)) from refused

    async def from_now(self, stream: Stream) -> EventFeed:
        _, feed = await self._feeds.from_snapshot(stream)
        return _NoticeFeed(feed)

    def now(self, stream: Stream) -> str:
        return to_text(self._live.cursor(stream))


class _NoticeFeed:
    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    @property
    def cursor(self) -> str:
        return self._feed.cursor

    async def frames(self) -> AsyncIterator[bytes]:
        try:
            async for frame in self._feed.frames():
                yield frame
        except CursorRefusedError as refused:
            raise PlaceLost(str(refused)) from refused

    def close(self) -> None:
        self._feed.close()


class NoticeAccounts:
    """`hedgerow.notices.Accounts`."""

    def __init__(self, accounts: Accounts, live: LiveView) -> None:
        self._accounts = accounts
        self._live = live

    async def settled(self) -> None:
        await self._accounts.settled()

    def account(self, name: str, environment: Environment) -> Account:
        known = self._accounts.get(name)
        return Account(name, "" if isinstance(known, Refusal) else known.settings.exchange, environment)

    def instrument(self, account: str, symbol: str) -> Instrument | None:
        known = self._accounts.get(account)
        if isinstance(known, Refusal):
            return None
        found = known.instrument(symbol)
        return None if isinstance(found, Refusal) else found

    def followed(self) -> Sequence[tuple[Account, tuple[int, Heartbeat] | None]]:
        return [
            (self.account(name, Environment(each.settings.environment)), self._live.heartbeat(name))
            for each in self._accounts.all()
            for name in (each.settings.name,)
        ]
