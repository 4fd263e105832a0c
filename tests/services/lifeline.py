"""The life of one process over its ports: what it did, in order, and where it dies or is failed.

A life that is cut stops at that very call: neither it nor any later call of that process returns.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeVar

from hedgerow.journal import Record
from tests.services.virtual_clock import VirtualLoop

_T = TypeVar("_T")


class Lifeline:
    """
    Attributes:
        calls: every call that changes something outside, by name, in the order in which they began.
        effects: the same once they have taken effect.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.effects: list[str] = []
        self.dead = False
        self.held: dict[str, asyncio.Event] = {}  # streams whose live readers wait
        self._cut: Callable[[int, str, str], bool] = lambda *_: False
        self._faults: dict[str, list[tuple[Exception, bool]]] = {}

    def cut_at(self, number: int, when: str) -> None:
        """Die `before` or `after` the call with this number, from 0."""
        self._cut = lambda count, _, moment: (count, moment) == (number, when)

    def cut_when(self, name: str, when: str) -> None:
        """Die `before` or `after` the next call of this name."""
        self._cut = lambda _, called, moment: (called, moment) == (name, when)

    def fail(self, name: str, fault: Exception, *, done: bool = False) -> None:
        """The next call of this name raises; `done`: though it took effect."""
        self._faults.setdefault(name, []).append((fault, done))

    def hold(self, stream: str) -> Callable[[], None]:
        """Live readers of this stream get nothing until what is returned is called."""
        event = self.held[stream] = asyncio.Event()
        return event.set

    async def through(self, name: str, call: Callable[[], Awaitable[_T]]) -> _T:
        number = len(self.calls)
        self.calls.append(name)
        await self._live(number, name, "before")
        fault, done = self._faults[name].pop(0) if self._faults.get(name) else (None, True)
        if not done:
            assert fault is not None
            raise fault
        result = await call()
        self.effects.append(name)
        await self._live(number, name, "after")
        if fault is not None:
            raise fault
        return result

    async def _live(self, number: int, name: str, when: str) -> None:
        self.dead = self.dead or self._cut(number, name, when)
        if self.dead:
            await asyncio.get_running_loop().create_future()


class LivedJournal:
    """`piecemeal`: an adapter that cannot append to several streams at once, and awaits each before the next."""

    def __init__(self, journal: Any, life: Lifeline, *, piecemeal: bool = False) -> None:
        self._journal = journal
        self._life = life
        self._piecemeal = piecemeal

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    async def append(self, stream: str, account: str, records: Sequence[Record], *, lazy: bool = False) -> Any:
        work = lambda: _whole(self._journal.append(stream, account, records, lazy=lazy))  # noqa: E731
        return await work() if stream == "heartbeats" else await self._life.through(f"journal {stream}", work)

    async def append_in_order(
        self, account: str, parts: Sequence[tuple[str, Sequence[Record]]], *, lazy: bool = False
    ) -> Any:
        if self._piecemeal:
            return [await self.append(stream, account, records) for stream, records in parts]
        names = "+".join(str(stream) for stream, _ in parts)
        return await self._life.through(
            f"journal {names}", lambda: _whole(self._journal.append_in_order(account, parts, lazy=lazy))
        )

    def tail(self, stream: str, *args: Any) -> _LivedTail:
        return _LivedTail(self._journal.tail(stream, *args), stream, self._life)

    async def read(self, *args: Any, **more: Any) -> AsyncIterator[Any]:
        async for batch in self._journal.read(*args, **more):
            yield batch


class _LivedTail:
    def __init__(self, tail: Any, stream: str, life: Lifeline) -> None:
        self._tail = tail
        self._stream = stream
        self._life = life

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tail, name)

    def take(self, limit: int = 500) -> Any:
        event = self._life.held.get(self._stream)
        return [] if event is not None and not event.is_set() else self._tail.take(limit)

    async def next(self, limit: int = 500) -> Any:
        entries = await self._tail.next(limit)
        if (event := self._life.held.get(self._stream)) is not None:
            await event.wait()
        return entries


async def _whole(work: Awaitable[_T]) -> _T:
    """The writer's thread goes on with an append that nobody waits for any more."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return await asyncio.shield(loop.counted(asyncio.ensure_future(work)))


class LivedHistory:
    def __init__(self, history: Any, life: Lifeline) -> None:
        self._history = history
        self._life = life

    def __getattr__(self, name: str) -> Any:
        return getattr(self._history, name)

    async def take_over(self, partition: int) -> Any:
        return await self._life.through("history take_over", lambda: self._history.take_over(partition))

    async def commit(self, batch: Any) -> None:
        await self._life.through("history commit", lambda: self._history.commit(batch))


class LivedCache:
    def __init__(self, cache: Any, life: Lifeline) -> None:
        self._cache = cache
        self._life = life

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cache, name)

    async def put_orders(self, orders: Any) -> None:
        await self._life.through("cache put_orders", lambda: self._cache.put_orders(orders))

    async def put_positions(self, positions: Any) -> None:
        await self._life.through("cache put_positions", lambda: self._cache.put_positions(positions))
