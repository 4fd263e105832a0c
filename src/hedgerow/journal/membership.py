"""The Membership port: which partitions this process is to follow, among all that follow some."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

Gained = Callable[[int], None]
Lost = Callable[[int], Awaitable[None]]


class Membership(Protocol):
    """Every partition has one follower at a time, as far as the followers can know."""

    async def run(self, gained: Gained, lost: Lost) -> None:
        """Say for ever what to follow and what to let go, in order; what `gained` or `lost` raises ends it.

        `lost` is awaited, for a few seconds at most, before another is told that it gained the partition; but not where
        this process was thought dead meanwhile, and another follows already. A partition that is lost and gained again
        is said both times. Whoever cancels this is told of the loss of all that it still has.
        """
        ...

    @property
    def joined(self) -> bool:
        """Whether it has been said what this process has to follow, be it nothing."""
        ...


class FixedShare:
    """`Membership` of a process whose share never changes; one that is alone has all."""

    def __init__(self, partitions: Iterable[int]) -> None:
        self._partitions = tuple(partitions)
        self.joined = False

    async def run(self, gained: Gained, lost: Lost) -> None:
        for partition in self._partitions:
            gained(partition)
        self.joined = True
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            for partition in self._partitions:
                await lost(partition)
