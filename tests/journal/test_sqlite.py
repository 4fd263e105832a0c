"""What is the SQLite journal's own: its file, its checks at open, its faults and its bounds."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hedgerow.journal import JournalFault, Record, RecordsGone
from hedgerow.journal.sqlite import SqliteJournal

RECORD = Record(1, b"x" * 400)


async def made(path: Path, appends: int = 3) -> None:
    journal = await SqliteJournal.open(path)
    for _ in range(appends):
        await journal.append("orders_updated", "sim", [RECORD])
    await journal.close()


def contents(folder: Path) -> dict[str, bytes]:
    """What stands in a folder but for what SQLite keeps in shared memory, and our own lock."""
    passing = ("-shm", ".lock")
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith(passing)}


async def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    journal = await SqliteJournal.open(tmp_path / "journal.db")
    await journal.append("orders_updated", "sim", [RECORD])
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    await journal.close()


async def test_an_existing_journal_keeps_its_partitions(tmp_path: Path) -> None:
    journal = await SqliteJournal.open(tmp_path / "journal.db", partitions=3)
    await journal.close()
    journal = await SqliteJournal.open(tmp_path / "journal.db", partitions=9)
    assert journal.partitions == 3
    await journal.close()


async def test_its_name_is_given_once(tmp_path: Path) -> None:
    journal = await SqliteJournal.open(tmp_path / "journal.db", new_id=lambda: "first")
    await journal.close()
    journal = await SqliteJournal.open(tmp_path / "journal.db", new_id=lambda: "second")
    assert journal.journal_id == "first"
    await journal.close()


async def test_the_wal_is_grown_ahead_and_then_written_over(tmp_path: Path) -> None:
    """A commit that need not make the file longer is durable sooner."""
    wal = tmp_path / "journal.db-wal"
    journal = await SqliteJournal.open(tmp_path / "journal.db")
    await journal.append("orders_updated", "sim", [RECORD])
    async with asyncio.timeout(10):
        while wal.stat().st_size < 8 << 20:
            await asyncio.sleep(0.01)
    grown = wal.stat().st_size
    for _ in range(300):
        await journal.append("orders_updated", "sim", [RECORD])
    assert wal.stat().st_size <= grown + (1 << 20)
    await journal.close()
    reopened = await SqliteJournal.open(tmp_path / "journal.db")
    assert await reopened.end("orders_updated") == {reopened.partition_of("sim"): 300}
    await reopened.close()


def foreign(path: Path) -> None:
    path.write_bytes(b"something else entirely")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def other_database(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()


def newer(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()


def overwritten_from(at: int) -> Callable[[Path], None]:
    def overwrite(path: Path) -> None:
        whole = bytearray(path.read_bytes())
        whole[at : at + 4096] = os.urandom(len(whole[at : at + 4096]))
        path.write_bytes(whole)

    return overwrite


def cut_in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (foreign, "is not a journal of Hedgerow"),
        (empty, "is not a journal of Hedgerow"),
        (other_database, "is not a journal of Hedgerow"),
        (newer, "was written by a newer Hedgerow"),
        (overwritten_from(0), "is not a journal of Hedgerow"),
        (overwritten_from(4096), "is damaged"),
        (overwritten_from(3 * 4096), "is damaged"),
        (cut_in_half, "is damaged"),
    ],
)
async def test_what_cannot_be_used_is_refused_in_a_sentence_and_not_touched(
    tmp_path: Path, damage: Callable[[Path], None], message: str
) -> None:
    path = tmp_path / "journal.db"
    await made(path, appends=40)
    damage(path)
    before = contents(tmp_path)
    with pytest.raises(JournalFault, match=message) as caught:
        await SqliteJournal.open(path)
    assert str(path) in str(caught.value)
    assert {name: content for name, content in contents(tmp_path).items() if content} == {
        name: content for name, content in before.items() if content
    }


async def test_a_folder_that_is_missing_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(JournalFault, match="cannot be used"):
        await SqliteJournal.open(tmp_path / "missing" / "journal.db")


async def test_half_a_new_file_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "journal.db.new").write_bytes(b"a crash while it was made")
    await made(tmp_path / "journal.db")
    assert not (tmp_path / "journal.db.new").exists()


async def test_it_has_one_owner(tmp_path: Path) -> None:
    journal = await SqliteJournal.open(tmp_path / "journal.db")
    with pytest.raises(JournalFault, match=f"in use by process {os.getpid()}"):
        await SqliteJournal.open(tmp_path / "journal.db")
    await journal.append("orders_updated", "sim", [RECORD])
    await journal.close()


FULL_DISK = """
import asyncio, resource, sys
from pathlib import Path
from hedgerow.journal import JournalFault, Record
from hedgerow.journal.sqlite import SqliteJournal

async def main(path):
    journal = await SqliteJournal.open(Path(path))
    await journal.append("orders_updated", "sim", [Record(1, b"0")])
    print(0, flush=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    tail = journal.tail("orders_updated", await journal.end("orders_updated"))
    number = 1
    try:
        while True:
            await journal.append("orders_updated", "sim", [Record(1, b"%d" % number + b" " * 3_000)])
            print(number, flush=True)
            number += 1
    except JournalFault as fault:
        print("fault", fault, flush=True)
    waiters = await asyncio.gather(
        *(journal.append("orders_updated", "sim", [Record(1, b"late")]) for _ in range(5)), return_exceptions=True
    )
    assert all(isinstance(waiter, JournalFault) for waiter in waiters), waiters
    while tail.take():
        pass
    try:
        await tail.next()
    except JournalFault:
        print("tail woken", flush=True)
    await journal.close()

asyncio.run(main(sys.argv[1]))
"""


async def test_a_full_disk_fails_every_waiter_and_ends_the_appends_but_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    done = subprocess.run([sys.executable, "-c", FULL_DISK, path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    acknowledged = [int(line) for line in lines if line.isdigit()]
    assert len(acknowledged) > 5
    assert "must be opened anew" in lines[len(acknowledged)]
    assert lines[-1] == "tail woken"
    journal = await SqliteJournal.open(path)
    held = [int(entry.payload) async for batch in journal.read("orders_updated", {}) for entry in batch]
    assert held[: len(acknowledged)] == acknowledged
    await journal.append("orders_updated", "sim", [RECORD])
    await journal.close()


async def test_the_write_ahead_log_stays_bounded(tmp_path: Path) -> None:
    journal = await SqliteJournal.open(tmp_path / "journal.db", ring=10)
    big = Record(1, b"x" * 100_000)
    for _ in range(100):
        await asyncio.gather(*(journal.append("orders_updated", "sim", [big] * 4) for _ in range(2)))
    wal = (tmp_path / "journal.db-wal").stat().st_size
    assert wal < 24 << 20, "of 80 MB written"
    await journal.close()


def rows_in(path: Path) -> int:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    (rows,) = connection.execute("SELECT count(*) FROM slot_1").fetchone()
    connection.close()
    return int(rows)


async def test_nothing_is_left_beside_the_file_when_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = await SqliteJournal.open(path, ring=2)
    for _ in range(8):
        await journal.append("orders", "sim", [Record(1, b"x")])
    assert [entry async for batch in journal.read("orders", {}) for entry in batch]
    await journal.close()
    assert not path.with_name("journal.db-wal").exists(), "who opens it next would write before it knows that it may"


async def test_trimmed_rows_leave_the_file_after_a_restart_too(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = await SqliteJournal.open(path)
    place = await journal.append("orders_updated", "sim", [RECORD] * 10_000)
    await journal.trim("orders_updated", {place.partition: place.offset - 5})
    await journal.close()
    journal = await SqliteJournal.open(path)  # goes on with what the close left over
    async with asyncio.timeout(10):
        while rows_in(path) > 5:
            await asyncio.sleep(0.01)
    assert rows_in(path) == 5
    await journal.close()


async def test_a_place_beyond_the_end_is_from_another_life(tmp_path: Path) -> None:
    journal = await SqliteJournal.open(tmp_path / "journal.db")
    place = await journal.append("orders_updated", "sim", [RECORD])
    beyond = {place.partition: place.offset + 1}
    with pytest.raises(RecordsGone):
        await journal.tail("orders_updated", beyond).next()
    with pytest.raises(RecordsGone):
        await anext(journal.read("orders_updated", beyond))
    await journal.close()


async def test_an_append_waits_for_room_and_none_is_lost(tmp_path: Path) -> None:
    journal = await SqliteJournal.open(tmp_path / "journal.db")
    places = await asyncio.gather(
        *(journal.append("orders_updated", "sim", [Record(1, b"%d" % number)]) for number in range(10_000))
    )
    assert [place.offset for place in places] == list(range(10_000))
    held = [int(entry.payload) async for batch in journal.read("orders_updated", {}) for entry in batch]
    assert held == list(range(10_000))
    await journal.close()
