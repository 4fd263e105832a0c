"""Distributed desks to measure: on one Kafka and one PostgreSQL, each with topics, database and Redis of its own."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from benchmarks import servers
from benchmarks.servers import Key, Server
from benchmarks.venue import Venue
from hedgerow.journal.kafka import KafkaJournal
from hedgerow.journal.kafka_client import KafkaSettings
from hedgerow.journal.kafka_topics import TopicSettings, create_topics
from hedgerow.journal.partitions import partition_of
from hedgerow.vault.sql import SqlVault
from onemachine.deployment import Deployment, Engines
from onemachine.servers.redis import RedisServer
from onemachine.service import Service

PARTITIONS: Final = 4
TOPICS: Final = TopicSettings(partitions=PARTITIONS, replication=1, min_insync=1)
SESSION_MS: Final = 6_000  # as shipped


class Room(NamedTuple):
    """What every desk of a run stands on; all of it runs.

    Attributes:
        keys: at the exchange, by the desk whose accounts they are.
    """

    engines: Engines
    folder: Path
    venue: Venue
    keys: dict[str, list[Key]]
    chance: random.Random

    @property
    def exchange(self) -> Server:
        return self.venue.server


class At(NamedTuple):
    """A process, and the port that it serves."""

    pid: int
    port: int


class Size(msgspec.Struct, frozen=True):
    """How many processes of each kind."""

    managers: int
    resolvers: int

    def __str__(self) -> str:
        return f"{self.managers} + {self.resolvers}"


class Distributed:
    """A desk whose topics, database and accounts are there; its processes are its user's to start and stop."""

    def __init__(self, deployment: Deployment, journal: KafkaSettings, database: str, token: str) -> None:
        self.deployment = deployment
        self.journal = journal
        self.database = database
        self.token = token

    @property
    def managers(self) -> list[At]:
        desk = self.deployment
        return [At(each.server.pid, port) for each, port in zip(desk.managers, desk.manager_ports, strict=True)]

    @property
    def manager_pids(self) -> list[int]:
        return [each.server.pid for each in self.deployment.managers]

    @property
    def resolver_pids(self) -> list[int]:
        return [each.server.pid for each in self.deployment.resolvers]

    async def start(self) -> Distributed:
        await asyncio.to_thread(self.deployment.start)
        return self

    async def stop(self, services: Sequence[Service] | None = None) -> None:
        """Stop these processes, or all."""
        for service in self.deployment.services if services is None else services:
            await asyncio.to_thread(service.stop)

    def open_journal(self) -> contextlib.AbstractAsyncContextManager[KafkaJournal]:
        """A reader and writer beside the desk's own."""
        return _journal(self.journal)


@contextlib.asynccontextmanager
async def _journal(settings: KafkaSettings) -> AsyncIterator[KafkaJournal]:
    journal = await KafkaJournal.open(settings)
    try:
        yield journal
    finally:
        await journal.close()


@contextlib.asynccontextmanager
async def distributed(room: Room, name: str, size: Size) -> AsyncIterator[Distributed]:
    """A desk on the accounts that the room has keys for under its name; not started yet, stopped at the end."""
    folder = room.folder / name
    database = room.engines.postgres.new_database()
    journal = KafkaSettings(room.engines.kafka.address, prefix=f"{name}.")
    await create_topics(journal, TOPICS)
    with RedisServer(room.folder / f"{name}-redis").start() as redis:
        deployment = Deployment(
            folder,
            room.engines._replace(redis=redis),
            database=database,
            prefix=journal.prefix,
            managers=size.managers,
            resolvers=size.resolvers,
            partitions=PARTITIONS,
            session_ms=SESSION_MS,
            accounts=(),  # the exchange is the room's
        )
        vault = await SqlVault.open(database, folder / "vault.key")
        try:
            token = await servers.fill_vault(vault, room.exchange, {key: {} for key in room.keys[name]})
        finally:
            await vault.close()
        desk = Distributed(deployment, journal, database, token)
        try:
            yield desk
        finally:
            await desk.stop()


def spread_keys(name: str, count: int) -> list[Key]:
    """Keys whose accounts lie on each partition in turn, beginning with the first."""
    keys: list[Key] = []
    for number in itertools.count():
        if len(keys) == count:
            return keys
        account = f"{name}{number}"
        if partition_of(account, PARTITIONS) == len(keys) % PARTITIONS:
            keys.append(servers.new_key(account))
    raise AssertionError("numbers do not end")
