"""Waiting for work that may fail in several places at once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


async def apart(work: Coroutine[Any, Any, None]) -> None:
    """Run work as a task of its own, so that a cancellation of the caller is never lost in it.

    In Python 3.11 a task group whose tasks fail while it is canceled raises their faults and forgets that it was
    canceled: who catches them and tries again could never be stopped. Here the cancellation wins.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait((task,))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    task.result()
