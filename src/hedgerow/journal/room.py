"""Room for so many under way at once: taken at once where there is some, else waited for, first come, first served."""

from __future__ import annotations

import asyncio
from collections import deque


class Room:
    """Of one event loop. Unlike a semaphore it can be taken without a coroutine."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[asyncio.Future[None]] = deque()

    def taken(self) -> bool:
        """Take a place if there is one and nobody waits for it."""
        if self._free == 0 or self._waiting:
            return False
        self._free -= 1
        return True

    async def take(self) -> None:
        """Take a place, once there is one."""
        if self.taken():
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release()  # the place had been given already
            else:
                self._waiting.remove(turn)
            raise

    def release(self) -> None:
        """Give a place back: to whoever has waited longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
