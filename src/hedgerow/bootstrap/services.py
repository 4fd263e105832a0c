"""The ports of a desk, and which of them each service gets."""

from __future__ import annotations

import asyncio
import random
import secrets
import socket
import time
from functools import partial
from typing import Protocol

import msgspec

from hedgerow.cache import Cache
from hedgerow.clock import Clock
from hedgerow.exchange import ExchangeConnection
from hedgerow.exchange.connect import connect
from hedgerow.history import History
from hedgerow.journal import Journal
from hedgerow.meters import Meters
from hedgerow.notices.apprise_messenger import AppriseMessenger
from hedgerow.ops.exposition import registry
from hedgerow.ops.server import serve_ops
from hedgerow.order_manager.http.front import Front
from hedgerow.order_manager.service import Ports as ManagerPorts
from hedgerow.order_resolver.service import Ports as ResolverPorts
from hedgerow.vault import ExchangeAccount, Secret, Vault


class OpenConnection(Protocol):
    """Opens a connection of its own for each service that asks: they share nothing. Raises ExchangeFault."""

    async def __call__(self, account: ExchangeAccount, *, sends_orders: bool) -> ExchangeConnection: ...


class DeskPorts(msgspec.Struct, frozen=True, kw_only=True):
    """The adapters of a desk: all that resolver and manager meet in, and all that reaches outside."""

    journal: Journal
    history: History
    cache: Cache
    vault: Vault
    clock: Clock
    chance: random.Random
    connect: OpenConnection
    meters: Meters = msgspec.field(default_factory=Meters)


def connections(vault: Vault, clock: Clock, chance: random.Random) -> OpenConnection:
    """Opens connections with the vault's credentials."""

    async def open_connection(account: ExchangeAccount, *, sends_orders: bool) -> ExchangeConnection:
        credentials = await vault.credentials(account.name)
        connection = connect(account, credentials, now_ms=clock.now_ms, chance=chance, sends_orders=sends_orders)
        await connection.open()
        return connection

    return open_connection


def resolver_ports(ports: DeskPorts) -> ResolverPorts:
    return ResolverPorts(
        journal=ports.journal,
        history=ports.history,
        cache=ports.cache,
        vault=ports.vault,
        clock=ports.clock,
        chance=ports.chance,
        connect=partial(ports.connect, sends_orders=False),
        writer=f"order_resolver@{socket.gethostname()}",
        meters=ports.meters,
    )


def manager_ports(ports: DeskPorts, door: Secret, front: Front) -> ManagerPorts:
    return ManagerPorts(
        journal=ports.journal,
        history=ports.history,
        cache=ports.cache,
        vault=ports.vault,
        clock=ports.clock,
        chance=ports.chance,
        connect=partial(ports.connect, sends_orders=True),
        new_key=lambda: secrets.token_hex(16),
        writer=f"order_manager@{socket.gethostname()}-{time.time_ns()}",
        messenger=AppriseMessenger(),
        door=door,
        front=front,
        meters=ports.meters,
    )


class Watched(Protocol):
    """A service as operations see it."""

    async def unready(self) -> list[str]: ...

    async def look(self) -> None: ...


class Both:
    """Two services in one process."""

    def __init__(self, first: Watched, second: Watched) -> None:
        self._both = (first, second)

    async def unready(self) -> list[str]:
        return [reason for each in self._both for reason in await each.unready()]

    async def look(self) -> None:
        for each in self._both:
            await each.look()


def watched(
    tasks: asyncio.TaskGroup, host: str, port: int | None, meters: Meters, service: Watched
) -> asyncio.Task[None]:
    """Serve health and metrics of a service until it is canceled; nothing at all where no port is given."""
    if port is None:
        return tasks.create_task(asyncio.sleep(0), name="ops")
    serving = serve_ops(host, port, registry(meters), service.unready, look=service.look)
    return tasks.create_task(serving, name="ops")
