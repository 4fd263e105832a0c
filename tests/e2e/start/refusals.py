"""A start that cannot be: one sentence on standard error, exit code 2, no traceback, and the data as it was."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.e2e.desk_process import DeskProcess

_MARKS = (".lock", "-shm", "-wal")  # beside the data: who holds it, and SQLite's empty scratch files


def digests(folder: Path) -> dict[str, str]:
    """Every file that holds something."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if not path.name.endswith(_MARKS) or (path.name.endswith("-wal") and path.stat().st_size)
    }


async def refuses_to_start(desk: DeskProcess, *said: str, arguments: tuple[str, ...] = ()) -> str:
    """Start it; what it said."""
    before = digests(desk.data)
    told = len(desk.err)
    desk.launch(*arguments)
    ended = await desk.ended()
    lines = ended.err[told:].strip().splitlines()
    assert (ended.code, ended.out) == (2, ""), ended
    assert len(lines) == 1, ended.err
    assert "Traceback" not in lines[0], lines
    assert all(words in lines[0] for words in said), lines
    assert len(lines[0]) < 400, lines
    assert digests(desk.data) == before, "data was touched"
    return lines[0]
