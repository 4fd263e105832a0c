"""Sharing partitions out: every one has a follower, none has two, whoever comes, goes, stops or sleeps."""

from __future__ import annotations

import asyncio
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import pytest

from hedgerow.journal.kafka_client import KafkaSettings
from hedgerow.journal.kafka_group import GroupSettings, KafkaMembership
from hedgerow.journal.kafka_topics import create_topics
from onemachine.servers.kafka import Kafka
from tests.journal.kafka_journals import ALONE, STREAMS

ALL = {0, 1, 2}
SESSION_MS = 1_500


class Follower:
    """A resolver as far as its membership goes: what it follows, and what it was told."""

    def __init__(self, settings: KafkaSettings, group: str, slowness_s: float = 0.0) -> None:
        self.membership = KafkaMembership(settings, GroupSettings(group, SESSION_MS))
        self.told: list[tuple[str, int]] = []
        self.following: set[int] = set()
        self._changed = asyncio.Event()
        self._slowness_s = slowness_s

    def gained(self, partition: int) -> None:
        assert partition not in self.following
        self.following.add(partition)
        self._tell("gained", partition)

    async def lost(self, partition: int) -> None:
        assert partition in self.following
        await asyncio.sleep(self._slowness_s)
        self.following.remove(partition)
        self._tell("lost", partition)

    def _tell(self, what: str, partition: int) -> None:
        self.told.append((what, partition))
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not condition():
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def running(follower: Follower) -> AsyncIterator[Follower]:
    task = asyncio.ensure_future(follower.membership.run(follower.gained, follower.lost))
    try:
        yield follower
        assert not task.done(), task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def settings(kafka_settings: KafkaSettings) -> KafkaSettings:
    await create_topics(kafka_settings, ALONE, STREAMS)
    return kafka_settings


@pytest.fixture
def group() -> str:
    return f"group-{secrets.token_hex(4)}"


async def test_one_alone_follows_all_and_says_when_it_goes(settings: KafkaSettings, group: str) -> None:
    async with running(Follower(settings, group)) as one:
        await one.until(lambda: one.following == ALL)
    assert one.following == set()
    assert one.told == [("gained", 0), ("gained", 1), ("gained", 2), ("lost", 0), ("lost", 1), ("lost", 2)]


async def test_two_share_and_nobody_is_told_before_the_other_has_let_go(settings: KafkaSettings, group: str) -> None:
    async with running(Follower(settings, group, slowness_s=0.5)) as first:
        await first.until(lambda: first.following == ALL)
        second = Follower(settings, group)
        follow = second.gained
        beside: list[set[int]] = []

        def gained(partition: int) -> None:
            beside.append(set(first.following))
            follow(partition)

        second.gained = gained  # type: ignore[method-assign]
        async with running(second):
            await second.until(lambda: bool(second.following))
            await first.until(lambda: first.following | second.following == ALL and bool(first.following))
            assert not first.following & second.following
            assert all(partition not in held for (_, partition), held in zip(second.told, beside, strict=True))
        await first.until(lambda: first.following == ALL)


async def test_one_that_leaves_hands_over_at_once(settings: KafkaSettings, group: str) -> None:
    async with running(Follower(settings, group)) as second:
        async with running(Follower(settings, group)) as first:
            await first.until(lambda: bool(first.following))
            await second.until(lambda: first.following | second.following == ALL)
        async with asyncio.timeout(SESSION_MS / 1000):  # a session need not end for it
            await second.until(lambda: second.following == ALL)


async def test_what_a_follower_raises_ends_its_membership(settings: KafkaSettings, group: str) -> None:
    def refuse(partition: int) -> None:
        raise LookupError(partition)

    follower = Follower(settings, group)
    with pytest.raises(LookupError):
        await asyncio.wait_for(follower.membership.run(refuse, follower.lost), 20)


async def test_the_only_broker_away_and_back(kafka_server: Kafka, settings: KafkaSettings, group: str) -> None:
    async with running(Follower(settings, group)) as one:
        await one.until(lambda: one.following == ALL)
        await asyncio.to_thread(kafka_server.stop)
        try:
            await one.until(lambda: not one.following)  # the session has run out: others may follow, for all it knows
        finally:
            await asyncio.to_thread(kafka_server.start)
        await one.until(lambda: one.following == ALL)


async def test_one_that_slept_past_its_session_lets_go_when_it_wakes(settings: KafkaSettings, group: str) -> None:
    command = [sys.executable, __file__, settings.servers, settings.prefix, group]
    root = Path(__file__).parents[2]
    environment = {"PYTHONPATH": f"{root / 'src'}:{root}", "PATH": ""}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as sleeper:
        assert sleeper.stdout is not None
        lines = sleeper.stdout
        try:
            first = {await asyncio.to_thread(lines.readline) for _ in ALL}
            assert first == {f"gained {partition}\n" for partition in ALL}
            sleeper.send_signal(signal.SIGSTOP)
            async with running(Follower(settings, group)) as other:
                await other.until(lambda: other.following == ALL)
                sleeper.send_signal(signal.SIGCONT)
                woken = {await asyncio.to_thread(lines.readline) for _ in ALL}
                assert woken == {f"lost {partition}\n" for partition in ALL}
                assert (await asyncio.to_thread(lines.readline)).startswith("gained")
                await other.until(lambda: 0 < len(other.following) < len(ALL))
        finally:
            sleeper.kill()


async def test_one_that_gets_nothing_has_joined_too(settings: KafkaSettings, group: str) -> None:
    members = [Follower(settings, group) for _ in range(len(ALL) + 1)]
    assert not members[0].membership.joined
    async with AsyncExitStack() as opened:
        for member in members:
            await opened.enter_async_context(running(member))
        async with asyncio.timeout(30):
            while not all(member.membership.joined for member in members) or sum(
                len(member.following) for member in members
            ) != len(ALL):
                await asyncio.sleep(0.05)
        assert sorted(len(member.following) for member in members) == [0, 1, 1, 1]


async def _print_what_is_told(servers: str, prefix: str, group: str) -> None:
    async def lost(partition: int) -> None:
        print("lost", partition, flush=True)

    membership = KafkaMembership(KafkaSettings(servers, prefix), GroupSettings(group, SESSION_MS))
    await membership.run(lambda partition: print("gained", partition, flush=True), lost)


if __name__ == "__main__":
    asyncio.run(_print_what_is_told(*sys.argv[1:]))
