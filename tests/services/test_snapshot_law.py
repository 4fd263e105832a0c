"""Law: a snapshot and every event after its cursor are a newer snapshot, whatever happened between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hedgerow.core.reports import ReportedStatus
from hedgerow.exchange import Said
from hedgerow.journal.cursor import Cursor, from_text, to_text
from tests.services.asking import order
from tests.services.desk import Desk, Manager
from tests.services.scripted_exchange import LOST, Script, ScriptedExchange
from tests.services.virtual_clock import VirtualClock, VirtualLoop


class Page:
    """What a client holds: a snapshot, and every event after it put over it by version."""

    def __init__(self, snapshot: list[Any], name: str) -> None:
        self._name = name  # of the thing in an event: order or position
        self.held = {self._key(thing): thing for thing in snapshot}

    def _key(self, thing: Any) -> Any:
        return thing["order_id"] if self._name == "order" else (thing["account"], thing["symbol"], thing["side"])

    def take(self, events: list[Any]) -> None:
        for event in events:
            thing = event["body"][self._name]
            known = self.held.get(self._key(thing))
            if known is None or thing["version"] >= known["version"]:
                self.held[self._key(thing)] = thing


async def events_after(manager: Manager, path: str, cursor: str) -> list[Any]:
    socket = manager.browser.socket(f"{path}?after={cursor}")
    await manager.desk.clock.advance(0.1)
    events = socket.events
    await socket.hang_up()
    return events


PAGES = {"orders": "/api/orders?limit=500", "positions": "/api/positions"}
STEPS = ("place", "lose", "refuse", "fill", "cancel", "external", "amend", "end", "wait")


async def step(name: str, number: int, manager: Manager, exchange: ScriptedExchange, clock: VirtualClock) -> None:
    working = [o for o in exchange.orders.values() if o.status in ("open", "partially_filled")]
    chosen = working[number % len(working)] if working else None
    match name:
        case "place" | "lose" | "refuse":
            refused = Script(lands=False, said=Said.REJECTED, code="1")
            exchange.scripts.append({"place": Script(), "lose": LOST, "refuse": refused}[name])
            await manager.browser.call("POST", "/api/orders", order(side="buy" if number % 3 else "sell"))
        case "external":
            exchange.place()
        case "wait":
            await clock.advance(number / 2)
        case "fill" if chosen:
            exchange.fill(chosen, "0.5")
        case "end" if chosen:
            exchange.end(chosen, ReportedStatus.CANCELED)
        case "cancel" | "amend" if chosen:
            page = (await manager.browser.get("/api/orders?status=living")).body["orders"]
            ours = [o["order_id"] for o in page if o["client_order_id"] == chosen.client_order_id]
            if ours and name == "cancel":
                await manager.browser.call("DELETE", f"/api/orders/{ours[0]}")
            elif ours:
                await manager.browser.call("PATCH", f"/api/orders/{ours[0]}", {"price": f"{59_000 + number}"})
    await clock.settle()


async def tell(folder: Path, steps: list[tuple[str, int]], cut: int) -> None:
    clock = VirtualClock()
    desk = await Desk(folder, clock).open(partitions=2)
    try:
        exchange = await desk.account()
        await desk.following()
        manager = await desk.manager()
        await clock.advance(1)
        pages = {}
        for at, (name, number) in enumerate(steps):
            if at == cut:
                for path, thing in (("orders", "order"), ("positions", "position")):
                    pages[path] = ((await manager.browser.get(PAGES[path])).body, thing)
            await step(name, number, manager, exchange, clock)
        await clock.advance(40)
        for path, (page, thing) in pages.items():
            await holds(manager, path, thing, page)
    finally:
        await desk.close()


async def holds(manager: Manager, path: str, thing: str, page: Any) -> None:
    """Snapshot + events after it = a newer snapshot; the same by a feed that brings its own snapshot."""
    later = (await manager.browser.get(PAGES[path])).body
    events = await events_after(manager, f"/ws/{path}", page["cursor"])
    if thing == "order":
        client = Page(page[path], thing)
        client.take(events)
        assert client.held == {o["order_id"]: o for o in later[path]}
        offsets = [(e["body"]["order"]["order_id"], e["body"]["order"]["version"]) for e in events]
        assert len(offsets) == len(set(offsets)), "an event came twice"
    else:
        client = Page([], thing)
        client.take(await events_after(manager, f"/ws/{path}", _beginning(page["cursor"])))
        open_legs = {key: leg for key, leg in client.held.items() if leg["exchange_amount"] not in ("0", None)}
        shown = {(p["account"], p["symbol"], p["side"]): p["version"] for p in later[path]}
        assert {key: leg["version"] for key, leg in open_legs.items()} == shown


def _beginning(text: str) -> str:
    cursor = from_text(text)
    return to_text(Cursor(cursor.journal_id, cursor.stream, {}))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 6)), min_size=3, max_size=14),
    cut=st.integers(0, 2),
)
def test_a_snapshot_and_the_events_after_it_are_a_newer_snapshot(
    tmp_path_factory: Any, steps: list[tuple[str, int]], cut: int
) -> None:
    loop = VirtualLoop()
    try:
        loop.run_until_complete(tell(tmp_path_factory.mktemp("desk"), steps, cut))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
