"""A start that cannot be: one sentence on standard error, exit code 2, no traceback, and the data as it was."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from resource import RLIM_INFINITY

from tests.e2e.desk_process import START_S, DeskProcess, Ended, until
from tests.e2e.start import forked

_MOST = 400
_BESIDE = (".lock", "-shm")  # who holds the data; SQLite's scratch


def digests(folder: Path) -> dict[str, str]:
    """Every file that holds something."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.stat().st_size and not path.name.endswith(_BESIDE)
    }


async def up(data: Path, arguments: tuple[str, ...] = (), room: int = RLIM_INFINITY) -> Ended:
    """Run it to its own end, forked."""
    out, err = data.parent / "forked.out", data.parent / "forked.err"
    process = forked.launch(data, out, err, arguments, room)
    try:
        await until(lambda: process.exitcode is not None, START_S)
    finally:
        process.kill()
        process.join()
    assert process.exitcode is not None
    return Ended(process.exitcode, out.read_text(), err.read_text())


async def refuses_to_start(
    desk: DeskProcess,
    *said: str,
    arguments: tuple[str, ...] = (),
    room: int = RLIM_INFINITY,
    prepare: Callable[[], None] | None = None,
) -> str:
    """Start it; what it said. Only what has to be prepared takes the time of a process of its own."""
    before = digests(desk.data)
    if prepare is None:
        ended = await up(desk.data, arguments, room)
    else:
        desk.launch(*arguments, prepare=prepare)
        ended = await desk.ended()
    lines = ended.err.splitlines()
    assert (ended.code, ended.out, len(lines)) == (2, "", 1), ended
    line = lines[0]
    assert line.startswith("hedgerow: ") or arguments, line
    assert len(line) < _MOST + 2 * len(str(desk.data)), line
    assert all(words in line for words in said), (said, line)
    assert "Traceback" not in line, line
    now = digests(desk.data)
    assert now == before, f"touched: {[name for name in now | before if now.get(name) != before.get(name)]}"
    return line
