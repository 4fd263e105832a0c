"""A desk in a process of its own, on a data folder of its own, and the accounts that it trades."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from hedgerow.bootstrap.embedded import open_vault
from hedgerow.config import Door, Settings
from hedgerow.vault import Credentials, ExchangeAccount, Secret
from tests.e2e.nursery import ForkedDesk
from tests.simulator.running import Running

SOURCE = Path(__file__).parents[2] / "src"
COMMAND = ("-c", "import sys; from hedgerow.cli.main import main; sys.exit(main())", "up", "--port", "0")
START_S = 40.0  # the machine may be busy


async def until(holds: Callable[[], Any], within_s: float = 10.0) -> Any:
    """Wait for a condition, plain or awaited, and return what it gave; fail with what it last said."""
    limit = time.monotonic() + within_s
    while True:
        found = holds()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return found
        assert time.monotonic() < limit, "it did not come true in time"
        await asyncio.sleep(0.02)


class Ended(NamedTuple):
    code: int
    out: str
    err: str


class DeskProcess:
    """Start, kill and start again; standard output and error are kept in files beside the data folder."""

    def __init__(self, folder: Path, *, killing: bool = False) -> None:
        """`killing`: not the command of the shell, but the desk of `killing_desk`; `start` arms its points."""
        self.data = folder / "data"
        self._killing = killing
        self._out_path = folder / "desk.out"
        self._err_path = folder / "desk.err"
        self._process: subprocess.Popen[bytes] | ForkedDesk | None = None
        self._started_at = 0  # where in the output file this start's lines begin
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def settings(self) -> Settings:
        return Settings(data_dir=self.data)

    @property
    def door(self) -> Door:
        return msgspec.json.decode(self.settings.door_path.read_bytes(), type=Door)

    @property
    def out(self) -> str:
        """What this start has printed."""
        return self._out_path.read_text()[self._started_at :] if self._out_path.exists() else ""

    @property
    def err(self) -> str:
        """What every start has complained of."""
        return self._err_path.read_text() if self._err_path.exists() else ""

    @property
    def code(self) -> int | None:
        """The exit code, once it has ended; negative: by that signal."""
        assert self._process is not None
        return self._process.poll()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def launch(self, *arguments: str, prepare: Callable[[], None] | None = None, **variables: str) -> None:
        """Start it, with these variables in its environment, without waiting until it is ready."""
        assert self._process is None or self.code is not None, "it runs already"
        self._started_at = len(self._out_path.read_text()) if self._out_path.exists() else 0
        if self._killing:
            self._process = ForkedDesk(self.data, self._out_path, self._err_path, arguments)
            return
        environment = {name: text for name, text in os.environ.items() if not name.startswith("HEDGEROW_")}
        with self._out_path.open("ab") as out, self._err_path.open("ab") as err:
            self._process = subprocess.Popen(
                [sys.executable, *COMMAND, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=environment | {"PYTHONPATH": str(SOURCE), "HEDGEROW_DATA": str(self.data)} | variables,
                preexec_fn=prepare,
            )

    async def start(self, *arguments: str) -> None:
        """Start it and wait until it is ready."""
        self.launch(*arguments)
        await self.ready()

    async def ready(self) -> None:
        await until(lambda: "ready http" in self.out or self.code is not None, START_S)
        assert self.code is None, f"the desk ended with {self.code}: {self.err[-2000:]}"

    async def arm(self, point: str, arrival: int = 1) -> None:
        """From now on the desk kills itself at this arrival at a point."""
        assert isinstance(self._process, ForkedDesk)
        armed = f"armed {point}:{arrival}\n"
        before = self.out.count(armed)
        self._process.tell(f"{point}:{arrival}")
        await until(lambda: self.out.count(armed) > before)

    async def killed(self) -> None:
        """Wait until it has died by its own hand."""
        await until(lambda: self.code is not None, START_S)
        assert self.code == -signal.SIGKILL, f"the desk ended with {self.code}: {self.err[-2000:]}"

    async def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        await self.killed()

    async def stop(self, how: int = signal.SIGTERM) -> int:
        """End it politely; the exit code."""
        assert self._process is not None
        if self.code is None:
            self._process.send_signal(how)
        await until(lambda: self.code is not None, START_S)
        assert self.code is not None
        return self.code

    async def ended(self) -> Ended:
        """Wait until it has ended by itself, and what it said since the first start."""
        await until(lambda: self.code is not None, START_S)
        assert self.code is not None
        return Ended(self.code, self.out, self.err)

    def end(self) -> None:
        """Whatever state it is in: no process is left."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()


class Account(NamedTuple):
    """An account of its own at the simulated exchange; its key and secret are canaries that no output may hold."""

    name: str
    key: str
    secret: str
    urls: dict[str, str]

    def body(self) -> dict[str, Any]:
        """As `POST /api/accounts` wants it."""
        return {
            "name": self.name,
            "exchange": "bybit",
            "environment": "simulation",
            "urls": self.urls,
            "credentials": {"apiKey": self.key, "secret": self.secret},
        }


def new_account(exchange: Running, name: str) -> Account:
    """An account with 100,000 USDT at the exchange, not known to any desk yet."""
    account = Account(
        name=name,
        key=f"canarykey{name}",
        secret=f"canarysecret{name}",
        urls={"rest": exchange.url, "ws": exchange.url.replace("http", "ws", 1)},
    )
    exchange.control("POST", "keys", key=account.key, secret=account.secret, account=name)
    return account


async def keep_in_vault(desk: DeskProcess, account: Account) -> None:
    """Put an account into the vault of a desk that does not run."""
    kept = ExchangeAccount(
        name=account.name,
        exchange="bybit",
        environment="simulation",
        urls=account.urls,
        created_ms=time.time_ns() // 1_000_000,
    )
    async with open_vault(desk.settings) as vault:
        secrets = {"apiKey": Secret(account.key), "secret": Secret(account.secret)}
        await vault.add_account(kept, Credentials(secrets))
