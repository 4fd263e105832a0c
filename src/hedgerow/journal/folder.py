"""One owner for a data folder: a lock that ends with the process that holds it, however it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hedgerow.journal import JournalFault

LOCK_NAME: Final = "hedgerow.lock"


class HeldElsewhereError(JournalFault):
    """Another process owns it; `str()` says which, for a person."""


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Own a data folder, made with mode 0700 where it is missing, for as long as the block runs.

    Raises:
        HeldElsewhereError: another process owns it, or it cannot be used.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise HeldElsewhereError(f"The data folder {folder} cannot be used: {error.strerror}.") from error
    lock = Lock(folder / LOCK_NAME, f"The data folder {folder}")
    try:
        yield
    finally:
        lock.release()


class Lock:
    """An flock on a file of its own, with the owner's pid in it.

    Never on the database file itself: closing any descriptor of that would drop SQLite's own locks on it.
    """

    def __init__(self, path: Path, what: str) -> None:
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise HeldElsewhereError(f"{what} cannot be used: {error.strerror}.") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._file, 20, 0).decode("ascii", "replace").strip()
            os.close(self._file)
            who = f"process {holder}" if holder.isdigit() else "another process"
            raise HeldElsewhereError(f"{what} is in use by {who}. Stop it first, or choose another folder.") from error
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Let go; the file stays, since removing it would let two processes each lock a file of that name."""
        os.close(self._file)
