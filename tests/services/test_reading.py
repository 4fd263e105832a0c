"""What the order_manager answers with: history, its own reading of the streams, and a cache that it can do without."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hedgerow.cache import CacheUnavailable, Version
from hedgerow.core.orders import Order, Status
from hedgerow.core.positions import Position
from tests.services.asking import order, placed
from tests.services.desk import Desk, Manager
from tests.services.scripted_exchange import SYMBOL, ScriptedExchange
from tests.services.virtual_clock import VirtualClock


class AwayCache:
    """Every call fails; `calls` names them."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        async def call(*_: Any, **__: Any) -> Any:
            self.calls.append(name)
            raise CacheUnavailable("Redis cannot be reached")

        return call


class OnlyReading:
    """The caches as one order_manager asks them; `calls` names the questions and how many orders they were for."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.calls: list[tuple[str, int]] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)

        async def call(*args: Any, **more: Any) -> Any:
            self.calls.append((name, len(args[0]) if args and isinstance(args[0], list) else 0))
            return await found(*args, **more)

        return call


async def watched_manager(desk: Desk) -> tuple[Manager, OnlyReading]:
    shared, watched = desk.cache, OnlyReading(desk.cache)
    desk.cache = watched
    manager = await desk.manager()
    desk.cache = shared
    return manager, watched


async def shown(manager: Manager, path: str = "/api/orders") -> Any:
    return (await manager.browser.get(path)).body


async def test_without_a_cache_everything_is_answered_and_orders_are_sent(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    desk.cache = AwayCache()
    await desk.following()
    manager = await desk.manager()
    [order_id] = await placed(manager)
    exchange.fill(next(iter(exchange.orders.values())), "0.01")
    await clock.advance(1)
    assert [(o["order_id"], o["status"]) for o in (await shown(manager))["orders"]] == [(order_id, "filled")]
    assert (await shown(manager, f"/api/orders/{order_id}"))["order"]["status"] == "filled"
    assert [p["amount"] for p in (await shown(manager, "/api/positions"))["positions"]] == ["0.01"]
    assert [b["account"] for b in await shown(manager, "/api/balances")] == ["sim"]
    socket = manager.browser.socket("/ws/orders")
    await clock.settle()
    assert socket.frames
    health = await shown(manager, "/api/health")
    assert health["state"] == "degraded"
    [part] = [part for part in health["parts"] if part["name"] == "cache"]
    assert (part["state"], part["message"]) == ("degraded", "answered from history instead: Redis cannot be reached")


async def test_nothing_is_asked_of_a_cache_to_send_an_order(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    manager, cache = await watched_manager(desk)
    answer = await manager.browser.call("POST", "/api/orders", order())
    assert answer.status == 201
    order_id = answer.body["order_id"]
    await clock.advance(0.5)
    await manager.browser.call("PATCH", f"/api/orders/{order_id}", {"price": "59000"})
    await manager.browser.call("DELETE", f"/api/orders/{order_id}")
    assert cache.calls == []


async def test_an_order_manager_that_keeps_up_asks_no_cache(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    manager, cache = await watched_manager(desk)
    await placed(manager, 3)
    await shown(manager)
    await shown(manager, "/api/positions")
    assert cache.calls == []


@pytest.fixture
async def behind(desk: Desk, exchange: ScriptedExchange, clock: VirtualClock) -> tuple[Manager, OnlyReading, list[str]]:
    """An order_manager that hears nothing of orders and positions any more, and what happened meanwhile."""
    await desk.following()
    other = await desk.manager("b")
    manager, cache = await watched_manager(desk)
    for stream in ("orders_updated", "positions_updated"):
        manager.life.hold(stream)
    ids = await placed(other, 3)
    exchange.fill(next(iter(exchange.orders.values())), "0.01")
    await clock.advance(1)
    return manager, cache, ids


async def test_one_that_is_behind_asks_for_what_is_on_the_page(
    desk: Desk, behind: tuple[Manager, OnlyReading, list[str]]
) -> None:
    manager, cache, ids = behind
    [first] = [each for each in (await desk.cache.find_orders(ids)) if each[1].order_id == ids[0]]
    newer: Order = msgspec.structs.replace(first[1], status=Status.FILLED, version=first[1].version + 5)
    await desk.cache.put_orders([(Version(90, 1), newer)])
    page = (await shown(manager, "/api/orders?limit=2"))["orders"]
    assert cache.calls == [("find_orders", 2)]
    assert len(page) == 2
    assert next(o for o in (await shown(manager))["orders"] if o["order_id"] == ids[0])["version"] == newer.version


async def test_what_a_cache_alone_holds_is_never_shown(
    desk: Desk, behind: tuple[Manager, OnlyReading, list[str]]
) -> None:
    manager, cache, ids = behind
    [(_, known), *_] = await desk.cache.find_orders(ids)
    await desk.cache.put_orders([(Version(90, 1), msgspec.structs.replace(known, order_id="ghost", version=9))])
    [(_, leg)] = await desk.cache.positions()
    ghost: Position = msgspec.structs.replace(leg, symbol="ETH/USDT:USDT", version=9)
    await desk.cache.put_positions([(Version(90, 1), ghost)])
    assert {o["order_id"] for o in (await shown(manager))["orders"]} == set(ids)
    assert [p["symbol"] for p in (await shown(manager, "/api/positions"))["positions"]] == [SYMBOL]
    assert ("positions", 0) in cache.calls


async def test_an_older_cache_takes_nothing_back(desk: Desk, behind: tuple[Manager, OnlyReading, list[str]]) -> None:
    manager, _, ids = behind
    truth = (await shown(manager))["orders"]
    stale = [
        (Version(90, 1), msgspec.structs.replace(each, status=Status.PENDING, version=0))
        for _, each in await desk.cache.find_orders(ids)
    ]
    await desk.cache.put_orders(stale)
    assert (await shown(manager))["orders"] == truth


async def test_balances_are_the_newest_by_the_exchanges_own_time(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    manager = await desk.manager()
    await clock.advance(1)
    [told] = await shown(manager, "/api/balances")
    kept = await desk.cache.balances("sim")
    assert kept is not None
    _, balances, updated_ms = kept
    assert told["updated_ms"] == updated_ms
    richer = [msgspec.structs.replace(each, wallet=each.wallet + 1) for each in balances]
    await desk.cache.put_balances("sim", Version(90, 1), richer, updated_ms - 1)
    assert (await shown(manager, "/api/balances"))[0]["balances"] == told["balances"], "an older one takes nothing back"
    await desk.cache.put_balances("sim", Version(90, 2), richer, updated_ms + 1)
    [newer] = await shown(manager, "/api/balances")
    assert (newer["updated_ms"], newer["balances"][0]["wallet"]) == (updated_ms + 1, str(richer[0].wallet))


async def test_the_timeline_is_as_new_as_the_order(desk: Desk, exchange: ScriptedExchange, clock: VirtualClock) -> None:
    await desk.following()
    manager = await desk.manager()
    [order_id] = await placed(manager)
    await clock.advance(1)
    exchange.fill(next(iter(exchange.orders.values())), "0.01")
    await clock.settle()  # journaled and read; history folds it in a tenth of a second
    stored = await desk.history.order(order_id)
    assert stored is not None
    assert stored.status != "filled"
    story = await clock.run(shown(manager, f"/api/orders/{order_id}"))
    told = [each["body"]["order"]["status"] for each in story["timeline"] if each["kind"] == "order_updated"]
    assert (story["order"]["status"], told[-1]) == ("filled", "filled")


async def test_a_resolver_that_is_away_keeps_no_story_from_anybody(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    manager = await desk.manager()
    [order_id] = await placed(manager)
    story = await clock.run(shown(manager, f"/api/orders/{order_id}"), within=2)
    assert story["order"]["status"] == "accepted"
