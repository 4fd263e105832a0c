"""Making the journal's topics, and checking those that are there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewTopic

from hedgerow.core.records import Stream
from hedgerow.journal import JournalFault
from hedgerow.journal.kafka_admin import Administration, Topic, good
from hedgerow.journal.kafka_client import MESSAGE_BYTES, KafkaSettings

_AGAIN_S: Final = 0.05
_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True)
class TopicSettings:
    """What the topics are made with.

    Attributes:
        partitions: of each, for ever: an account's place follows from it.
        replication: copies of each partition.
        min_insync: how many copies must have a record before it counts.
        retention_hours: how long records are kept at least.
    """

    partitions: int = 12
    replication: int = 3
    min_insync: int = 2
    retention_hours: int = 168

    def configuration(self) -> dict[str, str]:
        """The settings of each topic. A single copy is flushed at every record: nobody else has it."""
        flush = {"flush.messages": "1"} if self.replication == 1 else {}
        return flush | {
            "cleanup.policy": "delete",
            "max.message.bytes": str(MESSAGE_BYTES),
            "min.insync.replicas": str(self.min_insync),
            "retention.ms": str(self.retention_hours * _HOUR_MS),
            "unclean.leader.election.enable": "false",
        }


class Report(NamedTuple):
    """What was done: topics made, settings altered (`topic: name = value`), topics that were as they must be."""

    made: list[str]
    altered: list[str]
    kept: list[str]


async def create_topics(
    settings: KafkaSettings, topics: TopicSettings, streams: Sequence[str] = tuple(Stream)
) -> Report:
    """Make the topics that are missing, and bring the others' settings to what is wanted; harmless to repeat.

    Raises:
        JournalFault: the brokers refuse or do not answer, or a topic has another number of partitions.
    """
    administration = Administration(settings)
    found = await administration.topics([settings.topic(stream) for stream in streams])
    there = {name: topic for name, topic in found.items() if topic is not None}
    _check_partitions(there, topics.partitions)
    missing = [name for name in found if name not in there]
    await _make(administration, missing, topics, settings.deadline_s)
    await _await_leaders(settings, dict.fromkeys(found, topics.partitions))
    altered = await _alter(administration, list(there), topics.configuration(), settings.deadline_s)
    changed = {line.partition(":")[0] for line in altered}
    return Report(missing, altered, [name for name in there if name not in changed])


def _check_partitions(there: Mapping[str, Topic], wanted: int) -> None:
    for name, topic in there.items():
        if topic.partitions != wanted:
            raise JournalFault(
                f"The topic {name} has {topic.partitions} partitions, not {wanted}. Their number says where an"
                " account's records are, so it cannot change. Nothing was changed: ask for as many, or take another"
                " prefix."
            )


async def _make(administration: Administration, names: Sequence[str], topics: TopicSettings, deadline_s: float) -> None:
    if names:
        wanted = [
            NewTopic(
                name,
                num_partitions=topics.partitions,
                replication_factor=topics.replication,
                config=topics.configuration(),
            )
            for name in names
        ]
        asked = administration.client.create_topics(wanted, request_timeout=deadline_s, operation_timeout=deadline_s)
        for name, answer in (await administration.answers(asked)).items():
            good(answer, f"the topic {name} was not made")


async def _await_leaders(settings: KafkaSettings, partitions: Mapping[str, int]) -> None:
    """Return once every partition of a new topic serves. Each time by a new client: one remembers what was missing."""
    clock = asyncio.get_running_loop().time
    until = clock() + settings.deadline_s
    while True:
        try:
            await Administration(settings).ends(partitions)
            return
        except JournalFault:
            if clock() > until:
                raise
        await asyncio.sleep(_AGAIN_S)


async def _alter(
    administration: Administration, names: Sequence[str], wanted: Mapping[str, str], deadline_s: float
) -> list[str]:
    """Bring existing topics to these settings; says what was altered."""
    if not names:
        return []
    asked = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    answers = await administration.answers(administration.client.describe_configs(asked, request_timeout=deadline_s))
    changes: dict[str, dict[str, str]] = {}
    for resource, answer in answers.items():
        settings = good(answer, f"the settings of {resource.name}")
        other = {name: value for name, value in wanted.items() if settings[name].value != value}
        if other:
            changes[resource.name] = other
    await _apply(administration.client, administration, changes, deadline_s)
    return [f"{topic}: {name} = {value}" for topic, other in changes.items() for name, value in other.items()]


async def _apply(
    client: AdminClient, administration: Administration, changes: Mapping[str, Mapping[str, str]], deadline_s: float
) -> None:
    if changes:
        resources = [
            ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[_set(*setting) for setting in other.items()])
            for topic, other in changes.items()
        ]
        asked = client.incremental_alter_configs(resources, request_timeout=deadline_s)
        for resource, answer in (await administration.answers(asked)).items():
            good(answer, f"the settings of {resource.name} were not altered")


def _set(name: str, value: str) -> ConfigEntry:
    return ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
