"""`/ws/market`: one message for all that is new, and topics that wait for their account."""

from __future__ import annotations

from typing import Any

from hedgerow.exchange import Channel, ExchangeFault
from tests.services.asgi import Socket
from tests.services.desk import Desk
from tests.services.scripted_exchange import ETH, SYMBOL, ScriptedExchange
from tests.services.virtual_clock import VirtualClock


def topic(symbol: str = SYMBOL, account: str = "sim", **more: Any) -> dict[str, Any]:
    return {"account": account, "channel": "ticker", "symbol": symbol, **more}


def marks(socket: Socket) -> list[list[str]]:
    """The marks that each message brought."""
    return [[item["item"]["mark"] for item in message["items"]] for message in socket.messages]


async def test_the_first_comes_at_once_and_the_rest_together(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    socket = (await desk.manager()).browser.socket("/ws/market")
    socket.say({"subscribe": topic()})
    socket.say({"subscribe": topic(ETH)})
    await clock.settle()
    exchange.tick("60001")
    await clock.settle()
    assert marks(socket) == [["60001"]]
    exchange.tick("60002")
    exchange.tick("60003")
    exchange.tick("3000", ETH)
    await clock.settle()
    assert len(socket.messages) == 1, "the next is a moment away"
    await clock.advance(0.05)
    assert marks(socket)[1:] == [["60003", "3000"]]
    assert [item["symbol"] for item in socket.messages[1]["items"]] == [SYMBOL, ETH]
    await clock.advance(10)
    assert len(socket.messages) == 2, "nothing new is nothing said"


async def test_a_topic_waits_for_its_account(desk: Desk, exchange: ScriptedExchange, clock: VirtualClock) -> None:
    desk.unreachable["sim"] = ExchangeFault("it is asleep")
    socket = (await desk.manager()).browser.socket("/ws/market")
    socket.say({"subscribe": topic()})
    socket.say({"subscribe": topic("NO/SUCH:ONE")})
    socket.say({"subscribe": topic(ETH)})
    socket.say({"unsubscribe": topic(ETH)})
    await clock.settle()
    assert socket.messages == []
    desk.unreachable.clear()
    await clock.until(lambda: bool(exchange.connections))
    await clock.settle()
    assert [message["topic"] for message in socket.messages] == [topic("NO/SUCH:ONE", interval=None)]
    assert socket.messages[0]["problem"]["code"] == "unknown_symbol"
    exchange.tick("60001")
    exchange.tick("3000", ETH)
    await clock.advance(0.05)
    assert marks_of_items(socket) == ["60001"]
    await socket.hang_up()
    assert exchange.connections[0].sinks == {(Channel.TICKER, SYMBOL): []}


def marks_of_items(socket: Socket) -> list[str]:
    return [item["item"]["mark"] for message in socket.messages for item in message.get("items", ())]


async def test_an_account_that_is_connected_anew_is_watched_anew(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    manager = await desk.manager()
    socket = manager.browser.socket("/ws/market")
    socket.say({"subscribe": topic()})
    await clock.settle()
    before = exchange.connections[0]
    await desk.vault.remove_account("sim")
    await clock.until(lambda: before.closed)
    await desk.account()
    exchange = desk.exchanges["sim"]
    await clock.until(lambda: bool(exchange.connections))
    await clock.settle()
    exchange.tick("60001")
    await clock.advance(0.05)
    assert marks_of_items(socket) == ["60001"]


async def test_a_client_that_takes_nothing_is_told_to_come_back(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    manager = await desk.manager()
    socket = manager.browser.socket("/ws/market")
    socket.say({"subscribe": topic()})
    await clock.settle()
    socket.hold()
    exchange.tick("60001")
    await clock.advance(11)
    assert socket.closed is not None
    assert socket.closed["code"] == 4408
    assert socket.messages[-1]["problem"]["code"] == "too_slow"
    assert manager.meters.sockets_slow.counts == {("market",): 1}


async def test_a_refused_topic_is_named(desk: Desk, exchange: ScriptedExchange, clock: VirtualClock) -> None:
    socket = (await desk.manager()).browser.socket("/ws/market")
    socket.say({"subscribe": topic(account="nobody")})
    socket.say({"subscribe": topic(channel="candles", interval="7m")})
    await clock.settle()
    assert [message["topic"]["account"] for message in socket.messages] == ["nobody", "sim"]
    assert [message["problem"]["code"] for message in socket.messages] == ["unknown_account", "malformed"]
