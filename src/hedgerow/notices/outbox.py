"""Messages on their way: each destination has its own short queue, and none waits for another."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

import structlog

from hedgerow.clock import Clock
from hedgerow.notices import MEANING, OLDEST_MS, Delivery, Kind, Messenger, Notice
from hedgerow.vault import VaultFault
from hedgerow.vault.notices import Destination, NoticeVault

_log = structlog.get_logger(__name__)
_MOST_WAITING: Final = 100
_MOST_IN_ONE: Final = 20
_PAUSES_S: Final = (1.0, 5.0, 25.0)  # before each further attempt
TITLES: Final = {
    Kind.FILL: "Fill",
    Kind.STOP: "Stop",
    Kind.LIQUIDATION: "Liquidation",
    Kind.IN_DOUBT: "In doubt",
    Kind.REJECTED: "Rejected",
    Kind.DISCREPANCY: "Discrepancy",
    Kind.STREAM: "Following",
}
assert TITLES.keys() == MEANING.keys()


class Outbox:
    """`put` never waits; `run` owns the tasks that send."""

    def __init__(self, vault: NoticeVault, messenger: Messenger, clock: Clock) -> None:
        self._vault = vault
        self._messenger = messenger
        self._clock = clock
        self._waiting: dict[str, deque[Notice]] = {}
        self._at_work: set[str] = set()
        self._changed = asyncio.Event()

    def put(self, notice: Notice, destinations: Sequence[Destination]) -> None:
        """Queue a notice for whoever wants it; where too many wait, the oldest is given up."""
        for destination in destinations:
            if wants(destination, notice):
                waiting = self._waiting.setdefault(destination.name, deque(maxlen=_MOST_WAITING))
                if len(waiting) == _MOST_WAITING:
                    _log.error("notice given up: too many wait", destination=destination.name, kind=waiting[0].kind)
                waiting.append(notice)
        self._changed.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._changed.clear()
                for name in [name for name in self._waiting if name not in self._at_work]:
                    self._at_work.add(name)
                    tasks.create_task(self._empty(name), name=f"notices-to-{name}")
                await self._changed.wait()

    async def drained(self) -> None:
        """Wait until nothing waits and nothing is under way."""
        while self._waiting or self._at_work:
            self._changed.clear()
            await self._changed.wait()

    async def _empty(self, name: str) -> None:
        waiting = self._waiting[name]
        try:
            while waiting:
                together = [waiting.popleft() for _ in range(min(len(waiting), _MOST_IN_ONE))]
                fresh = [notice for notice in together if self._clock.now_ms() - notice.time_ms <= OLDEST_MS]
                if fresh:
                    await self._deliver(name, *message(fresh))
        finally:
            del self._waiting[name]
            self._at_work.discard(name)
            self._changed.set()

    async def _deliver(self, name: str, title: str, body: str) -> None:
        for pause in (*_PAUSES_S, None):
            delivery = await self._attempt(name, title, body)
            if delivery is None or delivery.delivered:
                return
            if pause is None or not delivery.again:
                _log.error("notice not delivered", destination=name, reason=delivery.reason)
                return
            await self._clock.sleep(pause)

    async def _attempt(self, name: str, title: str, body: str) -> Delivery | None:
        """`None`: the destination is gone meanwhile."""
        try:
            url = await self._vault.destination_url(name)
        except VaultFault as fault:
            return Delivery(False, str(fault), again=True)
        return None if url is None else await self._messenger.send(url.reveal(), title, body)


def wants(destination: Destination, notice: Notice) -> bool:
    return destination.enabled and notice.kind in destination.kinds and notice.time_ms >= destination.since_ms


def message(notices: Sequence[Notice]) -> tuple[str, str]:
    """Title and body of one message for several notices."""
    kinds = {notice.kind for notice in notices}
    title = TITLES[kinds.pop()] if len(kinds) == 1 else f"{len(notices)} notices"
    return f"Hedgerow: {title.lower()}", "\n".join(notice.text for notice in notices)
