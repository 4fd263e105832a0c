"""Placing orders: how soon a request reaches the exchange, how soon it is answered, how many go through a second."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterable, Sequence

import msgspec

from benchmarks.contestants import Contestant, Placed
from benchmarks.servers import cpu_ns, quiet
from benchmarks.table import Line, percentile, ratio, spread
from benchmarks.venue import Venue


class Size(msgspec.Struct, frozen=True):
    """How much one run measures."""

    sweeps: int
    sequential: int  # orders in a round, one after the other
    paused: int  # orders in a round with pauses
    concurrent: int  # orders in a round of many clients
    crowds: tuple[int, ...] = (16, 64)
    pause_s: float = 0.01


class Round(msgspec.Struct):
    """One contestant's round: what each order took, and what the round cost."""

    arrived_ms: list[float] = []
    answered_ms: list[float] = []
    seconds: float = 0.0
    cpu_us: float = 0.0  # of the contestant's process, an order, until it has come to rest
    exchange_us: float = 0.0  # of the exchange's, an order

    @property
    def rate(self) -> float:
        return len(self.answered_ms) / self.seconds


SEQUENTIAL, PAUSED = "one after the other", "with pauses"
Rounds = dict[tuple[str, str], list[Round]]  # by kind of round and contestant


def crowd(clients: int) -> str:
    return f"{clients} clients"


async def measure(
    contestants: Sequence[Contestant], venue: Venue, size: Size, chance: random.Random, beside: Iterable[int] = ()
) -> Rounds:
    """Every contestant, every kind of round, in an order thrown anew each sweep.

    Args:
        beside: more processes that have to come to rest before each round.
    """
    kinds = [SEQUENTIAL, PAUSED, *map(crowd, size.crowds)]
    found: Rounds = {(kind, each.name): [] for kind in kinds for each in contestants}
    pids = {venue.server.pid, *beside, *(each.pid for each in contestants if each.pid is not None)}
    for contestant in contestants:
        await _run(contestant, 20, 1, venue, pids)  # connections made, first-time costs paid
    for _ in range(size.sweeps):
        turns = [(kind, each) for kind in kinds for each in contestants]
        chance.shuffle(turns)
        for kind, contestant in turns:
            found[kind, contestant.name].append(await _round(kind, contestant, venue, size, pids))
    return found


async def _round(kind: str, contestant: Contestant, venue: Venue, size: Size, pids: set[int]) -> Round:
    if kind == SEQUENTIAL:
        return await _run(contestant, size.sequential, 1, venue, pids)
    if kind == PAUSED:
        return await _run(contestant, size.paused, 1, venue, pids, size.pause_s)
    return await _run(contestant, size.concurrent, int(kind.split()[0]), venue, pids)


async def _run(
    contestant: Contestant, orders: int, clients: int, venue: Venue, pids: set[int], pause_s: float = 0.0
) -> Round:
    exchange = venue.server.pid
    await quiet(pids)
    before, before_exchange = _cpu_ns(contestant), cpu_ns(exchange)
    placed, seconds = await _place(contestant, orders, clients, pause_s)
    await quiet(pids)
    cost, cost_exchange = _cpu_ns(contestant) - before, cpu_ns(exchange) - before_exchange
    arrivals = await venue.arrivals()
    await venue.cancel_all(contestant.key)
    return Round(
        arrived_ms=[(arrivals[each.order_id] - each.sent_ns) / 1e6 for each in placed],
        answered_ms=[(each.answered_ns - each.sent_ns) / 1e6 for each in placed],
        seconds=seconds,
        cpu_us=cost / 1000 / orders,
        exchange_us=cost_exchange / 1000 / orders,
    )


def _cpu_ns(contestant: Contestant) -> int:
    return time.process_time_ns() if contestant.pid is None else cpu_ns(contestant.pid)


async def _place(contestant: Contestant, orders: int, clients: int, pause_s: float) -> tuple[list[Placed], float]:
    placed: list[Placed] = []
    left = iter(range(orders))

    async def client(number: int) -> None:
        for _ in left:
            if pause_s:
                await asyncio.sleep(pause_s)
            placed.append(await contestant.place(number))

    began = time.monotonic()
    await asyncio.gather(*(client(number) for number in range(clients)))
    return placed, time.monotonic() - began


def p50_ms(found: Rounds, kind: str, name: str) -> list[float]:
    """The way to the exchange, a median a round."""
    return [percentile(each.arrived_ms, 50) for each in found[kind, name]]


def latencies(found: Rounds, names: Sequence[str], kind: str) -> list[Line]:
    """p50 and p99 to the exchange and to the answer, over all rounds."""
    lines = []
    for name in names:
        rounds = found[kind, name]
        arrived = [ms for each in rounds for ms in each.arrived_ms]
        answered = [ms for each in rounds for ms in each.answered_ms]
        text = "to exchange " + _p50_p99(arrived) + "   to answer " + _p50_p99(answered)
        lines.append(Line(f"{name}, {kind}", text))
    return lines


def _p50_p99(values: Sequence[float]) -> str:
    return f"{percentile(values, 50):5.2f} / {percentile(values, 99):5.2f} ms"


def rates(found: Rounds, names: Sequence[str], crowds: Sequence[int]) -> list[Line]:
    """Orders a second, and the processor time of an order beside the exchange's."""
    lines = []
    for name in names:
        texts = [
            f"{clients} clients {spread([each.rate for each in found[crowd(clients), name]]).median:5.0f}/s"
            for clients in crowds
        ]
        busy = [each for clients in crowds for each in found[crowd(clients), name]]
        own = spread([each.cpu_us for each in busy]).median
        exchange = spread([each.exchange_us for each in busy]).median
        texts.append(f"CPU an order {own:4.0f} us, of the exchange {exchange:3.0f} us")
        lines.append(Line(name, "   ".join(texts)))
    return lines


def arrival_ratio(what: str, found: Rounds, name: str, against: str, kind: str, at_most: float | None) -> Line:
    """p50 of the way to the exchange against another contestant's in the same sweep."""
    pairs = zip(p50_ms(found, kind, name), p50_ms(found, kind, against), strict=True)
    values = [ours / theirs for ours, theirs in pairs]
    return ratio(what, values, at_most=at_most)


def answer_ratio(what: str, found: Rounds, name: str, against: str, kind: str) -> Line:
    values = [
        percentile(ours.answered_ms, 50) / percentile(theirs.answered_ms, 50)
        for ours, theirs in zip(found[kind, name], found[kind, against], strict=True)
    ]
    return ratio(what, values)


def exchange_share(what: str, found: Rounds, name: str, crowds: Sequence[int]) -> Line:
    """The exchange's processor time against the client's: below one, the client is the limit."""
    busy = [each for clients in crowds for each in found[crowd(clients), name]]
    return ratio(what, [each.exchange_us / each.cpu_us for each in busy], at_most=1.0)


def rate_ratio(what: str, found: Rounds, name: str, against: str, clients: int, at_least: float | None) -> Line:
    values = [
        ours.rate / theirs.rate
        for ours, theirs in zip(found[crowd(clients), name], found[crowd(clients), against], strict=True)
    ]
    return ratio(what, values, at_least=at_least)
