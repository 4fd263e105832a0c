"""A tail knows whether what follows is in memory."""

from __future__ import annotations

from pathlib import Path

from hedgerow.journal import Record
from hedgerow.journal.sqlite import SqliteJournal


async def test_what_has_left_the_ring_has_to_be_read_from_the_store(tmp_path: Path) -> None:
    journal = await SqliteJournal.open(tmp_path / "journal.db", partitions=1, ring=4)
    try:
        for number in range(20):
            place = await journal.append("fills", "sim", [Record(1, b"%d" % number)])
        old, fresh = journal.tail("fills", {}), journal.tail("fills", {0: place.offset - 2})
        assert (old.in_memory, fresh.in_memory) == (False, True)
        read = 0
        while read < 20:
            read += len(await old.next(6))
        assert old.in_memory
    finally:
        await journal.close()
