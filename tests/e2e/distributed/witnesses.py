"""Onlookers with plain clients of Kafka and Redis: nothing of Hedgerow stands between them and what is really there."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import confluent_kafka
import redis
from confluent_kafka.admin import AdminClient

from hedgerow.journal.envelope import Envelope, decode
from onemachine.deployment import Deployment

TOPICS = ("order_intents", "orders_executed", "orders_updated", "positions_updated", "fills")
FENCED = ("orders_updated", "positions_updated", "fills")  # a later epoch makes what earlier ones write void


class Seen(NamedTuple):
    """One message; `counts`: no later epoch had been seen in its partition before it."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]
    counts: bool

    @property
    def epoch(self) -> int:
        return int(dict(self.headers)["epoch"].split(b",")[0])

    @property
    def records(self) -> list[dict[str, Any]]:
        held = json.loads(self.value)
        return held if isinstance(held, list) else [held]


class KafkaWitness:
    """Reads every topic from its beginning, on a thread; brokers may come and go. `with` stops it."""

    def __init__(self, deployment: Deployment) -> None:
        self._prefix = deployment.environment["HEDGEROW_KAFKA_PREFIX"]
        self._address = deployment.engines.kafka.address
        self._consumer = confluent_kafka.Consumer(
            {
                "bootstrap.servers": self._address,
                "group.id": f"witness-{self._prefix}",
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "reconnect.backoff.max.ms": 500,
                "log_level": 0,
            }
        )
        parts = self._consumer.list_topics(timeout=10).topics
        self._consumer.assign(
            [
                confluent_kafka.TopicPartition(self._prefix + topic, partition, confluent_kafka.OFFSET_BEGINNING)
                for topic in TOPICS
                for partition in parts[self._prefix + topic].partitions
            ]
        )
        self._highest: dict[tuple[str, int], int] = {}
        self._seen: list[Seen] = []
        self._copies: set[tuple[str, int, int]] = set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def _read(self) -> None:
        while not self._stopped.is_set():
            for message in self._consumer.consume(100, timeout=0.05):
                if message.error() is None:  # else a broker is away: the client goes on by itself
                    self._seen.append(self._take(message))

    def _take(self, message: Any) -> Seen:
        topic = message.topic().removeprefix(self._prefix)
        place = (topic, message.partition(), message.offset())
        seen = Seen(*place, message.key(), message.value(), message.headers(), counts=True)
        if topic not in FENCED:
            return seen
        highest = self._highest[place[:2]] = max(seen.epoch, self._highest.get(place[:2], 0))
        return seen._replace(counts=seen.epoch >= highest)

    def messages(self, topic: str) -> list[Seen]:
        """The messages of a topic that count, in the order in which they came, without the copies made here."""
        seen = [each for each in list(self._seen) if each.topic == topic and each.counts]
        return [each for each in seen if each[:3] not in self._copies]

    def stale(self) -> list[Seen]:
        """What owners wrote after others had taken over."""
        return [each for each in list(self._seen) if not each.counts]

    def records(self, topic: str, about: Callable[[dict[str, Any]], bool] = lambda _: True) -> list[dict[str, Any]]:
        """The records that count of a topic so far, whole, in the order in which they came."""
        return [record for seen in self.messages(topic) for record in seen.records if about(record)]

    def envelopes(self, topic: str) -> list[Envelope]:
        return [decode(json.dumps(record).encode()) for record in self.records(topic)]

    def leader(self, topic: str, partition: int) -> int:
        """The number of the broker that leads a partition."""
        admin = AdminClient({"bootstrap.servers": self._address})  # the consumer is its thread's alone
        parts = admin.list_topics(self._prefix + topic, timeout=10).topics[self._prefix + topic].partitions
        return int(parts[partition].leader)

    def order_of(self, *kinds: str) -> list[str]:
        """In which order the first records of these kinds (a body's `kind`) came."""
        seen = [record["body"]["kind"] for each in list(self._seen) for record in each.records]
        return sorted(kinds, key=lambda kind: seen.index(kind) if kind in seen else len(seen))

    def deliver_again(self, several: list[Seen], *, epoch: int | None = None) -> None:
        """Write copies of messages to the ends of their partitions, with a producer that knows nothing of Hedgerow."""
        producer = confluent_kafka.Producer({"bootstrap.servers": self._address})

        def written(error: Any, message: Any) -> None:
            assert error is None, error
            topic = message.topic().removeprefix(self._prefix)
            self._copies.add((topic, message.partition(), message.offset()))

        for seen in several:
            headers = seen.headers if epoch is None else [("epoch", b"%d" % epoch)]
            producer.produce(
                self._prefix + seen.topic, seen.value, seen.key, seen.partition, headers=headers, on_delivery=written
            )
        assert producer.flush(10) == 0

    def __enter__(self) -> KafkaWitness:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        self._consumer.close()


class RedisWitness:
    """Looks at one key again and again, on a thread, and keeps each value that differs from the one before."""

    def __init__(self, url: str, look: Callable[[redis.Redis], Any]) -> None:
        self._redis = redis.Redis.from_url(url, decode_responses=True)
        self._look = look
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.values: list[Any] = []

    def _watch(self) -> None:
        while not self._stopped.is_set():
            value = self._look(self._redis)
            if value is not None and (not self.values or self.values[-1] != value):
                self.values.append(value)
            time.sleep(0.002)

    def __enter__(self) -> RedisWitness:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        self._redis.close()
