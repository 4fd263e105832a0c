"""Snapshot and the events after it are a newer snapshot: at every cursor, for every tab, however it broke off."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from random import Random
from typing import Any

import pytest

from tests.e2e.agreement import agree
from tests.e2e.desk_client import DeskClient
from tests.e2e.desk_process import until
from tests.e2e.feed_client import FeedClient, order_key, position_key
from tests.e2e.feeds.walk import walk
from tests.simulator.running import Running

PATIENCE_S = 11.0  # a little more than the desk has with a client that does not read
ORDERS, POSITIONS = "/ws/orders", "/ws/positions"
Tab = Callable[..., FeedClient]


@pytest.fixture
async def tab(desk: DeskClient) -> AsyncIterator[Tab]:
    """Makes tabs; all are closed at the end."""
    made: list[FeedClient] = []

    def make(path: str = ORDERS, client: str | None = None) -> FeedClient:
        made.append(FeedClient(lambda: (desk.url, desk.token or ""), path, client))
        return made[-1]

    yield make
    for each in made:
        await each.close()


async def snapshot(desk: DeskClient, path: str) -> tuple[dict[str, dict[str, Any]], str]:
    """By REST: what there is by name, and its cursor."""
    if path == ORDERS:
        answer = await desk.call("GET", "/api/orders", account=desk.account, limit=500)
        return {order_key(each): each for each in answer.body["orders"]}, answer.body["cursor"]
    answer = await desk.call("GET", "/api/positions", account=desk.account)
    return {position_key(each): each for each in answer.body["positions"]}, answer.body["cursor"]


def ours(tab: FeedClient, desk: DeskClient) -> dict[str, int]:
    """What a tab shows of this test's account: names and versions; closed positions are not shown."""
    return {
        name: each["version"]
        for name, each in tab.state.items()
        if each["account"] == desk.account and (tab.body == "order" or _is_open(each))
    }


def _is_open(position: dict[str, Any]) -> bool:
    size = position.get("exchange_amount") or position["amount"]
    return float(size) != 0 or position.get("discrepancy") is not None


async def shows(tab: FeedClient, desk: DeskClient, path: str) -> None:
    """Wait until a tab shows what the newest snapshot holds."""

    async def same() -> bool:
        newest, _ = await snapshot(desk, path)
        return ours(tab, desk) == {name: each["version"] for name, each in newest.items()}

    await until(same)


@pytest.mark.parametrize("path", [ORDERS, POSITIONS])
@pytest.mark.parametrize("seed", [1, 2])
async def test_a_snapshot_and_the_events_after_it_are_a_newer_snapshot(
    desk: DeskClient, exchange: Running, tab: Tab, path: str, seed: int
) -> None:
    chance = Random(seed)
    faithful, restless = tab(path), tab(path)
    await faithful.connect()
    await restless.connect()
    taken = [await snapshot(desk, path)]
    walking = asyncio.ensure_future(walk(desk, exchange, seed))
    while not walking.done():
        taken.append(await snapshot(desk, path))
        await restless.close()
        await restless.connect()
        await asyncio.wait([walking], timeout=chance.random() / 50)
    await walking
    await agree(desk, exchange)
    assert len(taken) > 5
    for each in (faithful, restless):
        await shows(each, desk, path)
        told = Counter(
            (each._key(event["body"][each.body]), event["body"][each.body]["version"]) for event in each.events
        )
        assert all(count == 1 for count in told.values()), "an event came twice"
    assert [event["body"] for event in restless.events] == [event["body"] for event in faithful.events]
    for state, cursor in taken:
        late = tab(path)
        late.state, late.cursor = dict(state), cursor
        await late.connect()
        await shows(late, desk, path)


async def test_every_cursor_of_a_feed_is_a_place_to_go_on_from(desk: DeskClient, exchange: Running, tab: Tab) -> None:
    whole = tab()
    await whole.connect()
    await until(lambda: whole.cursor)
    begin = whole.cursor
    await walk(desk, exchange, seed=3)
    await agree(desk, exchange)
    await shows(whole, desk, ORDERS)
    again = tab()
    again.cursor = begin
    await again.connect()
    await until(lambda: len(again.events) >= len(whole.events))
    assert again.events == whole.events
    cursor, seen = begin, 0
    while seen < len(whole.events):
        """One frame at a time, each on a connection of its own."""
        one = tab()
        one.cursor = cursor
        await one.connect()
        await until(lambda one=one: one.events)
        await one.close()
        assert one.events == whole.events[seen : seen + len(one.events)]
        cursor, seen = one.cursor, seen + len(one.events)


async def test_a_named_tab_comes_back_to_where_it_acknowledged(desk: DeskClient, exchange: Running, tab: Tab) -> None:
    first, other = tab(client="tab-one"), tab(client="tab-two")
    await first.connect()
    await other.connect()
    await desk.placed("buy", "0.01", "50000")
    await until(lambda: first.events and other.events)
    await agree(desk, exchange)
    await shows(first, desk, ORDERS)
    acknowledged = first.cursor
    await first.acknowledge()
    await first.close()
    await other.close()
    await desk.placed("buy", "0.01", "50001")
    await agree(desk, exchange)

    back = tab(client="tab-one")
    back.state = first.state
    await back.connect()
    await until(lambda: back.events)
    assert back.cursor != acknowledged
    await shows(back, desk, ORDERS)
    assert back.snapshots == 0
    assert not {(e["epoch"], e["sequence"]) for e in back.events} & {(e["epoch"], e["sequence"]) for e in first.events}

    fresh = tab(client="tab-two")  # it never acknowledged: a snapshot
    await fresh.connect()
    await until(lambda: fresh.cursor)
    await shows(fresh, desk, ORDERS)
    assert fresh.snapshots == 1  # and what history has not folded yet, as events after it


async def test_a_tab_that_acknowledged_nonsense_is_not_locked_out(
    desk: DeskClient, exchange: Running, tab: Tab
) -> None:
    await desk.placed("buy", "0.01", "50000")
    await agree(desk, exchange)
    _, of_positions = await snapshot(desk, POSITIONS)
    for nonsense in ("nonsense", of_positions, ""):
        odd = tab(client="odd")
        await odd.connect()
        await until(lambda odd=odd: odd.cursor)
        await odd.send({"ack": nonsense})
        await until(lambda odd=odd: odd.problem)
        assert (odd.problem["code"], odd.problem["field"]) == ("cursor_refused", "ack")  # type: ignore[index]
        await odd.close()
        back = tab(client="odd")
        await back.connect()
        await shows(back, desk, ORDERS)


@pytest.mark.parametrize("path", [ORDERS, POSITIONS])
async def test_a_cursor_from_elsewhere_is_refused(desk: DeskClient, exchange: Running, tab: Tab, path: str) -> None:
    await desk.placed("buy", "0.01")
    await agree(desk, exchange)
    _, mine = await snapshot(desk, path)
    _, others = await snapshot(desk, POSITIONS if path == ORDERS else ORDERS)
    for cursor in ("garbage", others, mine[:-4], mine.replace(mine[10:20], "A" * 10)):
        lost = tab(path)
        await lost.connect(after=cursor)
        await until(lambda lost=lost: lost.closed_with)
        assert (lost.closed_with, lost.problem["status"], lost.problem["field"]) == (4410, 410, "after")  # type: ignore[index]
        assert "snapshot" in lost.problem["detail"]  # type: ignore[index]


async def test_what_a_removed_account_held_is_in_no_snapshot_and_is_still_in_the_past(
    desk: DeskClient, exchange: Running, tab: Tab
) -> None:
    placed = await desk.placed("buy", "0.01", "50000")
    await desk.place("buy", "0.01")
    await agree(desk, exchange)
    before_orders, before_positions = tab(), tab(POSITIONS)
    await before_orders.connect()
    await before_positions.connect()
    await until(lambda: ours(before_orders, desk) and ours(before_positions, desk))

    await desk.call("DELETE", f"/api/accounts/{desk.account}")
    for path in (ORDERS, POSITIONS):
        later = tab(path)
        await later.connect()
        await until(lambda later=later: later.cursor)  # type: ignore[misc]
        assert ours(later, desk) == {}
    assert (await desk.call("GET", "/api/positions")).body["positions"] == []
    living = (await desk.call("GET", "/api/orders?status=living&status=in_doubt")).body["orders"]
    assert [order for order in living if order["account"] == desk.account] == []
    past = (await desk.call("GET", "/api/orders")).body["orders"]
    assert placed["order_id"] in {order["order_id"] for order in past}
    story = await desk.call("GET", f"/api/orders/{placed['order_id']}")
    assert story.body["order"]["account"] == desk.account
