"""One process of the desk on this machine: `hedgerow …`, started again with the same settings as often as wanted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from onemachine.servers.server import Server

_READY_S = 60.0  # a machine may be busy
_COMMAND_S = 60.0
_HEDGEROW = ("-c", "import sys; from hedgerow.cli.main import main; sys.exit(main())")


class CommandError(Exception):
    """A command of ours failed; `str()` has what it said."""


class Service:
    """
    Attributes:
        name: of its log, too.
        environment: its settings.
    """

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self.environment = dict(environment)
        self._command = list(command)
        self._folder = folder
        self._server: Server | None = None
        self._seen = 0  # bytes of the log that earlier lives have written

    @property
    def running(self) -> bool:
        return self._server is not None and self._server.code is None

    @property
    def server(self) -> Server:
        assert self._server is not None, "it was never started"
        return self._server

    @property
    def said(self) -> str:
        """What this life has printed."""
        return self.server.log.read_bytes()[self._seen :].decode(errors="replace")

    def launch(self) -> Service:
        """Start it, without waiting."""
        assert not self.running, "it runs already"
        log = self._folder / f"{self.name}.log"
        self._seen = log.stat().st_size if log.exists() else 0
        command = [sys.executable, *_HEDGEROW, *self._command]
        self._server = Server.start(self.name, command, folder=self._folder, environment=self.environment)
        return self

    def ready(self) -> Service:
        """Wait for its line `ready …`. Raises StartError."""
        self.server.wait_until(lambda: any(line.startswith("ready ") for line in self.said.splitlines()), _READY_S)
        return self

    def start(self) -> Service:
        return self.launch().ready()

    def stop(self) -> None:
        if self.running:
            self.server.stop()


def run_command(*arguments: str, environment: Mapping[str, str], folder: Path, stdin: str = "") -> str:
    """Run `hedgerow …` to its end, and give what it printed. Raises CommandError."""
    ran = subprocess.run(
        [sys.executable, *_HEDGEROW, *arguments],
        cwd=folder,
        env={**_own_environment(), **environment},
        input=stdin,
        text=True,
        capture_output=True,
        timeout=_COMMAND_S,
        check=False,
    )
    if ran.returncode:
        raise CommandError(f"hedgerow {' '.join(arguments)} ended with {ran.returncode}: {ran.stderr.strip()}")
    return ran.stdout


def _own_environment() -> dict[str, str]:
    """This process's, without settings that somebody has made for another desk."""
    return {name: text for name, text in os.environ.items() if not name.startswith("HEDGEROW_")}
