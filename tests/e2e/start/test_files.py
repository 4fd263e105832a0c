"""Files that are damaged, foreign, newer, missing or not for us: told in a sentence, and left as they are."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.desk_process import DeskProcess
from tests.e2e.start.refusals import refuses_to_start

PAGE = 4096
FILES = ("journal", "history", "vault")


def torn(path: Path) -> None:
    """All but its first page is noise."""
    whole = path.read_bytes()
    path.write_bytes(whole[:PAGE] + bytes((7 * i + 1) % 251 for i in range(len(whole) - PAGE)))


def beheaded(path: Path) -> None:
    path.write_bytes(b"\0" * 64 + path.read_bytes()[64:])


def halved(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: max(PAGE + 100, len(whole) // 3)])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def replaced_by_a_text(path: Path) -> None:
    path.write_text("Dear diary, " * 1_000)


def replaced_by_another_database(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE birds (name TEXT)")
        connection.commit()


def made_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: list[Callable[[Path], None]] = [
    *(torn, beheaded, halved, emptied, replaced_by_a_text, replaced_by_another_database, made_a_folder)
]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
async def test_a_file_that_is_damaged_or_foreign(
    spoiled: DeskProcess, name: str, damage: Callable[[Path], None]
) -> None:
    path = spoiled.data / f"{name}.sqlite"
    damage(path)
    await refuses_to_start(spoiled, str(path))


@pytest.mark.parametrize("name", FILES)
async def test_a_file_of_a_newer_version(spoiled: DeskProcess, name: str) -> None:
    path = spoiled.data / f"{name}.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        if name == "journal":
            connection.execute("PRAGMA user_version = 99")
        else:
            connection.execute("UPDATE alembic_version SET version_num = 'r9999'")
        connection.commit()
    await refuses_to_start(spoiled, str(path), "newer")


async def test_a_journal_that_history_does_not_know(spoiled: DeskProcess) -> None:
    """A journal that was lost is not quietly begun anew: what the exchange holds was intended in the old one."""
    (spoiled.data / "journal.sqlite").unlink()
    await refuses_to_start(spoiled, "journal")


# the key


def another_key(path: Path) -> None:
    path.write_bytes(bytes(range(32)))


def half_a_key(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:16])


def no_key(path: Path) -> None:
    path.unlink()


def a_key_for_all(path: Path) -> None:
    path.chmod(0o644)


def a_folder_for_a_key(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    "spoil", [another_key, half_a_key, no_key, a_key_for_all, a_folder_for_a_key], ids=lambda spoil: spoil.__name__
)
async def test_a_wrong_key(spoiled: DeskProcess, spoil: Callable[[Path], None]) -> None:
    key = spoiled.data / "vault.key"
    before = key.read_bytes()
    spoil(key)
    line = await refuses_to_start(spoiled, str(key))
    assert before.hex() not in line


# the folder


async def test_a_folder_that_is_a_file(spoiled: DeskProcess) -> None:
    shutil.rmtree(spoiled.data)
    spoiled.data.write_text("not a folder")
    spoiled.launch()
    ended = await spoiled.ended()
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1), ended
    assert str(spoiled.data) in ended.err
    assert spoiled.data.read_text() == "not a folder"


def without_privileges() -> None:
    """In the child: root's right to read everything is given up, so that modes count for it too."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (1, 2) if os.geteuid() == 0 else ():  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH; PR_CAPBSET_DROP
        assert libc.prctl(24, capability, 0, 0, 0) == 0


@pytest.mark.parametrize("mode", [0o000, 0o500])
async def test_a_folder_that_cannot_be_entered_or_written(spoiled: DeskProcess, mode: int) -> None:
    closed = spoiled.data.parent / "closed"
    closed.mkdir()
    inside = closed / "data"
    closed.chmod(mode)
    try:
        spoiled.launch("--data", str(inside), prepare=without_privileges)
        ended = await spoiled.ended()
    finally:
        closed.chmod(0o700)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1), ended
    assert "Permission denied" in ended.err
    assert list(closed.iterdir()) == []


@pytest.mark.parametrize("name", ["journal.sqlite", "history.sqlite", "vault.sqlite", "vault.key"])
async def test_a_file_that_may_not_be_read(spoiled: DeskProcess, name: str) -> None:
    path = spoiled.data / name
    path.chmod(0o000)
    spoiled.launch(prepare=without_privileges)
    ended = await spoiled.ended()
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1), ended
    assert str(path) in ended.err
