"""The private stream loses, repeats and reorders, falls silent and breaks: reads close every gap."""

from __future__ import annotations

import asyncio

from tests.e2e.desk_client import BTC
from tests.e2e.desk_process import until
from tests.e2e.faults.scene import PRICE, Scene
from tests.e2e.side_by_side import named

ETH = "ETH/USDT:USDT"
TOPICS = ("order", "execution", "position", "wallet")


async def trades_for_a_while(scene: Scene) -> None:
    """Orders that rest, fill, are amended and canceled, side by side."""

    async def comes_and_goes(price: int) -> None:
        order = await scene.desk.placed("buy", "0.001", str(price))
        await scene.desk.amend(order["order_id"], price=str(price + 1))
        await scene.desk.cancel(order["order_id"])

    async def in_and_out() -> None:
        for side in ("buy", "sell", "sell", "buy"):
            await scene.desk.placed(side, "0.1", symbol=ETH)

    await asyncio.gather(*(comes_and_goes(50_000 + n) for n in range(6)), in_and_out())
    rests = await scene.desk.placed("buy", "0.001", PRICE)
    await scene.settles()
    living = await scene.desk.orders(status="living")
    assert [each["order_id"] for each in living] == [rests["order_id"]]


async def pushes_that_are_dropped(scene: Scene) -> None:
    for seed, topic in enumerate(TOPICS):
        scene.fault("push_dropped", topic, count=1_000, one_in=2, seed=seed)
    await trades_for_a_while(scene)


async def pushes_that_are_all_dropped(scene: Scene) -> None:
    for topic in TOPICS:
        scene.fault("push_dropped", topic, count=1_000)
    await trades_for_a_while(scene)


async def pushes_that_come_twice(scene: Scene) -> None:
    for topic in TOPICS:
        scene.fault("push_repeated", topic, count=1_000)
    await trades_for_a_while(scene)


async def pushes_out_of_order(scene: Scene) -> None:
    for seed, topic in enumerate(TOPICS):
        scene.fault("push_reordered", topic, count=1_000, one_in=3, seed=seed)
    await trades_for_a_while(scene)


async def pushes_that_come_late(scene: Scene) -> None:
    for seed, topic in enumerate(TOPICS):
        scene.fault("push_delayed", topic, count=1_000, one_in=2, seed=seed, ms=400)
    await trades_for_a_while(scene)


async def a_socket_that_falls_silent(scene: Scene) -> None:
    """It stays open, and nothing comes: it is noticed, shown, and replaced."""
    scene.fault("socket_silent", "order")
    await trades_for_a_while(scene)
    await scene.desk.followed()


async def sockets_that_break_again_and_again(scene: Scene) -> None:
    for _ in range(3):
        trading = asyncio.ensure_future(scene.desk.place("buy", "0.001", PRICE))
        scene.exchange.control("POST", "sockets/cut", account=scene.account.name)
        assert (await trading).status in (201, 202, 503)  # 503: it was gone before a byte left
    await scene.settles()
    await scene.desk.followed()


async def a_fill_while_the_socket_is_cut(scene: Scene) -> None:
    """What happened while nobody listened is in the reads after the next connect."""
    order = await scene.desk.placed("buy", "1", "390", symbol="BCH/USDT:USDT")
    await scene.desk.becomes(order["order_id"], "open")
    scene.exchange.control("POST", "sockets/cut", account=scene.account.name, channel="private")
    scene.exchange.control("POST", "price", symbol="BCHUSDT", price="380")
    await scene.desk.becomes(order["order_id"], "filled")
    await scene.settles()
    position = await scene.desk.holds("1", "BCH/USDT:USDT")
    assert position is not None


async def reads_that_fail(scene: Scene) -> None:
    """The exchange answers questions with errors for a while; nothing is concluded from that."""
    for path in ("/v5/order/realtime", "/v5/execution/list", "/v5/position/list"):
        scene.fault("reply_status", path, status=503, count=4)
    scene.exchange.control("POST", "sockets/cut", account=scene.account.name, channel="private")
    await trades_for_a_while(scene)


async def a_market_socket_that_breaks(scene: Scene) -> None:
    """Marks are asked for by REST meanwhile; orders go on."""
    await scene.desk.placed("buy", "0.001", PRICE)
    scene.exchange.control("POST", "sockets/cut", channel="public")
    await scene.desk.placed("buy", "0.001", PRICE)

    async def fresh() -> bool:
        parts = (await scene.desk.call("GET", "/api/health")).body["parts"]
        return any(each["name"] == f"{scene.account.name}: {BTC} mark" and each["state"] == "up" for each in parts)

    await until(fresh)
    await scene.settles()


SCENES = named(
    pushes_that_are_dropped,
    pushes_that_are_all_dropped,
    pushes_that_come_twice,
    pushes_out_of_order,
    pushes_that_come_late,
    a_socket_that_falls_silent,
    sockets_that_break_again_and_again,
    a_fill_while_the_socket_is_cut,
    reads_that_fail,
    a_market_socket_that_breaks,
)
