"""From the exchange's push to whoever listens: raw ccxt's user code, and a WebSocket client of the desk.

The event is the same for both: the exchange cancels a resting order. A push leaves when the kernel takes it in at a
bystander's socket on the same account.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import ccxt.pro
import msgspec

from benchmarks.contestants import MARKET, Contestant, RawCcxt
from benchmarks.raw import settings
from benchmarks.servers import HOST, Key, Listening, Server, quiet
from benchmarks.table import Line, spread
from benchmarks.venue import OrderPushes, Venue
from benchmarks.wires import Frame, WebSocketTap
from hedgerow.journal import Record
from hedgerow.journal.sqlite import SqliteJournal

_WITHIN_S = 5.0
_PAUSE_S = 0.005
_RAW = "exchange push -> raw ccxt's user code, p50"
_DESK = "exchange push -> frame at a client, p50"
_APPEND = "one durable append, p50"
_PAYLOAD = b"x" * 1_000  # about what an `order_updated` takes

Watch = dict[str, int]  # exchange order id -> when its cancellation was heard


class RawWatcher:
    """`watch_orders` in a loop, in this process."""

    def __init__(self, exchange: Server, key: Key) -> None:
        self.heard_ns: Watch = {}
        self._client: Any = ccxt.pro.bybit(settings(exchange.url, key.name, key.secret))
        self._watching: asyncio.Task[None] | None = None

    async def open(self) -> RawWatcher:
        await self._client.load_markets()
        self._watching = asyncio.create_task(self._watch())
        return self

    async def _watch(self) -> None:
        while True:
            orders = await self._client.watch_orders()
            heard_ns = time.monotonic_ns()
            for order in orders:
                if order["status"] == "canceled":
                    self.heard_ns.setdefault(order["id"], heard_ns)

    async def close(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self._watching
        await self._client.close()


class DeskWatcher:
    """A client of the desk's `/ws/orders`."""

    def __init__(self) -> None:
        self.heard_ns: Watch = {}
        self._tap: WebSocketTap | None = None

    async def open(self, desk: Listening, token: str) -> DeskWatcher:
        headers = {"Authorization": f"Bearer {token}"}
        self._tap = await WebSocketTap.connect(HOST, desk.port, "/ws/orders", headers, self._take)
        return self

    def _take(self, frame: Frame) -> None:
        for event in msgspec.json.decode(frame.text).get("events", ()):
            order = event["body"]["order"]
            if order["status"] == "canceled":
                self.heard_ns.setdefault(order["exchange_order_id"], frame.heard_ns)

    async def close(self) -> None:
        assert self._tap is not None, "it was open"
        self._tap.close()


class PushTimes(msgspec.Struct):
    """Milliseconds, a list a round."""

    raw_ms: list[list[float]] = []
    desk_ms: list[list[float]] = []
    append_ms: list[list[float]] = []

    @property
    def lines(self) -> list[Line]:
        raw, desk, append = (
            spread([spread(each).median for each in rounds]) for rounds in (self.raw_ms, self.desk_ms, self.append_ms)
        )
        durable = Line(_APPEND, f"{append.median:.2f} ms  [{append.low:.2f} - {append.high:.2f}]")
        if any(ms <= 0 for rounds in (self.raw_ms, self.desk_ms) for each in rounds for ms in each):
            # Heard before it left: some kernels stamp what arrives only as it is read, for a while or for good.
            why = "not measured: the kernel did not stamp arrivals"
            return [Line(_RAW, why), durable, Line(_DESK, why)]
        budgets = [
            3 * spread(theirs).median + spread(appended).median
            for theirs, appended in zip(self.raw_ms, self.append_ms, strict=True)
        ]
        shares = spread([spread(ours).median / budget for ours, budget in zip(self.desk_ms, budgets, strict=True)])
        budget = spread(budgets).median
        return [
            Line(_RAW, f"{raw.median:.2f} ms  [{raw.low:.2f} - {raw.high:.2f}]"),
            durable,
            Line(
                _DESK,
                f"{desk.median:.2f} ms  [{desk.low:.2f} - {desk.high:.2f}], {shares.median:.2f} of the target",
                f"<= {budget:.2f} ms",
                shares.median <= 1,
            ),
        ]


async def measure(
    venue: Venue,
    raw: RawCcxt,
    desk: Contestant,
    server: Server,
    token: str,
    bystanders: Mapping[str, OrderPushes],
    folder: Path,
    rounds: int,
    events: int,
) -> PushTimes:
    """Rounds of `events` cancellations for each side in turn, and as many appends to a journal of this process.

    Args:
        bystanders: by account, at the exchange before raw ccxt and the desk were.
    """
    for bystander in bystanders.values():
        bystander.attends = True
    times = PushTimes()
    raw_watcher = await RawWatcher(venue.server, raw.key).open()
    desk_watcher = await DeskWatcher().open(server, token)
    journal = await SqliteJournal.open(folder / "append.sqlite")
    pids = [venue.server.pid, server.pid]
    try:
        for _ in range(rounds):
            times.raw_ms.append(
                await cancellations(raw, venue, bystanders[raw.key.name], raw_watcher.heard_ns, events, pids)
            )
            times.desk_ms.append(
                await cancellations(desk, venue, bystanders[desk.key.name], desk_watcher.heard_ns, events, pids)
            )
            times.append_ms.append([await _append_ms(journal) for _ in range(events)])
    finally:
        await journal.close()
        await raw_watcher.close()
        await desk_watcher.close()
    return times


async def cancellations(
    contestant: Contestant, venue: Venue, pushed: OrderPushes, heard_ns: Watch, events: int, pids: Iterable[int]
) -> list[float]:
    """Milliseconds from each of so many pushes to whoever fills `heard_ns`."""
    placed = [await contestant.place(0) for _ in range(events)]
    await quiet(pids)
    found = []
    for each in placed:
        await venue.cancel(contestant.key, MARKET, each.order_id)
        await _until(partial(_went_through, each.order_id, pushed, heard_ns))
        found.append((heard_ns[each.order_id] - (pushed.left_ns(each.order_id, "Cancelled") or 0)) / 1e6)
        await asyncio.sleep(_PAUSE_S)
    return found


def _went_through(order_id: str, pushed: OrderPushes, heard_ns: Watch) -> bool:
    """Whether both have it: the bystander, who says when it left, and whoever it is for."""
    return order_id in heard_ns and pushed.left_ns(order_id, "Cancelled") is not None


async def _append_ms(journal: SqliteJournal) -> float:
    await asyncio.sleep(_PAUSE_S)
    began_ns = time.monotonic_ns()
    await journal.append("orders_updated", "bench", [Record(1, _PAYLOAD)])
    return (time.monotonic_ns() - began_ns) / 1e6


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(_WITHIN_S):
        while not holds():
            await asyncio.sleep(0.001)
