"""Puts the desk together: the only module that chooses adapters.

The embedded desk is one process: the journal first and last, then history, caches and vault, the resolver, the
manager, the door.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import random
import secrets
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Protocol

import msgspec
import structlog
import uvloop

from hedgerow.cache import Cache
from hedgerow.cache.memory import MemoryCache
from hedgerow.clock import Clock, SystemClock
from hedgerow.config import Door, Settings
from hedgerow.exchange import ExchangeConnection
from hedgerow.exchange.connect import connect
from hedgerow.history import History, HistoryFault
from hedgerow.history.sql import SqlHistory
from hedgerow.journal import Journal, JournalFault
from hedgerow.journal.folder import hold
from hedgerow.journal.sqlite import SqliteJournal
from hedgerow.logs import configure_logs
from hedgerow.order_manager.service import HttpServer, OrderManager
from hedgerow.order_manager.service import Ports as ManagerPorts
from hedgerow.order_resolver.service import OrderResolver, all_partitions
from hedgerow.order_resolver.service import Ports as ResolverPorts
from hedgerow.paper import PaperExchange, SimulatorChoice, SimulatorFault
from hedgerow.retention import Keep, Retention
from hedgerow.vault import ExchangeAccount, Secret, Vault, VaultFault
from hedgerow.vault.sql import SqlVault

_log = structlog.get_logger(__name__)
_CONNECT_WITHIN_S = 10.0
_TRY = """
Try, in a second terminal:
  ./hedgerow place buy BTC/USDT:USDT 0.01 --price 60000
  ./hedgerow orders --watch
  ./hedgerow positions --watch
"""


class CannotStart(Exception):  # noqa: N818
    """The desk cannot start; `str()` is the sentence for the terminal."""


def run_desk(settings: Settings, *, simulator: SimulatorChoice | None) -> int:
    """Run the embedded desk until SIGINT or SIGTERM; returns the exit code.

    Args:
        simulator: the simulated exchange to start beside it, with an account `sim` on it; `None` for none.
    """
    configure_logs(sys.stderr)
    paper = PaperExchange(simulator, settings.simulator_dir) if simulator else None
    if not _is_loopback(settings.host):
        _complain(f"{settings.host} is not this machine alone, and there is no TLS yet: listen on 127.0.0.1")
        return 2
    try:
        prepare_folder(settings.data_dir)
        with hold(settings.data_dir):
            uvloop.run(_embedded(settings, paper, _say))
    except Exception as fault:
        sentence = explained(fault)
        if sentence is None:
            raise
        _complain(sentence)
        return 2
    return 0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the person at the terminal


def _complain(sentence: str) -> None:
    print(f"hedgerow: {' '.join(sentence.split())}", file=sys.stderr, flush=True)  # noqa: T201


def explained(fault: BaseException) -> str | None:
    """The sentence of a fault that a person can mend; `None` for a bug."""
    if isinstance(fault, BaseExceptionGroup):
        return next((sentence for each in fault.exceptions if (sentence := explained(each))), None)
    known = (CannotStart, OSError, SimulatorFault, HistoryFault, JournalFault, VaultFault)
    return str(fault) if isinstance(fault, known) else None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def prepare_folder(folder: Path) -> None:
    """Make the data folder, for its owner alone. Raises CannotStart."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
    except OSError as fault:
        raise CannotStart(f"the data folder {folder} cannot be used: {fault.strerror}") from fault


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises CannotStart for a used port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as fault:
        listener.close()
        raise CannotStart(
            f"port {port} on {host} cannot be used ({fault.strerror}); choose another with --port"
        ) from fault
    listener.setblocking(False)
    return listener


@contextlib.asynccontextmanager
async def open_vault(settings: Settings) -> AsyncIterator[Vault]:
    """The vault alone, for the command line. Raises VaultFault."""
    prepare_folder(settings.data_dir)
    vault = await SqlVault.open(settings.vault_path, settings.key_path)
    try:
        yield vault
    finally:
        await vault.close()


async def _embedded(settings: Settings, paper: PaperExchange | None, say: Callable[[str], None]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as opened:
        listener = listen(settings.host, settings.port)
        opened.callback(listener.close)
        ports = await opened.enter_async_context(open_ports(settings))
        if paper is not None:
            await opened.enter_async_context(paper.running(ports.vault, say))
        desk = EmbeddedDesk(settings, ports, listener, paper=paper is not None)
        await desk.serve(stop, say)


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


@contextlib.asynccontextmanager
async def open_ports(settings: Settings) -> AsyncIterator[DeskPorts]:
    """The embedded adapters on a data folder that is held. Raises JournalFault, HistoryFault and VaultFault."""
    async with contextlib.AsyncExitStack() as opened:
        _refuse_to_begin_anew(settings)
        journal = await SqliteJournal.open(settings.journal_path, partitions=settings.partitions)
        opened.push_async_callback(journal.close)
        history = await SqlHistory.open(settings.history_path)
        opened.push_async_callback(history.close)
        await _compare(journal, history, settings)
        vault = await opened.enter_async_context(open_vault(settings))
        clock, chance = SystemClock(), random.SystemRandom()

        async def open_connection(account: ExchangeAccount, *, sends_orders: bool) -> ExchangeConnection:
            credentials = await vault.credentials(account.name)
            connection = connect(account, credentials, now_ms=clock.now_ms, chance=chance, sends_orders=sends_orders)
            await connection.open()
            return connection

        yield DeskPorts(
            journal=journal,
            history=history,
            cache=MemoryCache(),
            vault=vault,
            clock=clock,
            chance=chance,
            connect=open_connection,
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
    )


def manager_ports(ports: DeskPorts, door: Secret, allowed_hosts: tuple[str, ...]) -> ManagerPorts:
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
        door=door,
        allowed_hosts=allowed_hosts,
    )


class EmbeddedDesk:
    """Resolver, manager and HTTP in one process: started in this order, stopped in reverse."""

    def __init__(self, settings: Settings, ports: DeskPorts, listener: socket.socket, *, paper: bool) -> None:
        self._settings = settings
        self._ports = ports
        self._listener = listener
        self._paper = paper

    async def serve(self, stop: asyncio.Event, say: Callable[[str], None]) -> None:
        """Run until `stop` is set, or a part fails."""
        door = Secret(secrets.token_urlsafe(32))
        ports = self._ports
        resolver = OrderResolver(resolver_ports(ports), all_partitions(ports.journal))
        manager = OrderManager(
            manager_ports(ports, door, self._settings.allowed_hosts), await ports.vault.order_id_key()
        )
        http = HttpServer(manager.app, self._listener)
        async with asyncio.TaskGroup() as tasks:
            resolving = tasks.create_task(resolver.run(), name="order_resolver")
            await resolver.ready()
            await manager.start()
            managing = tasks.create_task(manager.run(), name="order_manager")
            cutting = tasks.create_task(self._retention().run(), name="retention")
            await _within(manager.connected(), _CONNECT_WITHIN_S)
            serving = tasks.create_task(http.run(), name="http")
            await http.started(ports.clock)
            url = self._url()
            with open_door(self._settings.door_path, Door(url=url, token=door.reveal(), pid=os.getpid())):
                say(f"ready {url}")
                if self._paper:
                    say(_TRY)
                await stop.wait()
            await manager.stop()
            http.stop()
            await serving
            cutting.cancel()
            managing.cancel()
            resolving.cancel()

    def _retention(self) -> Retention:
        return Retention(self._ports.journal, self._ports.history, self._ports.clock, Keep())

    def _url(self) -> str:
        name = "localhost" if self._settings.host in ("127.0.0.1", "localhost") else self._settings.host
        return f"http://{name}:{self._listener.getsockname()[1]}"


async def _within(waiting: Awaitable[None], seconds: float) -> None:
    """Wait, but not for ever: an exchange that does not answer does not keep the desk from starting."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(waiting, seconds)


@contextlib.contextmanager
def open_door(path: Path, door: Door) -> Iterator[None]:
    """Leave the desk's address and a token where its owner's command line finds them."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.encode(door))
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
