"""Every adapter that the contract suites run on; a new one is one line in a table below.

A store is opened by an opener, made with a folder of its own; opening twice gives the same store again. An appender
in another process opens it by the adapter's name and the folder.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from hedgerow.cache import Cache
from hedgerow.cache.memory import MemoryCache
from hedgerow.history import History
from hedgerow.history.sql import SqlHistory
from hedgerow.journal import Journal
from hedgerow.journal.sqlite import SqliteJournal
from hedgerow.vault import Vault
from hedgerow.vault.sql import SqlVault
from tests.contracts.repeating import RepeatingJournal


async def sqlite_journal(folder: Path) -> Journal:
    return await SqliteJournal.open(folder / "journal.db")


async def sqlite_journal_with_a_small_ring(folder: Path) -> Journal:
    return await SqliteJournal.open(folder / "journal.db", ring=8)


async def repeating_journal(folder: Path) -> Journal:
    return RepeatingJournal(await SqliteJournal.open(folder / "journal.db", ring=50), seed=7)


async def sqlite_history(folder: Path) -> History:
    return await SqlHistory.open(folder / "history.db")


async def memory_cache(_folder: Path) -> Cache:
    return MemoryCache()


async def sqlite_vault(folder: Path) -> Vault:
    return await SqlVault.open(folder / "vault.db", folder / "vault.key")


JOURNALS: dict[str, Callable[[Path], Awaitable[Journal]]] = {
    "sqlite": sqlite_journal,
    "sqlite-small-ring": sqlite_journal_with_a_small_ring,
    "repeating": repeating_journal,
}
HISTORIES: dict[str, Callable[[Path], Awaitable[History]]] = {"sqlite": sqlite_history}
CACHES: dict[str, Callable[[Path], Awaitable[Cache]]] = {"memory": memory_cache}
VAULTS: dict[str, Callable[[Path], Awaitable[Vault]]] = {"sqlite": sqlite_vault}
