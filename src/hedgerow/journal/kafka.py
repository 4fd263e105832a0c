"""The distributed journal: a Kafka topic for each stream, shared by every process of a desk."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, Final

from confluent_kafka import Producer

from hedgerow.core.records import Stream
from hedgerow.journal import Entry, JournalClosed, JournalFault, Offsets, Position, Record, RecordsGone
from hedgerow.journal.kafka_admin import Administration, Topic
from hedgerow.journal.kafka_client import KafkaSettings
from hedgerow.journal.kafka_follower import Follower
from hedgerow.journal.kafka_message import last_offset, message_of, next_message, numbered, packed
from hedgerow.journal.kafka_readers import Readers
from hedgerow.journal.kafka_ring import LiveRing, LiveTail, Own, heads_of
from hedgerow.journal.kafka_writer import Append, Delivery, Writer
from hedgerow.journal.partitions import partition_of
from hedgerow.journal.room import Room

_WAITING: Final = 4_096  # appends between the loop and the brokers; one more waits for room
_AGAIN_S: Final = 0.2  # between questions to brokers that do not answer


class KafkaJournal:
    """`Journal` on Kafka. An append is one message (`kafka_message`), acknowledged by every replica in sync.

    Where the brokers do not confirm it within the deadline it is in doubt, and may even appear later; the journal
    serves again once they do. Tails wait for brokers that are away, as long as it takes. It belongs to the event loop
    on which it was opened.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        administration: Administration,
        topics: Mapping[str, Topic],
        ends: Mapping[str, Mapping[int, int]],
        ring: int,
        calm: Collection[str],
        make_producer: Callable[[dict[str, Any]], Producer],
    ) -> None:
        self._settings = settings
        self._administration = administration
        self._id = _journal_id(topics)
        self._partitions = next(iter(topics.values())).partitions
        self._heads = {stream: heads_of(ends[settings.topic(stream)]) for stream in topics}
        self._ring_size = ring
        self._calm = calm
        self._loop = asyncio.get_running_loop()
        self._room = Room(_WAITING)
        self._partition_of: dict[str, int] = {}
        self._rings: dict[str, LiveRing] = {}
        self._followers: dict[str, Follower] = {}
        self._starting: set[asyncio.Task[None]] = set()
        self._retired: list[Follower] = []
        self._closed = False
        self._readers = Readers(settings)
        self._writer = Writer(settings, self._tell, make_producer)

    @classmethod
    async def open(
        cls,
        settings: KafkaSettings,
        *,
        streams: Sequence[str] = tuple(Stream),
        ring: int = 20_000,
        calm: Collection[str] = (),
        make_producer: Callable[[dict[str, Any]], Producer] = Producer,
    ) -> KafkaJournal:
        """Open the journal of these streams, whose topics must be there.

        Args:
            ring: how many of the newest entries of each stream are kept in memory, once it is followed.
            calm: the streams whose records need not be here at once, unless something that is written here waits for
                those before it.

        Raises:
            JournalFault: the brokers do not answer, or the topics are not as they must be; `str()` says what to do.
        """
        administration = Administration(settings)
        found = await administration.topics([settings.topic(stream) for stream in streams])
        topics = _checked(settings, {stream: found[settings.topic(stream)] for stream in streams})
        ends = await administration.ends({settings.topic(stream): topic.partitions for stream, topic in topics.items()})
        return cls(settings, administration, topics, ends, ring, calm, make_producer)

    @property
    def journal_id(self) -> str:
        return self._id

    @property
    def partitions(self) -> int:
        return self._partitions

    def partition_of(self, account: str) -> int:
        partition = self._partition_of.get(account)
        if partition is None:
            partition = self._partition_of[account] = partition_of(account, self._partitions)
        return partition

    # writing

    def append(
        self, stream: str, account: str, records: Sequence[Record], *, lazy: bool = False
    ) -> Awaitable[Position]:
        """As in the port. A lazy append is sent at once too; what was written before it is brought in no haste."""
        request = self._request(stream, account, records, lazy)
        if not self._closed and self._room.taken():
            self._put(request)
            return request.done
        return self._in_turn(request)

    def _request(self, stream: str, account: str, records: Sequence[Record], lazy: bool) -> Append:
        assert records, "an append of nothing has no place"
        topic = self._settings.topic(stream)
        try:
            message = packed(records)
        except ValueError as error:
            raise JournalFault(f"{topic}: {error}.") from error
        done: asyncio.Future[Position] = self._loop.create_future()
        until = self._loop.time() + self._settings.deadline_s
        return Append(stream, topic, self.partition_of(account), account, records, message, until, done, lazy)

    async def _in_turn(self, request: Append) -> Position:
        await self._room.take()  # first come, first served: an account's appends keep their order
        if self._closed:
            self._room.release()
            raise JournalClosed("the journal is closed")
        self._put(request)
        return await request.done

    def _put(self, request: Append) -> None:
        refusal = self._writer.put(request)
        if refusal is not None:
            self._refuse(request, refusal)

    async def append_in_order(
        self, account: str, parts: Sequence[tuple[str, Sequence[Record]]], *, lazy: bool = False
    ) -> list[Position]:
        """As in the port: each part is confirmed before the next is sent."""
        return [await self.append(stream, account, records, lazy=lazy) for stream, records in parts]

    def _tell(self, deliveries: list[Delivery]) -> None:
        """On the writer's thread: one call into the loop for all that is at hand."""
        self._loop.call_soon_threadsafe(self._settle, deliveries)

    def _settle(self, deliveries: list[Delivery]) -> None:
        """Rings first: whoever sees an append return can read it. Then writers, then readers."""
        touched = {self._rings[each.append.stream] for each in deliveries if each.append.stream in self._rings}
        for append, message, error in deliveries:
            if error is not None:
                self._refuse(append, error)
            else:
                self._confirm(append, message)
        for ring in touched:
            self._loop.call_soon(ring.wake)

    def _refuse(self, append: Append, error: str) -> None:
        self._room.release()
        if not append.done.done():
            append.done.set_exception(
                JournalFault(
                    f"Kafka did not confirm a write to {append.topic}: {error}. Nobody knows whether it was made."
                )
            )

    def _confirm(self, append: Append, message: int) -> None:
        """It is durable; where the stream is followed here, it is also at hand before its writer hears of it."""
        heads, last = self._heads[append.stream], last_offset(message)
        heads[append.partition] = max(last, heads.get(append.partition, -1))
        ring = self._rings.get(append.stream)
        at_hand = partial(self._at_hand, append, Position(append.partition, last))
        if ring is None:
            at_hand()
            return
        entries = numbered(append.partition, message, append.account, append.records)
        own = Own(message, entries, at_hand, append.lazy)
        ring.take_own(own)
        if not append.done.done():
            self._loop.call_at(append.until, self._expire, append, ring, own)

    def _at_hand(self, append: Append, place: Position) -> None:
        self._room.release()
        if not append.done.done():
            append.done.set_result(place)

    def _expire(self, append: Append, ring: LiveRing, own: Own) -> None:
        """It was written, and never read back: its writer must not go on as if all were well."""
        if not append.done.done():
            ring.forget(own)
            self._refuse(append, "it was written, but could not be read back in time")

    # reading

    async def end(self, stream: str) -> dict[int, int]:
        return self._known(stream, await self._ends(stream))

    async def _ends(self, stream: str) -> dict[int, int]:
        if self._closed:
            raise JournalClosed("the journal is closed")
        topic = self._settings.topic(stream)
        return heads_of((await self._administration.ends({topic: self._partitions}))[topic])

    def _known(self, stream: str, heads: Mapping[int, int]) -> dict[int, int]:
        """Never less than what was confirmed here, though a new leader may not know it yet."""
        own = self._heads[stream]
        return {
            partition: max(heads.get(partition, -1), own.get(partition, -1)) for partition in sorted({*heads, *own})
        }

    async def read(
        self, stream: str, after: Offsets, partitions: Sequence[int] | None = None, limit: int = 1000
    ) -> AsyncIterator[list[Entry]]:
        ends = await self.end(stream)
        _check_places(stream, after, ends)
        wanted = range(self._partitions) if partitions is None else partitions
        for partition, end in ends.items():
            if partition not in wanted:
                continue
            place = after.get(partition, -1)
            while place < end:
                entries = await self._readers.fetch(self._settings.topic(stream), partition, place, end, limit)
                if not entries:
                    break
                place = entries[-1].offset
                yield entries

    def tail(self, stream: str, after: Offsets, partitions: Sequence[int] | None = None) -> LiveTail:
        ring = self._ring(stream)
        wanted = range(self._partitions) if partitions is None else partitions
        return LiveTail(ring, after, wanted, partial(self._fetch, ring, stream), partial(self.end, stream))

    async def _fetch(self, ring: LiveRing, stream: str, partition: int, after: int, limit: int) -> list[Entry]:
        """For a tail: it waits until the brokers are back."""
        while True:
            end = ring.heads.get(partition, -1)
            try:
                return await self._readers.fetch(self._settings.topic(stream), partition, after, end, limit)
            except JournalClosed:
                raise
            except JournalFault:
                await asyncio.sleep(_AGAIN_S)

    def _ring(self, stream: str) -> LiveRing:
        ring = self._rings.get(stream)
        if ring is None:
            ring = self._rings[stream] = LiveRing(self._ring_size, self._heads[stream])
            if self._closed:
                ring.fail(JournalClosed("the journal is closed"))
            else:
                task = self._loop.create_task(self._follow(stream, ring), name=f"follow-{stream}")
                self._starting.add(task)
                task.add_done_callback(self._starting.discard)
        return ring

    async def _follow(self, stream: str, ring: LiveRing) -> None:
        """Start to follow a stream where it was last known to end, or at its end where that is long ago."""
        begins, ends = await self._marks_at_last(stream)
        heads = {number: ring.heads.get(number, -1) for number in range(self._partitions)}
        behind = sum(message_of(end) - message_of(heads[number]) for number, end in ends.items())
        if behind > self._ring_size or any(next_message(head) < begins[number] for number, head in heads.items()):
            ring.skip_to(ends)
        starts = {number: next_message(ring.heads.get(number, -1)) for number in range(self._partitions)}
        arrived, interrupted = partial(self._arrived, ring), partial(self._interrupted, stream, ring)
        topic = self._settings.topic(stream)
        self._followers[stream] = Follower(
            self._settings,
            topic,
            starts,
            ring.heads,
            arrived,
            interrupted,
            wanted=ring.wanted,
            calm=stream in self._calm,
        )

    async def _marks_at_last(self, stream: str) -> tuple[dict[int, int], dict[int, int]]:
        """The first message kept in each partition, and the last offset, as soon as the brokers say so."""
        topic = self._settings.topic(stream)
        while True:
            try:
                begins = await self._administration.begins({topic: self._partitions})
                return begins[topic], await self.end(stream)
            except JournalClosed:
                raise
            except JournalFault:
                await asyncio.sleep(_AGAIN_S)

    def _arrived(self, ring: LiveRing, entries: list[Entry]) -> None:
        ring.arrive(entries)
        ring.wake()

    def _interrupted(self, stream: str, ring: LiveRing, why: str) -> None:
        """What came next is not there: its tails cannot go on. The next tail finds another ring, at the end."""
        if self._rings.get(stream) is ring:
            del self._rings[stream]
            self._retired.append(self._followers.pop(stream))
            self._heads[stream] = {}
        ring.fail(RecordsGone(f"{stream}: records were given up, or lost, before they were read here: {why}"))

    async def trim(self, stream: str, before: Offsets) -> None:
        ends = await self.end(stream)
        until = {partition: min(offset, ends[partition]) for partition, offset in before.items() if partition in ends}
        messages = {partition: next_message(offset) for partition, offset in until.items() if next_message(offset) > 0}
        await self._administration.give_up(self._settings.topic(stream), messages)
        ring = self._rings.get(stream)
        for partition, offset in until.items():
            if ring is not None:
                ring.trimmed(partition, min(offset, ring.heads.get(partition, -1)))

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        for task in self._starting:
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        await asyncio.to_thread(self._writer.close)
        for ring in self._rings.values():
            ring.fail(JournalClosed("the journal is closed"))
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        followers = [*self._followers.values(), *self._retired]
        for follower in followers:
            follower.stop()
        self._readers.close()
        for follower in followers:
            follower.join()


def _journal_id(topics: Mapping[str, Topic]) -> str:
    """Of the topics' own ids: topics that were deleted and made again are another journal."""
    named = ",".join(f"{stream}={topic.topic_id}" for stream, topic in sorted(topics.items()))
    return hashlib.sha256(named.encode()).hexdigest()[:16]


def _checked(settings: KafkaSettings, found: Mapping[str, Topic | None]) -> dict[str, Topic]:
    """Raises JournalFault for topics that are missing, or that do not have one number of partitions."""
    advice = "Run `hedgerow kafka init`"
    topics = {stream: topic for stream, topic in found.items() if topic is not None}
    missing = sorted(settings.topic(stream) for stream in found if stream not in topics)
    if missing:
        raise JournalFault(f"Kafka at {settings.servers} has no topic {', '.join(missing)}. {advice} first.")
    counts = {topic.partitions for topic in topics.values()}
    if len(counts) > 1:
        told = ", ".join(f"{settings.topic(stream)} {topic.partitions}" for stream, topic in sorted(topics.items()))
        raise JournalFault(
            f"The topics at {settings.servers} have different numbers of partitions ({told}), so an account has no one"
            f" place. {advice} with another prefix."
        )
    return topics


def _check_places(stream: str, places: Mapping[int, int], ends: Mapping[int, int]) -> None:
    for partition, offset in places.items():
        if offset > ends.get(partition, -1):
            raise RecordsGone(
                f"{stream}, partition {partition} ends before offset {offset}: its newest records were lost"
            )
