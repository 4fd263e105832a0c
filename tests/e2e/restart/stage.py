"""A desk that is killed and started again, with two tabs that watch it all the while."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.agreement import Past, agree, creates, history_is_the_fold, journal_is_sound, no_secret_in, past
from tests.e2e.desk_client import Answer, DeskClient, client
from tests.e2e.desk_process import DeskProcess, keep_in_vault, new_account, until
from tests.e2e.feed_client import FeedClient
from tests.e2e.side_by_side import Outcomes, play
from tests.simulator.running import Running

AT_ONCE = 8


class Stage:
    """One drill's desk, its account at the shared exchange, and its tabs."""

    def __init__(self, exchange: Running, folder: Path, name: str) -> None:
        self.exchange = exchange
        self.folder = folder
        self.name = name
        self.process = DeskProcess(folder, killing=True)
        self.account = new_account(exchange, name)
        self.orders = FeedClient(self._where, "/ws/orders")
        self.positions = FeedClient(self._where, "/ws/positions")
        self._before = Past()
        self.desk: DeskClient = None  # type: ignore[assignment] # there is one from `begin` on

    def _where(self) -> tuple[str, str]:
        door = self.process.door
        return door.url.replace("localhost", "127.0.0.1"), door.token

    def is_before_the_desk(self) -> None:
        """What the account has traded until now is its past: the opening balance holds it."""
        self._before = past(self.exchange, self.name)

    async def begin(self, *armed: str) -> None:
        """The first start, on an empty folder."""
        await keep_in_vault(self.process, self.account)
        await self.again(*armed)

    async def again(self, *armed: str) -> None:
        """A start on what the last death left; the tabs come back with their cursors."""
        await self.process.start(*armed)
        await self._leave()
        self.desk = client(self.process, self.account.name)
        await self.orders.connect()
        await self.positions.connect()
        await self.desk.followed()

    async def dies_in_start(self, *armed: str) -> None:
        """A start that ends at an armed point."""
        self.process.launch(*armed)
        await self.process.killed()

    async def dies_at(self, point: str, *requests: Awaitable[Answer], arrival: int = 1) -> list[Answer]:
        """Arm a point, ask, and wait for the death; the answers that got out before it."""
        await self.process.arm(point, arrival)
        answers = asyncio.gather(*requests, return_exceptions=True)
        await self.process.killed()
        return self._came_out(await answers)

    async def is_killed_while(self, request: Awaitable[Answer], holds: Callable[[], Any]) -> None:
        """Ask, wait until something holds at the exchange, and kill before the answer is there."""
        asked = asyncio.ensure_future(request)
        await until(holds)
        assert not asked.done(), "the answer was there first"
        await self.process.kill()
        assert self._came_out(await asyncio.gather(asked, return_exceptions=True)) == []

    @staticmethod
    def _came_out(answers: list[Answer | BaseException]) -> list[Answer]:
        faults = [each for each in answers if not isinstance(each, (Answer, httpx.TransportError))]
        assert not faults, faults
        return [each for each in answers if isinstance(each, Answer)]

    @property
    def sent(self) -> dict[str, int]:
        """Create requests at the exchange."""
        return creates(self.exchange, self.account.name)

    async def settles(self) -> None:
        """Everybody tells the same story, now and once the desk has stopped."""
        await agree(self.desk, self.exchange, before=self._before)
        await until(self._tabs_agree)
        for tab in (self.orders, self.positions):
            told = Counter(
                (tab._key(event["body"][tab.body]), event["body"][tab.body]["version"]) for event in tab.events
            )
            assert all(count == 1 for count in told.values()), f"a tab was told twice: {told}"
        await self._leave()
        assert await self.process.stop() == 0, self.process.err[-4000:]
        assert "Traceback" not in self.process.err, self.process.err[-4000:]
        journal_is_sound(self.process.settings.journal_path, self.account.name, self.exchange)
        await history_is_the_fold(self.process.data, self.account.name)
        no_secret_in(self.folder, self.account.key, self.account.secret)

    async def _tabs_agree(self) -> bool:
        shown = {order["order_id"]: order for order in await self.desk.orders()}
        legs = {(each["symbol"], each["side"]): each["version"] for each in await self.desk.positions()}
        told = {
            (each["symbol"], each["side"]): each["version"]
            for each in self.positions.state.values()
            if (each["symbol"], each["side"]) in legs
        }
        return self.orders.state == shown and told == legs

    async def _leave(self) -> None:
        await self.orders.close()
        await self.positions.close()
        if self.desk is not None:
            await self.desk.__aexit__()

    async def end(self) -> None:
        await self._leave()
        self.process.end()


Drill = Callable[[Stage], Awaitable[None]]


def run_drills(drills: Mapping[str, Drill], exchange: Running, folder: Path) -> Outcomes:
    """Each drill on a stage of its own."""

    async def one(name: str, drill: Drill) -> None:
        stage = Stage(exchange, folder / name, name.replace("_", "-")[:32])
        try:
            await drill(stage)
        finally:
            await stage.end()

    return play(drills, one, AT_ONCE)
