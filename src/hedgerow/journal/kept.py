"""Going on where retention was faster than a reader: the oldest place of a stream that can still be read from."""

from __future__ import annotations

from hedgerow.journal import Journal, JournalFault, RecordsGone


async def oldest_kept(journal: Journal, stream: str, partition: int, after: int) -> int:
    """The place after which every record of a partition is kept; `after` is a place that no longer is.

    Found by halving, for a journal tells only whether a place can be read from.

    Raises:
        JournalFault: the stream ends before `after`: an older copy of it was put in place, and its offsets mean
            something else now.
    """
    kept = (await journal.end(stream)).get(partition, -1)
    if kept < after:
        raise JournalFault(
            f"{stream}, partition {partition}, ends at {kept}, before {after}, which was read already: "
            "an older copy of the journal was put in place"
        )
    gone = after
    while kept - gone > 1:
        middle = (gone + kept) // 2
        if await is_kept(journal, stream, partition, middle):
            kept = middle
        else:
            gone = middle
    return kept


async def is_kept(journal: Journal, stream: str, partition: int, place: int) -> bool:
    """Whether every record of a partition after this place is kept."""
    try:
        await anext(journal.read(stream, {partition: place}, [partition], limit=1), None)
    except RecordsGone:
        return False
    return True
