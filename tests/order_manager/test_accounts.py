"""Which accounts an order_manager knows of: what the vault holds, as soon as it was said to have changed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hedgerow.clock import SystemClock
from hedgerow.exchange import ExchangeConnection, ExchangeFault
from hedgerow.order_manager.accounts import Accounts
from hedgerow.vault import Credentials, ExchangeAccount
from hedgerow.vault.sql import SqlVault


async def unreachable(account: ExchangeAccount) -> ExchangeConnection:
    raise ExchangeFault(f"{account.name} is not reached")


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[SqlVault]:
    opened = await SqlVault.open(tmp_path / "vault.sqlite", tmp_path / "vault.key")
    yield opened
    await opened.close()


async def add(vault: SqlVault, name: str) -> None:
    await vault.add_account(ExchangeAccount(name=name, exchange="bybit", environment="demo"), Credentials({}))


async def test_what_was_added_or_removed_is_known_once_that_was_waited_for(vault: SqlVault) -> None:
    accounts = Accounts(vault, unreachable, lambda *_: None, SystemClock(), random.Random(1))
    running = asyncio.create_task(accounts.run())
    try:
        await accounts.settled()
        for number in range(20):
            await add(vault, f"account{number}")
            await accounts.look_again()
            assert len(accounts.all()) == number + 1
        for number in range(20):
            await vault.remove_account(f"account{number}")
            await accounts.look_again()
            assert len(accounts.all()) == 19 - number
    finally:
        running.cancel()


async def test_several_that_wait_at_once_are_all_told(vault: SqlVault) -> None:
    accounts = Accounts(vault, unreachable, lambda *_: None, SystemClock(), random.Random(1))
    running = asyncio.create_task(accounts.run())
    try:
        await accounts.settled()
        await asyncio.gather(*(add(vault, f"account{number}") for number in range(5)))
        await asyncio.gather(*(accounts.look_again() for _ in range(5)))
        assert len(accounts.all()) == 5
    finally:
        running.cancel()
