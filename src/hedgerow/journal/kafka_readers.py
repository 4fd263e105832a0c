"""Reading what is no longer in memory: a few consumers in no group, each on a thread of its own, lent for a batch."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Final, NamedTuple

from confluent_kafka import OFFSET_INVALID, Consumer, KafkaError, KafkaException, Message, TopicPartition

from hedgerow.journal import Entry, JournalClosed, JournalFault, RecordsGone
from hedgerow.journal.kafka_client import Configuration, KafkaSettings, reader
from hedgerow.journal.kafka_decoding import entries_of, place_of
from hedgerow.journal.kafka_message import message_of, next_message
from hedgerow.journal.room import Room

READERS: Final = 4
_POLL_S: Final = 0.2  # how soon a reader sees that the journal is closed
_LEARN_S: Final = 0.5


class Place(NamedTuple):
    """The next message to read."""

    topic: str
    partition: int
    message: int


class Readers:
    """Lends its readers one batch at a time, and whoever goes on where he stopped gets the same one, if it is free.

    A reader fetches ahead of what was asked for, and finding its place anew costs up to 50 ms.
    """

    def __init__(self, settings: KafkaSettings, readers: int = READERS) -> None:
        self._room = Room(readers)
        self._idle = [_Reader(settings) for _ in range(readers)]
        self._all = tuple(self._idle)
        self._closed = False

    async def fetch(self, topic: str, partition: int, after: int, up_to: int, limit: int) -> list[Entry]:
        """Some `limit` entries of one partition, after one offset and up to another, which must be there.

        They may be a few more: a message is not cut in its middle.

        Raises:
            RecordsGone: what follows `after` is no longer kept.
            JournalFault: the brokers do not hand it out in time.
        """
        place = Place(topic, partition, next_message(after))
        await self._room.take()
        if self._closed:
            self._room.release()
            raise JournalClosed("the journal is closed")
        lent = next((one for one in self._idle if one.place == place), self._idle[0])
        self._idle.remove(lent)
        work = asyncio.get_running_loop().run_in_executor(lent.thread, lent.fetch, place, message_of(up_to), limit)
        work.add_done_callback(partial(self._back, lent))  # not before, though the caller be gone
        return [entry for entry in await asyncio.shield(work) if entry.offset > after]

    def _back(self, lent: _Reader, work: asyncio.Future[list[Entry]]) -> None:
        if not work.cancelled():
            work.exception()  # raised above, where somebody still waits
        self._idle.append(lent)
        self._room.release()

    def close(self) -> None:
        """Ends the threads; blocks until the reads under way are done."""
        self._closed = True
        for one in self._all:
            one.closed = True
        for one in self._all:
            one.close()


class _Reader:
    """One consumer, made when it is first lent."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="kafka-reader")
        self.place: Place | None = None
        self.closed = False
        self._settings = settings
        self._consumer: Consumer | None = None

    def fetch(self, place: Place, last: int, limit: int) -> list[Entry]:
        """Entries from a message on, up to those of the last one."""
        consumer = self._at(place)
        entries: list[Entry] = []
        at = place.message
        until = time.monotonic() + self._settings.deadline_s
        while at <= last and len(entries) < limit:
            read = self._read(consumer, place._replace(message=at), min(limit - len(entries), last - at + 1))
            for message in read:
                entries += entries_of(message)
            if read:
                at = place_of(read[-1])[1] + 1
                until = time.monotonic() + self._settings.deadline_s
            elif time.monotonic() > until:
                raise JournalFault(f"Kafka at {self._settings.servers} does not hand out {place.topic} in time.")
        if at > last:
            consumer.unassign()  # or it would go on asking for more
        else:
            self.place = place._replace(message=at)
        return entries

    def _at(self, place: Place) -> Consumer:
        if self.closed:
            raise JournalClosed("the journal is closed")
        if self._consumer is None:
            self._consumer = Consumer(_configuration(self._settings))
        if self.place != place:
            self._learn(self._consumer, place.topic)
            self._consumer.assign([TopicPartition(*place)])
        self.place = None  # until this is done
        return self._consumer

    @staticmethod
    def _learn(consumer: Consumer, topic: str) -> None:
        """Have it know who leads the topic: what it is assigned unknown, it looks for only once a second."""
        with suppress(KafkaException):  # the read that follows says what is wrong
            consumer.list_topics(topic, _LEARN_S)

    def _read(self, consumer: Consumer, place: Place, count: int) -> list[Message]:
        """What is at hand, at most `count`; waits a little where nothing is."""
        if self.closed:
            raise JournalClosed("the journal is closed")
        first = consumer.poll(_POLL_S)
        if first is None:
            return []
        messages = [first, *consumer.consume(count - 1, 0)] if count > 1 else [first]
        return [message for message in messages if self._is_record(consumer, place, message)]

    def _is_record(self, consumer: Consumer, place: Place, message: Message) -> bool:
        error = message.error()
        if error is None:
            return True
        if error.code() == KafkaError._AUTO_OFFSET_RESET:
            self._check_kept(consumer, place)
        return False  # the client goes on by itself

    def _check_kept(self, consumer: Consumer, place: Place) -> None:
        """Nothing is at this place: it was given up, or never was. Raises RecordsGone."""
        try:
            marks = consumer.get_watermark_offsets(TopicPartition(*place[:2]), self._settings.deadline_s)
        except KafkaException as error:
            raise JournalFault(f"Kafka at {self._settings.servers} does not answer: {error}.") from error
        low = marks[0] if marks else OFFSET_INVALID
        raise RecordsGone(
            f"{place.topic}, partition {place.partition}: message {place.message} is no longer kept; it begins at {low}"
        )

    def close(self) -> None:
        self.thread.shutdown()
        if self._consumer is not None:
            self._consumer.close()


def _configuration(settings: KafkaSettings) -> Configuration:
    return reader(
        settings,
        "reader",
        fetch_wait_max_ms=10,
        fetch_queue_backoff_ms=2,
        queued_min_messages=10_000,
        queued_max_messages_kbytes=16_384,
    )
