"""Running a command as a shell would, in this process: arguments in, an exit code and two texts out."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC
from pathlib import Path
from typing import NamedTuple

import msgspec

from hedgerow.cli.main import main
from hedgerow.cli.outside import Outside, Services
from hedgerow.config import Door, Settings
from hedgerow.vault import Vault
from tests.cli.samples import NOW_MS


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> object:
        return msgspec.json.decode(self.out)


class Tty(io.StringIO):
    """Text that says it comes from a terminal."""

    def isatty(self) -> bool:
        return True


class Shell:
    """One user's shell: a data folder, an environment, and what a command leaves behind."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.environment = {"HEDGEROW_DATA": str(data_dir)}
        self.secrets: dict[str, str] = {}
        self.open_vault: Callable[[Settings], AbstractAsyncContextManager[Vault]] = _no_vault
        self.desks: list[tuple[Settings, tuple[int, int] | None]] = []
        self.simulators: list[list[str]] = []
        self.services: list[tuple[str, object]] = []
        self.open_shared_vault: Callable[[str, Path], AbstractAsyncContextManager[Vault]] = _no_shared_vault

    def run(self, *arguments: str, stdin: str | io.StringIO = "", width: int | None = None) -> Ran:
        out, err = io.StringIO(), io.StringIO()
        code = main(arguments, self.outside(out, err, stdin, width))
        return Ran(code, out.getvalue(), err.getvalue())

    def outside(
        self, out: io.StringIO, err: io.StringIO, stdin: str | io.StringIO = "", width: int | None = None
    ) -> Outside:
        return Outside(
            environment=self.environment | ({"COLUMNS": str(width)} if width else {}),
            stdin=io.StringIO(stdin) if isinstance(stdin, str) else stdin,
            stdout=out,
            stderr=err,
            now_ms=lambda: NOW_MS,
            zone=UTC,
            ask_secret=lambda question: self.secrets[question.rstrip(": ")],
            run_desk=self._run_desk,
            run_simulator=lambda arguments: self.simulators.append(arguments) or 0,
            open_vault=self.open_vault,
            services=Services(
                order_manager=lambda settings: self._serve("order-manager", settings),
                order_resolver=lambda settings: self._serve("order-resolver", settings),
                kafka_init=lambda topics: self._serve("kafka init", topics),
                open_vault=self.open_shared_vault,
            ),
        )

    def _serve(self, what: str, settings: object) -> int:
        self.services.append((what, settings))
        return 7

    def _run_desk(self, settings: Settings, simulator: tuple[int, int] | None) -> int:
        self.desks.append((settings, simulator))
        return 7

    def open_door(self, url: str, token: str, *, mode: int = 0o600, pid: int | None = None) -> Path:
        """Leave what a running desk leaves."""
        path = self.data_dir / "desk.json"
        path.write_bytes(msgspec.json.encode(Door(url=url, token=token, pid=os.getpid() if pid is None else pid)))
        path.chmod(mode)
        return path


def _no_vault(_: Settings) -> AbstractAsyncContextManager[Vault]:
    raise AssertionError("this test expects no vault to be opened")


def _no_shared_vault(_database: str, _key: Path) -> AbstractAsyncContextManager[Vault]:
    raise AssertionError("this test expects no shared vault to be opened")
