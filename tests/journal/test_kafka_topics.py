from __future__ import annotations

from dataclasses import replace

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType

from hedgerow.core.records import Stream
from hedgerow.journal import JournalFault
from hedgerow.journal.kafka import KafkaJournal
from hedgerow.journal.kafka_client import KafkaSettings
from hedgerow.journal.kafka_topics import create_topics
from onemachine.servers.server import HOST, free_port
from tests.journal.kafka_journals import ALONE, STREAMS, THRICE


def settings_of(settings: KafkaSettings, topic: str) -> dict[str, str]:
    """What the broker says of a topic."""
    client = AdminClient({"bootstrap.servers": settings.servers})
    resource = ConfigResource(ResourceType.TOPIC, topic)
    return {name: entry.value for name, entry in client.describe_configs([resource])[resource].result(10).items()}


async def test_every_stream_gets_its_topic_with_what_was_asked_for(kafka_settings: KafkaSettings) -> None:
    report = await create_topics(kafka_settings, replace(ALONE, retention_hours=5))
    names = [kafka_settings.topic(stream) for stream in Stream]
    assert sorted(report.made) == sorted(names)
    assert (report.altered, report.kept) == ([], [])
    metadata = AdminClient({"bootstrap.servers": kafka_settings.servers}).list_topics(timeout=10)
    assert {len(metadata.topics[name].partitions) for name in names} == {3}
    held = settings_of(kafka_settings, names[0])
    assert held["retention.ms"] == str(5 * 3_600_000)
    assert (held["cleanup.policy"], held["min.insync.replicas"]) == ("delete", "1")
    assert held["flush.messages"] == "1", "a single copy must be on the disk before it counts"


async def test_copies_need_no_flush() -> None:
    assert "flush.messages" not in THRICE.configuration()


async def test_to_repeat_it_is_harmless(kafka_settings: KafkaSettings) -> None:
    await create_topics(kafka_settings, ALONE, STREAMS)
    report = await create_topics(kafka_settings, ALONE, STREAMS)
    assert sorted(report.kept) == sorted(kafka_settings.topic(stream) for stream in STREAMS)
    assert (report.made, report.altered) == ([], [])


async def test_settings_that_differ_are_altered_and_said(kafka_settings: KafkaSettings) -> None:
    await create_topics(kafka_settings, ALONE, STREAMS[:1])
    report = await create_topics(kafka_settings, replace(ALONE, retention_hours=2), STREAMS[:2])
    first, second = (kafka_settings.topic(stream) for stream in STREAMS[:2])
    assert report == ([second], [f"{first}: retention.ms = 7200000"], [])
    assert settings_of(kafka_settings, first)["retention.ms"] == "7200000"


async def test_another_number_of_partitions_is_refused_and_nothing_is_changed(kafka_settings: KafkaSettings) -> None:
    await create_topics(kafka_settings, ALONE, STREAMS[:1])
    with pytest.raises(JournalFault, match="has 3 partitions, not 4"):
        await create_topics(kafka_settings, replace(ALONE, partitions=4), STREAMS)
    with pytest.raises(JournalFault, match=kafka_settings.topic(STREAMS[1])):
        await KafkaJournal.open(kafka_settings, streams=STREAMS)


async def test_a_journal_without_its_topics_says_what_makes_them(kafka_settings: KafkaSettings) -> None:
    with pytest.raises(JournalFault, match="hedgerow kafka init"):
        await KafkaJournal.open(kafka_settings, streams=STREAMS)


async def test_topics_of_different_width_are_no_journal(kafka_settings: KafkaSettings) -> None:
    await create_topics(kafka_settings, ALONE, STREAMS[:1])
    await create_topics(kafka_settings, replace(ALONE, partitions=2), STREAMS[1:2])
    with pytest.raises(JournalFault, match="different numbers of partitions"):
        await KafkaJournal.open(kafka_settings, streams=STREAMS[:2])


async def test_more_copies_than_brokers_are_refused_in_the_brokers_words(kafka_settings: KafkaSettings) -> None:
    with pytest.raises(JournalFault, match="was not made"):
        await create_topics(kafka_settings, THRICE, STREAMS[:1])


async def test_brokers_that_are_not_there_are_said_in_time() -> None:
    nowhere = KafkaSettings(f"{HOST}:{free_port()}", deadline_s=0.5)
    with pytest.raises(JournalFault, match="does not answer"):
        await create_topics(nowhere, ALONE)
    with pytest.raises(JournalFault, match="does not answer"):
        await KafkaJournal.open(nowhere)
