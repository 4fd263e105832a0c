"""The desk folds the event vectors to what they say; the page's reducer runs the same files."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from hedgerow.clock import SystemClock
from hedgerow.core.orders import Order
from hedgerow.core.positions import Position
from hedgerow.core.records import Stream
from hedgerow.history import History, Place
from hedgerow.journal import Record
from hedgerow.journal.sqlite import SqliteJournal
from hedgerow.order_manager.live import LiveView
from hedgerow.order_manager.past import Past
from tests.core.evidence import ACCOUNT
from tests.vectors.generate import FOLDER, files, plain

VECTORS: dict[str, Any] = {name: json.loads((FOLDER / name).read_text()) for name in ("orders.json", "positions.json")}
Steps = Sequence[Mapping[str, Any]]


class Snapshot:
    """History as a view begins with it."""

    def __init__(self, orders: Sequence[Order] = (), positions: Sequence[Position] = ()) -> None:
        self._orders = list(orders)
        self._positions = list(positions)

    async def living_orders(self) -> tuple[list[Order], list[Place]]:
        return self._orders, []

    async def positions(self) -> tuple[list[Position], list[Place]]:
        return self._positions, []

    async def rules(self) -> dict[str, Any]:
        return {}


@asynccontextmanager
async def folded(folder: Path, stream: Stream, steps: Steps, journal: Sequence[Any]) -> AsyncIterator[LiveView]:
    """The order_manager's own view of the steps; a snapshot begins a new one, as a start does."""
    begin = max((at for at, step in enumerate(steps) if "snapshot" in step), default=-1)
    items = steps[begin]["snapshot"] if begin >= 0 else []
    log = await SqliteJournal.open(folder / "journal.sqlite", partitions=1)
    try:
        records = [Record(1, msgspec.json.encode(journal[n])) for step in steps[begin + 1 :] for n in step["events"]]
        await log.append(stream, ACCOUNT, records)
        if stream is Stream.ORDERS_UPDATED:
            past = Snapshot(orders=msgspec.convert(items, list[Order]))
        else:
            past = Snapshot(positions=msgspec.convert(items, list[Position]))
        history = cast(History, past)
        view = LiveView(log, history, Past(history, SystemClock()), lambda: 100_000)
        await view.start()
        view.catch_up()
        end = await log.end(stream)
        assert view.cursor(stream).offsets == end, "not everything was folded"
        yield view
    finally:
        await log.close()


def test_the_files_are_what_the_core_writes() -> None:
    for name, text in files().items():
        assert (FOLDER / name).read_text() == text, "run `python -m tests.vectors.generate`"


@pytest.mark.parametrize("name", VECTORS["orders.json"]["vectors"])
async def test_orders(name: str, tmp_path: Path) -> None:
    vector = VECTORS["orders.json"]["vectors"][name]
    journal = VECTORS["orders.json"]["journals"][vector["journal"]]
    async with folded(tmp_path, Stream.ORDERS_UPDATED, vector["steps"], journal) as view:
        living = {order.order_id: plain(order) for order in view.living(ACCOUNT)}
        ended = {order.order_id: [order.status, order.version] for order in view.orders() if order.ended}
    expected = vector["expected"]
    assert living == {order["order_id"]: order for order in expected["living"]}
    # a view that began with a snapshot was not told what had ended before it
    assert ended == {order: expected["ended"][order] for order in ended}
    if all("events" in step for step in vector["steps"]):
        assert ended == expected["ended"]


@pytest.mark.parametrize("name", VECTORS["positions.json"]["vectors"])
async def test_positions(name: str, tmp_path: Path) -> None:
    vector = VECTORS["positions.json"]["vectors"][name]
    journal = VECTORS["positions.json"]["journals"][vector["journal"]]
    async with folded(tmp_path, Stream.POSITIONS_UPDATED, vector["steps"], journal) as view:
        held = [plain(leg) for leg in view.positions() if leg.size or leg.discrepancy]
    assert held == vector["expected"]["open"]
