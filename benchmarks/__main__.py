"""`python -m benchmarks`: every figure in one run, on one simulated exchange, side by side with raw ccxt.

Everything runs on loopback. The order of rounds is thrown anew each sweep, and ratios are taken within a sweep, so
that a busy machine weighs on all alike; trust the ratios more than the milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path

import msgspec
import uvloop

from benchmarks import contestants, orders, pushes, servers, starts
from benchmarks.contestants import Baseline, Contestant, Desk, RawCcxt, lift_limits
from benchmarks.orders import PAUSED, SEQUENTIAL, Rounds, Size
from benchmarks.servers import Server
from benchmarks.table import Line, Report
from benchmarks.venue import Venue

RAW_REST, RAW_WS, PLAIN = "raw ccxt, REST", "raw ccxt, WebSocket", "twenty lines"
OVER_WS, OVER_REST, STARTED = "desk, WebSocket", "desk, REST", "started"


class Plan(msgspec.Struct, frozen=True):
    """How much is measured; `normal` takes about four minutes, `quick` less than one."""

    size: Size
    push_rounds: int
    push_events: int
    past: int
    starts: int
    replays: int
    rest_s: float = 2.0  # from `ready` to the look at the memory


NORMAL = Plan(Size(sweeps=14, sequential=60, paused=30, concurrent=320), 10, 30, 100_000, 3, 5)
QUICK = Plan(Size(sweeps=2, sequential=40, paused=15, concurrent=160), 2, 15, 20_000, 1, 3)
TINY = Plan(Size(sweeps=1, sequential=5, paused=3, concurrent=20, crowds=(4,)), 1, 3, 500, 1, 1, rest_s=0.1)


async def run(plan: Plan, seed: int) -> Report:
    """Start everything, measure everything, stop everything."""
    began_s = time.monotonic()
    async with contextlib.AsyncExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="hedgerow-bench-")))
        keys = {name: servers.new_key(f"bench{at}") for at, name in enumerate(_NAMES)}
        exchange = await servers.simulator(keys.values(), seed)
        opened.push_async_callback(exchange.stop)
        venue = await Venue.connect(exchange)
        opened.callback(venue.close)
        found, times = await _placing(plan, opened, folder, keys, venue, random.Random(seed))
        began = await starts.measure(exchange, keys[STARTED], folder, plan.past, plan.starts, plan.replays, plan.rest_s)
    crowds = plan.size.crowds
    titles = [("baselines and the desk, absolute", absolute(found, crowds)), ("figures", figures(found, crowds))]
    titles[1][1].extend([*times.lines, *began.lines])
    return Report(titles, time.monotonic() - began_s)


_NAMES = (RAW_REST, RAW_WS, PLAIN, OVER_WS, OVER_REST, STARTED)


async def _placing(
    plan: Plan,
    opened: contextlib.AsyncExitStack,
    folder: Path,
    keys: dict[str, servers.Key],
    venue: Venue,
    chance: random.Random,
) -> tuple[Rounds, pushes.PushTimes]:
    """Orders and pushes, with the twenty lines and the desk up; both are down again when this returns."""
    exchange = venue.server
    async with contextlib.AsyncExitStack() as up:
        accounts = {keys[OVER_WS]: {}, keys[OVER_REST]: {"order_entry": "rest"}}
        token = await servers.desk_folder(folder / "desk", exchange, accounts)
        bystanders = {each.name: await venue.overhear_orders(each) for each in (keys[RAW_REST], keys[OVER_WS])}
        for bystander in bystanders.values():
            bystander.attends = False
            up.callback(bystander.close)
        async with asyncio.TaskGroup() as starting:
            plain_up = starting.create_task(_kept(up, servers.baseline(exchange, keys[PLAIN])))
            desk_up = starting.create_task(_kept(up, servers.desk(folder / "desk")))
        plain, desk = plain_up.result(), desk_up.result()
        wires = await contestants.wires(desk)
        await lift_limits(wires[0], desk, token, [keys[OVER_WS].name, keys[OVER_REST].name])
        raw_rest = await RawCcxt(RAW_REST, exchange, keys[RAW_REST], over_websocket=False).open()
        over_websocket = Desk(OVER_WS, desk, keys[OVER_WS], wires, token)
        them: list[Contestant] = [
            raw_rest,
            await RawCcxt(RAW_WS, exchange, keys[RAW_WS], over_websocket=True).open(),
            Baseline(PLAIN, plain, keys[PLAIN], await contestants.wires(plain)),
            over_websocket,
            Desk(OVER_REST, desk, keys[OVER_REST], wires, token),
        ]
        for each in them:
            up.push_async_callback(each.close)
        found = await orders.measure(them, venue, plan.size, chance)
        times = await pushes.measure(
            venue, raw_rest, over_websocket, desk, token, bystanders, folder, plan.push_rounds, plan.push_events
        )
    return found, times


async def _kept(up: contextlib.AsyncExitStack, starting: Awaitable[Server]) -> Server:
    server = await starting
    up.push_async_callback(server.stop)
    return server


def absolute(found: Rounds, crowds: tuple[int, ...]) -> list[Line]:
    names = [RAW_REST, RAW_WS, PLAIN, OVER_WS, OVER_REST]
    return [
        *orders.latencies(found, names, PAUSED),
        *orders.latencies(found, names, SEQUENTIAL),
        *orders.rates(found, names, crowds),
    ]


def figures(found: Rounds, crowds: tuple[int, ...]) -> list[Line]:
    """Each against the twenty lines in the same sweep."""
    lines = [
        orders.exchange_share(f"{name}: the exchange's CPU against ccxt's", found, name, crowds)
        for name in (RAW_REST, RAW_WS)
    ]
    for name, at_most in ((OVER_WS, 1.0), (OVER_REST, 1.6)):
        for kind in (PAUSED, SEQUENTIAL):
            lines.append(
                orders.arrival_ratio(f"{name}: request -> exchange, p50, {kind}", found, name, PLAIN, kind, at_most)
            )
            lines.append(orders.answer_ratio(f"{name}: request -> answer, p50, {kind}", found, name, PLAIN, kind))
    for name, at_least in ((OVER_WS, 1.4), (OVER_REST, None)):
        for clients in crowds:
            what = f"{name}: orders a second, {clients} clients"
            lines.append(orders.rate_ratio(what, found, name, PLAIN, clients, at_least))
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything: under a minute")
    parser.add_argument("--seed", type=int, default=1, help="of the market and of the order of rounds")
    options = parser.parse_args()
    print(uvloop.run(run(QUICK if options.quick else NORMAL, options.seed)).text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
