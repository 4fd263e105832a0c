"""Killing desks without their half of a start that is Python's imports: forked from one process that has made them.

Each is a process of its own all the same: own loop, own sockets, own files, its own death.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path

from tests.e2e import killing_desk

_forking = multiprocessing.get_context("forkserver")
_forking.set_forkserver_preload(["__main__", killing_desk.__name__])


def _begin() -> None:
    """Start the process that the desks are forked from, with this one's way to its modules."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    try:
        forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


class ForkedDesk:
    """One life of a killing desk; speaks as `subprocess.Popen` does, as far as a `DeskProcess` asks."""

    def __init__(self, data: Path, out: Path, err: Path, points: tuple[str, ...]) -> None:
        _begin()
        self._orders, theirs = _forking.Pipe()
        self._process = _forking.Process(target=_live, args=(data, out, err, points, theirs), daemon=True)
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self) -> None:
        self._process.join()
        self._orders.close()

    def tell(self, line: str) -> None:
        self._orders.send_bytes(line.encode())


def _live(data: Path, out: Path, err: Path, points: tuple[str, ...], orders: Connection) -> None:
    for path, descriptor in ((out, 1), (err, 2)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(file, descriptor)
        os.close(file)
    killing_desk.live(data, points, orders)
