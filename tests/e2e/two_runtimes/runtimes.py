"""order_manager and order_resolver as two runtimes: each its own tasks and its own connections to the exchange.

They share the ports of journal, history, caches and vault, and nothing else; each is started and killed by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections.abc import AsyncIterator

from hedgerow.bootstrap.embedded import open_ports
from hedgerow.bootstrap.services import DeskPorts, manager_ports, resolver_ports
from hedgerow.bootstrap.starting import listen
from hedgerow.journal.membership import FixedShare
from hedgerow.order_manager.http.front import Front
from hedgerow.order_manager.service import HttpServer, OrderManager
from hedgerow.order_resolver.service import OrderResolver
from hedgerow.vault import Secret
from tests.e2e.desk_client import DeskClient
from tests.e2e.desk_process import Account, DeskProcess, keep_in_vault, until


class Runtime:
    """A task that owns all others of its service; killing it asks nobody."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def _launch(self, running: asyncio.Task[None]) -> None:
        assert self._task is None, "it runs already"
        self._task = running

    async def kill(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None


class ResolverRuntime(Runtime):
    def __init__(self, ports: DeskPorts) -> None:
        super().__init__()
        self._ports = ports

    async def start(self) -> None:
        resolver = OrderResolver(resolver_ports(self._ports), FixedShare(range(self._ports.journal.partitions)))
        self._launch(asyncio.create_task(resolver.run()))
        await resolver.ready()


class ManagerRuntime(Runtime):
    """With its HTTP on a port of its own; `desk` is the owner's client."""

    def __init__(self, ports: DeskPorts, account: Account) -> None:
        super().__init__()
        self._ports = ports
        self._account = account
        self.desk: DeskClient = None  # type: ignore[assignment] # there is one while it runs

    async def start(self, send_buffer: int | None = None) -> None:
        """`send_buffer`: bytes that the kernel keeps for a client that does not read."""
        token = secrets.token_urlsafe()
        manager = OrderManager(
            manager_ports(self._ports, Secret(token), Front()), await self._ports.vault.order_id_key()
        )
        listener = listen("127.0.0.1", 0)
        if send_buffer is not None:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
        http = HttpServer(manager.app, listener)

        async def run() -> None:
            with listener:
                async with asyncio.TaskGroup() as tasks:
                    await manager.start()
                    tasks.create_task(manager.run())
                    tasks.create_task(http.run())

        self._launch(asyncio.create_task(run()))
        self.desk = DeskClient(f"http://127.0.0.1:{listener.getsockname()[1]}", token, self._account.name)
        await http.started(self._ports.clock)
        await until(self._ready, within_s=30)

    async def _ready(self) -> bool:
        accounts = (await self.desk.call("GET", "/api/accounts")).body
        return any(each["name"] == self._account.name and each["ready"] for each in accounts)

    async def kill(self) -> None:
        await super().kill()
        if self.desk is not None:
            await self.desk.__aexit__()


class Pair:
    """One of each, neither started, on a data folder with one account."""

    def __init__(self, ports: DeskPorts, account: Account) -> None:
        self.ports = ports
        self.account = account
        self.resolver = ResolverRuntime(ports)
        self.manager = ManagerRuntime(ports, account)

    @property
    def desk(self) -> DeskClient:
        return self.manager.desk

    async def kill(self) -> None:
        await self.manager.kill()
        await self.resolver.kill()


@contextlib.asynccontextmanager
async def pair(desk: DeskProcess, account: Account) -> AsyncIterator[Pair]:
    """`desk` lends its data folder; its process never runs."""
    await keep_in_vault(desk, account)
    async with open_ports(desk.settings) as ports:
        both = Pair(ports, account)
        try:
            yield both
        finally:
            await both.kill()
