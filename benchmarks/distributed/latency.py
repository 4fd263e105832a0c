"""An order's way to the exchange and an event's way back, on the distributed desk and the embedded one in turn."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Final, NamedTuple

from benchmarks import contestants, orders, pushes, servers
from benchmarks.contestants import Desk, lift_limits
from benchmarks.distributed import bare
from benchmarks.distributed.desks import PARTITIONS, TOPICS, Distributed, Room, Size, Unflushed, distributed
from benchmarks.orders import PAUSED, SEQUENTIAL, Rounds
from benchmarks.pushes import DeskWatcher
from benchmarks.servers import Key, Listening
from benchmarks.table import Line, milliseconds, spread
from benchmarks.venue import OrderPushes
from hedgerow.journal.kafka_topics import TopicSettings

EMBEDDED: Final = "embedded"


class Kind(NamedTuple):
    """A distributed desk."""

    size: Size
    topics: TopicSettings

    @property
    def title(self) -> str:
        return f"distributed, {self.size}{', not flushed' if isinstance(self.topics, Unflushed) else ''}"


KINDS: Final = {
    "distributed": Kind(Size(1, 1), TOPICS),
    "unflushed": Kind(Size(1, 1), Unflushed(PARTITIONS, 1, 1)),
    "shipped": Kind(Size(2, 2), TOPICS),
}
"""By the name of their keys: Kafka alone added; without its disk; and with as many processes as on one machine."""


class Side(NamedTuple):
    """A desk that places and is watched."""

    contestant: Desk
    at: Listening
    token: str
    pids: list[int]


async def measure(room: Room, size: orders.Size, push_rounds: int, push_events: int, bare_messages: int) -> list[Line]:
    lines = await bare.measure(room, push_rounds, bare_messages)
    async with contextlib.AsyncExitStack() as up:
        sides = [await _embedded(room, up)]
        for name, kind in KINDS.items():
            desk = await up.enter_async_context(distributed(room, name, *kind))
            sides.append(await _distributed(room, name, await desk.start()))
        for side in sides:
            up.push_async_callback(side.contestant.close)
        pids = [pid for side in sides for pid in side.pids]
        found = await orders.measure([side.contestant for side in sides], room.venue, size, room.chance, pids)
        heard = await _pushes(room, sides, push_rounds, push_events)
    return [*lines, *_placing_lines(found), *_push_lines(heard)]


async def _embedded(room: Room, up: contextlib.AsyncExitStack) -> Side:
    folder, (key,) = room.folder / EMBEDDED, room.keys[EMBEDDED]
    token = await servers.desk_folder(folder, room.exchange, {key: {}})
    desk = await servers.desk(folder)
    up.push_async_callback(desk.stop)
    return await _side(EMBEDDED, desk, token, key, [desk.pid])


async def _distributed(room: Room, name: str, desk: Distributed) -> Side:
    (key,) = room.keys[name]
    return await _side(KINDS[name].title, desk.managers[0], desk.token, key, [*desk.manager_pids, *desk.resolver_pids])


async def _side(title: str, at: Listening, token: str, key: Key, pids: list[int]) -> Side:
    wires = await contestants.wires(at, 1)
    await lift_limits(wires[0], at, token, [key.name])
    return Side(Desk(title, at, key, wires, token), at, token, pids)


async def _pushes(room: Room, sides: Sequence[Side], rounds: int, events: int) -> dict[str, list[float]]:
    """Milliseconds from the exchange's push to a WebSocket frame, a median a round, by the side's name."""
    found: dict[str, list[float]] = {side.contestant.name: [] for side in sides}
    async with contextlib.AsyncExitStack() as opened:
        listening: list[tuple[Side, DeskWatcher, OrderPushes]] = []
        for side in sides:
            watcher = await DeskWatcher().open(side.at, side.token)
            opened.push_async_callback(watcher.close)
            bystander = await room.venue.overhear_orders(side.contestant.key)
            opened.callback(bystander.close)
            listening.append((side, watcher, bystander))
        for _ in range(rounds):
            room.chance.shuffle(listening)
            for side, watcher, bystander in listening:
                pids = [room.exchange.pid, *side.pids]
                took_ms = await pushes.cancellations(
                    side.contestant, room.venue, bystander, watcher.heard_ns, events, pids
                )
                found[side.contestant.name].append(spread(took_ms).median)
    return found


def _placing_lines(found: Rounds) -> list[Line]:
    ours = [kind.title for kind in KINDS.values()]
    names = [EMBEDDED, *ours]
    lines = [line for kind in (PAUSED, SEQUENTIAL) for line in orders.latencies(found, names, kind)]
    for name in ours:
        for kind in (PAUSED, SEQUENTIAL):
            pairs = zip(orders.p50_ms(found, kind, name), orders.p50_ms(found, kind, EMBEDDED), strict=True)
            added = [with_kafka - without for with_kafka, without in pairs]
            lines.append(milliseconds(f"added to request -> exchange, p50, {kind}: {name}", added, at_most=3.5))
    return lines


def _push_lines(heard: dict[str, list[float]]) -> list[Line]:
    return [
        milliseconds(f"exchange push -> frame, p50: {name}", took_ms, at_most=None if name == EMBEDDED else 6.0)
        for name, took_ms in heard.items()
    ]
