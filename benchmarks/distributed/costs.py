"""Processor time of an order, in one order_manager and one order_resolver, and in four of each.

Two cores cannot show the throughput of eight processes; what each order costs shows whether it would grow. An order is
placed and then canceled, by as many clients, on as many accounts, spread over all processes, and at the same pace:
what goes through faster is worked on in larger pieces, and costs less. What the processes draw at rest (prices, signs
of life) is no order's, so it is measured beside it and taken off.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from benchmarks.contestants import Desk, lift_limits, wires
from benchmarks.distributed.desks import Distributed, Room, Size, distributed
from benchmarks.servers import cpu_ns, quiet
from benchmarks.table import Line, ratio, spread

SIZES: Final = {"one": Size(1, 1), "four": Size(4, 4)}
ACCOUNTS: Final = 8  # two on each partition
_CLIENTS: Final = 64
_PACE: Final = 200  # orders a second
_REST_S: Final = 1.0


class Spent(NamedTuple):
    """Processor time, in microseconds, of all processes of a kind."""

    managers: float
    resolvers: float

    def minus(self, other: Spent) -> Spent:
        return Spent(self.managers - other.managers, self.resolvers - other.resolvers)

    def times(self, factor: float) -> Spent:
        return Spent(self.managers * factor, self.resolvers * factor)


class Round(NamedTuple):
    """What an order cost, in microseconds, without what is spent at rest; and that, in microseconds a second."""

    order: Spent
    rest: Spent
    rate: float


class Crowd:
    """Clients of one desk, each with an account and an order_manager of its own choice."""

    def __init__(self, desk: Distributed, clients: list[Desk]) -> None:
        self.desk = desk
        self.placed = 0
        self._clients = clients

    @classmethod
    async def gather(cls, room: Room, name: str, desk: Distributed) -> Crowd:
        managers, keys = desk.managers, room.keys[name]
        (wire,) = await wires(managers[0], 1)
        await lift_limits(wire, managers[0], desk.token, [key.name for key in keys])
        wire.close()
        clients = []
        for number in range(_CLIENTS):
            at = managers[(number + number // len(keys)) % len(managers)]
            clients.append(Desk(name, at, keys[number % len(keys)], await wires(at, 1), desk.token))
        return cls(desk, clients)

    @property
    def pids(self) -> list[int]:
        return [*self.desk.manager_pids, *self.desk.resolver_pids]

    def spent(self) -> Spent:
        return Spent(_us(self.desk.manager_pids), _us(self.desk.resolver_pids))

    async def at_rest(self) -> Spent:
        """Microseconds a second."""
        before, began_s = self.spent(), time.monotonic()
        await asyncio.sleep(_REST_S)
        return self.spent().minus(before).times(1 / (time.monotonic() - began_s))

    async def place(self, orders: int) -> None:
        left = iter(range(orders))
        began_s = time.monotonic()

        async def client(each: Desk) -> None:
            for number in left:
                await asyncio.sleep(began_s + number / _PACE - time.monotonic())
                await each.place(0)

        await asyncio.gather(*map(client, self._clients))

    async def close(self) -> None:
        for each in self._clients:
            await each.close()


def _us(pids: Iterable[int]) -> float:
    return sum(map(cpu_ns, pids)) / 1000


async def measure(room: Room, rounds: int, orders: int) -> list[Line]:
    async with contextlib.AsyncExitStack() as up:
        crowds = {}
        for name, size in SIZES.items():
            desk = await up.enter_async_context(distributed(room, name, size))
            crowds[name] = await Crowd.gather(room, name, await desk.start())
            up.push_async_callback(crowds[name].close)
        for name, crowd in crowds.items():
            await _round(room, name, crowd, orders)  # first-time costs paid
        found: dict[str, list[Round]] = {name: [] for name in crowds}
        for _ in range(rounds):
            for name in room.chance.sample(list(crowds), len(crowds)):
                found[name].append(await _round(room, name, crowds[name], orders))
    return _lines(found)


async def _round(room: Room, name: str, crowd: Crowd, orders: int) -> Round:
    pids = [room.exchange.pid, *crowd.pids]
    await quiet(pids)
    rest = await crowd.at_rest()
    before, began_s = crowd.spent(), time.monotonic()
    await crowd.place(orders)
    placed_s = time.monotonic()
    for key in room.keys[name]:
        await room.venue.cancel_all(key)
    crowd.placed += orders
    await crowd.desk.settled(crowd.placed)
    await quiet(pids)
    spent = crowd.spent().minus(before).minus(rest.times(time.monotonic() - began_s))
    return Round(spent.times(1 / orders), rest, orders / (placed_s - began_s))


def _lines(found: dict[str, list[Round]]) -> list[Line]:
    lines = [Line(f"orders through {SIZES[name]} processes", _told(rounds)) for name, rounds in found.items()]
    one, four = found["one"], found["four"]
    managers = [many.order.managers / single.order.managers for single, many in zip(one, four, strict=True)]
    resolvers = [many.order.resolvers / single.order.resolvers for single, many in zip(one, four, strict=True)]
    return [
        *lines,
        ratio("CPU an order in 4 order_managers against 1", managers, at_most=1.5),
        ratio("CPU an order in 4 order_resolvers against 1", resolvers, at_most=1.2),
    ]


def _told(rounds: Sequence[Round]) -> str:
    managers = spread([each.order.managers for each in rounds]).median
    resolvers = spread([each.order.resolvers for each in rounds]).median
    rest = [spread([each.rest[kind] for each in rounds]).median / 10_000 for kind in range(2)]
    rate = spread([each.rate for each in rounds]).median
    return (
        f"CPU an order {managers:,.0f} us in order_managers, {resolvers:,.0f} us in order_resolvers;"
        f" at rest {rest[0]:.1f} % and {rest[1]:.1f} % of a core; {rate:,.0f} orders/s"
    )
