"""One process that was started here, and that only its starter stops."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

HOST = "127.0.0.1"
_STOP_S = 20.0
_LOOK_S = 0.02
_PORTS = range(10_000, 32_000)  # /proc/sys/net/ipv4/ip_local_port_range begins at 32768
_TOLD = 2_000  # bytes of a log that a fault shows


class MissingError(Exception):
    """The machine lacks a program that is needed; `str()` names it and the package that brings it."""


class StartError(Exception):
    """The server did not come up; `str()` shows the end of its log."""


class Server:
    """A running process with its log; `with` stops it."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.log = log
        self._process = process

    @classmethod
    def start(
        cls,
        name: str,
        command: Sequence[str | Path],
        *,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        append: bool = True,
    ) -> Server:
        """Start it in `folder`, its output in `folder/name.log`, in a process group of its own."""
        log = folder / f"{name}.log"
        with log.open("ab" if append else "wb") as output:
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=folder,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return cls(name, process, log)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def code(self) -> int | None:
        """Its exit code; `None` while it runs."""
        return self._process.poll()

    def wait_until(self, ready: Callable[[], bool], within_s: float) -> Server:
        """Returns itself once `ready()`. Raises StartError if it ends first, or takes longer."""
        until = time.monotonic() + within_s
        while not ready():
            if self.code is not None:
                raise StartError(f"{self.name} ended with {self.code}:\n{self.told()}")
            if time.monotonic() > until:
                raise StartError(f"{self.name} was not ready within {within_s} s:\n{self.told()}")
            time.sleep(_LOOK_S)
        return self

    def told(self) -> str:
        """The end of its log."""
        return self.log.read_bytes()[-_TOLD:].decode(errors="replace")

    def stop(self) -> int:
        """Ask it to end, and wait; gives its exit code. One that does not end is killed."""
        if self.code is None:
            self.resume()
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self.kill()
        return self._process.wait()

    def kill(self) -> None:
        """SIGKILL: no chance to tidy up."""
        if self.code is None:
            self._process.kill()
        self._process.wait()

    def pause(self) -> None:
        """SIGSTOP: it stands still, with its sockets open."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def free_port() -> int:
    """A port where nobody listens, below those that the kernel gives to outgoing connections.

    So no connection takes the port of a server that is stopped and started again. Two that ask side by side are told
    apart by chance.
    """
    while True:
        port = secrets.choice(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
