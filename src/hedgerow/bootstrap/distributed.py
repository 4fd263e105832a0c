"""The distributed desk: an order_manager or an order_resolver, on Kafka, Redis and PostgreSQL.

A process starts once all three answer, and ends with a sentence where one does not: whoever started it tries again.
From then on it outlives their outages.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import sys
from collections.abc import AsyncIterator, Callable, Collection, Coroutine
from pathlib import Path
from typing import Any

from hedgerow.bootstrap.reach import VARIABLES, reach
from hedgerow.bootstrap.services import DeskPorts, connections, manager_ports, resolver_ports, watched
from hedgerow.bootstrap.starting import (
    CannotStart,
    exit_code,
    listen,
    say,
    settle_memory,
    stop_on_signals,
    within,
)
from hedgerow.cache.redis import RedisCache
from hedgerow.clock import SystemClock
from hedgerow.config.services import ServiceSettings
from hedgerow.core.records import Stream
from hedgerow.history.sql import SqlHistory
from hedgerow.journal.kafka import KafkaJournal
from hedgerow.journal.kafka_client import KafkaSettings
from hedgerow.journal.kafka_group import GroupSettings, KafkaMembership
from hedgerow.logs import configure_logs
from hedgerow.loop import run_process
from hedgerow.order_manager.service import HttpServer, OrderManager
from hedgerow.order_resolver.service import OrderResolver
from hedgerow.vault import Secret, Vault
from hedgerow.vault.sql import SqlVault

_CONNECT_WITHIN_S = 10.0
_CALM = (Stream.ORDER_INTENTS, Stream.ORDERS_EXECUTED)  # others' commands: looked at when one's own comes after them
_RECLAIM_SESSIONS = 2  # a group has noticed by then whose a partition is


def run_order_manager(settings: ServiceSettings) -> int:
    """Run an order_manager until SIGINT or SIGTERM; the exit code."""
    return _run(settings, _serve_manager)


def run_order_resolver(settings: ServiceSettings) -> int:
    """Run an order_resolver until SIGINT or SIGTERM; the exit code."""
    return _run(settings, _serve_resolver)


def _run(settings: ServiceSettings, serve: Callable[[ServiceSettings], Coroutine[Any, Any, None]]) -> int:
    configure_logs(sys.stderr)
    return exit_code(lambda: run_process(serve(settings)))


@contextlib.asynccontextmanager
async def open_vault(database: str, key_path: Path) -> AsyncIterator[Vault]:
    """The vault that all processes share. Raises VaultFault."""
    vault = await SqlVault.open(database, key_path)
    try:
        yield vault
    finally:
        await vault.close()


def _kafka(settings: ServiceSettings) -> KafkaSettings:
    return KafkaSettings(settings.kafka, settings.kafka_prefix, security=settings.kafka_client)


def _cache(settings: ServiceSettings) -> RedisCache:
    """Not connected yet: a desk does not wait for its cache. Raises CannotStart for an address that is none."""
    try:
        return RedisCache(settings.redis, ended_s=settings.redis_ended_s)
    except ValueError as fault:
        raise CannotStart(f"HEDGEROW_REDIS cannot be used: {fault}") from None


@contextlib.asynccontextmanager
async def open_ports(settings: ServiceSettings, calm: Collection[Stream] = ()) -> AsyncIterator[DeskPorts]:
    """The distributed adapters; see KafkaJournal for `calm`.

    Raises JournalFault, HistoryFault, VaultFault and CannotStart; the cache may come later.
    """
    async with contextlib.AsyncExitStack() as opened:
        journal = await KafkaJournal.open(_kafka(settings), calm=calm)
        opened.push_async_callback(journal.close)
        history = await SqlHistory.open(settings.database)
        opened.push_async_callback(history.close)
        await history.bind(journal.journal_id)
        vault = await opened.enter_async_context(open_vault(settings.database, settings.key_path))
        cache = _cache(settings)
        opened.push_async_callback(cache.close)
        clock, chance = SystemClock(), random.SystemRandom()
        yield DeskPorts(
            journal=journal,
            history=history,
            cache=cache,
            vault=vault,
            clock=clock,
            chance=chance,
            connect=connections(vault, clock, chance),
        )


async def _serve_manager(settings: ServiceSettings) -> None:
    stop = stop_on_signals()
    reached = reach(settings, VARIABLES)
    async with contextlib.AsyncExitStack() as opened:
        listener = listen(settings.host, settings.port)
        opened.callback(listener.close)
        ports = await opened.enter_async_context(open_ports(settings, _CALM))
        nobody = Secret(secrets.token_urlsafe(32))  # no process here is its owner's: whoever calls has a token
        id_key = await ports.vault.order_id_key()
        manager = OrderManager(manager_ports(ports, nobody, reached.front), id_key)
        http = HttpServer(manager.app, listener, reached.context)
        async with asyncio.TaskGroup() as tasks:
            await manager.start()
            managing = tasks.create_task(manager.run(), name="order_manager")
            watching = watched(tasks, settings.ops_host, settings.ops_port, ports.meters, manager)
            await within(manager.connected(), _CONNECT_WITHIN_S)
            serving = tasks.create_task(http.run(), name="http")
            await http.started(ports.clock)
            manager.opened()
            renewing = tasks.create_task(reached.keep_fresh(ports.clock, lambda: None), name="certificate")
            settle_memory()
            scheme = "http" if reached.tls is None else "https"
            say(f"ready {scheme}://{settings.host}:{listener.getsockname()[1]}")
            await stop.wait()
            renewing.cancel()
            await manager.stop()
            http.stop()
            await serving
            managing.cancel()
            watching.cancel()


async def _serve_resolver(settings: ServiceSettings) -> None:
    stop = stop_on_signals()
    async with open_ports(settings) as ports:
        group = GroupSettings(settings.kafka_group, settings.kafka_session_ms)
        membership = KafkaMembership(_kafka(settings), group)
        reclaim_s = _RECLAIM_SESSIONS * settings.kafka_session_ms / 1000
        resolver = OrderResolver(resolver_ports(ports), membership, reclaim_s=reclaim_s)
        async with asyncio.TaskGroup() as tasks:
            resolving = tasks.create_task(resolver.run(), name="order_resolver")
            watching = watched(tasks, settings.ops_host, settings.ops_port, ports.meters, resolver)
            settle_memory()
            say("ready order_resolver")
            await stop.wait()
            resolving.cancel()
            watching.cancel()
