"""Snapshot and feed: what a client sees is the newer snapshot, whenever it came and however often it broke off."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import structlog
from msgspec.structs import replace

from hedgerow.journal import Record
from hedgerow.journal.cursor import Cursor, from_text, to_text
from tests.services.asking import order, placed, seen
from tests.services.desk import Desk
from tests.services.scripted_exchange import ScriptedExchange
from tests.services.virtual_clock import VirtualClock


async def test_a_client_that_breaks_off_goes_on_after_its_cursor_at_any_manager(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    first, second = await desk.manager("a"), await desk.manager("b")
    whole = first.browser.socket("/ws/orders")
    await clock.settle()
    cursor, got = whole.cursor, []
    for number in range(6):
        manager = (first, second)[number % 2]
        socket = manager.browser.socket(f"/ws/orders?after={cursor}")
        await placed(manager, 2)
        got += seen(socket)
        cursor = socket.cursor
        await socket.cut()
        await placed(manager)
    last = first.browser.socket(f"/ws/orders?after={cursor}")
    await clock.settle()
    got += seen(last)
    assert got == seen(whole)
    assert len({name for name, _ in got}) == 18


async def test_frames_follow_each_other_without_gap(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    manager = await desk.manager()
    socket = manager.browser.socket("/ws/orders")
    await placed(manager, 5)
    cursors = [frame["cursor"] for frame in socket.frames]
    assert [frame["after"] for frame in socket.frames] == [None, *cursors[:-1]]
    assert all(1 <= len(frame["events"]) <= 500 for frame in socket.frames[1:])
    await socket.hang_up()


async def test_a_vector_cursor_covers_every_partition(tmp_path: Path, clock: VirtualClock) -> None:
    desk = await Desk(tmp_path, clock).open(partitions=4)
    names = ("sim", "two", "three", "four", "five", "six")
    for name in names:
        await desk.account(name)
    await desk.following()
    manager = await desk.manager()
    whole = manager.browser.socket("/ws/orders")
    await clock.settle()
    for name in names:
        await placed(manager, 2, name)
    middle = whole.cursor
    assert len(from_text(middle).places) > 2
    for name in reversed(names):
        await placed(manager, 2, name)
    resumed = manager.browser.socket(f"/ws/orders?after={middle}")
    await clock.settle()
    rest = seen(whole)[-len(seen(resumed)) :]
    assert sorted(seen(resumed)) == sorted(rest)
    assert len({name for name, _ in seen(resumed)}) == 12
    await desk.close()


async def test_events_of_a_writer_that_was_taken_over_are_fenced_off(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resolver = await desk.following()
    manager = await desk.manager()
    [order_id] = await placed(manager)
    await resolver.kill()
    await desk.following()  # epoch 2
    socket = manager.browser.socket("/ws/orders")
    await clock.settle()
    await placed(manager)
    before = len(socket.events)
    stale = desk.witness.updates[-1]
    ghost = replace(stale, order=replace(stale.order, order_id="ghost"))
    await desk.journal.append("orders_updated", "sim", [Record(1, desk.record(ghost))])
    await clock.advance(1)
    await placed(manager)
    names = {name for name, _ in seen(socket)}
    assert len(socket.events) > before
    assert "ghost" not in names
    page = (await manager.browser.get("/api/orders")).body["orders"]
    assert "ghost" not in {o["order_id"] for o in page}
    assert order_id in {o["order_id"] for o in page}


@pytest.mark.parametrize("poison", [b"", b"{", b"\xff", b'"],[', b'{"body":{"order":{}}}', b"null"])
async def test_a_record_that_cannot_be_read_is_in_no_frame_and_the_socket_lives(
    poison: bytes, desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    manager = await desk.manager()
    sockets = [manager.browser.socket("/ws/orders") for _ in range(2)]
    await clock.settle()
    with structlog.testing.capture_logs() as logs:
        await desk.journal.append("orders_updated", "sim", [Record(1, poison)])
        [order_id] = await placed(manager)
    for socket in sockets:
        assert {name for name, _ in seen(socket)} == {order_id}
        assert [frame["after"] for frame in socket.frames[1:]] == [frame["cursor"] for frame in socket.frames[:-1]]
    assert [line["log_level"] for line in logs if "feeds" in line["event"]] == ["error"]
    again = manager.browser.socket(f"/ws/orders?after={sockets[0].frames[0]['cursor']}")
    await clock.settle()
    assert seen(again) == seen(sockets[0])


async def test_a_client_that_takes_nothing_at_all_is_let_go(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    manager = await desk.manager()
    stuck = manager.browser.socket("/ws/orders")
    await clock.settle()
    stuck.hold(stuck=True)
    await placed(manager)
    await clock.advance(25)
    assert stuck.task.done()


async def test_a_cursor_that_cannot_be_continued_gets_a_clear_message(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    manager = await desk.manager()
    await placed(manager, 3)
    page = (await manager.browser.get("/api/orders")).body["cursor"]
    cursor = from_text(page)
    early = to_text(Cursor(cursor.journal_id, "orders_updated", {0: (0, 1)}))
    await desk.journal.trim("orders_updated", {0: 4})
    wrong = {
        "no cursor": "%%%",
        "another journal": to_text(Cursor("other", "orders_updated", {})),
        "another stream": to_text(Cursor(cursor.journal_id, "positions_updated", {})),
        "no longer kept": early,
        "beyond the end": to_text(Cursor(cursor.journal_id, "orders_updated", {0: (10_000, 1)})),
        "of a later epoch": to_text(Cursor(cursor.journal_id, "orders_updated", {0: (cursor.offsets[0], 2)})),
    }
    for what, text in wrong.items():
        socket = manager.browser.socket(f"/ws/orders?after={text}")
        await clock.advance(0.1)
        assert socket.closed is not None, what
        assert socket.closed["code"] == 4410, what
        assert socket.messages[-1]["problem"]["status"] == 410, what
    kept = manager.browser.socket(f"/ws/orders?after={page}")
    await placed(manager)
    assert kept.events


async def test_a_named_client_resumes_after_what_it_acknowledged_at_any_manager(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    first, second = await desk.manager("a"), await desk.manager("b")
    tab = first.browser.socket("/ws/orders?client=tab")
    await placed(first, 2)
    acknowledged = tab.frames[1]["cursor"]
    tab.say({"ack": acknowledged})
    await clock.advance(1)
    await placed(first)
    missed = seen(tab)[len(tab.frames[1]["events"]) :]
    await tab.hang_up()
    again = second.browser.socket("/ws/orders?client=tab")
    await clock.advance(0.1)
    assert again.frames[0]["after"] == acknowledged
    assert "snapshot" not in again.frames[0]
    assert seen(again) == missed
    other = second.browser.socket("/ws/orders?client=another")
    await clock.settle()
    assert "snapshot" in other.frames[0]


async def test_a_named_client_whose_place_is_gone_is_told_so_once(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    manager = await desk.manager()
    tab = manager.browser.socket("/ws/orders?client=tab")
    await placed(manager)
    tab.say({"ack": tab.frames[1]["cursor"]})
    await clock.advance(1)
    await tab.hang_up()
    await placed(manager, 3)
    await desk.journal.trim("orders_updated", await desk.journal.end("orders_updated"))
    gone = manager.browser.socket("/ws/orders?client=tab")
    await clock.advance(0.1)
    assert gone.closed is not None
    assert gone.closed["code"] == 4410
    again = manager.browser.socket("/ws/orders?client=tab")
    await clock.advance(0.1)
    assert "snapshot" in again.frames[0]


async def test_a_slow_client_is_closed_with_its_cursor_and_misses_nothing(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    manager = await desk.manager()
    quick = manager.browser.socket("/ws/orders")
    slow = manager.browser.socket("/ws/orders")
    await placed(manager)
    slow.hold()
    await placed(manager, 3)
    await clock.advance(11)
    assert slow.closed is not None
    assert slow.closed["code"] == 4408
    after = slow.messages[-1]["problem"]["cursor"]
    assert after == slow.cursor
    back = manager.browser.socket(f"/ws/orders?after={after}")
    await clock.settle()
    assert seen(slow) + seen(back) == seen(quick)


async def test_a_snapshot_on_the_socket_is_followed_by_everything_after_it(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    manager = await desk.manager()
    await placed(manager, 2)
    socket = manager.browser.socket("/ws/positions")
    await clock.settle()
    assert socket.frames[0]["snapshot"] == []
    exchange.fill(next(iter(exchange.orders.values())), "0.01")
    await clock.settle()
    assert [e["body"]["position"]["amount"] for e in socket.events][-1] == "0.01"


async def test_the_idempotency_key_is_in_every_event(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    manager = await desk.manager()
    socket = manager.browser.socket("/ws/orders")
    await manager.browser.call("POST", "/api/orders", order(), key="row-7")
    exchange.fill(next(iter(exchange.orders.values())), "1")
    await clock.advance(1)
    assert {e["body"]["order"]["idempotency_key"] for e in socket.events} == {"row-7"}


async def test_a_stop_ends_the_sockets(desk: Desk, exchange: ScriptedExchange, clock: VirtualClock) -> None:
    manager = await desk.manager()
    sockets = [manager.browser.socket("/ws/orders") for _ in range(3)]
    await clock.settle()
    await clock.run(manager.service.stop())
    await asyncio.gather(*(socket.task for socket in sockets))
    assert {socket.closed["code"] for socket in sockets if socket.closed} == {1001}
