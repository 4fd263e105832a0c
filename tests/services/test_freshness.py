"""How fresh the desk shows itself: what a POST shows at once, and health."""

from __future__ import annotations

from hedgerow.journal import Record
from tests.services.asking import order, placed
from tests.services.desk import Desk, Manager
from tests.services.scripted_exchange import LOST, SYMBOL, ScriptedExchange
from tests.services.virtual_clock import VirtualClock


async def test_a_post_is_visible_before_the_resolver_has_spoken(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    manager = await desk.manager()  # nobody resolves
    [order_id] = await placed(manager)
    page = (await manager.browser.get("/api/orders")).body["orders"]
    assert [(o["order_id"], o["status"], o["version"]) for o in page] == [(order_id, "accepted", 0)]


async def test_the_resolvers_word_outranks_the_managers(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resolver = await desk.following()
    manager = await desk.manager()
    resolver.life.hold("orders_executed")
    exchange.scripts.append(LOST)
    answer = await manager.browser.call("POST", "/api/orders", order())
    await clock.settle()
    assert answer.body["status"] == "in_doubt"
    exchange.fill(next(iter(exchange.orders.values())), "1")
    await clock.settle()
    [shown] = (await manager.browser.get("/api/orders")).body["orders"]
    assert (shown["status"], shown["filled"]) == ("filled", "1")
    assert shown["version"] == desk.witness.orders[shown["order_id"]].version


# --- how the desk is


async def parts(manager: Manager) -> dict[str, str]:
    return {part["name"]: part["state"] for part in (await manager.browser.get("/api/health")).body["parts"]}


async def test_health_shows_a_resolver_that_fell_silent(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resolver = await desk.following()
    manager = await desk.manager()
    await clock.advance(6)
    assert (await parts(manager))["sim: following"] == "up"
    await resolver.kill()
    await clock.advance(20)
    assert (await parts(manager))["sim: following"] == "degraded"
    assert (await manager.browser.get("/api/health")).body["state"] == "degraded"
    [account] = (await manager.browser.get("/api/accounts")).body
    assert not account["followed"]


async def test_an_account_says_where_it_trades_and_how_its_stream_is(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    manager = await desk.manager()
    await placed(manager)
    await clock.advance(6)
    [account] = (await manager.browser.get("/api/accounts")).body
    assert (account["environment"], account["stream_up"], account["followed"]) == ("simulation", True, True)
    assert clock.now_ms() - account["heard_ms"] < 6_000
    assert clock.now_ms() - account["reconciled_ms"] < 10_000
    told = (await manager.browser.get("/api/health")).body["parts"]
    assert {(part["account"], part["symbol"]) for part in told} == {(None, None), ("sim", None), ("sim", SYMBOL)}
    exchange.hang_up()
    await clock.advance(6)
    [account] = (await manager.browser.get("/api/accounts")).body
    assert (account["stream_up"], account["followed"]) == (False, False)


async def test_health_shows_a_stream_that_is_down_or_silent(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    manager = await desk.manager()
    exchange.hang_up()
    await clock.advance(6)
    assert (await parts(manager))["sim: following"] == "degraded"
    exchange.come_back()
    await clock.advance(6)
    assert (await parts(manager))["sim: following"] == "up"
    exchange.fall_silent()
    await clock.advance(22)
    assert (await parts(manager))["sim: following"] == "degraded"


async def test_health_shows_a_stale_mark(desk: Desk, exchange: ScriptedExchange, clock: VirtualClock) -> None:
    await desk.following()
    manager = await desk.manager()
    await placed(manager)
    name = f"sim: {SYMBOL} mark"
    assert (await parts(manager))[name] == "up"
    await clock.advance(10)
    assert (await parts(manager))[name] == "degraded"
    exchange.tick("60000")
    assert (await parts(manager))[name] == "up"


async def test_a_poisoned_record_does_not_stop_a_manager(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    manager = await desk.manager()
    for stream in ("order_intents", "orders_executed", "orders_updated", "positions_updated", "heartbeats"):
        await desk.journal.append(stream, "sim", [Record(1, b"{not json")])
    await clock.advance(1)
    [order_id] = await placed(manager)
    assert (await manager.browser.get(f"/api/orders/{order_id}")).body["order"]["status"] == "open"
