"""One consumer a stream and process, in no group, on a thread of its own: it brings what is new into a ring."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

import structlog
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from hedgerow.journal import Entry
from hedgerow.journal.gathering import Gathering
from hedgerow.journal.kafka_client import KafkaSettings, reader
from hedgerow.journal.kafka_decoding import entries_of, place_of
from hedgerow.journal.kafka_message import last_offset

_POLL_S: Final = 0.1  # how soon it sees that it is to end
_BATCH: Final = 1_000
_AHEAD: Final = 4  # batches that the loop has not taken in yet

_INTERRUPTED: Final = frozenset({KafkaError._AUTO_OFFSET_RESET, KafkaError._LOG_TRUNCATION})

_log = structlog.get_logger()


class Follower:
    """Follows a topic from given messages on; hands entries over on the event loop.

    Args:
        starts: the first message to read, of each partition.
        heads: the last offset known of each partition, as it moves on: what is up to there need not be decoded again.
        arrived: takes the entries.
        interrupted: is told, once and for the last time, that what followed is no longer kept, or never was.
        wanted: set while somebody waits for what comes next: then nothing is gathered.
        calm: gather what comes, also where it comes alone.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        topic: str,
        starts: Mapping[int, int],
        heads: Mapping[int, int],
        arrived: Callable[[list[Entry]], None],
        interrupted: Callable[[str], None],
        *,
        wanted: threading.Event,
        calm: bool = False,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._settings = settings
        self._topic = topic
        self._starts = dict(starts)
        self._heads = heads
        self._arrived = arrived
        self._interrupted = interrupted
        self._wanted = wanted
        self._gathering = Gathering(calm=calm)
        self._stopping = threading.Event()
        self._room = threading.Semaphore(_AHEAD)
        self._thread = threading.Thread(target=self._run, name=f"kafka-{topic}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Tell it to end; `join` waits for that."""
        self._stopping.set()
        self._room.release()

    def join(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        consumer = Consumer(reader(self._settings, "follower", fetch_wait_max_ms=500, fetch_queue_backoff_ms=10))
        try:
            consumer.assign([TopicPartition(self._topic, *start) for start in self._starts.items()])
            while not self._stopping.is_set():
                first = consumer.poll(_POLL_S)
                if first is None:
                    continue
                self._gather()
                if not self._take([first, *consumer.consume(_BATCH, 0)]):
                    return
        finally:
            consumer.close()

    def _gather(self) -> None:
        """Asleep, while the client brings more: it is woken once for all of them."""
        if patience_s := self._gathering.patience_s(time.monotonic()):
            self._wanted.wait(patience_s)
        self._gathering.taken(time.monotonic())

    def _take(self, messages: list[Message]) -> bool:
        """Whether to go on."""
        entries: list[Entry] = []
        for message in messages:
            error = message.error()
            if error is None:
                entries += self._fresh(message)
            elif error.code() in _INTERRUPTED:
                self._tell(self._interrupted, error.str())
                return False
            else:  # the client goes on by itself
                _log.warning("kafka", topic=self._topic, error=error.str())
        if entries:
            self._room.acquire()
            self._tell(self._hand_over, entries)
        return True

    def _fresh(self, message: Message) -> list[Entry]:
        partition, offset = place_of(message)
        return entries_of(message) if last_offset(offset) > self._heads.get(partition, -1) else []

    def _tell(self, function: Callable[..., None], *arguments: object) -> None:
        with suppress(RuntimeError):  # the loop has ended: nobody reads any more
            self._loop.call_soon_threadsafe(function, *arguments)

    def _hand_over(self, entries: list[Entry]) -> None:
        self._room.release()
        self._arrived(entries)
