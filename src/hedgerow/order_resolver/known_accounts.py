"""The vault's accounts, as they come and go: looked up once for all partitions."""

from __future__ import annotations

import asyncio

import structlog

from hedgerow.clock import Clock
from hedgerow.journal.envelope import Environment
from hedgerow.vault import ExchangeAccount, Vault, VaultFault

_log = structlog.get_logger(__name__)
_LOOK_S = 0.5


class KnownAccounts:
    """While the vault does not answer, what it said last stands: nobody stops being followed for that.

    Attributes:
        by_name: the accounts at the last look.
        environments: of every account that was ever seen, for the records about those that were removed.
    """

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock
        self._waiting: list[asyncio.Future[None]] = []
        self._fault: str | None = None
        self.by_name: dict[str, ExchangeAccount] = {}
        self.environments: dict[str, Environment] = {}

    async def learn(self) -> None:
        """Look once. Raises VaultFault."""
        found = {account.name: account for account in await self._vault.accounts()}
        if found != self.by_name:
            self.by_name = found
            self.environments.update({name: Environment(account.environment) for name, account in found.items()})
            waiting, self._waiting = self._waiting, []
            for future in waiting:
                if not future.done():
                    future.set_result(None)

    async def run(self) -> None:
        """Look again and again, for ever."""
        while True:
            await self._clock.sleep(_LOOK_S)
            try:
                await self.learn()
            except VaultFault as fault:
                if self._fault is None:
                    _log.error("accounts not read; those known are followed on", fault=str(fault))
                self._fault = str(fault)
            else:
                self._fault = None

    async def changed(self) -> None:
        """Wait until the accounts are others than they were."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future
