"""The order_manager: its parts put together, started and stopped in order."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import uvicorn

from hedgerow.cache import Cache
from hedgerow.clock import Clock
from hedgerow.exchange import ExchangeConnection
from hedgerow.history import History
from hedgerow.journal import Journal
from hedgerow.meters import Meters
from hedgerow.notices import Messenger
from hedgerow.notices.service import Notices
from hedgerow.order_manager.accounts import Accounts, Connect
from hedgerow.order_manager.changing import Changing
from hedgerow.order_manager.checkup import Checkup
from hedgerow.order_manager.commanding import Commanding
from hedgerow.order_manager.feeds import Feeds
from hedgerow.order_manager.gauging import Gauging
from hedgerow.order_manager.groups import Groups
from hedgerow.order_manager.holding import Holding
from hedgerow.order_manager.http.app import App
from hedgerow.order_manager.http.desk import Desk
from hedgerow.order_manager.http.front import Doorway, Front
from hedgerow.order_manager.http.gate import Gate
from hedgerow.order_manager.http.page import Page, built_page
from hedgerow.order_manager.http.place import PlaceOrder
from hedgerow.order_manager.http.session_use import SessionUse
from hedgerow.order_manager.http.sockets import Sockets
from hedgerow.order_manager.intents import IntentWriter
from hedgerow.order_manager.live import LiveView
from hedgerow.order_manager.margins import Margins
from hedgerow.order_manager.marks import Marks
from hedgerow.order_manager.notice_sources import NoticeAccounts, NoticeFeeds
from hedgerow.order_manager.owner import Owner
from hedgerow.order_manager.past import Past
from hedgerow.order_manager.placing import Placing
from hedgerow.order_manager.previewing import Previewing
from hedgerow.order_manager.reading import Reading
from hedgerow.order_manager.reversing import Reversing
from hedgerow.order_manager.ruling import Ruling
from hedgerow.vault import Secret, Vault

_DRAIN_S = 5.0


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """All that an order_manager touches."""

    journal: Journal
    history: History
    cache: Cache
    vault: Vault
    clock: Clock
    chance: random.Random
    connect: Connect
    new_key: Callable[[], str]
    writer: str
    messenger: Messenger
    door: Secret
    front: Front = Front()
    meters: Meters = msgspec.field(default_factory=Meters)


class OrderManager:
    """`start` reads what there is, `run` keeps it fresh and connected, `app` answers; `stop` lets commands end."""

    def __init__(self, ports: Ports, id_key: bytes) -> None:
        self._past = Past(ports.history, ports.clock)
        self._live = LiveView(ports.journal, ports.history, self._past, ports.clock.now_ms)
        self._marks = Marks(ports.clock.now_ms)
        self._owner = Owner()
        self._accounts = Accounts(ports.vault, ports.connect, self._on_connected, ports.clock, ports.chance)
        placing, commanding = self._commands(ports, id_key)
        gate = Gate(ports.vault, ports.door, Doorway(ports.front), ports.clock.now_ms)
        self._use = SessionUse(ports.vault, ports.clock.now_ms)
        desk = self._desk(ports, id_key, placing, commanding, gate)
        self._notices = desk.notices
        self._sockets = Sockets(
            gate=gate,
            use=self._use,
            feeds=Feeds(ports.journal, ports.history, desk.reading),
            accounts=self._accounts,
            vault=ports.vault,
            clock=ports.clock,
            meters=ports.meters,
        )
        self._gauging = self._gauges(ports)
        self._not_ready: str | None = "it has not read the streams yet"
        self.app = App(
            gate=gate,
            desk=desk,
            place_order=PlaceOrder(placing, ports.new_key),
            sockets=self._sockets,
            page=Page(built_page()),
            use=self._use,
        )

    def _commands(self, ports: Ports, id_key: bytes) -> tuple[Placing, Commanding]:
        """The two protocols of everything that is sent."""
        environments = self._accounts.environments
        writer = IntentWriter(ports.journal, ports.clock, ports.writer, ports.clock.now_ms(), environments)
        placing = Placing(
            accounts=self._accounts,
            live=self._live,
            marks=self._marks,
            writer=writer,
            past=self._past,
            clock=ports.clock,
            id_key=id_key,
            owner=self._owner,
            meters=ports.meters,
        )
        commanding = Commanding(live=self._live, writer=writer, past=self._past, owner=self._owner, id_key=id_key)
        return placing, commanding

    def _desk(self, ports: Ports, id_key: bytes, placing: Placing, commanding: Commanding, gate: Gate) -> Desk:
        """What the routes work with."""
        changing = Changing(
            accounts=self._accounts,
            live=self._live,
            marks=self._marks,
            history=ports.history,
            commanding=commanding,
            clock=ports.clock,
        )
        margins = Margins(self._owner, ports.clock)
        groups = Groups(
            live=self._live,
            placing=placing,
            commanding=commanding,
            history=ports.history,
            clock=ports.clock,
            id_key=id_key,
        )
        holding = Holding(
            accounts=self._accounts,
            live=self._live,
            marks=self._marks,
            changing=changing,
            commanding=commanding,
            groups=groups,
            margins=margins,
        )
        reversing = Reversing(
            accounts=self._accounts, live=self._live, placing=placing, commanding=commanding, groups=groups
        )
        reading = Reading(
            accounts=self._accounts,
            live=self._live,
            marks=self._marks,
            history=ports.history,
            cache=ports.cache,
            journal=ports.journal,
            clock=ports.clock,
        )
        return Desk(
            placing=placing,
            changing=changing,
            holding=holding,
            reversing=reversing,
            ruling=Ruling(accounts=self._accounts, live=self._live, commanding=commanding, clock=ports.clock),
            reading=reading,
            previewing=Previewing(
                live=self._live,
                marks=self._marks,
                margins=margins,
                reading=reading,
                clock=ports.clock,
            ),
            checkup=self._checkup(ports),
            accounts=self._accounts,
            live=self._live,
            vault=ports.vault,
            now_ms=ports.clock.now_ms,
            new_key=ports.new_key,
            notices=self._telling(ports, reading),
            forget_tokens=gate.forget,
            doorway=gate.doorway,
        )

    def _telling(self, ports: Ports, reading: Reading) -> Notices:
        return Notices(
            feeds=NoticeFeeds(Feeds(ports.journal, ports.history, reading), self._live),
            vault=ports.vault,
            messenger=ports.messenger,
            accounts=NoticeAccounts(self._accounts, self._live),
            clock=ports.clock,
        )

    def _checkup(self, ports: Ports) -> Checkup:
        return Checkup(
            journal=ports.journal,
            history=ports.history,
            cache=ports.cache,
            accounts=self._accounts,
            live=self._live,
            marks=self._marks,
            clock=ports.clock,
        )

    def _gauges(self, ports: Ports) -> Gauging:
        return Gauging(
            ports.meters,
            journal=ports.journal,
            cache=ports.cache,
            accounts=self._accounts,
            live=self._live,
            sockets=self._sockets,
            owner=self._owner,
            clock=ports.clock,
        )

    def _on_connected(self, account: str, connection: ExchangeConnection) -> None:
        self._live.learn_instruments(account, connection.trading.instruments)
        for position in self._live.positions():
            if position.account == account and position.size:
                self._marks.watch(account, position.symbol, connection.market)

    async def start(self) -> None:
        await self._live.start()
        self._not_ready = "its door is not open yet"

    def opened(self) -> None:
        """Whoever is sent here is let in from now on."""
        self._not_ready = None

    async def unready(self) -> list[str]:
        """Why no client should be sent here; empty where one may.

        A journal or an exchange that is away is no reason: every order_manager would be as unready, and this one still
        says what it knows, and why it sends nothing.
        """
        return [] if self._not_ready is None else [self._not_ready]

    async def run(self) -> None:
        """Keep the views fresh and the accounts connected, and tell what happens, for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._live.run(), name="live-view")
            tasks.create_task(self._past.run(), name="past")
            tasks.create_task(self._accounts.run(), name="accounts")
            tasks.create_task(self._notices.run(), name="notices")

    async def connected(self) -> None:
        """Wait until every account has been tried once."""
        await self._accounts.settled()

    async def look(self) -> None:
        """Bring the meters' levels up to date. Raises JournalFault where the streams' ends cannot be read."""
        await self._gauging.look()

    async def stop(self) -> None:
        """Take no more sockets and let the commands under way come to their ends."""
        self._not_ready = "it is stopping"
        await self._sockets.close()
        await self._owner.drained(_DRAIN_S)
        await self._notices.stop()
        await self._use.written()


class HttpServer:
    """uvicorn, embedded: the runtime owns the signals. With `tls` it speaks nothing else."""

    def __init__(self, app: App, listener: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        config = uvicorn.Config(
            app,
            loop="none",
            http="httptools",
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            ws_max_size=64 * 1024,
            lifespan="off",
            access_log=False,
            proxy_headers=False,
            log_config=None,
            server_header=False,
            date_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=3,
            ssl_context_factory=None if tls is None else lambda _config, _default: tls,
        )
        self._server = _Server(config)
        self._listener = listener

    async def run(self) -> None:
        """Serve until `stop`; canceled, it leaves no door open either."""
        try:
            await self._server.serve(sockets=[self._listener])
        finally:
            for server in self._server.servers if self._server.started else ():
                server.close()

    async def started(self, clock: Clock) -> None:
        while not self._server.started:
            await clock.sleep(0.005)

    def stop(self) -> None:
        self._server.should_exit = True


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[Any]:
        yield
