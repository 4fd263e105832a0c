"""Journals on a real broker, a few streams each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from hedgerow.journal.kafka import KafkaJournal
from hedgerow.journal.kafka_client import KafkaSettings
from hedgerow.journal.kafka_topics import TopicSettings, create_topics

STREAMS = ("order_intents", "orders_executed", "orders_updated")
STREAM = "orders_updated"
ALONE = TopicSettings(partitions=3, replication=1, min_insync=1)
THRICE = TopicSettings(partitions=3, replication=3, min_insync=2)


@asynccontextmanager
async def opened(
    settings: KafkaSettings, topics: TopicSettings = ALONE, streams: tuple[str, ...] = STREAMS, **more: Any
) -> AsyncIterator[KafkaJournal]:
    """A journal with its topics, closed afterwards."""
    await create_topics(settings, topics, streams)
    journal = await KafkaJournal.open(settings, streams=streams, **more)
    try:
        yield journal
    finally:
        await journal.close()
