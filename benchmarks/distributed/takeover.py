"""A resolver is killed: how long its accounts go without anybody who follows them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Final

from benchmarks.distributed.desks import PARTITIONS, SESSION_MS, Distributed, Room, Size, distributed
from benchmarks.table import Line, seconds
from hedgerow.core.records import Heartbeat, Stream
from hedgerow.journal import Journal, Tail
from hedgerow.journal.envelope import decode
from onemachine.service import Service

DESK: Final = "takeover"
SIZE: Final = Size(1, 2)
ACCOUNTS: Final = 4
_MORE_S: Final = 5.0  # beyond the session
_WITHIN_S: Final = 60.0
_LOOK_S: Final = 0.2


async def measure(room: Room, times: int) -> list[Line]:
    """Kill the two resolvers in turn, each time starting the one that was killed again."""
    async with distributed(room, DESK, SIZE) as desk:
        await desk.start()
        took_s = [await _take_over(desk, number % SIZE.resolvers) for number in range(times)]
    what = f"SIGKILL of a resolver -> its accounts followed again, session {SESSION_MS / 1000:g} s"
    return [seconds(what, took_s, at_most=SESSION_MS / 1000 + _MORE_S)]


async def _take_over(desk: Distributed, number: int) -> float:
    """Seconds from the kill until each of its accounts has a resolver that has read it whole."""
    victim = desk.deployment.resolvers[number]
    held = await _settled(desk, victim)
    async with desk.open_journal() as journal:
        tail = journal.tail(Stream.HEARTBEATS, await journal.end(Stream.HEARTBEATS))
        # Accounts stand on the partitions in turn, one on each.
        left = {int(partition): int(epoch) for partition, epoch in held.items()}
        began_s = time.monotonic()
        await asyncio.to_thread(victim.server.kill)
        await asyncio.wait_for(_followed(journal, tail, left), _WITHIN_S)
        took_s = time.monotonic() - began_s
        tail.close()
    await asyncio.to_thread(victim.start)
    return took_s


async def _settled(desk: Distributed, victim: Service) -> Mapping[str, float]:
    """The partitions of a resolver with their epochs, once the resolvers have shared them out evenly."""
    share = PARTITIONS // SIZE.resolvers
    async with asyncio.timeout(_WITHIN_S):
        while True:
            held = {
                each.name: await desk.figures(each, "hedgerow_partition_epoch") for each in desk.deployment.resolvers
            }
            if all(len(epochs) == share and min(epochs.values()) > 0 for epochs in held.values()):
                return held[victim.name]
            await asyncio.sleep(_LOOK_S)


async def _followed(journal: Journal, tail: Tail, left: dict[int, int]) -> None:
    """Wait for a sign of life from each of these partitions, of a later epoch, that says its account is followed."""
    while left:
        for entry in await tail.next():
            envelope = decode(entry.payload)
            partition = journal.partition_of(envelope.account)
            if _is_followed(envelope.body) and envelope.epoch > left.get(partition, envelope.epoch):
                del left[partition]


def _is_followed(body: object) -> bool:
    return isinstance(body, Heartbeat) and body.stream_up and body.reconciled_ms > 0
