"""A data folder that a desk has traded on and left cleanly; every scene gets a copy to spoil."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.e2e.desk_client import client
from tests.e2e.desk_process import DeskProcess, new_account
from tests.simulator.running import Running

NAME = "kept"


@pytest.fixture(scope="module")
def left_behind(tmp_path_factory: pytest.TempPathFactory, exchange: Running) -> Path:
    desk = DeskProcess(tmp_path_factory.mktemp("left-behind"))
    account = new_account(exchange, NAME)

    async def trade() -> None:
        await desk.start()
        async with client(desk, NAME) as owner:
            assert (await owner.call("POST", "/api/accounts", account.body())).status == 201
            await owner.followed()
            await owner.placed("buy", "0.01", "50000")
            await owner.placed("buy", "0.1", symbol="ETH/USDT:USDT")
            await owner.holds("0.1", "ETH/USDT:USDT")
        assert await desk.stop() == 0

    try:
        asyncio.run(trade())
    finally:
        desk.end()
    return desk.data
