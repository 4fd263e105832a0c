"""From what a consumer hands out to entries."""

from __future__ import annotations

from typing import Any

import structlog
from confluent_kafka import Message

from hedgerow.journal import Entry
from hedgerow.journal.kafka_message import unpacked

_log = structlog.get_logger()


def place_of(message: Message) -> tuple[int, int]:
    """The partition and the offset of a message that is a record."""
    partition, offset = message.partition(), message.offset()
    assert partition is not None, "an error has no place"
    assert offset is not None, "an error has no place"
    return partition, offset


def entries_of(message: Message) -> list[Entry]:
    """The entries of a message; none of one that no journal wrote, which is logged: somebody else writes here."""
    partition, offset = place_of(message)
    key: Any = message.key()
    value: Any = message.value()
    headers: Any = message.headers()
    try:
        entries = unpacked(partition, offset, key, value, headers or ())
    except ValueError:
        entries = []
    if not entries:
        _log.error("a message that no journal wrote", topic=message.topic(), partition=partition, offset=offset)
    return entries
