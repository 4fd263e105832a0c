"""Distributed desks to measure: on one Kafka and one PostgreSQL, each with topics, database and Redis of its own."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import re
import urllib.request
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import psycopg

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
_FOLLOWED_S: Final = 60.0
_SETTLED_S: Final = 60.0
_ANSWER_S: Final = 5.0
_LOOK_S: Final = 0.1


class Unflushed(TopicSettings):
    """Topics whose one copy is not flushed at every record: what Kafka takes without the disk, as with replicas."""

    def configuration(self) -> dict[str, str]:
        return {name: value for name, value in super().configuration().items() if name != "flush.messages"}


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

    def __init__(
        self, deployment: Deployment, accounts: Sequence[Key], journal: KafkaSettings, database: str, token: str
    ) -> None:
        self.deployment = deployment
        self.accounts = accounts
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
        """Start every process, and wait until every account is followed, by the word of each order_manager."""
        await asyncio.to_thread(self.deployment.start)
        async with asyncio.timeout(_FOLLOWED_S):
            for manager in self.deployment.managers:
                while sum((await self.figures(manager, "hedgerow_account_followed")).values()) < len(self.accounts):
                    await asyncio.sleep(_LOOK_S)
        return self

    async def figures(self, service: Service, name: str) -> dict[str, float]:
        """What a process tells of a figure that has one label, by the label's value."""
        return await asyncio.to_thread(_figures, self.deployment.ops_url(service, "/metrics"), name)

    async def settled(self, orders: int) -> None:
        """Wait until history has so many orders that were canceled, and none that lives."""
        async with asyncio.timeout(_SETTLED_S):
            while await asyncio.to_thread(_unsettled, self.database, orders):
                await asyncio.sleep(_LOOK_S)

    async def stop(self, services: Sequence[Service] | None = None) -> None:
        """Stop these processes, or all."""
        for service in self.deployment.services if services is None else services:
            await asyncio.to_thread(service.stop)

    def open_journal(self) -> contextlib.AbstractAsyncContextManager[KafkaJournal]:
        """A reader and writer beside the desk's own."""
        return _journal(self.journal)


def _figures(url: str, name: str) -> dict[str, float]:
    with urllib.request.urlopen(url, timeout=_ANSWER_S) as answer:
        return labelled(answer.read().decode(), name)


def labelled(told: str, name: str) -> dict[str, float]:
    """A figure's values by its one label, in Prometheus's text."""
    found = re.findall(rf'^{name}\{{\w+="([^"]*)"\}} (\S+)', told, re.MULTILINE)
    return {label: float(value) for label, value in found}


def _unsettled(database: str, orders: int) -> bool:
    query = "SELECT count(*) FILTER (WHERE living_in IS NULL), count(living_in) FROM history.orders"
    with psycopg.connect(database) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None, "a count is a row"
    ended, living = row
    return bool(ended < orders or living)


@contextlib.asynccontextmanager
async def _journal(settings: KafkaSettings) -> AsyncIterator[KafkaJournal]:
    journal = await KafkaJournal.open(settings)
    try:
        yield journal
    finally:
        await journal.close()


@contextlib.asynccontextmanager
async def distributed(room: Room, name: str, size: Size, topics: TopicSettings = TOPICS) -> AsyncIterator[Distributed]:
    """A desk on the accounts that the room has keys for under its name; not started yet, stopped at the end."""
    folder = room.folder / name
    database = room.engines.postgres.new_database()
    journal = KafkaSettings(room.engines.kafka.address, prefix=f"{name}.")
    await create_topics(journal, topics)
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
        desk = Distributed(deployment, room.keys[name], journal, database, token)
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
