"""A browser cannot ping as WebSockets do: each socket answers a message that asks for a sign of life."""

from __future__ import annotations

import pytest

from tests.services.asking import placed, seen
from tests.services.desk import Desk
from tests.services.scripted_exchange import ScriptedExchange
from tests.services.virtual_clock import VirtualClock

SOCKETS = ("/ws/orders", "/ws/positions", "/ws/market")


@pytest.mark.parametrize("path", SOCKETS)
async def test_each_ping_is_answered_with_its_own_number(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock, path: str
) -> None:
    await desk.following()
    socket = (await desk.manager()).browser.socket(path)
    await clock.settle()
    for number in (1, 2, 2**53):
        socket.say({"ping": number})
        await clock.settle()
        caught_up = {} if path == "/ws/market" else {"caught_up": True}
        assert socket.messages[-1] == {"pong": number, **caught_up}


async def test_a_client_that_comes_back_is_told_when_it_has_caught_up(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    manager = await desk.manager()
    first = manager.browser.socket("/ws/orders")
    await clock.settle()
    await placed(manager, 3)
    back = manager.browser.socket(f"/ws/orders?after={first.frames[0]['cursor']}")
    back.hold()
    await clock.settle()
    back.say({"ping": 1})
    await clock.settle()
    assert back.messages == [{"pong": 1, "caught_up": False}]
    back.take()
    await clock.settle()
    assert len(seen(back)) == len(seen(first))
    back.hold()
    await placed(manager)  # live: it has caught up with what there was, though more is on its way
    back.say({"ping": 2})
    await clock.settle()
    assert back.messages[-1] == {"pong": 2, "caught_up": True}
    idle = manager.browser.socket(f"/ws/orders?after={first.cursor}")
    await clock.settle()
    idle.say({"ping": 1})
    await clock.settle()
    assert idle.messages == [{"pong": 1, "caught_up": True}]


@pytest.mark.parametrize("path", SOCKETS)
@pytest.mark.parametrize("ping", [{"ping": "1"}, {"ping": None}, {"ping": 1, "more": 2}, {"ping": 1.5}])
async def test_what_is_no_ping_is_answered_as_any_message(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock, path: str, ping: object
) -> None:
    await desk.following()
    socket = (await desk.manager()).browser.socket(path)
    await clock.settle()
    socket.say(ping)
    await clock.settle()
    assert socket.messages[-1]["problem"]["status"] == 400
    assert socket.closed is None
