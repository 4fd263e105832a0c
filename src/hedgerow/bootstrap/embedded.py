"""The embedded desk: one process on a data folder of its own.

The journal is first and last; then history, caches and vault, the resolver, the manager, the door.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import secrets
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import msgspec

from hedgerow.bootstrap.reach import FLAGS, Reach, address, reach
from hedgerow.bootstrap.services import Both, DeskPorts, connections, manager_ports, resolver_ports, watched
from hedgerow.bootstrap.starting import (
    CannotStart,
    exit_code,
    listen,
    prepare_folder,
    say,
    settle_memory,
    stop_on_signals,
    within,
)
from hedgerow.cache.memory import MemoryCache
from hedgerow.clock import SystemClock
from hedgerow.config import Door, Settings
from hedgerow.history import History
from hedgerow.history.sql import SqlHistory
from hedgerow.journal import Journal
from hedgerow.journal.folder import hold
from hedgerow.journal.membership import FixedShare
from hedgerow.journal.sqlite import SqliteJournal
from hedgerow.logs import configure_logs
from hedgerow.loop import run_process
from hedgerow.order_manager.pairing_links import link
from hedgerow.order_manager.service import HttpServer, OrderManager
from hedgerow.order_resolver.service import OrderResolver
from hedgerow.paper import PaperExchange, SimulatorChoice
from hedgerow.retention import Keep, Retention
from hedgerow.vault import Secret, Vault
from hedgerow.vault.sessions import OWNER
from hedgerow.vault.sql import SqlVault

_CONNECT_WITHIN_S = 10.0
_TRY = """
Try, in a second terminal:
  ./hedgerow place buy BTC/USDT:USDT 0.01 --price 60000
  ./hedgerow orders --watch
  ./hedgerow positions --watch
"""


def run_desk(settings: Settings, *, simulator: SimulatorChoice | None) -> int:
    """Run the embedded desk until SIGINT or SIGTERM; returns the exit code.

    Args:
        simulator: the simulated exchange to start beside it, with an account `sim` on it; `None` for none.
    """
    configure_logs(sys.stderr)
    paper = PaperExchange(simulator, settings.simulator_dir) if simulator else None
    return exit_code(lambda: _hold_and_run(settings, paper))


def _hold_and_run(settings: Settings, paper: PaperExchange | None) -> None:
    reached = reach(settings, FLAGS)
    prepare_folder(settings.data_dir)
    with hold(settings.data_dir):
        run_process(_embedded(settings, reached, paper, say))


@contextlib.asynccontextmanager
async def open_vault(settings: Settings) -> AsyncIterator[Vault]:
    """The vault alone, for the command line. Raises VaultFault."""
    prepare_folder(settings.data_dir)
    vault = await SqlVault.open(settings.vault_path, settings.key_path)
    try:
        yield vault
    finally:
        await vault.close()


async def _embedded(
    settings: Settings, reached: Reach, paper: PaperExchange | None, say: Callable[[str], None]
) -> None:
    stop = stop_on_signals()
    async with contextlib.AsyncExitStack() as opened:
        listener = listen(settings.host, settings.port)
        opened.callback(listener.close)
        ports = await opened.enter_async_context(open_ports(settings))
        if paper is not None:
            await opened.enter_async_context(paper.running(ports.vault, say))
        desk = EmbeddedDesk(settings, ports, listener, reached, paper=paper is not None)
        await desk.serve(stop, say)


@contextlib.asynccontextmanager
async def open_ports(settings: Settings) -> AsyncIterator[DeskPorts]:
    """The embedded adapters on a data folder that is held. Raises JournalFault, HistoryFault and VaultFault."""
    async with contextlib.AsyncExitStack() as opened:
        _refuse_to_begin_anew(settings)
        journal = await SqliteJournal.open(settings.journal_path, partitions=settings.partitions)
        opened.push_async_callback(journal.close)
        history = await SqlHistory.open(settings.history_path)
        opened.push_async_callback(history.close)
        await history.bind(journal.journal_id)
        await _compare(journal, history, settings)
        vault = await opened.enter_async_context(open_vault(settings))
        clock, chance = SystemClock(), random.SystemRandom()
        yield DeskPorts(
            journal=journal,
            history=history,
            cache=MemoryCache(),
            vault=vault,
            clock=clock,
            chance=chance,
            connect=connections(vault, clock, chance),
        )


def _refuse_to_begin_anew(settings: Settings) -> None:
    """Raises CannotStart where the journal is lost and what was made from it is not."""
    if settings.history_path.exists() and not settings.journal_path.exists():
        raise CannotStart(
            f"The journal {settings.journal_path} is missing, and history was made from it."
            " Nothing was changed: restore it from a backup."
        )


async def _compare(journal: Journal, history: History, settings: Settings) -> None:
    """Raises CannotStart for a journal that ends before what history has read of it: an older one, or another."""
    for place in await history.places():
        if place.offset > (await journal.end(place.stream)).get(place.partition, -1):
            raise CannotStart(
                f"The journal {settings.journal_path} ends before what history has read of it: it is an older one, or"
                " another. Nothing was changed: restore the newest."
            )


class EmbeddedDesk:
    """Resolver, manager and HTTP in one process: started in this order, stopped in reverse."""

    def __init__(
        self, settings: Settings, ports: DeskPorts, listener: socket.socket, reached: Reach, *, paper: bool
    ) -> None:
        self._settings = settings
        self._ports = ports
        self._listener = listener
        self._reached = reached
        self._paper = paper

    async def serve(self, stop: asyncio.Event, say: Callable[[str], None]) -> None:
        """Run until `stop` is set, or a part fails."""
        door = Secret(secrets.token_urlsafe(32))
        ports = self._ports
        resolver = OrderResolver(resolver_ports(ports), FixedShare(range(ports.journal.partitions)))
        manager = OrderManager(manager_ports(ports, door, self._reached.front), await ports.vault.order_id_key())
        http = HttpServer(manager.app, self._listener, self._reached.context)
        async with asyncio.TaskGroup() as tasks:
            resolving = tasks.create_task(resolver.run(), name="order_resolver")
            await resolver.ready()
            await manager.start()
            managing = tasks.create_task(manager.run(), name="order_manager")
            both = Both(resolver, manager)
            watching = watched(tasks, self._settings.ops_host, self._settings.ops_port, ports.meters, both)
            cutting = tasks.create_task(self._retention().run(), name="retention")
            await within(manager.connected(), _CONNECT_WITHIN_S)
            serving = tasks.create_task(http.run(), name="http")
            await http.started(ports.clock)
            manager.opened()
            with open_door(self._settings.door_path, self._door(door)):
                renewed = self._reached.keep_fresh(ports.clock, lambda: self._leave_door(door))
                renewing = tasks.create_task(renewed, name="certificate")
                settle_memory()
                say(await self._sign_in())
                say(f"ready {self._url()}")
                if self._paper:
                    say(_TRY)
                await stop.wait()
                renewing.cancel()
            await manager.stop()
            http.stop()
            await serving
            cutting.cancel()
            managing.cancel()
            resolving.cancel()
            watching.cancel()

    def _retention(self) -> Retention:
        return Retention(self._ports.journal, self._ports.history, self._ports.clock, Keep())

    def _leave_door(self, token: Secret) -> None:
        leave_door(self._settings.door_path, self._door(token))

    def _door(self, token: Secret) -> Door:
        return Door(url=self._url(), token=token.reveal(), pid=os.getpid(), certificate=self._reached.certificate)

    async def _sign_in(self) -> str:
        """A line with a link that signs one browser in."""
        pairing = await self._ports.vault.sessions.pair(OWNER, self._ports.clock.now_ms())
        url = link(self._reached.front.public_url or self._url(), pairing.secret.reveal())
        return f"sign in  {url}  (once, within 10 minutes; `hedgerow pair` makes another)"

    def _url(self) -> str:
        port = self._listener.getsockname()[1]
        return address(self._settings.host, port, tls=self._reached.tls is not None)


@contextlib.contextmanager
def open_door(path: Path, door: Door) -> Iterator[None]:
    """Leave the desk's address and a token where its owner's command line finds them."""
    leave_door(path, door)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def leave_door(path: Path, door: Door) -> None:
    """Nobody reads half of it, and nobody else any of it."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.encode(door))
    new.replace(path)
