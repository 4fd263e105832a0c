"""Time that a test moves by hand: an event loop whose timers wait for the test, and a `Clock` on it.

The loop knows when it is idle: no callback is ready, and no thread that it waits for (journal, history, vault) is at
work. So a test waits for conditions, never for seconds.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

START_MS = 1_700_000_000_000
_REAL_PATIENCE_S = 0.5  # between looks at a thread's work; its end wakes the loop at once
_T = TypeVar("_T")


class _IdleSelector(selectors.DefaultSelector):
    """Asked to wait for a timer, it says that the loop is idle instead; it waits for threads only."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if events or (timeout is not None and timeout <= 0):
            return events
        if self.loop.threads_at_work:
            return super().select(_REAL_PATIENCE_S)
        if self.loop.tell_idle():
            return []
        return super().select(_REAL_PATIENCE_S)


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._virtual_s = 0.0
        self._idle: list[asyncio.Future[None]] = []
        self.threads_at_work = 0
        selector = _IdleSelector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self._virtual_s

    def run_in_executor(self, executor: Any, func: Callable[..., _T], *args: Any) -> asyncio.Future[_T]:  # type: ignore[override]
        return self.counted(super().run_in_executor(executor, func, *args))

    def counted(self, work: asyncio.Future[_T]) -> asyncio.Future[_T]:
        """Work of a thread: until it is done the loop is not idle."""
        self.threads_at_work += 1
        work.add_done_callback(self._done)
        return work

    def _done(self, _: asyncio.Future[Any]) -> None:
        self.threads_at_work -= 1

    def tell_idle(self) -> bool:
        waiting, self._idle = self._idle, []
        for future in waiting:
            if not future.done():
                future.set_result(None)
        return bool(waiting)

    async def idle(self) -> None:
        future = self.create_future()
        self._idle.append(future)
        await future

    def next_timer(self) -> float | None:
        """When the next sleeper wakes."""
        return min((timer.when() for timer in self._scheduled if not timer.cancelled()), default=None)

    def move_to(self, when: float) -> None:
        self._virtual_s = max(self._virtual_s, when)


class VirtualClock:
    """`hedgerow.clock.Clock` on the running virtual loop."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        self._loop = loop

    def now_ms(self) -> int:
        return START_MS + round(self._loop.time() * 1000)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def settle(self) -> None:
        """Let everything happen that needs no time."""
        await self._loop.idle()

    async def advance(self, seconds: float) -> None:
        """Move time on; sleepers wake in order, each after all that the one before set going."""
        end = self._loop.time() + seconds
        await self.settle()
        while (when := self._loop.next_timer()) is not None and when <= end:
            self._loop.move_to(when)
            await self.settle()
        self._loop.move_to(end)
        await self.settle()

    async def until(self, condition: Callable[[], bool], within: float = 30.0) -> None:
        """Move time on until the condition holds, so far at most."""
        end = self._loop.time() + within
        await self.settle()
        while not condition():
            when = self._loop.next_timer()
            if when is None or when > end:
                raise AssertionError(f"{within} s passed, and it did not come about")
            self._loop.move_to(when)
            await self.settle()

    async def run(self, work: Coroutine[Any, Any, _T], within: float = 30.0) -> _T:
        """What work comes to, moving time on while it needs it."""
        task = asyncio.ensure_future(work)
        try:
            await self.until(task.done, within)
        finally:
            task.cancel()
        return task.result()
