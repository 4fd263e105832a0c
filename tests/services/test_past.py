"""Which ids are looked up in history, and that none that it holds is ever missed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core.orders import Order
from hedgerow.history import CommandRow, History, HistoryFault
from hedgerow.order_manager import past
from hedgerow.order_manager.past import Past
from tests.contracts.samples import order
from tests.services.virtual_clock import VirtualClock


class Shelf:
    """A history of these ids; it counts what it is asked for."""

    def __init__(self, ids: Sequence[str]) -> None:
        self.ids = sorted(ids)
        self.asked: list[str] = []
        self.away = False

    async def command_ids(self, after: str, limit: int) -> list[str]:
        if self.away:
            raise HistoryFault("away")
        return [name for name in self.ids if name > after][:limit]

    async def order(self, order_id: str) -> Order | None:
        self.asked.append(order_id)
        return order(1, order_id=order_id) if order_id in self.ids else None

    async def command(self, command_id: str) -> CommandRow | None:
        self.asked.append(command_id)
        return None


def past_of(shelf: Shelf, clock: VirtualClock) -> Past:
    return Past(cast(History, shelf), clock)


async def test_until_all_ids_are_read_history_is_asked_for_each(clock: VirtualClock) -> None:
    shelf = Shelf([])
    known = past_of(shelf, clock)
    await known.order("a")
    await known.command("b")
    assert shelf.asked == ["a", "b"]


async def test_an_id_that_history_lacks_is_not_looked_up(clock: VirtualClock) -> None:
    shelf = Shelf(["a"])
    known = past_of(shelf, clock)
    await clock.run(known.run())
    assert (await known.order("new"), await known.command("new")) == (None, None)
    found = await known.order("a")
    assert (shelf.asked, found and found.order_id) == (["a"], "a")


async def test_an_id_that_was_read_in_the_log_is_looked_up(clock: VirtualClock) -> None:
    shelf = Shelf([])
    known = past_of(shelf, clock)
    await clock.run(known.run())
    known.add("told")
    await known.command("told")
    assert shelf.asked == ["told"]


async def test_after_a_gap_in_the_log_history_is_asked_for_each(clock: VirtualClock) -> None:
    shelf = Shelf([])
    known = past_of(shelf, clock)
    await clock.run(known.run())
    known.missed_some()
    await known.order("new")
    assert shelf.asked == ["new"]


async def test_history_is_read_once_it_is_back(clock: VirtualClock) -> None:
    shelf = Shelf(["a"])
    shelf.away = True
    known = past_of(shelf, clock)
    reading = asyncio.ensure_future(known.run())
    await clock.advance(60)
    assert not reading.done()
    shelf.away = False
    await clock.until(reading.done)
    await known.order("a")
    await known.order("new")
    assert shelf.asked == ["a"]


async def test_every_page_is_read(clock: VirtualClock) -> None:
    ids = [f"{number:06}" for number in range(2 * past._PAGE)]
    shelf = Shelf(ids)
    known = past_of(shelf, clock)
    await clock.run(known.run())
    for name in (ids[0], ids[past._PAGE - 1], ids[past._PAGE], ids[-1]):
        assert await known.order(name) is not None


@given(st.sets(st.text(max_size=26)), st.sets(st.text(max_size=26)))
def test_no_id_is_ever_missed(held: set[str], told: set[str]) -> None:
    known = Past(cast(History, Shelf([])), cast(VirtualClock, None))
    known._whole = True
    known._ids.update(held)
    for name in told:
        known.add(name)
    assert all(known._may_hold(name) for name in held | told)
