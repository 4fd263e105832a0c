"""`hedgerow kafka init`: the topics, made or checked."""

from __future__ import annotations

import asyncio

from hedgerow.bootstrap.starting import complain, explained, say
from hedgerow.config.services import Topics
from hedgerow.journal.kafka_client import KafkaSettings
from hedgerow.journal.kafka_topics import TopicSettings, create_topics


def init_kafka(topics: Topics) -> int:
    """Make the topics, or check those that are there; the exit code."""
    reached = KafkaSettings(topics.kafka, topics.prefix, security=topics.client)
    wanted = TopicSettings(topics.partitions, topics.replication, topics.min_insync, topics.retention_hours)
    try:
        report = asyncio.run(create_topics(reached, wanted))
    except Exception as fault:
        sentence = explained(fault)
        if sentence is None:
            raise
        complain(sentence)
        return 2
    for name in report.made:
        say(f"made {name}")
    for change in report.altered:
        say(f"altered {change}")
    for name in report.kept:
        say(f"kept {name} as it is")
    return 0
