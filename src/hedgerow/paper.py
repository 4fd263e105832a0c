"""Paper trading: the simulated exchange as a process of its own beside the desk, and the account `sim` on it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec

from hedgerow.vault import Credentials, ExchangeAccount, Secret, Vault

ACCOUNT = "sim"
_READY_WITHIN_S = 20.0
_STOP_WITHIN_S = 5.0
_TRIES = 10
_BETWEEN_TRIES_S = 0.25


class SimulatorFault(Exception):  # noqa: N818
    """The simulated exchange does not start; `str()` says why."""


class SimulatorChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Which simulated exchange: its port (0 for a free one), and the seed of its market."""

    port: int
    seed: int


class PaperExchange:
    """Starts the simulator, waits until it answers, and stops it; it also stops by itself when the desk dies."""

    def __init__(self, choice: SimulatorChoice, data_dir: Path) -> None:
        self._choice = choice
        self._data_dir = data_dir

    @contextlib.asynccontextmanager
    async def running(self, vault: Vault, say: Callable[[str], None]) -> AsyncIterator[None]:
        """Run it, with `sim` in the vault. Raises SimulatorFault."""
        known = {account.name: account for account in await vault.accounts()}.get(ACCOUNT)
        credentials = await vault.credentials(ACCOUNT) if known else _new_credentials()
        process, url = await self._start(credentials)
        try:
            await self._record(vault, known, credentials, url)
            say(f"simulated exchange (Bybit's protocol) on {url}, seed {self._choice.seed}")
            yield
        finally:
            await _stop(process)

    async def _start(self, credentials: Credentials) -> tuple[asyncio.subprocess.Process, str]:
        """Start it; one that is still stopping after a crash of the desk gets a moment to leave its port."""
        for attempt in range(_TRIES):
            process = await self._spawn(credentials)
            url = await _ready(process)
            if url is not None:
                return process, url
            words = await _last_words(process)
            if "cannot listen" not in words or attempt == _TRIES - 1:
                raise SimulatorFault(f"the simulated exchange does not start: {words}")
            await asyncio.sleep(_BETWEEN_TRIES_S)
        raise AssertionError("unreachable")

    async def _spawn(self, credentials: Credentials) -> asyncio.subprocess.Process:
        self._data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = credentials.values
        arguments = ["--port", str(self._choice.port), "--seed", str(self._choice.seed), "--data", str(self._data_dir)]
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "hedgerow.simulator",
            *arguments,
            "--stop-with-parent",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={
                **os.environ,
                "HEDGEROW_SIMULATOR_KEYS": f"{key['apiKey'].reveal()}:{key['secret'].reveal()}:{ACCOUNT}",
            },
            start_new_session=True,  # Ctrl-C is for the desk, which stops it in its turn
        )

    async def _record(self, vault: Vault, known: ExchangeAccount | None, credentials: Credentials, url: str) -> None:
        urls = {"rest": url, "ws": url.replace("http", "ws", 1)}
        if known is not None and dict(known.urls) == urls:
            return
        if known is not None:
            await vault.remove_account(ACCOUNT)
        account = ExchangeAccount(
            name=ACCOUNT,
            exchange="bybit",
            environment="simulation",
            urls=urls,
            created_ms=time.time_ns() // 1_000_000,
        )
        await vault.add_account(account, credentials)


def _new_credentials() -> Credentials:
    return Credentials({"apiKey": Secret(secrets.token_hex(9)), "secret": Secret(secrets.token_hex(18))})


async def _ready(process: asyncio.subprocess.Process) -> str | None:
    """The address that it says it is ready on; `None` if it ended instead."""
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_READY_WITHIN_S):
            line = await process.stdout.readline()
    except TimeoutError:
        process.kill()
        return None
    words = line.decode().split()
    return words[1] if words[:1] == ["ready"] else None


async def _last_words(process: asyncio.subprocess.Process) -> str:
    _, errors = await process.communicate()
    lines = errors.decode(errors="replace").strip().splitlines()
    return lines[-1].removeprefix("simulator: ") if lines else f"exit code {process.returncode}"


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_STOP_WITHIN_S):
            await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
