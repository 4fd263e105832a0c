"""When a partition takes its next step: at once; while orders come one after the other, they go first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from hedgerow.clock import Clock
from hedgerow.core.records import Stream
from hedgerow.core.reports import FillReport
from hedgerow.order_resolver.inbox import Commands, Heard, Inbox, Item

LOOK_MS: Final = 5  # intents that follow each other within this time come in one run, …
FEW: Final = 4  # … and a run of more than so many is a stream of them
LONGEST_MS: Final = 100  # how long what they ask for may wait to be taken in
_MOST: Final = 1_000  # items that may wait together

_INTENTS: Final = Stream.ORDER_INTENTS


class Steps:
    """What a partition takes in, step by step.

    Args:
        size: items in one step, but for a stream of orders.
    """

    def __init__(self, inbox: Inbox, clock: Clock, size: int) -> None:
        self._inbox = inbox
        self._clock = clock
        self._size = size
        self._pace = OrdersFirst()

    async def next(self) -> list[Item]:
        """At least one item, as soon as there is one that may not wait."""
        items = fresh = await self._inbox.take(self._size)
        began_ms = self._clock.now_ms()
        while fresh and len(items) < _MOST:
            now_ms = self._clock.now_ms()
            self._pace.came(fresh, now_ms)
            if now_ms - began_ms >= LONGEST_MS or not self._pace.may_wait(fresh, now_ms):
                break
            await self._clock.sleep(LOOK_MS / 1000)
            fresh = self._inbox.take_now(self._size)
            items = items + fresh
        return items


class OrdersFirst:
    """What the desk itself asked for is known to who asked; taking it in, with all that follows, can wait a little.

    In a stream of orders the processor is theirs, and larger steps cost less. What somebody waits for, and what nobody
    asked for (a fill), is taken in at the next look, and all that came before it.
    """

    def __init__(self) -> None:
        self._intended_ms: int | None = None
        self._run = 0  # intents

    def came(self, items: Iterable[Item], now_ms: int) -> None:
        """These came by now."""
        intents = sum(len(item.entries) for item in items if isinstance(item, Commands) and item.stream is _INTENTS)
        if intents:
            self._run = intents + (self._run if self._was_just_asked(now_ms) else 0)
            self._intended_ms = now_ms

    def may_wait(self, items: Iterable[Item], now_ms: int) -> bool:
        """Whether these may wait for more."""
        return self._run > FEW and self._was_just_asked(now_ms) and not any(_is_awaited(item) for item in items)

    def _was_just_asked(self, now_ms: int) -> bool:
        return self._intended_ms is not None and 0 <= now_ms - self._intended_ms <= LOOK_MS


def _is_awaited(item: Item) -> bool:
    if item.taken is not None:
        return True
    match item:
        case Commands():
            return False
        case Heard(reports=reports):
            return any(isinstance(report, FillReport) for report in reports)
        case _:
            return True
