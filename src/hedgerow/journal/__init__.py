"""The Journal port: durable, ordered streams, partitioned by account, that services share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from typing import NamedTuple, Protocol

Offsets = Mapping[int, int]
"""partition -> offset of the last record read in it; a partition that is absent was not read at all."""


class Position(NamedTuple):
    """A place in a stream. Offsets rise within a partition but may skip."""

    partition: int
    offset: int


class Entry(NamedTuple):
    """One record as it stands in a stream. `epoch` is its writer's; `payload` an encoded envelope."""

    partition: int
    offset: int
    epoch: int
    account: str
    payload: bytes


class Record(NamedTuple):
    """One record to append."""

    epoch: int
    payload: bytes


class JournalFault(Exception):  # noqa: N818
    """The journal could not write or read. Whether an append took effect is then unknown: read back before going on."""


class JournalClosed(JournalFault):
    """The journal, or the tail that was asked, was closed."""


class RecordsGone(Exception):  # noqa: N818
    """The records after a place are no longer kept (retention, a restored backup): take a new snapshot."""


class Tail(Protocol):
    """A reader that goes on from a place and then lives at the end of a stream."""

    @property
    def offsets(self) -> dict[int, int]:
        """Where it stands: the offset of the last entry handed out, by partition."""
        ...

    @property
    def in_memory(self) -> bool:
        """Whether what follows is in memory; else it has to be read from the store first."""
        ...

    def take(self, limit: int = 500) -> list[Entry]:
        """What is at hand in memory right now, at most `limit`; empty when nothing is."""
        ...

    async def next(self, limit: int = 500) -> list[Entry]:
        """At least one entry, at most `limit`; waits for it.

        Raises:
            RecordsGone: the place to go on from is no longer kept.
            JournalClosed: the tail or the journal was closed, before or meanwhile.
            JournalFault: the journal cannot be read, or has failed: nothing will ever follow.
        """
        ...

    def close(self) -> None:
        """Give up; a `next` that waits ends with `JournalClosed`."""
        ...


class Journal(Protocol):
    """Streams of records, keyed by account; an account's records keep their order.

    Records may be delivered twice; entries of different partitions interleave in any order.
    """

    @property
    def journal_id(self) -> str: ...

    @property
    def partitions(self) -> int: ...

    def partition_of(self, account: str) -> int:
        """The partition that holds an account's records, the same in every stream and for ever."""
        ...

    def append(
        self, stream: str, account: str, records: Sequence[Record], *, lazy: bool = False
    ) -> Awaitable[Position]:
        """Make records durable, all or none, in order; gives the place of the last one.

        Where there is room, the write is under way when this returns: there is time to do something else before
        awaiting it. A lazy append may wait a few milliseconds to share its write with others.

        Raises:
            JournalFault: it is unknown whether they were written.
        """
        ...

    async def append_in_order(
        self, account: str, parts: Sequence[tuple[str, Sequence[Record]]], *, lazy: bool = False
    ) -> list[Position]:
        """Append to several streams; a crash leaves a prefix of the parts, each of them whole.

        An adapter that can makes them one transaction; one that cannot awaits each before the next. A lazy append may
        wait a few milliseconds to share its write with others.
        """
        ...

    async def end(self, stream: str) -> dict[int, int]:
        """The offset of the last record in each partition that has one."""
        ...

    def read(
        self, stream: str, after: Offsets, partitions: Sequence[int] | None = None, limit: int = 1000
    ) -> AsyncIterator[list[Entry]]:
        """Batches of entries after the given offsets, up to the end as it was when the read began.

        Of all partitions or of some; one without an offset is read from its beginning.

        Raises:
            RecordsGone: an offset is older than what is kept.
        """
        ...

    def tail(self, stream: str, after: Offsets, partitions: Sequence[int] | None = None) -> Tail:
        """A live reader from the given offsets on, of all partitions or of some."""
        ...

    async def trim(self, stream: str, before: Offsets) -> None:
        """Give up the records up to and including the given offsets."""
        ...

    async def close(self) -> None:
        """Write what is waiting, then end; tails that wait are woken with `JournalClosed`."""
        ...
