"""The caches of a partition: written after history, and right again by themselves whatever becomes of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import structlog

from hedgerow.cache import CacheUnavailable, Version
from hedgerow.cache.memory import MemoryCache
from hedgerow.core.orders import Status
from hedgerow.history import Batch, PartitionState
from hedgerow.history.sql import SqlHistory
from hedgerow.order_resolver.caching import Caching
from hedgerow.order_resolver.publishing import Folding
from tests.contracts.samples import balance, living_orders, order, place, position
from tests.services.virtual_clock import VirtualClock


class Store:
    """A cache that a test fails, holds up, or empties at a call.

    Attributes:
        calls: the names of the calls, in order.
        fault: what every call meets, if anything.
        before: done at each call, with its name.
    """

    def __init__(self) -> None:
        self.kept = MemoryCache()
        self.calls: list[str] = []
        self.fault: Exception | None = None
        self.before: Callable[[str], Any] = lambda _: None
        self.lives = 1
        self.released = asyncio.Event()
        self.released.set()

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self.kept, name)

        async def call(*args: Any, **more: Any) -> Any:
            self.calls.append(name)
            await self.released.wait()
            if self.fault is not None:
                raise self.fault
            if (waiting := self.before(name)) is not None:
                await waiting
            return await inner(*args, **more)

        return call

    async def life(self) -> str:
        self.calls.append("life")
        await self.released.wait()
        if self.fault is not None:
            raise self.fault
        return str(self.lives)

    def restart(self) -> None:
        """Another life, with nothing in it."""
        self.kept = MemoryCache()
        self.lives += 1


class Keeper:
    """History of one partition, and the task that keeps its cache."""

    def __init__(self, history: SqlHistory, store: Store, clock: VirtualClock) -> None:
        self.history = history
        self.store = store
        self.clock = clock
        self.offset = 0
        self.tasks: list[asyncio.Task[None]] = []

    async def take_over(self, *, journal: str = "j") -> Caching:
        self.state: PartitionState = await self.history.take_over(0)
        self.caching = Caching(
            self.store,  # type: ignore[arg-type]
            self.history,
            self.clock,
            0,
            epoch=self.state.epoch,
            journal_id=journal,
            partition_of=lambda account: 1 if account == "elsewhere" else 0,
            places=self.state.places,
        )
        self.tasks.append(asyncio.ensure_future(self.caching.run()))
        return self.caching

    async def fold(self, *, tell: bool = True, **changes: Any) -> None:
        """Something happens: history has it, and its owner is told."""
        self.offset += 1
        version = Version(self.state.epoch, self.offset)
        streams = {"orders": "orders_updated", "positions": "positions_updated", "balances": "balances_updated"}
        places = [place(self.offset, stream=streams[name], epoch=self.state.epoch) for name in changes]
        balances = changes.get("balances", [])
        await self.history.commit(
            Batch(
                partition=0,
                epoch=self.state.epoch,
                places=places,
                orders=changes.get("orders", []),
                positions=changes.get("positions", []),
                balances=[("sim", balances, self.offset)] if balances else [],
                since_ms={"sim": 1},
            )
        )
        if tell:
            step = Folding(
                places=places,
                orders=[(version, each) for each in changes.get("orders", [])],
                positions=[(version, each) for each in changes.get("positions", [])],
                balances=[("sim", version, balances, self.offset)] if balances else [],
            )
            self.caching.put([step])

    async def shown(self) -> dict[str, Any]:
        kept = self.store.kept
        funds = await kept.balances("sim")
        return {
            "orders": {each.order_id: each.version for _, each in await living_orders(kept)},
            "legs": {leg.symbol: leg.amount for _, leg in await kept.positions()},
            "balances": funds[1] if funds else [],
        }

    async def stop(self) -> None:
        while self.tasks:
            task = self.tasks.pop()
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


@pytest.fixture
async def keeper(tmp_path: Path, clock: VirtualClock) -> AsyncIterator[Keeper]:
    """The owner of a partition in which an order, a position and a balance live; its cache is right."""
    history = await SqlHistory.open(tmp_path / "history.db")
    keeper = Keeper(history, Store(), clock)
    await keeper.take_over()
    await keeper.fold(orders=[order()], positions=[position()], balances=[balance()])
    await clock.advance(1)
    yield keeper
    await keeper.stop()
    await history.close()


async def test_what_is_folded_is_written_at_once(keeper: Keeper, clock: VirtualClock) -> None:
    before = await keeper.shown()
    assert (list(before["orders"]), len(before["legs"]), before["balances"]) == (["order1"], 1, [balance()])
    await keeper.fold(orders=[order(2), order(1, version=2, status=Status.FILLED)], positions=[position(amount="0")])
    await clock.settle()
    after = await keeper.shown()
    assert (list(after["orders"]), after["legs"]) == (["order2"], {})


async def test_an_emptied_cache_is_filled_within_a_second(keeper: Keeper, clock: VirtualClock) -> None:
    before = await keeper.shown()
    await keeper.store.kept.clear()
    await clock.advance(1)
    assert await keeper.shown() == before


async def test_an_emptied_cache_is_noticed_by_the_next_write(keeper: Keeper, clock: VirtualClock) -> None:
    """A write puts no marker where there is none: it would say of the rest that it is there."""
    await keeper.store.kept.clear()
    await keeper.fold(orders=[order(2)])
    await clock.advance(1)
    assert set((await keeper.shown())["orders"]) == {"order1", "order2"}


@pytest.mark.parametrize("moment", ["put_applied", "put_positions", "living"])
async def test_a_cache_that_is_emptied_while_it_is_filled_is_filled_again(
    keeper: Keeper, clock: VirtualClock, moment: str
) -> None:
    before = await keeper.shown()
    left = [3]

    def empty(name: str) -> Any:
        if name == moment and left[0]:
            left[0] -= 1
            return keeper.store.kept.clear()
        return None

    keeper.store.before = empty
    await keeper.store.kept.clear()
    await clock.advance(15)
    assert left == [0]
    assert await keeper.shown() == before


async def test_a_cache_that_is_emptied_between_a_write_and_its_marker_is_filled(
    keeper: Keeper, clock: VirtualClock
) -> None:
    left = [1]

    def empty(name: str) -> Any:
        if name == "put_applied" and left[0]:
            left[0] -= 1
            return keeper.store.kept.clear()
        return None

    keeper.store.before = empty
    await keeper.fold(orders=[order(2)])
    await clock.advance(2)
    assert set((await keeper.shown())["orders"]) == {"order1", "order2"}


async def test_another_life_of_the_store_is_filled_though_the_marker_came_with_it(
    keeper: Keeper, clock: VirtualClock
) -> None:
    """A replica that became the master may lack what was written last, and hold the marker all the same."""
    before = await keeper.shown()
    await keeper.store.kept.remove_orders(["order1"])
    keeper.store.lives += 1
    await clock.advance(1)
    assert await keeper.shown() == before


async def test_what_ended_while_the_cache_was_away_is_not_shown_alive(keeper: Keeper, clock: VirtualClock) -> None:
    keeper.store.fault = CacheUnavailable("away")
    await keeper.fold(orders=[order(1, version=2, status=Status.CANCELED), order(2)])
    await clock.advance(5)
    keeper.store.fault = None
    await clock.advance(15)
    assert set((await keeper.shown())["orders"]) == {"order2"}
    [(_, ended)] = await keeper.store.kept.find_orders(["order1"])
    assert ended.status is Status.CANCELED


async def test_living_orders_that_history_does_not_know_are_removed_and_other_partitions_are_left_alone(
    keeper: Keeper, clock: VirtualClock
) -> None:
    await keeper.store.kept.put_orders([(Version(1, 1), order(8)), (Version(1, 1), order(9, account="elsewhere"))])
    keeper.store.lives += 1
    await clock.advance(1)
    assert set((await keeper.shown())["orders"]) == {"order1", "order9"}


async def test_what_happens_while_it_is_filled_is_newer(keeper: Keeper, clock: VirtualClock) -> None:
    release = asyncio.Event()

    def hold(name: str) -> Any:
        return release.wait() if name == "put_orders" else None

    keeper.store.before = hold
    keeper.store.restart()
    await clock.advance(1)
    await keeper.fold(orders=[order(1, version=2, status=Status.FILLED), order(2)])
    release.set()
    await clock.advance(1)
    assert set((await keeper.shown())["orders"]) == {"order2"}


async def test_a_cache_that_hangs_delays_nobody_and_is_right_afterwards(keeper: Keeper, clock: VirtualClock) -> None:
    keeper.store.released.clear()
    for number in range(30):
        await keeper.fold(orders=[order(1, version=number + 2)])
    assert (await keeper.history.order("order1")).version == 31  # type: ignore[union-attr]
    keeper.store.released.set()
    await clock.advance(1)
    assert (await keeper.shown())["orders"] == {"order1": 31}


async def test_what_waits_is_bounded_and_what_is_dropped_is_read_from_history(
    keeper: Keeper, clock: VirtualClock
) -> None:
    keeper.store.released.clear()
    await clock.advance(1)
    for first in range(0, 25_000, 5_000):
        await keeper.fold(orders=[order(number) for number in range(first, first + 5_000)])
        assert len(keeper.caching._waiting.orders) <= 20_000
    keeper.store.released.set()
    await clock.advance(2)
    assert len((await keeper.shown())["orders"]) == 25_000


async def test_a_cache_that_is_away_is_told_of_once(keeper: Keeper, clock: VirtualClock) -> None:
    with structlog.testing.capture_logs() as told:
        keeper.store.fault = CacheUnavailable("away")
        for number in range(20):
            await keeper.fold(orders=[order(1, version=number + 2)])
            await clock.advance(1)
        keeper.store.fault = None
        await clock.advance(12)
    assert [line["event"] for line in told] == ["cache not kept", "cache filled again"]


async def test_history_is_not_read_over_and_over_for_a_cache_that_takes_nothing(
    keeper: Keeper, clock: VirtualClock
) -> None:
    def refuse(name: str) -> None:
        if name == "put_orders":
            raise CacheUnavailable("its memory is full")

    keeper.store.before = refuse
    keeper.store.restart()
    keeper.store.calls.clear()
    await clock.advance(60)
    assert 4 <= keeper.store.calls.count("put_orders") <= 12
    keeper.store.before = lambda _: None
    await clock.advance(11)
    assert set((await keeper.shown())["orders"]) == {"order1"}


# --- the next owner


async def test_the_next_owner_keeps_what_the_last_one_left(keeper: Keeper, clock: VirtualClock) -> None:
    await keeper.stop()
    keeper.store.calls.clear()
    await keeper.take_over()
    await clock.advance(2)
    assert "put_orders" not in keeper.store.calls
    await keeper.fold(orders=[order(2)])
    await clock.settle()
    assert set((await keeper.shown())["orders"]) == {"order1", "order2"}


async def test_the_next_owner_fills_what_the_last_one_left_undone(keeper: Keeper, clock: VirtualClock) -> None:
    await keeper.fold(orders=[order(1, version=2, status=Status.FILLED), order(2)], tell=False)
    await keeper.stop()
    await keeper.take_over()
    await clock.settle()
    assert set((await keeper.shown())["orders"]) == {"order2"}


async def test_what_is_folded_before_the_cache_answers_is_not_forgotten(keeper: Keeper, clock: VirtualClock) -> None:
    """The marker is as the last owner left it, and the new owner has written nothing yet."""
    await keeper.stop()
    keeper.store.fault = CacheUnavailable("away")
    await keeper.take_over()
    await keeper.fold(orders=[order(2)])
    await clock.advance(3)
    keeper.store.fault = None
    await clock.advance(2)
    assert set((await keeper.shown())["orders"]) == {"order1", "order2"}


async def test_an_owner_that_was_taken_over_writes_nothing_more(keeper: Keeper, clock: VirtualClock) -> None:
    old = keeper.caching
    [old_task] = keeper.tasks
    await keeper.take_over()
    await keeper.fold(orders=[order(1, version=2)])
    await clock.settle()
    late = Folding(orders=[(Version(1, 99), order(1, version=1))], places=[place(99)])
    old.put([late])
    await clock.advance(3)
    assert old_task.done(), "it noticed, and ended"
    old_task.result()
    assert (await keeper.shown())["orders"] == {"order1": 2}
    assert not keeper.tasks[-1].done()


async def test_a_cache_of_another_journal_is_emptied(keeper: Keeper, clock: VirtualClock) -> None:
    """Its epochs may be the higher ones: nothing could ever replace what it holds."""
    await keeper.stop()
    ghost = position(symbol="ETH/USDT:USDT")
    await keeper.store.kept.put_positions([(Version(50, 1), ghost), (Version(50, 1), position(amount="7"))])
    await keeper.store.kept.put_orders([(Version(50, 1), order(7))])
    await keeper.take_over(journal="another")
    await clock.advance(1)
    shown = await keeper.shown()
    assert set(shown["orders"]) == {"order1"}
    assert {symbol: str(amount) for symbol, amount in shown["legs"].items()} == {"BTC/USDT:USDT": "0.01"}
