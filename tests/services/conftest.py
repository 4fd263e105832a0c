"""The two services on a clock that the test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest

from tests.services.desk import Desk
from tests.services.scripted_exchange import ScriptedExchange
from tests.services.virtual_clock import VirtualClock, VirtualLoop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], VirtualLoop]]:
    return {"virtual": VirtualLoop}


@pytest.fixture
async def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def desk(tmp_path: Path, clock: VirtualClock) -> AsyncIterator[Desk]:
    """A desk of one partition, with nothing running yet."""
    desk = await Desk(tmp_path, clock).open()
    yield desk
    await desk.close()


@pytest.fixture
async def exchange(desk: Desk) -> ScriptedExchange:
    """The account `sim`."""
    return await desk.account()
