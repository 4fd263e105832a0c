"""A start that cannot be: one sentence on standard error, exit code 2, no traceback, and the data as it was."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from tests.e2e.desk_process import DeskProcess

_MOST = 400
_BESIDE = (".lock", "-shm")  # who holds the data; SQLite's scratch


def digests(folder: Path) -> dict[str, str]:
    """Every file that holds something."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.stat().st_size and not path.name.endswith(_BESIDE)
    }


async def refuses_to_start(
    desk: DeskProcess, *said: str, arguments: tuple[str, ...] = (), prepare: Callable[[], None] | None = None
) -> str:
    """Start it; what it said."""
    before = digests(desk.data)
    told = len(desk.err)
    desk.launch(*arguments, prepare=prepare)
    ended = await desk.ended()
    lines = ended.err[told:].splitlines()
    assert (ended.code, ended.out, len(lines)) == (2, "", 1), ended
    line = lines[0]
    assert line.startswith("hedgerow: ") or arguments, line
    assert len(line) < _MOST + 2 * len(str(desk.data)), line
    assert all(words in line for words in said), (said, line)
    assert "Traceback" not in line, line
    now = digests(desk.data)
    assert now == before, f"touched: {[name for name in now | before if now.get(name) != before.get(name)]}"
    return line
