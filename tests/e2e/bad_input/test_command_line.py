"""What the desk refuses, at the command line: one line on standard error, exit code 2, and nothing sent."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from typing import NamedTuple

from tests.e2e.bad_input.conftest import Ground
from tests.e2e.desk_client import DeskClient
from tests.e2e.desk_process import COMMAND, SOURCE, DeskProcess

ORDER = ("place", "buy", "BTC/USDT:USDT")


class Ran(NamedTuple):
    code: int
    out: str
    err: str


async def run(desk: DeskProcess, *arguments: str, **more: str) -> Ran:
    environment = {name: text for name, text in os.environ.items() if not name.startswith("HEDGEROW_")}
    environment |= {"PYTHONPATH": str(SOURCE), "HEDGEROW_DATA": str(desk.data)} | more
    command = [sys.executable, *COMMAND[:2], *arguments]
    ran = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, env=environment, timeout=30, check=False
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


async def test_what_the_desk_refuses_is_a_line_and_exit_code_2(
    desk: DeskClient, desk_process: DeskProcess, ground: Ground
) -> None:
    cases = {
        (*ORDER, "0.01", "--price", "60000", "--account", "nobody"): "account",
        ("place", "buy", "DOGS/USDT:USDT", "0.01", "--price", "60000"): "symbol",
        (*ORDER, "0.0001", "--price", "60000"): "amount",
        (*ORDER, "0.0105", "--price", "60000"): "amount",
        (*ORDER, "0.01", "--price", "60000.05"): "price",
        (*ORDER, "0.02", "--price", "50000", "--key", "used-before"): "Idempotency-Key",
        ("orders", "--account", "nobody"): "account",
        ("order", "x" * 26): "order_id",
        ("cancel", "--all", "--symbol", "NOPE"): "symbol",
        ("amend", ground.order_id, "--price", "50000.05"): "price",
        ("close", "BTC/USDT:USDT"): "symbol",
        ("leverage", "BTC/USDT:USDT", "1000"): "leverage",
        ("candles", "NOPE"): "symbol",
    }
    room = asyncio.Semaphore(4)

    async def one(arguments: tuple[str, ...], field: str) -> None:
        async with room:
            ran = await run(desk_process, *arguments)
        assert (ran.code, ran.out) == (2, ""), (arguments, ran)
        assert (ran.err.count("\n"), "Traceback" in ran.err) == (1, False), (arguments, ran)
        assert ran.err.startswith(field), (arguments, ran)

    await asyncio.gather(*(one(arguments, field) for arguments, field in cases.items()))


async def test_a_token_that_is_none_is_told_in_a_line(
    desk: DeskClient, desk_process: DeskProcess, ground: Ground
) -> None:
    for token in ("wrong", ground.revoked_token):
        ran = await run(desk_process, "orders", HEDGEROW_URL=desk.url, HEDGEROW_TOKEN=token)
        assert (ran.code != 0, ran.out, ran.err.count("\n")) == (True, "", 1), ran
        assert token not in ran.err
