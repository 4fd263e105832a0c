"""A desk in one test: the real journal, history, cache and vault on a folder, both services on a virtual clock.

Each service is a process with a life of its own: it can be cut off at any call on a port, killed and started again.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from hedgerow.cache.memory import MemoryCache
from hedgerow.core.commands import OrderTerms, OrderType, Side
from hedgerow.core.decimals import parse_decimal
from hedgerow.core.fills import Fill
from hedgerow.core.orders import Order
from hedgerow.core.positions import Position
from hedgerow.core.records import (
    AmendIntended,
    Answered,
    Body,
    CancelIntended,
    FillBooked,
    Heartbeat,
    OrderIntended,
    OrderUpdated,
    Outcome,
    PositionUpdated,
    Stream,
    TakenOver,
    Transport,
)
from hedgerow.history.sql import SqlHistory
from hedgerow.journal import Record
from hedgerow.journal.envelope import Envelope, Environment, decode, encode
from hedgerow.journal.fencing import Fence
from hedgerow.journal.membership import FixedShare, Membership
from hedgerow.journal.sqlite import SqliteJournal
from hedgerow.meters import Meters
from hedgerow.order_manager.service import OrderManager
from hedgerow.order_manager.service import Ports as ManagerPorts
from hedgerow.order_resolver.following import Pace
from hedgerow.order_resolver.service import OrderResolver
from hedgerow.order_resolver.service import Ports as ResolverPorts
from hedgerow.vault import Credentials, ExchangeAccount, Secret
from hedgerow.vault.sql import SqlVault
from tests.notices.memory_messenger import MemoryMessenger
from tests.services.asgi import Browser
from tests.services.lifeline import Lifeline, LivedCache, LivedHistory, LivedJournal
from tests.services.scripted_connection import ScriptedConnection
from tests.services.scripted_exchange import SYMBOL, ScriptedExchange
from tests.services.virtual_clock import VirtualClock

WINDOW_MS = 5_000
DOOR = Secret("door")
_WATCHED = (Stream.ORDERS_UPDATED, Stream.POSITIONS_UPDATED, Stream.FILLS, Stream.HEARTBEATS)


class Witness:
    """A reader of the output streams that drops what it has seen, as every client does.

    Attributes:
        updates: every order event that counted, in order.
        raw: bodies by stream, repeats included.
    """

    def __init__(self, journal: Any) -> None:
        self._tails = {stream: journal.tail(stream, {}) for stream in _WATCHED}
        self._fences = {stream: Fence() for stream in _WATCHED if stream is not Stream.HEARTBEATS}
        self._orders: dict[str, Order] = {}
        self._positions: dict[tuple[str, str, str], Position] = {}
        self._updates: list[OrderUpdated] = []
        self._fills: dict[str, Fill] = {}
        self._beats: dict[str, list[Heartbeat]] = {}
        self.raw: dict[Stream, list[Any]] = {stream: [] for stream in _WATCHED}

    def _read(self) -> None:
        for stream, tail in self._tails.items():
            while entries := tail.take():
                for entry in entries:
                    if stream not in self._fences or self._fences[stream].admits(entry):
                        with contextlib.suppress(msgspec.DecodeError):
                            self._take(decode(entry.payload), stream)

    def _take(self, envelope: Envelope, stream: Stream) -> None:
        if isinstance(envelope.body, TakenOver):
            return
        self.raw[stream].append(envelope.body)
        match envelope.body:
            case OrderUpdated(order=order) as updated:
                known = self._orders.get(order.order_id)
                if known is None or order.version > known.version:
                    self._orders[order.order_id] = order
                    self._updates.append(updated)
            case PositionUpdated(position=position):
                key = (position.account, position.symbol, position.side)
                known_leg = self._positions.get(key)
                if known_leg is None or position.version > known_leg.version:
                    self._positions[key] = position
            case FillBooked(fill=fill):
                self._fills.setdefault(fill.fill_id, fill)
            case Heartbeat() as beat:
                self._beats.setdefault(envelope.account, []).append(beat)

    @property
    def orders(self) -> dict[str, Order]:
        self._read()
        return self._orders

    @property
    def updates(self) -> list[OrderUpdated]:
        self._read()
        return self._updates

    @property
    def fills(self) -> list[Fill]:
        self._read()
        return list(self._fills.values())

    @property
    def moves(self) -> list[PositionUpdated]:
        self._read()
        return self.raw[Stream.POSITIONS_UPDATED]

    @property
    def positions(self) -> dict[tuple[str, str, str], Position]:
        self._read()
        return self._positions

    def status(self, order_id: str) -> str | None:
        order = self.orders.get(order_id)
        return None if order is None else order.status.value

    def story(self, order_id: str) -> list[str]:
        """The statuses that an order went through, each once."""
        statuses = [each.order.status.value for each in self.updates if each.order.order_id == order_id]
        return [status for at, status in enumerate(statuses) if at == 0 or statuses[at - 1] != status]

    def beats(self, account: str = "sim") -> list[Heartbeat]:
        self._read()
        return list(self._beats.get(account, ()))

    def beat(self, account: str = "sim") -> Heartbeat | None:
        self._read()
        return self._beats[account][-1] if account in self._beats else None

    def size(self, symbol: str = SYMBOL, account: str = "sim") -> str:
        """The net of the folded legs."""
        legs = [leg for (name, held, _), leg in self.positions.items() if (name, held) == (account, symbol)]
        net = sum((leg.amount if leg.side == "long" else -leg.amount) for leg in legs)
        return str(Decimal(net).normalize() + 0)


class Resolver:
    def __init__(
        self,
        desk: Desk,
        pace: Pace,
        membership: Membership,
        *,
        piecemeal: bool = False,
        reclaim_s: float | None = None,
    ) -> None:
        self.life = Lifeline()
        self.meters = Meters()
        self.service = OrderResolver(
            ResolverPorts(
                journal=LivedJournal(desk.journal, self.life, piecemeal=piecemeal),
                history=LivedHistory(desk.history, self.life),
                cache=LivedCache(desk.cache, self.life),
                vault=desk.vault,
                clock=desk.clock,
                chance=random.Random(1),
                connect=desk.connect,
                writer="order_resolver@test",
                pace=pace,
                meters=self.meters,
            ),
            membership,
            reclaim_s=reclaim_s,
        )
        self.task: asyncio.Task[None] | None = None

    def start(self) -> Resolver:
        self.task = asyncio.ensure_future(self.service.run())
        return self

    async def kill(self) -> None:
        """Nothing that it does from here on happens."""
        self.life.dead = True
        assert self.task is not None
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task

    async def ready(self) -> None:
        await self.service.ready()

    @property
    def partitions(self) -> dict[int, int]:
        return self.service.partitions

    def lagging(self) -> list[int]:
        return self.service.lagging()


class Manager:
    def __init__(self, desk: Desk, name: str, id_key: bytes) -> None:
        self.life = Lifeline()
        self.meters = Meters()
        self._keys = iter(range(1_000_000))
        self.desk = desk
        self.service = OrderManager(
            ManagerPorts(
                journal=LivedJournal(desk.journal, self.life),
                history=LivedHistory(desk.history, self.life),
                cache=LivedCache(desk.cache, self.life),
                vault=desk.vault,
                clock=desk.clock,
                chance=random.Random(2),
                connect=desk.connect,
                new_key=lambda: f"{name}-{next(self._keys)}",
                writer=f"order_manager@{name}",
                messenger=desk.messenger,
                door=DOOR,
                meters=self.meters,
            ),
            id_key,
        )
        self.browser = Browser(self.service.app, desk.clock, DOOR.reveal())
        self.task: asyncio.Task[None] | None = None

    async def start(self) -> Manager:
        await self.service.start()
        self.task = asyncio.ensure_future(self.service.run())
        await self.desk.clock.run(self.service.connected())
        self.service.opened()
        return self

    async def kill(self) -> None:
        self.life.dead = True
        if self.task is not None:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.task


class Desk:
    """
    Attributes:
        exchanges: the scripted exchange of each account.
        unreachable: accounts whose connection cannot be opened now, and why.
        messenger: what was sent to people, by whichever process.
    """

    def __init__(self, folder: Path, clock: VirtualClock) -> None:
        self.folder = folder
        self.clock = clock
        self.exchanges: dict[str, ScriptedExchange] = {}
        self.unreachable: dict[str, Exception] = {}
        self.cache: Any = MemoryCache()
        self.messenger = MemoryMessenger()
        self.processes: list[Resolver | Manager] = []
        self._sequence = 0

    async def open(self, partitions: int = 1) -> Desk:
        self.journal: Any = await SqliteJournal.open(self.folder / "journal.db", partitions=partitions)
        self.history: Any = await SqlHistory.open(self.folder / "history.db")
        self.vault: Any = await SqlVault.open(
            self.folder / "vault.db", self.folder / "vault.key", random_bytes=random.Random(3).randbytes
        )
        self.witness = Witness(self.journal)
        return self

    async def close(self) -> None:
        for process in reversed(self.processes):
            await process.kill()
        await self.vault.close()
        await self.history.close()
        await self.journal.close()

    # the parts

    async def account(self, name: str = "sim", *, offset_ms: int = 0) -> ScriptedExchange:
        exchange = self.exchanges[name] = ScriptedExchange(self.clock, offset_ms=offset_ms, name=name)
        account = ExchangeAccount(name=name, exchange="bybit", environment="simulation")
        await self.vault.add_account(account, Credentials({"apiKey": Secret("k"), "secret": Secret("s")}))
        return exchange

    async def connect(self, account: ExchangeAccount) -> ScriptedConnection:
        await self.vault.credentials(account.name)
        if account.name in self.unreachable:
            raise self.unreachable[account.name]
        connection = ScriptedConnection(self.exchanges[account.name])
        await connection.open()
        return connection

    async def resolver(self, *, partitions: tuple[int, ...] | None = None, **pace: float) -> Resolver:
        wanted = tuple(range(self.journal.partitions)) if partitions is None else partitions
        resolver = Resolver(self, Pace(**pace), FixedShare(wanted)).start()
        self.processes.append(resolver)
        await self.clock.run(resolver.ready())
        return resolver

    async def following(self, **pace: float) -> Resolver:
        """A resolver whose accounts are all connected and read once."""
        resolver = await self.resolver(**pace)
        await self.clock.until(lambda: all(self.exchanges[name].reads["balances"] for name in self.exchanges))
        await self.clock.settle()
        return resolver

    async def manager(self, name: str = "a") -> Manager:
        manager = Manager(self, name, await self.vault.order_id_key())
        self.processes.append(manager)
        return await manager.start()

    # the command streams, written as a manager writes them

    async def write(self, body: Body, stream: Stream = Stream.ORDER_INTENTS, account: str = "sim", **more: Any) -> Any:
        return await self.write_all([body], stream, account, **more)

    async def write_all(self, bodies: list[Body], stream: Stream, account: str = "sim", *, epoch: int = 1) -> Any:
        return await self.journal.append(stream, account, [Record(epoch, self.record(b, account)) for b in bodies])

    def record(self, body: Body, account: str = "sim") -> bytes:
        self._sequence += 1
        envelope = Envelope(
            journal=self.journal.journal_id,
            account=account,
            environment=Environment.SIMULATION,
            writer="test",
            epoch=1,
            sequence=self._sequence,
            time_ms=self.clock.now_ms(),
            body=body,
            principal="owner",
        )
        return encode(envelope)

    def intent(self, name: str = "a", *, account: str = "sim", **more: Any) -> OrderIntended:
        """An order of 1 at 60000 that is about to be sent."""
        facts: dict[str, Any] = {"side": Side.BUY, "type": OrderType.LIMIT, "amount": "1", "price": "60000"}
        facts |= {key: more.pop(key) for key in list(more) if key in OrderTerms.__struct_fields__}
        for field in ("amount", "price", "trigger_price", "take_profit", "stop_loss"):
            if isinstance(facts.get(field), str):
                facts[field] = parse_decimal(facts[field])
        now_ms = self.exchanges[account].now_ms()
        return OrderIntended(
            command_id=name,
            body_hash="hash",
            timestamp_ms=now_ms,
            deadline_ms=now_ms + WINDOW_MS,
            terms=OrderTerms(account=account, symbol=facts.pop("symbol", SYMBOL), **facts),
            client_order_id=f"hg{name}",
            transport=Transport.WEBSOCKET,
            notional=facts["amount"] * 60_000,
            **more,
        )

    async def intend(self, name: str = "a", *, account: str = "sim", **more: Any) -> OrderIntended:
        intent = self.intent(name, account=account, **more)
        await self.write(intent, account=account)
        return intent

    async def answer(self, name: str = "a", *, outcome: Outcome = Outcome.ACCEPTED, account: str = "sim") -> None:
        known = self.exchanges[account].orders.values()
        theirs = next((o.exchange_order_id for o in known if o.client_order_id == f"hg{name}"), None)
        body = Answered(
            command_id=name,
            command="order_intended",
            outcome=outcome,
            order_id=name,
            exchange_order_id=theirs if outcome is Outcome.ACCEPTED else None,
        )
        await self.write(body, Stream.ORDERS_EXECUTED, account)

    async def placed(self, name: str = "a", *, account: str = "sim", **facts: Any) -> Any:
        """An order that was intended, taken by the exchange and answered for."""
        intent = await self.intend(name, account=account, **facts)
        exchange = self.exchanges[account]
        exchange.create(intent.terms, intent.client_order_id)
        await self.answer(name, account=account)
        await self.clock.until(lambda: self.witness.status(name) in ("open", "untriggered"))
        return exchange.by_client(f"hg{name}")

    async def ask(self, kind: type[AmendIntended | CancelIntended], name: str, order: str = "a", **more: Any) -> None:
        """An amend or a cancel is journaled; nothing is sent."""
        now_ms = self.exchanges["sim"].now_ms()
        await self.write(
            kind(
                command_id=name,
                body_hash="hash",
                timestamp_ms=now_ms,
                deadline_ms=now_ms + WINDOW_MS,
                order_id=order,
                symbol=SYMBOL,
                client_order_id=f"hg{order}",
                exchange_order_id=self.witness.orders[order].exchange_order_id,
                **more,
            )
        )
