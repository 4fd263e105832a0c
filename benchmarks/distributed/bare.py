"""What Kafka itself takes, with nothing of the desk around it: one message, in a topic made as the desk's are."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from confluent_kafka import Consumer, Producer, TopicPartition

from benchmarks.distributed.desks import Room
from benchmarks.table import Line, milliseconds, percentile
from hedgerow.journal.kafka_client import KafkaSettings
from hedgerow.journal.kafka_topics import TopicSettings, create_topics

_PAUSE_S: Final = 0.005
_POLL_S: Final = 5.0
_WARM: Final = 20
_PAYLOAD: Final = b"x" * 700  # about what an intent takes


async def measure(room: Room, rounds: int, messages: int) -> list[Line]:
    """One message after the other, with pauses, each seen by the producer and then by a consumer."""
    settings = KafkaSettings(room.engines.kafka.address, prefix="bare.")
    await create_topics(settings, TopicSettings(partitions=1, replication=1, min_insync=1), ["messages"])
    found = await asyncio.to_thread(_measure, settings, rounds, messages)
    return [
        milliseconds("bare Kafka: idempotent produce, acks=all, p50", [percentile(each, 50) for each, _ in found]),
        milliseconds("bare Kafka: produce to consumed, p50", [percentile(each, 50) for _, each in found]),
    ]


def _measure(settings: KafkaSettings, rounds: int, messages: int) -> list[tuple[list[float], list[float]]]:
    where = {"bootstrap.servers": settings.servers}
    producer = Producer({**where, "enable.idempotence": True, "acks": "all", "linger.ms": 0})
    consumer = Consumer({**where, "group.id": "bare", "enable.auto.commit": False, "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(settings.topic("messages"), 0, 0)])
    try:
        _round(producer, consumer, settings.topic("messages"), _WARM)
        return [_round(producer, consumer, settings.topic("messages"), messages) for _ in range(rounds)]
    finally:
        consumer.close()


def _round(producer: Producer, consumer: Consumer, topic: str, messages: int) -> tuple[list[float], list[float]]:
    """Milliseconds until a message is acknowledged, and until it is consumed: each its own messages, in turn."""
    acknowledged, consumed = [], []
    for _ in range(messages):
        time.sleep(_PAUSE_S)
        began_ns = time.monotonic_ns()
        producer.produce(topic, _PAYLOAD, b"bench")
        assert producer.flush(_POLL_S) == 0, "the broker did not answer"
        acknowledged.append((time.monotonic_ns() - began_ns) / 1e6)
        _consume(consumer)
        time.sleep(_PAUSE_S)
        began_ns = time.monotonic_ns()
        producer.produce(topic, _PAYLOAD, b"bench")
        _consume(consumer)
        consumed.append((time.monotonic_ns() - began_ns) / 1e6)
        producer.flush(_POLL_S)
    return acknowledged, consumed


def _consume(consumer: Consumer) -> None:
    message = consumer.poll(_POLL_S)
    assert message is not None, "nothing came"
    assert message.error() is None, message.error()
