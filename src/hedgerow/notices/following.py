"""Follows one stream for what is worth a notice, from the place where the last desk stopped."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

import msgspec
import structlog

from hedgerow.clock import Clock
from hedgerow.core.records import Stream
from hedgerow.history import HistoryFault
from hedgerow.journal import JournalFault
from hedgerow.journal.envelope import Envelope
from hedgerow.notices import OLDEST_MS, Accounts, EventFeed, EventFeeds, Notice, PlaceLost
from hedgerow.notices.rules import notice_of
from hedgerow.vault import Vault, VaultFault

_log = structlog.get_logger(__name__)
CLIENT: Final = "notices"  # whose places in the vault these are
GROUP_MS: Final = 3_000  # so long for more fills of the same order
_TICK_S: Final = 0.5
_PLACE_MS: Final = 30_000  # how often the place is written down; what is read again after a restart is claimed already
_AGAIN_S: Final = 5.0
_KNOWN_MOST: Final = 10_000


class _Frame(msgspec.Struct, frozen=True):
    events: list[Envelope]


class _Group(NamedTuple):
    """Fills of one order that are told together.

    Attributes:
        before: the place before the first of them.
        due_ms: when they are told at the latest.
    """

    newest: Notice
    before: str
    due_ms: int


class Follower:
    """Told once: a notice is claimed in the vault before it goes out, by one of all order_managers.

    A process that is killed between the two tells nobody; a place that is written late only means more to read.
    """

    def __init__(
        self,
        stream: Stream,
        *,
        feeds: EventFeeds,
        vault: Vault,
        accounts: Accounts,
        wanted: Callable[[Notice], bool],
        tell: Callable[[Notice], Awaitable[None]],
        clock: Clock,
        begin: str,
    ) -> None:
        """`begin`: the place to follow from where the vault knows none."""
        self._stream = stream
        self._feeds = feeds
        self._vault = vault
        self._accounts = accounts
        self._wanted = wanted
        self._tell = tell
        self._clock = clock
        self._begin = begin
        self._decoder = msgspec.json.Decoder(_Frame)
        self._groups: dict[str, _Group] = {}  # by order, the oldest first
        self._claimed: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._cursor = ""
        self._lost = False  # the place in the vault leads nowhere
        self._written: tuple[str, int] = ("", 0)  # the place in the vault, and when it was put there

    async def run(self) -> None:
        """For ever: what fails is tried again from the place in the vault."""
        fault = ""
        while True:
            try:
                await self._follow()
            except* (JournalFault, HistoryFault, VaultFault) as several:
                said = str(several.exceptions[0])
                if said != fault:
                    _log.error("notices held up", stream=self._stream, fault=said)
                fault = said
                await self._clock.sleep(_AGAIN_S)
            except* PlaceLost as lost:
                _log.warning("notices were left out", stream=self._stream, reason=str(lost.exceptions[0]))
                if self._lost:
                    self._begin = ""  # that is lost too: from now on, then
                self._lost = True

    async def _follow(self) -> None:
        kept = "" if self._lost else await self._vault.place(CLIENT, CLIENT, self._stream) or ""
        place = kept or self._begin
        feed = await (self._feeds.after(self._stream, place) if place else self._feeds.from_now(self._stream))
        self._groups.clear()
        self._cursor, self._written, self._lost = feed.cursor, (kept, 0), False
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read(feed), name=f"notices-{self._stream}")
                tasks.create_task(self._keep_up(), name=f"notices-{self._stream}-groups")
        finally:
            feed.close()

    async def _read(self, feed: EventFeed) -> None:
        async for frame in feed.frames():
            for envelope in self._decoder.decode(frame).events:
                account = self._accounts.account(envelope.account, envelope.environment)
                notice = notice_of(envelope, account, self._accounts.instrument)
                if notice is not None and self._is_news(notice):
                    await self._take(notice)
            self._cursor = feed.cursor

    def _is_news(self, notice: Notice) -> bool:
        return self._clock.now_ms() - notice.time_ms <= OLDEST_MS and self._wanted(notice)

    async def _take(self, notice: Notice) -> None:
        if notice.group is None:
            await self._claim(notice)
        elif not notice.more:
            self._groups.pop(notice.group, None)
            await self._claim(notice)
        elif notice.group in self._groups:
            self._groups[notice.group] = self._groups[notice.group]._replace(newest=notice)
        else:
            self._groups[notice.group] = _Group(notice, self._cursor, self._clock.now_ms() + GROUP_MS)

    async def _keep_up(self) -> None:
        while True:
            for order_id in [each for each, group in self._groups.items() if group.due_ms <= self._clock.now_ms()]:
                if (due := self._groups.pop(order_id, None)) is not None:
                    await self._claim(due.newest)
            await self._write_place()
            await self._clock.sleep(_TICK_S)

    async def _claim(self, notice: Notice) -> None:
        """Tell it, unless somebody has."""
        known = (notice.key, notice.state)
        if known not in self._claimed:
            if await self._vault.notices.claim(notice.key, notice.state, self._clock.now_ms()):
                await self._tell(notice)
            self._claimed[known] = None
            if len(self._claimed) > _KNOWN_MOST:
                self._claimed.popitem(last=False)

    async def _write_place(self) -> None:
        """What is grouped has not been told yet: the place is before it."""
        place = next((group.before for group in self._groups.values()), self._cursor)
        written, at_ms = self._written
        now_ms = self._clock.now_ms()
        if place != written and (not written or now_ms - at_ms >= _PLACE_MS):
            await self._vault.put_place(CLIENT, CLIENT, self._stream, place, now_ms)
            self._written = (place, now_ms)
