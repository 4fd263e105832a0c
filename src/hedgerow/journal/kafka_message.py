"""How an append stands in Kafka: one message, whose value is the envelope, or a JSON array of several.

An append is all or none, and one message is what Kafka writes whole. Its key is the account, its partition is ours to
choose. Headers: `epoch`, the writer's (several with commas where they differ); `sizes`, where the value is an array,
the length of each element, so that nobody has to parse JSON to find them.

An entry's offset is made of the message's own and of the entry's place in it, counted so that the last entry of a
message ends in sixteen ones: `(message + 1 << 16) - 1`. So the end of a partition follows from Kafka's end alone, and
the entries of one append have offsets without a gap. An append is never cut into several messages: these could be left
by half.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from hedgerow.journal import Entry, Record

MOST_RECORDS: Final = 1 << 16  # in one append
MOST_BYTES: Final = 8 << 20  # of one message; topics are made with it
_BITS: Final = 16

Headers = list[tuple[str, str | bytes | None]]


class Message(NamedTuple):
    """What is handed to a producer."""

    value: bytes
    headers: Headers


def last_offset(message: int) -> int:
    """The offset of the last entry in a message, by the message's own; -1 for the one before the first."""
    return (message + 1 << _BITS) - 1


def message_of(offset: int) -> int:
    """The message that holds an entry; -1 for -1."""
    return offset >> _BITS


def next_message(after: int) -> int:
    """The first message with an entry after this one: the same again, if it has more."""
    return after + 1 >> _BITS


def packed(records: Sequence[Record]) -> Message:
    """Records as one message. Raises ValueError where they are too many for one, or too large."""
    if len(records) == 1:
        epoch, value = records[0]
        headers: Headers = [("epoch", b"%d" % epoch)]
        told = 0
    else:
        payloads = [record.payload for record in records]
        value = b"[%s]" % b",".join(payloads)
        epochs = [record.epoch for record in records]
        if epochs.count(epochs[0]) == len(epochs):
            epochs = epochs[:1]
        epoch_text, sizes = _numbers(epochs), _numbers(map(len, payloads))
        headers = [("epoch", epoch_text), ("sizes", sizes)]
        told = len(epoch_text) + len(sizes)
    if len(records) > MOST_RECORDS or len(value) + told > MOST_BYTES:
        raise ValueError(f"{len(records)} records of {len(value)} bytes are more than one message holds")
    return Message(value, headers)


def unpacked(
    partition: int, message: int, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]
) -> list[Entry]:
    """The entries of a message, in order; none of a message that no journal writes (without a key, or a value)."""
    if key is None or value is None:
        return []
    account = key.decode(errors="replace")
    found = dict(headers)
    epoch, sizes = found.get("epoch", b"0"), found.get("sizes")
    if sizes is None:
        return [Entry(partition, last_offset(message), int(epoch), account, value)]
    payloads = _cut(value, [int(size) for size in sizes.split(b",")])
    epochs = [int(each) for each in epoch.split(b",")]
    if len(epochs) == 1:
        epochs *= len(payloads)
    records = [Record(each, payload) for each, payload in zip(epochs, payloads, strict=True)]
    return numbered(partition, message, account, records)


def numbered(partition: int, message: int, account: str, records: Sequence[Record]) -> list[Entry]:
    """The entries that these records are in this message."""
    offsets = range(last_offset(message) - len(records) + 1, last_offset(message) + 1)
    return [
        Entry(partition, offset, record.epoch, account, record.payload)
        for offset, record in zip(offsets, records, strict=True)
    ]


def _cut(value: bytes, sizes: Sequence[int]) -> list[bytes]:
    """The elements of an array, by their lengths."""
    payloads, at = [], 1
    for size in sizes:
        payloads.append(value[at : at + size])
        at += size + 1
    return payloads


def _numbers(numbers: Sequence[int] | map[int]) -> bytes:
    return b",".join(b"%d" % number for number in numbers)
