"""A cancellation is never lost among faults."""

from __future__ import annotations

import asyncio

import pytest

from hedgerow.journal import JournalFault
from hedgerow.order_resolver.apart import apart


async def _fail_when(failing: asyncio.Event) -> None:
    await failing.wait()
    raise JournalFault("disk full")


async def _group(failing: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as tasks:
        for _ in range(3):
            tasks.create_task(_fail_when(failing))


async def _turns() -> None:
    """All that is ready has run."""
    for _ in range(100):
        await asyncio.sleep(0)


async def test_a_fault_is_handed_on() -> None:
    failing = asyncio.Event()
    failing.set()
    with pytest.raises(BaseExceptionGroup) as caught:
        await apart(_group(failing))
    assert caught.group_contains(JournalFault)


@pytest.mark.parametrize("first", ["fault", "cancellation"])
async def test_who_is_canceled_while_its_work_fails_ends(first: str) -> None:
    failing, tries = asyncio.Event(), 0

    async def again_and_again() -> None:
        nonlocal tries
        while True:
            tries += 1
            try:
                await apart(_group(failing))
            except* JournalFault:
                await asyncio.sleep(0)

    task = asyncio.create_task(again_and_again())
    await _turns()
    for act in (failing.set, task.cancel) if first == "fault" else (task.cancel, failing.set):
        act()
    await _turns()
    assert (task.done(), task.cancelled(), tries) == (True, True, 1)
