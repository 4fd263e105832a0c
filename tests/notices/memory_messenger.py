"""A Messenger in memory: it keeps what it was given, and fails as a test says."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from hedgerow.notices import Delivery
from hedgerow.notices.addresses import unfit_by_sight


class Sent(NamedTuple):
    url: str
    title: str
    body: str


class MemoryMessenger:
    """
    Attributes:
        sent: what was delivered, in order.
        attempts: everything that was tried.
        failures: what becomes of the next messages, before one is delivered.
        holding: addresses that do not answer before their event is set.
    """

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.attempts: list[Sent] = []
        self.failures: list[Delivery] = []
        self.holding: dict[str, asyncio.Event] = {}

    @property
    def bodies(self) -> list[str]:
        return [line for message in self.sent for line in message.body.splitlines()]

    async def unfit(self, url: str) -> str | None:
        return unfit_by_sight(url)

    async def send(self, url: str, title: str, body: str) -> Delivery:
        message = Sent(url, title, body)
        self.attempts.append(message)
        if url in self.holding:
            await self.holding[url].wait()
        if self.failures:
            return self.failures.pop(0)
        self.sent.append(message)
        return Delivery(True)

    def close(self) -> None:
        pass
