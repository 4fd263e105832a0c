"""How a process of the desk begins and ends: its signals, its listener, its memory, and what it says if it cannot."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from hedgerow.history import HistoryFault
from hedgerow.journal import JournalFault
from hedgerow.paper import SimulatorFault
from hedgerow.vault import VaultFault

_GARBAGE: Final = (10_000, 10, 10)  # what an order leaves behind is no cycle: looking for some is rarely worth it
_SWITCH_S: Final = 0.0005  # how long a thread that folds history may keep an order waiting; Python's own is 5 ms


class CannotStart(Exception):  # noqa: N818
    """The desk cannot start; `str()` is the sentence for the terminal."""


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the person at the terminal


def complain(sentence: str) -> None:
    print(f"hedgerow: {' '.join(sentence.split())}", file=sys.stderr, flush=True)  # noqa: T201


def explained(fault: BaseException) -> str | None:
    """The sentence of a fault that a person can mend; `None` for a bug."""
    if isinstance(fault, BaseExceptionGroup):
        return next((sentence for each in fault.exceptions if (sentence := explained(each))), None)
    known = (CannotStart, OSError, SimulatorFault, HistoryFault, JournalFault, VaultFault)
    return str(fault) if isinstance(fault, known) else None


def exit_code(work: Callable[[], None]) -> int:
    """Run work to its end: 0, or 2 and a sentence where a person can mend what went wrong. A bug is raised."""
    try:
        work()
    except Exception as fault:
        sentence = explained(fault)
        if sentence is None:
            raise
        complain(sentence)
        return 2
    return 0


def prepare_folder(folder: Path) -> None:
    """Make the data folder, for its owner alone. Raises CannotStart."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
    except OSError as fault:
        raise CannotStart(f"the data folder {folder} cannot be used: {fault.strerror}") from fault


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises CannotStart for a used port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as fault:
        listener.close()
        raise CannotStart(
            f"port {port} on {host} cannot be used ({fault.strerror}); choose another with --port"
        ) from fault
    listener.setblocking(False)
    return listener


def stop_on_signals() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def within(waiting: Awaitable[None], seconds: float) -> None:
    """Wait, but not for ever: an exchange that does not answer does not keep the desk from starting."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await waiting


def settle_memory() -> None:
    """Once everything is loaded: what is there stays, and is not looked through again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)
    sys.setswitchinterval(_SWITCH_S)
