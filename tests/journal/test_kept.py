"""A reader that retention has overtaken goes on with the oldest record that is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from hedgerow.journal import JournalFault, Record
from hedgerow.journal.kept import is_kept, oldest_kept
from hedgerow.journal.sqlite import SqliteJournal


@pytest.mark.parametrize("trimmed", [0, 1, 17, 38, 39])
async def test_the_oldest_place_that_can_be_read_from_is_found(tmp_path: Path, trimmed: int) -> None:
    journal = await SqliteJournal.open(tmp_path / "journal.db", partitions=1)
    try:
        await journal.append("orders_updated", "sim", [Record(1, b"{}") for _ in range(40)])
        end = (await journal.end("orders_updated"))[0]
        await journal.trim("orders_updated", {0: end - 39 + trimmed})
        place = await oldest_kept(journal, "orders_updated", 0, -1)
        assert place == end - 39 + trimmed
        kept = [entry async for batch in journal.read("orders_updated", {0: place}) for entry in batch]
        assert len(kept) == 39 - trimmed
        assert [await is_kept(journal, "orders_updated", 0, at) for at in (place - 1, place)] == [False, True]
    finally:
        await journal.close()


async def test_a_journal_that_ends_before_what_was_read_is_a_fault(tmp_path: Path) -> None:
    journal = await SqliteJournal.open(tmp_path / "journal.db", partitions=1)
    try:
        with pytest.raises(JournalFault, match="an older copy of the journal"):
            await oldest_kept(journal, "orders_updated", 0, 7)
    finally:
        await journal.close()
