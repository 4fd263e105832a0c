"""Canceling a call at every one of its first steps: who asks again and again could otherwise never be stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

_STEPS = 40


async def cancel_at_every_step(ask: Callable[[], Awaitable[Any]]) -> None:
    """Ask again and again, cancel each time a step later, and see that a cancellation that was taken is heeded."""
    for steps in range(_STEPS):
        asking = asyncio.ensure_future(ask())
        for _ in range(steps):
            await asyncio.sleep(0)
        taken = asking.cancel()
        ended = (await asyncio.gather(asking, return_exceptions=True))[0]
        assert asking.cancelled() or not taken, f"after {steps} steps it went on, to {ended!r}"
        assert taken or not isinstance(ended, BaseException), ended
