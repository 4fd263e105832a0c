"""Which partition holds an account: the hash of Kafka's default partitioner, so that every adapter agrees for ever."""

from __future__ import annotations

from typing import Final

_SEED: Final = 0x9747B28C
_M: Final = 0x5BD1E995
_WORD: Final = 0xFFFFFFFF
_POSITIVE: Final = 0x7FFFFFFF


def murmur2(key: bytes) -> int:
    """The 32 bits of Kafka's murmur2, unsigned (`org.apache.kafka.common.utils.Utils.murmur2`)."""
    h = _SEED ^ len(key)
    whole = len(key) & ~3
    for at in range(0, whole, 4):
        k = int.from_bytes(key[at : at + 4], "little") * _M & _WORD
        k = (k ^ k >> 24) * _M & _WORD
        h = h * _M & _WORD ^ k
    rest = key[whole:]
    if rest:
        h = (h ^ int.from_bytes(rest, "little")) * _M & _WORD
    h = (h ^ h >> 13) * _M & _WORD
    return h ^ h >> 15


def partition_of(account: str, partitions: int) -> int:
    """The partition of an account's records among so many, as Kafka's producer chooses it for the key's UTF-8."""
    return (murmur2(account.encode()) & _POSITIVE) % partitions
