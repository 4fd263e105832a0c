"""One suite for each port, run on every adapter."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from hedgerow.cache import Cache
from hedgerow.history import History
from hedgerow.journal import Journal
from hedgerow.vault import Vault
from tests.contracts.adapters import CACHES, HISTORIES, JOURNALS, VAULTS

S = TypeVar("S", Journal, History, Vault)
Open = Callable[[], Awaitable[S]]


async def _opened(opener: Callable[[Path], Awaitable[S]], folder: Path) -> AsyncIterator[Open[S]]:
    """Opens the same store as often as it is called; closes what the test left open."""
    stores: list[S] = []

    async def open_store() -> S:
        store = await opener(folder)
        stores.append(store)
        return store

    yield open_store
    for store in reversed(stores):
        await store.close()


@pytest.fixture(params=JOURNALS)
def journal_adapter(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if name.startswith("kafka"):
        request.getfixturevalue("kafka_server")
    return name


@pytest.fixture
async def open_journal(journal_adapter: str, tmp_path: Path) -> AsyncIterator[Open[Journal]]:
    async for opened in _opened(JOURNALS[journal_adapter], tmp_path):
        yield opened


@pytest.fixture
async def journal(open_journal: Open[Journal]) -> Journal:
    return await open_journal()


@pytest.fixture(params=HISTORIES)
async def open_history(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open[History]]:
    async for opened in _opened(HISTORIES[request.param](request.getfixturevalue), tmp_path):
        yield opened


@pytest.fixture
async def history(open_history: Open[History]) -> History:
    return await open_history()


@pytest.fixture(params=CACHES)
async def cache(request: pytest.FixtureRequest) -> AsyncIterator[Cache]:
    async with CACHES[request.param](request.getfixturevalue) as cache:
        yield cache


@pytest.fixture(params=VAULTS)
async def open_vault(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open[Vault]]:
    async for opened in _opened(VAULTS[request.param](request.getfixturevalue), tmp_path):
        yield opened


@pytest.fixture
async def vault(open_vault: Open[Vault]) -> Vault:
    return await open_vault()


@pytest.fixture
async def taken(history: History) -> History:
    """A history whose partition 0 was taken over once."""
    await history.take_over(0)
    return history
