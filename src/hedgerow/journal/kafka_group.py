"""Which of the order_resolvers follows which partitions: a consumer group that only shares them out.

It never reads: a resolver goes on from history's checkpoint through the journal, not from what a group has committed.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from confluent_kafka import OFFSET_END, Consumer, TopicPartition

from hedgerow.core.records import INPUTS
from hedgerow.journal.kafka_client import KafkaSettings, client

LET_GO_S: Final = 3.0
_SLACK_S: Final = 1.0
_POLL_S: Final = 0.1
_DEFAULT_GROUP: Final = "hedgerow-order-resolvers"

_log = structlog.get_logger()

Gained = Callable[[int], None]
Lost = Callable[[int], Awaitable[None]]


@dataclass(frozen=True)
class GroupSettings:
    """Attributes:
    group: shared by all resolvers of a desk, and by nobody else.
    session_ms: how long a member may be silent before its partitions are given to others.
    """

    group: str = _DEFAULT_GROUP
    session_ms: int = 6_000


class KafkaMembership:
    """`Membership` in a consumer group over the streams that resolvers read; `range` shares them out.

    As these have equal numbers of partitions, `range` gives the same ones of each to the same member; those of the
    first stream decide. The brokers may be away for as long as they like: partitions are lost when the session has run
    out, and gained when they are back.
    """

    def __init__(
        self, settings: KafkaSettings, group: GroupSettings | None = None, streams: Sequence[str] = INPUTS
    ) -> None:
        self._settings = settings
        self._group = group or GroupSettings()
        self._streams = tuple(streams)
        self._member: _Member | None = None

    async def run(self, gained: Gained, lost: Lost) -> None:
        consumer = Consumer(_configuration(self._settings, self._group))
        member = _Member(consumer, self._settings.topic(self._streams[0]), gained, lost)
        self._member = member
        thread = asyncio.ensure_future(
            asyncio.to_thread(member.take_part, [self._settings.topic(stream) for stream in self._streams])
        )
        try:
            await asyncio.shield(thread)
        finally:
            self._member = None
            member.stop()
            await asyncio.wait([thread])  # it leaves the group, so that others need not wait for its session's end
            thread.exception()  # raised above, unless this was canceled: then nobody asks

    @property
    def joined(self) -> bool:
        return self._member is not None and self._member.assigned


class _Member:
    """One membership, on a thread of its own but for what it tells."""

    def __init__(self, consumer: Consumer, deciding: str, gained: Gained, lost: Lost) -> None:
        self._loop = asyncio.get_running_loop()
        self._consumer = consumer
        self._deciding = deciding
        self._gained = gained
        self._lost = lost
        self._held: set[int] = set()
        self._failure: BaseException | None = None
        self._stopping = threading.Event()
        self.assigned = False

    def stop(self) -> None:
        self._stopping.set()

    def take_part(self, topics: list[str]) -> None:
        """Blocks until it is stopped, or `gained` or `lost` fails: what that raised is raised."""
        try:
            self._consumer.subscribe(
                topics, on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_revoke
            )
            while not self._stopping.is_set() and self._failure is None:
                message = self._consumer.poll(_POLL_S)
                if message is not None and (error := message.error()) is not None:
                    _log.warning("kafka group", error=error.str())  # the client goes on by itself
        finally:
            self._let_go(sorted(self._held))
            self._consumer.close()
        if self._failure is not None:
            raise self._failure

    def _on_assign(self, consumer: Consumer, assigned: list[TopicPartition]) -> None:
        consumer.assign([TopicPartition(place.topic, place.partition, OFFSET_END) for place in assigned])
        consumer.pause(assigned)
        partitions = self._deciding_ones(assigned)
        self._held |= set(partitions)
        self._await(self._tell_gained(partitions))
        self.assigned = True

    def _on_revoke(self, _consumer: Consumer, revoked: list[TopicPartition]) -> None:
        self._let_go([partition for partition in self._deciding_ones(revoked) if partition in self._held])

    def _deciding_ones(self, places: list[TopicPartition]) -> list[int]:
        return sorted(place.partition for place in places if place.topic == self._deciding)

    def _let_go(self, partitions: list[int]) -> None:
        self._held -= set(partitions)
        if partitions:
            self._await(self._tell_lost(partitions))

    async def _tell_gained(self, partitions: list[int]) -> None:
        for partition in partitions:
            self._gained(partition)

    async def _tell_lost(self, partitions: list[int]) -> None:
        try:
            async with asyncio.timeout(LET_GO_S):
                await asyncio.gather(*(self._lost(partition) for partition in partitions))
        except TimeoutError:
            _log.error("partitions were not let go in time", partitions=partitions)

    def _await(self, told: Any) -> None:
        """Run a coroutine on the event loop, and wait: the group goes on only then."""
        try:
            asyncio.run_coroutine_threadsafe(told, self._loop).result(LET_GO_S + _SLACK_S)
        except TimeoutError:
            _log.error("the event loop does not answer")
        except Exception as failure:  # theirs, whatever it is: it ends `run`, which raises it
            self._failure = self._failure or failure


def _configuration(settings: KafkaSettings, group: GroupSettings) -> dict[str, Any]:
    return client(
        settings,
        "member",
        group_id=group.group,
        session_timeout_ms=group.session_ms,
        heartbeat_interval_ms=max(100, group.session_ms // 3),
        partition_assignment_strategy="range",
        enable_auto_commit=False,
        enable_auto_offset_store=False,
        auto_offset_reset="latest",
    )
