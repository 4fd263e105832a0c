"""The owner of commands under way: a client that hangs up cancels nothing, and a stop waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")
_MOST = 2_000


class Owner:
    """Holds the tasks that must not end with the request that began them; bounded."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def full(self) -> bool:
        return len(self._tasks) >= _MOST

    @property
    def under_way(self) -> int:
        return len(self._tasks)

    def adopt(self, work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        """Run to its end, whoever waits for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def finish(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run to its end and return its result; a caller that is cancelled leaves the work running."""
        return await asyncio.shield(self.adopt(work))

    async def drained(self, timeout_s: float) -> None:
        """Wait for what is under way, so long at most."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=timeout_s)
