"""The clock of these tests keeps its own promises."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.services.virtual_clock import START_MS, VirtualClock


async def test_sleepers_wake_in_order_each_at_its_time(clock: VirtualClock) -> None:
    woken: list[tuple[str, int]] = []

    async def sleeper(name: str, *naps: float) -> None:
        for nap in naps:
            await clock.sleep(nap)
            woken.append((name, clock.now_ms() - START_MS))

    tasks = [asyncio.ensure_future(sleeper("a", 2, 2)), asyncio.ensure_future(sleeper("b", 1, 2))]
    await clock.advance(1.5)
    assert woken == [("b", 1000)]
    await clock.advance(10)
    assert woken == [("b", 1000), ("a", 2000), ("b", 3000), ("a", 4000)]
    assert clock.now_ms() == START_MS + 11_500
    await asyncio.gather(*tasks)


async def test_work_of_threads_is_waited_for_without_time_passing(clock: VirtualClock) -> None:
    work = asyncio.ensure_future(asyncio.to_thread(lambda: sum(range(200_000))))
    await clock.settle()
    assert work.done()
    assert clock.now_ms() == START_MS


async def test_an_hour_takes_no_time(clock: VirtualClock) -> None:
    started = time.monotonic()
    await clock.run(clock.sleep(3600), within=3600)
    assert time.monotonic() - started < 1
    assert clock.now_ms() == START_MS + 3_600_000


async def test_what_does_not_come_about_in_time_fails(clock: VirtualClock) -> None:
    with pytest.raises(AssertionError, match="did not come about"):
        await clock.until(lambda: False, within=5)
