"""The mark of a take-over: from it on, readers drop what the owner before may still write.

It goes into every fenced stream before the new owner reads it to its end. So the log's order decides of each record
that was late: before the mark it counts, and the new owner has read it; after the mark nobody takes it in.
"""

from __future__ import annotations

from itertools import count

from hedgerow.clock import Clock
from hedgerow.core.records import Stream, TakenOver
from hedgerow.journal import Journal, Record
from hedgerow.journal.envelope import Envelope, Environment, encode

FENCED = (Stream.FILLS, Stream.ORDERS_UPDATED, Stream.POSITIONS_UPDATED, Stream.BALANCES_UPDATED)
_WRITER = "order_resolver"


async def mark_take_over(journal: Journal, clock: Clock, partition: int, epoch: int) -> dict[Stream, int]:
    """Raise the epoch of every fenced stream of the partition to ours; gives the offsets of the marks.

    Raises:
        JournalFault: it is unknown whether it was written: nothing may be published.
    """
    key = _key_of(journal, partition)
    parts = []
    for sequence, stream in enumerate(FENCED):
        envelope = Envelope(
            journal=journal.journal_id,
            account=key,
            environment=Environment.LIVE,
            writer=_WRITER,
            epoch=epoch,
            sequence=sequence - len(FENCED),  # before everything that this owner publishes
            time_ms=clock.now_ms(),
            body=TakenOver(partition=partition),
        )
        parts.append((stream, [Record(epoch, encode(envelope))]))
    places = await journal.append_in_order(key, parts)
    return {stream: place.offset for stream, place in zip(FENCED, places, strict=True)}


def _key_of(journal: Journal, partition: int) -> str:
    """A key that leads to the partition, and can be no account's name."""
    return next(key for number in count() if journal.partition_of(key := f"~{number}") == partition)
