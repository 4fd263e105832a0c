"""The embedded desk, which kills itself at a named point.

It is put together by the desk's own bootstrap; only its ports are wrapped. `POINT:ARRIVAL` arms a point, at the start
or later on; each that comes later is answered by `armed POINT:ARRIVAL` on standard output. The points:

    before / after + order_intended, amend_intended … answered, came_to_nothing   an append of the order_manager
    before / after + publish, orders, fills   an append of the resolver (of anything; of orders; of fills too)
    before / after + send, amend, cancel, cancel_all, protect, set_leverage       a request to the exchange
    before / after + positions, open_orders                                       a read of the resolver
    before / after + commit; before_commit_of_orders, after_commit_of_fills       history …
    before_cache                                                                  … and the caches after it
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from hedgerow.bootstrap.embedded import EmbeddedDesk, open_ports
from hedgerow.bootstrap.reach import FLAGS, reach
from hedgerow.bootstrap.services import DeskPorts
from hedgerow.bootstrap.starting import listen
from hedgerow.config import Settings
from hedgerow.exchange import Answer, ExchangeConnection
from hedgerow.journal import Position, Record
from hedgerow.journal.envelope import decode
from hedgerow.journal.folder import hold
from hedgerow.logs import configure_logs
from hedgerow.loop import run_process
from hedgerow.vault import ExchangeAccount

_T = TypeVar("_T")


class Points:
    """Where this process dies, and at which arrival."""

    def __init__(self, armed: Sequence[str]) -> None:
        self._left: dict[str, int] = {}
        for text in armed:
            self.arm(text)

    def arm(self, text: str) -> None:
        point, _, arrival = text.strip().partition(":")
        self._left[point] = int(arrival or 1)

    def reach(self, point: str) -> None:
        left = self._left.get(point)
        if left is not None:
            self._left[point] = left - 1
            if left == 1:
                os.kill(os.getpid(), signal.SIGKILL)

    async def around(self, name: str, work: Callable[[], Awaitable[_T]]) -> _T:
        self.reach(f"before_{name}")
        done = await work()
        self.reach(f"after_{name}")
        return done


class Wrapped:
    """All that is not said otherwise is the wrapped one's."""

    def __init__(self, inner: Any, points: Points) -> None:
        self._inner = inner
        self._points = points

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class KillingJournal(Wrapped):
    async def append(self, stream: str, account: str, records: Sequence[Record], *, lazy: bool = False) -> Position:
        kind = str(type(decode(records[0].payload).body).__struct_config__.tag)
        return await self._points.around(kind, lambda: self._inner.append(stream, account, records, lazy=lazy))

    async def append_in_order(
        self, account: str, parts: Sequence[tuple[str, Sequence[Record]]], *, lazy: bool = False
    ) -> list[Position]:
        streams = {stream for stream, _ in parts}
        name = "fills" if "fills" in streams else "orders" if "orders_updated" in streams else "the_rest"
        self._points.reach(f"before_{name}")
        done = await self._points.around("publish", lambda: self._inner.append_in_order(account, parts))
        self._points.reach(f"after_{name}")
        return done


class KillingHistory(Wrapped):
    async def commit(self, batch: Any) -> None:
        if batch.orders:
            self._points.reach("before_commit_of_orders")
        await self._points.around("commit", lambda: self._inner.commit(batch))
        if batch.fills:
            self._points.reach("after_commit_of_fills")


class KillingCache(Wrapped):
    async def put_orders(self, orders: Any) -> None:
        if orders:
            self._points.reach("before_cache")
        await self._inner.put_orders(orders)


class KillingPrepared(Wrapped):
    async def send(self) -> Answer:
        return await self._points.around("send", self._inner.send)


class KillingTrading(Wrapped):
    def prepare_order(self, *arguments: Any) -> KillingPrepared:
        return KillingPrepared(self._inner.prepare_order(*arguments), self._points)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in ("amend", "cancel", "cancel_all", "protect", "set_leverage"):
            return found
        return lambda *arguments: self._points.around(name, lambda: found(*arguments))


class KillingReports(Wrapped):
    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in ("positions", "open_orders"):
            return found
        return lambda *arguments: self._points.around(name, lambda: found(*arguments))


class KillingConnection(Wrapped):
    @property
    def trading(self) -> KillingTrading:
        return KillingTrading(self._inner.trading, self._points)

    @property
    def reports(self) -> KillingReports:
        return KillingReports(self._inner.reports, self._points)


def killing(ports: DeskPorts, points: Points) -> DeskPorts:
    async def connect(account: ExchangeAccount, *, sends_orders: bool) -> ExchangeConnection:
        connection: Any = KillingConnection(await ports.connect(account, sends_orders=sends_orders), points)
        return connection  # type: ignore[no-any-return]

    wrapped: Any = {
        "journal": KillingJournal(ports.journal, points),
        "history": KillingHistory(ports.history, points),
        "cache": KillingCache(ports.cache, points),
        "connect": connect,
    }
    return msgspec.structs.replace(ports, **wrapped)


def say(line: str) -> None:
    print(line, flush=True)


async def run(settings: Settings, points: Points, orders: Connection) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)

    def hear() -> None:
        line = orders.recv_bytes().decode()
        points.arm(line)
        say(f"armed {line}")

    loop.add_reader(orders.fileno(), hear)
    listener = listen(settings.host, 0)
    try:
        async with open_ports(settings) as ports:
            await EmbeddedDesk(settings, killing(ports, points), listener, reach(settings, FLAGS), paper=False).serve(
                stop, say
            )
    finally:
        loop.remove_reader(orders.fileno())
        listener.close()


def live(data: Path, points: Sequence[str], orders: Connection) -> None:
    """One life, in this process."""
    configure_logs(sys.stderr)
    settings = Settings(data_dir=data)
    with hold(settings.data_dir):
        run_process(run(settings, Points(points), orders))
