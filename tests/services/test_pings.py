"""A browser cannot ping as WebSockets do: each socket answers a message that asks for a sign of life."""

from __future__ import annotations

import pytest

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
        assert socket.messages[-1] == {"pong": number}


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
