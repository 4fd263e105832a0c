"""`hedgerow kafka init`: the topics, made or checked."""

from __future__ import annotations

import asyncio

from hedgerow.bootstrap.starting import exit_code, say
from hedgerow.config.services import Topics
from hedgerow.journal.kafka_client import KafkaSettings
from hedgerow.journal.kafka_topics import TopicSettings, create_topics


def init_kafka(topics: Topics) -> int:
    """Make the topics, or check those that are there; the exit code."""
    return exit_code(lambda: _init(topics))


def _init(topics: Topics) -> None:
    reached = KafkaSettings(topics.kafka, topics.prefix, security=topics.client)
    wanted = TopicSettings(topics.partitions, topics.replication, topics.min_insync, topics.retention_hours)
    report = asyncio.run(create_topics(reached, wanted))
    for name in report.made:
        say(f"made {name}")
    for change in report.altered:
        say(f"altered {change}")
    for name in report.kept:
        say(f"kept {name} as it is")
