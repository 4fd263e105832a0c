"""What history knows by an id, asked only where it may know it: a fresh Idempotency-Key costs no look-up."""

from __future__ import annotations

from typing import Final

import structlog
from rbloom import Bloom

from hedgerow.clock import Clock
from hedgerow.core.orders import Order
from hedgerow.history import CommandRow, History, HistoryFault

_log = structlog.get_logger(__name__)
_ROOM: Final = 4_000_000  # ids; with more, more are looked up in vain
_IN_VAIN: Final = 0.01
_PAGE: Final = 10_000  # ids in one read of history
_BETWEEN_S: Final = 0.05
_AGAIN_S: Final = 5.0


class Past:
    """The orders and commands of history, and which ids it certainly does not hold.

    Every id in history was read from it by `run`, or has been in the log since the place from which this
    order_manager reads the log, and was told by `add`. Until `run` has read all, and once the log had a gap, history
    is asked for every id.
    """

    def __init__(self, history: History, clock: Clock) -> None:
        self._history = history
        self._clock = clock
        self._ids = Bloom(_ROOM, _IN_VAIN)
        self._whole = False
        self._gap = False

    def add(self, command_id: str) -> None:
        """An intent was read in the log: history holds it by and by."""
        self._ids.add(command_id)

    def missed_some(self) -> None:
        """The log had a gap: from now on only history itself can tell."""
        self._gap = True

    async def order(self, order_id: str) -> Order | None:
        """Raises HistoryFault where history has to be asked, and fails."""
        return await self._history.order(order_id) if self._may_hold(order_id) else None

    async def command(self, command_id: str) -> CommandRow | None:
        """Raises HistoryFault where history has to be asked, and fails."""
        return await self._history.command(command_id) if self._may_hold(command_id) else None

    def _may_hold(self, command_id: str) -> bool:
        return self._gap or not self._whole or command_id in self._ids

    async def run(self) -> None:
        """Read every id that history holds. It must begin after the log's reader has taken its place from history."""
        after, complained = "", False
        while not self._whole:
            try:
                page = await self._history.command_ids(after, _PAGE)
            except HistoryFault as fault:
                if not complained:
                    _log.warning("history's ids cannot be read; until then it is asked for each", fault=str(fault))
                complained = True
                await self._clock.sleep(_AGAIN_S)
                continue
            self._ids.update(page)
            self._whole = len(page) < _PAGE
            after = page[-1] if page else after
            await self._clock.sleep(_BETWEEN_S)
