"""The order_resolver: owns its partitions, and keeps each one going."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from hedgerow.cache import Cache
from hedgerow.clock import Clock
from hedgerow.exchange import ExchangeConnection
from hedgerow.history import History, HistoryFault, StaleEpochError
from hedgerow.journal import Journal, JournalFault
from hedgerow.journal.envelope import Environment
from hedgerow.order_resolver.apart import apart
from hedgerow.order_resolver.following import Follower, Pace
from hedgerow.order_resolver.partition import Partition
from hedgerow.order_resolver.publishing import Folder, Publisher
from hedgerow.vault import ExchangeAccount, Vault

_log = structlog.get_logger(__name__)
_LOOK_FOR_ACCOUNTS_S = 0.5
_RESTART_S = 1.0

Connect = Callable[[ExchangeAccount], Awaitable[ExchangeConnection]]
"""Opens a connection for following; raises ExchangeFault."""


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """All that a resolver touches."""

    journal: Journal
    history: History
    cache: Cache
    vault: Vault
    clock: Clock
    chance: random.Random
    connect: Connect
    writer: str
    pace: Pace = Pace()


class OrderResolver:
    """Follows the accounts of the given partitions; `run` owns every task."""

    def __init__(self, ports: Ports, partitions: tuple[int, ...]) -> None:
        self._ports = ports
        self._partitions = partitions
        self._recovered = {partition: asyncio.Event() for partition in partitions}

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for partition in self._partitions:
                tasks.create_task(self._keep(partition), name=f"resolver-{partition}")

    async def ready(self) -> None:
        """Wait until every partition has read what the streams hold; its exchanges may still be connecting."""
        for recovered in self._recovered.values():
            await recovered.wait()

    async def _keep(self, partition: int) -> None:
        """Crash-only: after a fault of journal or history a partition starts again from what they hold.

        A partition that another resolver has taken over is left to it: to take it back would only go on for ever.
        """
        taken_over = False
        while not taken_over:
            try:
                await apart(self._serve(partition))
            except* StaleEpochError as faults:
                taken_over = True
                _log.error("partition given up", partition=partition, fault=_words(faults))
            except* (JournalFault, HistoryFault) as faults:
                self._recovered[partition].clear()
                _log.error("partition starts again", partition=partition, fault=_words(faults))
                await self._ports.clock.sleep(_RESTART_S)

    async def _serve(self, number: int) -> None:
        ports = self._ports
        state = await ports.history.take_over(number)
        environments: dict[str, Environment] = {}
        folder = Folder(ports.history, ports.cache, ports.clock, number, state.epoch)
        partition = Partition(
            number,
            journal=ports.journal,
            history=ports.history,
            folder=folder,
            publisher=Publisher(ports.journal, ports.clock, number, state.epoch, ports.writer),
            clock=ports.clock,
            id_key=await ports.vault.order_id_key(),
            state=state,
            environments=environments,
        )
        await self._learn_environments(environments)
        await partition.recover()
        await folder.fold([])
        self._recovered[number].set()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(folder.run(), name=f"folder-{number}")
            tasks.create_task(partition.run(), name=f"partition-{number}")
            tasks.create_task(self._follow_accounts(partition, number, environments), name=f"accounts-{number}")

    async def _learn_environments(self, environments: dict[str, Environment]) -> dict[str, ExchangeAccount]:
        accounts = {account.name: account for account in await self._ports.vault.accounts()}
        environments.update({name: Environment(account.environment) for name, account in accounts.items()})
        return accounts

    async def _follow_accounts(self, partition: Partition, number: int, environments: dict[str, Environment]) -> None:
        """Follow the partition's accounts as they are added to the vault and removed from it."""
        async with asyncio.TaskGroup() as tasks:
            following: dict[str, tuple[ExchangeAccount, asyncio.Task[None]]] = {}
            while True:
                accounts = await self._learn_environments(environments)
                ours = {name: a for name, a in accounts.items() if self._ports.journal.partition_of(name) == number}
                for name in [name for name, (known, _) in following.items() if ours.get(name) != known]:
                    following.pop(name)[1].cancel()
                for name in ours.keys() - following.keys():
                    follower = self._follower(ours[name], partition)
                    following[name] = (ours[name], tasks.create_task(follower.run(), name=f"follower-{name}"))
                await self._ports.clock.sleep(_LOOK_FOR_ACCOUNTS_S)

    def _follower(self, account: ExchangeAccount, partition: Partition) -> Follower:
        return Follower(
            account.name,
            partition,
            lambda: self._ports.connect(account),
            clock=self._ports.clock,
            chance=self._ports.chance,
            pace=self._ports.pace,
        )


def _words(faults: BaseExceptionGroup[BaseException]) -> str:
    """The first fault in a group of groups."""
    first = faults.exceptions[0]
    return _words(first) if isinstance(first, BaseExceptionGroup) else str(first)


def all_partitions(journal: Journal) -> tuple[int, ...]:
    return tuple(range(journal.partitions))
