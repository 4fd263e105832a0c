"""Who hears what, and who is cut off."""

from __future__ import annotations

import json

from hedgerow.simulator.bybit.conversations import PrivateConversation, PublicConversation
from hedgerow.simulator.connections import Connection, Connections
from hedgerow.simulator.faults import Fault, Kind
from tests.simulator.bybit.wire import KEY, Wire


class Socket:
    """What a client received, and whether it was cut."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.cut = False

    def push(self, frame: bytes) -> None:
        self.received.append(json.loads(frame)["topic"])

    def abort(self) -> None:
        self.cut = True


class Room:
    def __init__(self) -> None:
        self.wire = Wire()
        self.connections = Connections(self.wire.topics, self.wire.exchange.faults, self.wire.exchange.reads)
        self._opened = 0

    def enter(self, channel: str, *topics: str) -> tuple[Connection, Socket]:
        socket, exchange = Socket(), self.wire.exchange
        self._opened += 1
        talk: PublicConversation | PrivateConversation
        if channel == "public":
            talk = PublicConversation(exchange, "c")
        else:
            talk = PrivateConversation(exchange.keys, "c")
            talk.key = KEY
        connection = Connection(str(self._opened), channel, socket, talk)
        self.connections.opened(connection)
        self.connections.join(connection, topics, self.wire.now_ms)
        return connection, socket

    def trade(self, price: str | None = None) -> None:
        self.wire.buy(price=price)
        self.connections.tell_accounts(self.wire.exchange.take_events(), self.wire.now_ms)
        books, trades = self.wire.exchange.take_market_changes()
        self.wire.topics.traded(trades)
        self.connections.tell_everyone(self.wire.topics.frames(books, self.wire.now_ms))


def test_each_hears_the_topics_it_asked_for() -> None:
    room = Room()
    _, orders = room.enter("private", "order", "wallet")
    _, positions = room.enter("private", "position.linear")
    _, trades = room.enter("public", "publicTrade.BTCUSDT")
    _, others = room.enter("public", "publicTrade.ETHUSDT")
    room.trade()
    assert set(orders.received) == {"order", "wallet"}
    assert positions.received == ["position.linear"]
    assert trades.received == ["publicTrade.BTCUSDT"]
    assert others.received == []


def test_an_order_that_rests_has_its_position_told_though_nothing_changed() -> None:
    room = Room()
    _, socket = room.enter("private", "position")
    room.trade(price="50000")
    assert socket.received == ["position"]


def test_who_left_or_closed_hears_nothing_more() -> None:
    room = Room()
    connection, socket = room.enter("private", "order", "wallet")
    room.connections.leave(connection, ["order", "never joined"])
    room.trade()
    assert socket.received == ["wallet"]
    room.connections.closed(connection)
    room.trade()
    assert socket.received == ["wallet"]
    assert room.connections.all() == []


def test_asking_twice_is_hearing_once_and_leaving_once() -> None:
    room = Room()
    connection, socket = room.enter("public", "publicTrade.BTCUSDT", "publicTrade.BTCUSDT")
    room.trade()
    assert socket.received == ["publicTrade.BTCUSDT"]
    room.connections.leave(connection, ["publicTrade.BTCUSDT"])
    room.trade()
    assert socket.received == ["publicTrade.BTCUSDT"]


def test_a_push_may_cut_the_socket() -> None:
    room = Room()
    _, socket = room.enter("private", "order")
    room.wire.exchange.faults.place(Fault(Kind.SOCKET_CUT, target="order"))
    room.trade()
    assert (socket.cut, socket.received) == (True, [])
