"""Notices as a service of the order_manager: it follows what happens only while somebody wants to be told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Final

import structlog

from hedgerow.clock import Clock
from hedgerow.core.records import Stream
from hedgerow.notices import Accounts, EventFeeds, Messenger, Notice
from hedgerow.notices.following import Follower
from hedgerow.notices.outbox import Outbox, wants
from hedgerow.notices.streams import Watched, look, why_down
from hedgerow.vault import Vault, VaultFault
from hedgerow.vault.notices import Destination

_log = structlog.get_logger(__name__)
STREAMS: Final = (Stream.ORDERS_UPDATED, Stream.POSITIONS_UPDATED)
_LOOK_S: Final = 5.0  # how soon it notices what the command line or another order_manager has set
_WATCH_S: Final = 1.0
_TIDY_S: Final = 3_600.0
_CLAIMS_KEPT_MS: Final = 24 * 3_600_000  # far longer than anything is told late
_DRAIN_S: Final = 3.0
_SETTLED_S: Final = 20.0


class Notices:
    def __init__(
        self, *, feeds: EventFeeds, vault: Vault, messenger: Messenger, accounts: Accounts, clock: Clock
    ) -> None:
        self.messenger = messenger
        self._feeds = feeds
        self._vault = vault
        self._accounts = accounts
        self._clock = clock
        self._outbox = Outbox(vault.notices, messenger, clock)
        self._destinations: list[Destination] = []
        self._watched: dict[str, Watched] = {}
        self._look = asyncio.Event()
        self._fault = ""

    def look_again(self) -> None:
        """A destination was added, changed or removed: take it in now."""
        self._look.set()

    async def run(self) -> None:
        """For ever; the only owner of every task here."""
        following: asyncio.Task[None] | None = None
        begin = self._places()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._outbox.run(), name="notices-outbox")
            while True:
                here = self._places()
                read = await self._read_destinations()
                wanted = any(destination.enabled for destination in self._destinations)
                if wanted and following is None:
                    following = tasks.create_task(self._follow(begin), name="notices")
                elif not wanted and following is not None:
                    following.cancel()
                    following = None
                if read:
                    begin = here  # whoever is found at the next look came after this one: so does all they want
                await self._pause()

    async def stop(self) -> None:
        """Let what is on its way be delivered, for a moment."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_S):
                await self._outbox.drained()
        self.messenger.close()

    def _places(self) -> dict[Stream, str]:
        return {stream: self._feeds.now(stream) for stream in STREAMS}

    async def _read_destinations(self) -> bool:
        """While the vault does not answer (`False`), what it said last."""
        try:
            self._destinations = await self._vault.notices.destinations()
            self._fault = ""
        except VaultFault as fault:
            if str(fault) != self._fault:
                _log.error("destinations of notices not read; those known stay", fault=str(fault))
            self._fault = str(fault)
        return not self._fault

    async def _pause(self) -> None:
        self._look.clear()
        looking = asyncio.ensure_future(self._look.wait())
        pause = asyncio.ensure_future(self._clock.sleep(_LOOK_S))
        try:
            await asyncio.wait((looking, pause), return_when=asyncio.FIRST_COMPLETED)
        finally:
            looking.cancel()
            pause.cancel()

    async def _follow(self, begin: Mapping[Stream, str]) -> None:
        with contextlib.suppress(TimeoutError):  # without its instruments a notice counts contracts
            async with asyncio.timeout(_SETTLED_S):
                await self._accounts.settled()
        async with asyncio.TaskGroup() as tasks:
            for stream in STREAMS:
                follower = Follower(
                    stream,
                    feeds=self._feeds,
                    vault=self._vault,
                    accounts=self._accounts,
                    wanted=self._wanted,
                    tell=self._tell,
                    clock=self._clock,
                    begin=begin[stream],
                )
                tasks.create_task(follower.run(), name=f"notices-of-{stream}")
            tasks.create_task(self._watch(), name="notices-of-heartbeats")
            tasks.create_task(self._tidy(), name="notices-tidy")

    def _wanted(self, notice: Notice) -> bool:
        return any(wants(destination, notice) for destination in self._destinations)

    async def _tell(self, notice: Notice) -> None:
        """Whoever claimed it tells everybody, those too that another process has added since the last look."""
        await self._read_destinations()
        self._outbox.put(notice, self._destinations)

    async def _watch(self) -> None:
        """Whether each account is followed."""
        self._watched.clear()
        while True:
            await self._clock.sleep(_WATCH_S)
            now_ms = self._clock.now_ms()
            for account, heard in self._accounts.followed():
                before = self._watched.get(account.name, Watched())
                after, notice = look(before, account, why_down(heard, now_ms), now_ms)
                if notice is None or not self._wanted(notice) or await self._claimed(notice):
                    self._watched[account.name] = after

    async def _claimed(self, notice: Notice) -> bool:
        """Tell it unless it was; `False`: the vault does not answer, so look again."""
        try:
            first = await self._vault.notices.claim(
                notice.key, notice.state, notice.time_ms, only_known=notice.since_known
            )
        except VaultFault:
            return False
        if first:
            await self._tell(notice)
        return True

    async def _tidy(self) -> None:
        while True:
            with contextlib.suppress(VaultFault):  # next time, then
                await self._vault.notices.forget_claims("told", self._clock.now_ms() - _CLAIMS_KEPT_MS)
            await self._clock.sleep(_TIDY_S)
