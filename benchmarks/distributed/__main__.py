"""`python -m benchmarks.distributed`: the distributed desk beside the embedded one, on one simulated exchange.

Kafka (one broker), Redis, PostgreSQL and every process run on this machine, so a figure is as good as the machine is
idle; differences and ratios are taken within a sweep.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import uvloop

from benchmarks import orders, servers
from benchmarks.distributed import aged, costs, latency, takeover
from benchmarks.distributed.desks import Room, spread_keys
from benchmarks.table import Line, Report
from benchmarks.venue import Venue
from onemachine.deployment import Engines
from onemachine.servers.kafka import Kafka
from onemachine.servers.postgres import Postgres
from onemachine.servers.redis import RedisServer

PARTS = ("latency", "costs", "takeover", "past")


class Plan(msgspec.Struct, frozen=True):
    """How much is measured; `normal` takes about ten minutes, `quick` about three."""

    size: orders.Size
    push_rounds: int
    push_events: int
    bare_messages: int
    cost_rounds: int
    cost_orders: int
    takeovers: int
    past: int
    starts: int
    replayed: int
    replays: int
    living: int


NORMAL = Plan(
    size=orders.Size(sweeps=12, sequential=40, paused=40, concurrent=0, crowds=()),
    push_rounds=8,
    push_events=30,
    bare_messages=60,
    cost_rounds=6,
    cost_orders=640,
    takeovers=3,
    past=1_000_000,
    starts=3,
    replayed=200_000,
    replays=3,
    living=100_000,
)
QUICK = msgspec.structs.replace(
    NORMAL,
    size=orders.Size(sweeps=3, sequential=20, paused=20, concurrent=0, crowds=()),
    push_rounds=3,
    push_events=15,
    cost_rounds=2,
    cost_orders=320,
    takeovers=1,
    past=100_000,
    starts=1,
    replayed=50_000,
    living=10_000,
)


async def run(plan: Plan, parts: Sequence[str], seed: int) -> Report:
    """Start the engines and the exchange, measure these parts, stop everything."""
    began_s = time.monotonic()
    async with contextlib.AsyncExitStack() as opened:
        room = await _room(opened, seed)
        titles = [(part, await _measure(part, room, plan)) for part in PARTS if part in parts]
    return Report(titles, time.monotonic() - began_s)


async def _room(opened: contextlib.AsyncExitStack, seed: int) -> Room:
    folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="hedgerow-bench-")))
    folder.chmod(0o711)  # PostgreSQL, another user under root, has its own in it
    postgres = Postgres(folder / "postgres", durable=True)
    opened.callback(postgres.remove)
    kafka = Kafka(folder / "kafka")
    opened.callback(kafka.remove)
    redis = opened.enter_context(RedisServer(folder / "redis"))
    await asyncio.gather(asyncio.to_thread(postgres.start), asyncio.to_thread(kafka.start))
    keys = {
        **{name: spread_keys(name, 1) for name in (latency.EMBEDDED, *latency.KINDS)},
        **{name: spread_keys(name, costs.ACCOUNTS) for name in costs.SIZES},
        takeover.DESK: spread_keys(takeover.DESK, takeover.ACCOUNTS),
        aged.DESK: spread_keys(aged.DESK, aged.ACCOUNTS),
    }
    exchange = await servers.simulator([key for some in keys.values() for key in some], seed)
    opened.push_async_callback(exchange.stop)
    venue = await Venue.connect(exchange)
    opened.callback(venue.close)
    return Room(Engines(kafka, redis, postgres), folder, venue, keys, random.Random(seed))


async def _measure(part: str, room: Room, plan: Plan) -> list[Line]:
    match part:
        case "latency":
            return await latency.measure(room, plan.size, plan.push_rounds, plan.push_events, plan.bare_messages)
        case "costs":
            return await costs.measure(room, plan.cost_rounds, plan.cost_orders)
        case "takeover":
            return await takeover.measure(room, plan.takeovers)
        case _:
            return await aged.measure(room, plan.past, plan.starts, plan.replayed, plan.replays, plan.living)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.distributed", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything: about three minutes")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="NAME", help=", ".join(PARTS))
    parser.add_argument("--seed", type=int, default=1, help="of the market and of the order of rounds")
    options = parser.parse_args()
    print(uvloop.run(run(QUICK if options.quick else NORMAL, options.only, options.seed)).text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
