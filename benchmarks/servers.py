"""The processes that are measured, and what the kernel knows of them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from hedgerow.config import Settings
from hedgerow.vault import Credentials, ExchangeAccount, Scope, Secret, Vault
from hedgerow.vault.sql import SqlVault

HOST = "127.0.0.1"
_ROOT = Path(__file__).parent.parent
_START_S = 30.0
_QUIET_WINDOW_S = 0.03
_QUIET_SHARE = 0.15
_QUIET_WITHIN_S = 3.0
_DEPOSIT = "1000000000"


class Key(msgspec.Struct, frozen=True):
    """One key at the simulated exchange; its account has the same name."""

    name: str
    secret: str


def new_key(name: str) -> Key:
    return Key(name, secrets.token_hex(16))


class Listening(Protocol):
    """A process that serves a port of this machine."""

    @property
    def pid(self) -> int: ...

    @property
    def port(self) -> int: ...


class Server:
    """A process that has said `ready`, or listens."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, ready_s: float) -> None:
        self.process = process
        self._port = port
        self.ready_s = ready_s

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    async def stop(self) -> None:
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self.process.wait(), 10)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()


async def _spawn(*command: str, environment: dict[str, str] | None = None) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *command,
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": f"{_ROOT / 'src'}{os.pathsep}{_ROOT}", **(environment or {})},
        stdout=asyncio.subprocess.PIPE,
        stdin=asyncio.subprocess.DEVNULL,
    )


async def _ready(process: asyncio.subprocess.Process, began_s: float) -> Server:
    """Wait for the line `ready http://HOST:PORT`."""
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_START_S):
            while line := await process.stdout.readline():
                if line.startswith(b"ready "):
                    return Server(process, int(line.decode().strip().rpartition(":")[2]), time.monotonic() - began_s)
        raise RuntimeError("it ended before it was ready")
    except BaseException:
        await Server(process, 0, 0).stop()
        raise


async def simulator(keys: Iterable[Key], seed: int = 1) -> Server:
    """The simulated exchange, with its control routes, each key's account rich."""
    began_s = time.monotonic()
    held = " ".join(f"{key.name}:{key.secret}:{key.name}:{_DEPOSIT}" for key in keys)
    process = await _spawn(
        sys.executable,
        *("-m", "hedgerow.simulator", "--port", "0", "--seed", str(seed), "--control"),
        environment={"HEDGEROW_SIMULATOR_KEYS": held},
    )
    return await _ready(process, began_s)


async def baseline(exchange: Server, key: Key) -> Server:
    """The twenty lines, in a process of their own."""
    began_s = time.monotonic()
    port = _free_port()
    process = await _spawn(
        sys.executable,
        *("-m", "benchmarks.baseline", str(port)),
        environment={"EXCHANGE_URL": exchange.url, "EXCHANGE_KEY": key.name, "EXCHANGE_SECRET": key.secret},
    )
    try:
        async with asyncio.timeout(_START_S):
            while True:
                with contextlib.suppress(ConnectionRefusedError):
                    _, writer = await asyncio.open_connection(HOST, port)
                    writer.close()
                    return Server(process, port, time.monotonic() - began_s)
                await asyncio.sleep(0.02)
    except BaseException:
        await Server(process, 0, 0).stop()
        raise


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


async def desk(folder: Path) -> Server:
    """`hedgerow up` on this data folder."""
    began_s = time.monotonic()
    process = await _spawn(
        str(Path(sys.executable).with_name("hedgerow")),
        *("up", "--port", "0"),
        environment={"HEDGEROW_DATA": str(folder)},
    )
    return await _ready(process, began_s)


async def desk_folder(folder: Path, exchange: Server, accounts: Mapping[Key, dict[str, str]]) -> str:
    """Make a data folder with these accounts and their options; returns the text of a trading token."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings = Settings(data_dir=folder)
    vault = await SqlVault.open(settings.vault_path, settings.key_path)
    try:
        return await fill_vault(vault, exchange, accounts)
    finally:
        await vault.close()


async def fill_vault(vault: Vault, exchange: Server, accounts: Mapping[Key, dict[str, str]]) -> str:
    """Put accounts with their options into a vault; returns the text of a trading token."""
    now_ms = time.time_ns() // 1_000_000
    for key, options in accounts.items():
        account = ExchangeAccount(
            name=key.name,
            exchange="bybit",
            environment="simulation",
            urls={"rest": exchange.url, "ws": exchange.url.replace("http", "ws", 1)},
            options=options,
            created_ms=now_ms,
        )
        await vault.add_account(account, Credentials({"apiKey": Secret(key.name), "secret": Secret(key.secret)}))
    _, text = await vault.create_token("bench", Scope.TRADE, now_ms)
    return text.reveal()


def cpu_ns(pid: int) -> int:
    """Processor time of a process, all of its threads, in nanoseconds."""
    total = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            total += int((thread / "schedstat").read_text().split()[0])
    return total


def resident_mb(pid: int) -> float:
    """Resident memory in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    raise RuntimeError(f"process {pid} has no memory")


async def quiet(pids: Iterable[int]) -> None:
    """Wait until these processes have come to rest, so that no round pays for the one before."""
    pids = tuple(pids)
    until_s = time.monotonic() + _QUIET_WITHIN_S
    while time.monotonic() < until_s:
        before, began_ns = sum(map(cpu_ns, pids)), time.monotonic_ns()
        await asyncio.sleep(_QUIET_WINDOW_S)
        if sum(map(cpu_ns, pids)) - before < _QUIET_SHARE * (time.monotonic_ns() - began_ns):
            return
