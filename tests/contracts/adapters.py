"""Every adapter that the contract suites run on; a new one is one line in a table below.

A store is opened by an opener, made with a folder of its own; opening twice gives the same store again. An appender
in another process opens it by the adapter's name and the folder.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from hedgerow.cache import Cache
from hedgerow.cache.memory import MemoryCache
from hedgerow.cache.redis import RedisCache
from hedgerow.history import History
from hedgerow.history.sql import SqlHistory
from hedgerow.journal import Journal
from hedgerow.journal.sqlite import SqliteJournal
from hedgerow.vault import Vault
from hedgerow.vault.sql import SqlVault
from tests.contracts.kafka_opening import open_kafka
from tests.contracts.repeating import RepeatingJournal


async def sqlite_journal(folder: Path) -> Journal:
    return await SqliteJournal.open(folder / "journal.db")


async def sqlite_journal_with_a_small_ring(folder: Path) -> Journal:
    return await SqliteJournal.open(folder / "journal.db", ring=8)


async def repeating_journal(folder: Path) -> Journal:
    return RepeatingJournal(await SqliteJournal.open(folder / "journal.db", ring=50), seed=7)


async def kafka_journal(folder: Path) -> Journal:
    return await open_kafka(folder, ring=20_000)


async def kafka_journal_with_a_small_ring(folder: Path) -> Journal:
    return await open_kafka(folder, ring=8)


def sqlite_history(_fixture: Callable[[str], Any]) -> Callable[[Path], Awaitable[History]]:
    return lambda folder: SqlHistory.open(folder / "history.db")


def postgres_history(fixture: Callable[[str], Any]) -> Callable[[Path], Awaitable[History]]:
    url = fixture("migrated_database_url")
    return lambda _folder: SqlHistory.open(url)


@contextlib.asynccontextmanager
async def memory_cache(_fixture: Callable[[str], Any]) -> AsyncIterator[Cache]:
    yield MemoryCache()


_prefixes = itertools.count()


@contextlib.asynccontextmanager
async def redis_cache(fixture: Callable[[str], Any]) -> AsyncIterator[Cache]:
    """On the session's server, under a prefix of its own."""
    cache = RedisCache(fixture("redis_server").url, prefix=f"contract-{next(_prefixes)}:", deadline_s=5)
    yield cache
    await cache.close()


def sqlite_vault(_fixture: Callable[[str], Any]) -> Callable[[Path], Awaitable[Vault]]:
    return lambda folder: SqlVault.open(folder / "vault.db", folder / "vault.key")


def postgres_vault(fixture: Callable[[str], Any]) -> Callable[[Path], Awaitable[Vault]]:
    url = fixture("migrated_database_url")
    return lambda folder: SqlVault.open(url, folder / "vault.key")


JOURNALS: dict[str, Callable[[Path], Awaitable[Journal]]] = {
    "sqlite": sqlite_journal,
    "sqlite-small-ring": sqlite_journal_with_a_small_ring,
    "repeating": repeating_journal,
    "kafka": kafka_journal,
    "kafka-small-ring": kafka_journal_with_a_small_ring,
}
HISTORIES: dict[str, Callable[[Callable[[str], Any]], Callable[[Path], Awaitable[History]]]] = {
    "sqlite": sqlite_history,
    "postgres": postgres_history,
}
CACHES: dict[str, Callable[[Callable[[str], Any]], AbstractAsyncContextManager[Cache]]] = {
    "memory": memory_cache,
    "redis": redis_cache,
}
VAULTS: dict[str, Callable[[Callable[[str], Any]], Callable[[Path], Awaitable[Vault]]]] = {
    "sqlite": sqlite_vault,
    "postgres": postgres_vault,
}
