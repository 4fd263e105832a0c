"""A container's health check, as the container runs it."""

from __future__ import annotations

import asyncio
import os
import sys

import pytest

from hedgerow.meters import Meters
from hedgerow.ops.exposition import registry
from hedgerow.ops.server import serve_ops


async def check(*arguments: str, port: int) -> tuple[int, str]:
    """Its exit code, and what it complains of."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "hedgerow.ops.probe", *arguments),
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "HEDGEROW_OPS_PORT": str(port), "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    _, told = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode is not None
    return process.returncode, told.decode()


@pytest.mark.parametrize("reasons", [[], ["it is stopping"]], ids=["ready", "unready"])
async def test_it_asks_the_process_itself_or_an_address(reasons: list[str]) -> None:
    async def ready() -> list[str]:
        return reasons

    async def look() -> None:
        pass

    bound: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        serve_ops("127.0.0.1", 0, registry(Meters()), ready, look=look, bound=bound.set_result)
    )
    try:
        port = await bound
        assert await check(port=port) == (0, "")
        code, told = await check(f"http://127.0.0.1:{port}/readyz", port=port)
    finally:
        serving.cancel()
        await asyncio.wait((serving,))
    assert code == (1 if reasons else 0)
    assert all(reason in told for reason in reasons)


async def test_nobody_there_is_unhealthy_in_one_line() -> None:
    for port in (1, 99_999):
        code, told = await check(port=port)
        assert code == 1
        assert len(told.splitlines()) == 1
