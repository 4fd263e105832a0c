"""Files that are damaged, foreign, newer, older, missing or not for us: told in a sentence, and left as they are."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from hedgerow.journal.sqlite import SqliteJournal
from tests.e2e.desk_process import DeskProcess
from tests.e2e.start.refusals import refuses_to_start
from tests.simulator.running import Running

Scene = Callable[[DeskProcess, Running], Awaitable[None]]
Damage = Callable[[Path], None]
PAGE = 4096


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


def made_by_a_newer_version(path: Path) -> None:
    newer = "PRAGMA user_version = 99" if path.stem == "journal" else "UPDATE alembic_version SET version_num = 'r9999'"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(newer)
        connection.commit()


DAMAGES: dict[str, tuple[Damage, ...]] = {
    "journal.sqlite": (torn, halved, emptied, replaced_by_another_database, made_a_folder, made_by_a_newer_version),
    "history.sqlite": (torn, beheaded, replaced_by_a_text, made_by_a_newer_version),
    "vault.sqlite": (halved, emptied, replaced_by_another_database, made_by_a_newer_version),
}


async def _damaged(name: str, damage: Damage, desk: DeskProcess, _: Running) -> None:
    damage(desk.data / name)
    said = ("newer",) if damage is made_by_a_newer_version else ()
    await refuses_to_start(desk, str(desk.data / name), *said)


async def a_journal_that_is_lost(desk: DeskProcess, _: Running) -> None:
    """It is not quietly begun anew: what the exchange holds was intended in the old one."""
    (desk.data / "journal.sqlite").unlink()
    await refuses_to_start(desk, str(desk.data / "journal.sqlite"), "missing")


async def another_journal(desk: DeskProcess, _: Running) -> None:
    path = desk.data / "journal.sqlite"
    path.unlink()
    await (await SqliteJournal.open(path)).close()
    await refuses_to_start(desk, "history.sqlite was made from the journal")


async def a_journal_that_history_is_ahead_of(desk: DeskProcess, _: Running) -> None:
    path = desk.data / "journal.sqlite"
    journal = await SqliteJournal.open(path)
    await journal.close()
    path.unlink()
    await (await SqliteJournal.open(path, new_id=lambda: journal.journal_id)).close()
    await refuses_to_start(desk, str(path), "an older one")


# the key


def another_key(path: Path) -> None:
    path.write_bytes(bytes(range(32)))


def half_a_key(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:16])


def no_key(path: Path) -> None:
    path.unlink()


def a_key_for_all(path: Path) -> None:
    path.chmod(0o644)


async def _key(spoil: Damage, desk: DeskProcess, _: Running) -> None:
    path = desk.data / "vault.key"
    spoil(path)
    line = await refuses_to_start(desk, str(path))
    assert not path.exists() or path.read_bytes().hex() not in line


# the folder


async def a_folder_that_is_a_file(desk: DeskProcess, _: Running) -> None:
    shutil.rmtree(desk.data)
    desk.data.write_text("not a folder")
    await refuses_to_start(desk, str(desk.data))
    assert desk.data.read_text() == "not a folder"


def without_privileges() -> None:
    """In the child: root gives up its right to read everything, so that modes count for it too."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (1, 2) if os.geteuid() == 0 else ():  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        assert libc.prctl(24, capability, 0, 0, 0) == 0  # PR_CAPBSET_DROP: gone with the exec


async def a_folder_that_cannot_be_entered(desk: DeskProcess, _: Running) -> None:
    closed = desk.data.parent / "closed"
    closed.mkdir(mode=0o000)
    arguments = ("--data", str(closed / "data"))
    try:
        await refuses_to_start(desk, "Permission denied", arguments=arguments, prepare=without_privileges)
    finally:
        closed.chmod(0o700)
    assert list(closed.iterdir()) == []


async def _unreadable(name: str, desk: DeskProcess, _: Running) -> None:
    (desk.data / name).chmod(0o000)
    await refuses_to_start(desk, str(desk.data / name), prepare=without_privileges)


SCENES: dict[str, Scene] = {
    **{
        f"{name}_{damage.__name__}": partial(_damaged, name, damage)
        for name, damages in DAMAGES.items()
        for damage in damages
    },
    **{spoil.__name__: partial(_key, spoil) for spoil in (another_key, half_a_key, no_key, a_key_for_all)},
    **{f"{name}_unreadable": partial(_unreadable, name) for name in ("journal.sqlite", "vault.key")},
    "a_journal_that_is_lost": a_journal_that_is_lost,
    "another_journal": another_journal,
    "a_journal_that_history_is_ahead_of": a_journal_that_history_is_ahead_of,
    "a_folder_that_is_a_file": a_folder_that_is_a_file,
    "a_folder_that_cannot_be_entered": a_folder_that_cannot_be_entered,
}
