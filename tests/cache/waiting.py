"""Waiting for what a server or a task brings about by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from hedgerow.cache import CacheUnavailable

_WITHIN_S = 20.0


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Look again and again; what a cache that is away cannot tell does not hold yet."""
    async with asyncio.timeout(_WITHIN_S):
        while not await _holds(condition):
            await asyncio.sleep(0.01)


async def _holds(condition: Callable[[], Awaitable[bool]]) -> bool:
    try:
        return await condition()
    except CacheUnavailable:
        return False


async def away(call: Callable[[], Awaitable[object]]) -> CacheUnavailable:
    """What a call on a cache that is away says."""
    try:
        await call()
    except CacheUnavailable as fault:
        return fault
    raise AssertionError("the cache answers")
