"""What Kafka itself takes, with nothing of the desk around it: one message, in a topic made as the desk's are."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from confluent_kafka import Consumer, Producer, TopicPartition

from benchmarks.distributed.desks import Room, Unflushed
from benchmarks.table import Line, milliseconds, percentile
from hedgerow.journal.kafka_client import KafkaSettings
from hedgerow.journal.kafka_topics import TopicSettings, create_topics

_PAUSE_S: Final = 0.005
_POLL_S: Final = 5.0
_WARM: Final = 20
_PAYLOAD: Final = b"x" * 700  # about what an intent takes


async def measure(room: Room, rounds: int, messages: int) -> list[Line]:
    """One message after the other, with pauses: flushed at once, as the desk's are on a single broker, or not."""
    lines = []
    for how, topics in (("flushed", TopicSettings(1, 1, 1)), ("not flushed", Unflushed(1, 1, 1))):
        settings = KafkaSettings(room.engines.kafka.address, prefix=f"bare.{how.replace(' ', '-')}.")
        await create_topics(settings, topics, ["messages"])
        found = await asyncio.to_thread(_measure, settings, rounds, messages)
        produced, consumed = ([percentile(each[kind], 50) for each in found] for kind in range(2))
        lines.append(milliseconds(f"bare Kafka, {how}: idempotent produce, acks=all, p50", produced))
        lines.append(milliseconds(f"bare Kafka, {how}: produce to consumed, p50", consumed))
    return lines


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
