"""Starting the desk, what it holds in memory at rest, and the replay of a long past to one client."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from benchmarks import past, servers
from benchmarks.servers import HOST, Key, Listening, Server
from benchmarks.table import Line, a_second, seconds
from benchmarks.wires import Frame, WebSocketTap

_EVENT = b'"kind":"order_updated"'
_REPLAY_WITHIN_S = 60.0


class Starts(msgspec.Struct):
    """Seconds from the command to `ready`, MB at rest, and events a second."""

    orders: int
    fresh_s: list[float] = []
    aged_s: list[float] = []
    fresh_mb: float = 0.0
    aged_mb: float = 0.0
    replayed_per_s: list[float] = []

    @property
    def lines(self) -> list[Line]:
        past_of = f"{self.orders:,} orders of history"
        return [
            a_second(f"replay of {self.orders:,} events to one client", self.replayed_per_s, at_least=50_000),
            seconds("cold start to ready, set-up done", self.fresh_s, at_most=3),
            seconds(f"cold start to ready, {past_of}", self.aged_s, at_most=3),
            Line("idle memory", f"{self.fresh_mb:.0f} MB", "<= 200 MB", self.fresh_mb <= 200),
            Line(f"idle memory, {past_of}", f"{self.aged_mb:.0f} MB", "<= 200 MB", self.aged_mb <= 200),
        ]


async def measure(
    exchange: Server, key: Key, folder: Path, orders: int, starts: int, replays: int, rest_s: float
) -> Starts:
    """Start desks one after the other on two data folders: one that is set up, and one with a past."""
    found = Starts(orders=orders)
    fresh, aged = folder / "fresh", folder / "aged"
    await servers.desk_folder(fresh, exchange, {key: {}})
    token = await servers.desk_folder(aged, exchange, {key: {}})
    cursor = await past.make(aged, key.name, orders)
    for number in range(1, starts + 1):
        async with _started(fresh, found.fresh_s, rest_s) as desk:
            found.fresh_mb = servers.resident_mb(desk.pid)
        async with _started(aged, found.aged_s, rest_s) as desk:
            found.aged_mb = servers.resident_mb(desk.pid)
            for _ in range(replays if number == starts else 0):
                found.replayed_per_s.append(await replay(desk, token, cursor, orders))
    return found


@contextlib.asynccontextmanager
async def _started(folder: Path, took_s: list[float], rest_s: float) -> AsyncIterator[Server]:
    """A desk that has come to rest; how long it took to `ready` is noted."""
    desk = await servers.desk(folder)
    try:
        took_s.append(desk.ready_s)
        await asyncio.sleep(rest_s)
        yield desk
    finally:
        await desk.stop()


async def replay(desk: Listening, token: str, cursor: str, events: int) -> float:
    """Events a second, from the request to the last event."""
    seen = 0
    whole: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def take(frame: Frame) -> None:
        nonlocal seen
        seen += frame.text.count(_EVENT)
        if seen >= events and not whole.done():
            whole.set_result(time.monotonic())

    began_s = time.monotonic()
    headers = {"Authorization": f"Bearer {token}"}
    tap = await WebSocketTap.connect(HOST, desk.port, f"/ws/orders?after={cursor}", headers, take)
    try:
        return events / (await asyncio.wait_for(whole, _REPLAY_WITHIN_S) - began_s)
    finally:
        tap.close()
