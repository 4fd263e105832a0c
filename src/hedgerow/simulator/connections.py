"""The open WebSockets: who listens to what, and the one way a frame reaches them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Protocol, TypeVar

from hedgerow.simulator.bybit import publics, pushes
from hedgerow.simulator.bybit.backend import Reads
from hedgerow.simulator.bybit.conversations import Conversation
from hedgerow.simulator.faults import PUSH_KINDS, Fault, Faults, Kind
from hedgerow.simulator.messages import Event

_Key = TypeVar("_Key")


class Wire(Protocol):
    """A socket that sends at once, never waits, and drops a reader who does not read."""

    def push(self, frame: bytes) -> None: ...

    def abort(self) -> None: ...


class Connection:
    def __init__(self, connection_id: str, channel: str, wire: Wire, conversation: Conversation) -> None:
        self.id = connection_id
        self.channel = channel  # "public", "private" or "trade"
        self.conversation = conversation
        self.topics: set[str] = set()
        self.heard_ms = 0
        self.silent = False
        self._wire = wire
        self._held: list[bytes] = []

    @property
    def account(self) -> str:
        key = self.conversation.key
        return key.account if key is not None else ""

    def send(self, frame: bytes) -> None:
        if not self.silent:
            self._wire.push(frame)

    def cut(self) -> None:
        self._wire.abort()

    def push(self, frame: bytes, fault: Fault | None) -> None:
        """A push of the private stream, as its fault would have it."""
        if fault is None:
            self.send(frame)
            self._release()
        elif fault.kind is Kind.PUSH_REPEATED:
            self.send(frame)
            self.send(frame)
        elif fault.kind is Kind.PUSH_REORDERED:
            self._held.append(frame)
        elif fault.kind is Kind.PUSH_DELAYED:
            asyncio.get_running_loop().call_later(fault.ms / 1000, self.send, frame)
        elif fault.kind is Kind.SOCKET_CUT:
            self.cut()
        elif fault.kind is Kind.SOCKET_SILENT:
            self.silent = True

    def _release(self) -> None:
        for frame in self._held:
            self.send(frame)
        self._held.clear()


class Connections:
    def __init__(self, topics: publics.PublicTopics, faults: Faults, reads: Reads) -> None:
        self._topics = topics
        self._reads = reads
        self._faults = faults
        self._open: dict[str, Connection] = {}
        self._public: dict[str, _Listeners] = {}
        self._private: dict[tuple[str, str], _Listeners] = {}
        self._frames = 0

    def opened(self, connection: Connection) -> None:
        self._open[connection.id] = connection

    def closed(self, connection: Connection) -> None:
        self._open.pop(connection.id, None)
        self.leave(connection, list(connection.topics))

    def all(self) -> list[Connection]:
        return list(self._open.values())

    def join(self, connection: Connection, joined: Iterable[str], now_ms: int) -> list[bytes]:
        """Subscribes; gives the snapshots to send after the acknowledgement (private topics have none)."""
        first: list[bytes] = []
        for topic in joined:
            if connection.channel == "private":
                self._private.setdefault((connection.account, topic), {})[connection] = None
            else:
                known = topic in connection.topics
                self._public.setdefault(topic, {})[connection] = None
                frame = self._topics.listen(topic, now_ms)
                if known:
                    self._topics.leave(topic)
                if frame is not None:
                    first.append(frame)
            connection.topics.add(topic)
        return first

    def leave(self, connection: Connection, left: Iterable[str]) -> None:
        for topic in left:
            if topic not in connection.topics:
                continue
            connection.topics.discard(topic)
            if connection.channel == "private":
                _discard(self._private, (connection.account, topic), connection)
            else:
                _discard(self._public, topic, connection)
                self._topics.leave(topic)

    def tell_accounts(self, events: Iterable[Event], now_ms: int) -> None:
        if not self._private:
            return
        for account, moment in pushes.moments(events).items():
            for topic in pushes.TOPICS:
                listeners = self._private.get((account, topic))
                if not listeners:
                    continue
                self._frames += 1
                if pushes.TOPICS[topic] == pushes.POSITION:
                    self._add_positions(account, moment)
                frame = pushes.frame(topic, moment, f"{account}_{topic}_{self._frames}", now_ms)
                if frame is not None:
                    for connection in tuple(listeners):
                        connection.push(frame, self._faults.strike(PUSH_KINDS, topic, account))

    def _add_positions(self, account: str, moment: pushes.Moment) -> None:
        """ "Every time when you create/amend/cancel an order, the position topic will generate a new message
        (regardless if there's any actual change)": .../websocket/private/position"""
        for order in moment.orders:
            if order.symbol not in moment.positions:
                moment.positions[order.symbol] = self._reads.position(account, order.symbol)

    def tell_everyone(self, frames: Iterable[tuple[str, bytes]]) -> None:
        for topic, frame in frames:
            for connection in tuple(self._public.get(topic, ())):
                connection.send(frame)


_Listeners = dict[Connection, None]  # told in the order in which they came: a run repeats itself


def _discard(listening: dict[_Key, _Listeners], key: _Key, connection: Connection) -> None:
    listeners = listening.get(key)
    if listeners is not None:
        listeners.pop(connection, None)
        if not listeners:
            del listening[key]
