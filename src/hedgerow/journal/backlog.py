"""For how long a reader has been behind the end of a stream.

Offsets skip, each adapter in its own way, so a difference of offsets is no count of records; a time is.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import NamedTuple

from hedgerow.journal import Offsets


class _Seen(NamedTuple):
    """An end that was seen and has not been reached yet."""

    ends: Mapping[int, int]
    time_ms: int


class Backlog:
    """Compares what was read with what was there when somebody looked before."""

    def __init__(self) -> None:
        self._seen: dict[Hashable, _Seen] = {}

    def age_ms(self, reader: Hashable, read: Offsets, ends: Mapping[int, int], now_ms: int) -> int:
        """How old the oldest end is that was seen and is not reached; 0 for a reader that keeps up.

        As exact as the looks are frequent: what is written and read between two of them is not seen.
        """
        seen = self._seen.get(reader)
        if seen is not None and not _reached(read, seen.ends):
            return max(now_ms - seen.time_ms, 0)
        if _reached(read, ends):
            self._seen.pop(reader, None)
        else:
            self._seen[reader] = _Seen(dict(ends), now_ms)
        return 0

    def keep(self, readers: Collection[Hashable]) -> None:
        """Forget every reader but these."""
        self._seen = {reader: seen for reader, seen in self._seen.items() if reader in readers}


def _reached(read: Offsets, ends: Mapping[int, int]) -> bool:
    return all(read.get(partition, -1) >= end for partition, end in ends.items())
