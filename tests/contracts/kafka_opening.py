"""Opening a journal on the session's broker, from this process or another: its folder's name is its prefix."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from hedgerow.journal.kafka import KafkaJournal
from hedgerow.journal.kafka_client import KafkaSettings
from hedgerow.journal.kafka_topics import TopicSettings, create_topics

ADDRESS = "HEDGEROW_TEST_KAFKA"  # of the broker that the session started
STREAMS = ("order_intents", "orders_updated", "orders", "fills")
TOPICS = TopicSettings(partitions=3, replication=1, min_insync=1)


async def open_kafka(folder: Path, ring: int) -> KafkaJournal:
    """Open the journal that belongs to a folder; its topics are made where they are missing."""
    prefix = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    settings = KafkaSettings(os.environ[ADDRESS], prefix=f"{prefix}.", deadline_s=10)
    await create_topics(settings, TOPICS, STREAMS)
    return await KafkaJournal.open(settings, streams=STREAMS, ring=ring)
