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
from hedgerow.journal.membership import Membership
from hedgerow.meters import Meters
from hedgerow.order_resolver.apart import apart
from hedgerow.order_resolver.caching import Caching
from hedgerow.order_resolver.following import Follower, Pace
from hedgerow.order_resolver.gauging import HistoryLag, look_at_books, look_at_cache, look_at_partitions
from hedgerow.order_resolver.known_accounts import KnownAccounts
from hedgerow.order_resolver.partition import Partition
from hedgerow.order_resolver.publishing import Folder, Publisher
from hedgerow.vault import ExchangeAccount, Vault, VaultFault

_log = structlog.get_logger(__name__)
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
    meters: Meters = msgspec.field(default_factory=Meters)


class _Followed:
    """A partition that this resolver is to follow."""

    def __init__(self) -> None:
        self.task: asyncio.Task[None] | None = None
        self.epoch = 0
        self.recovered = False
        self.partition: Partition | None = None


class OrderResolver:
    """Follows the accounts of the partitions that its membership gives it; `run` owns every task.

    Args:
        reclaim_s: after this time a partition that another resolver has taken over, and that is still ours by the
            membership, is taken back: the other was mistaken. `None` where a second one is a fault to be left alone.
    """

    def __init__(self, ports: Ports, membership: Membership, *, reclaim_s: float | None = None) -> None:
        self._ports = ports
        self._membership = membership
        self._reclaim_s = reclaim_s
        self._accounts = KnownAccounts(ports.vault, ports.clock)
        self._followed: dict[int, _Followed] = {}
        self._history_lag = HistoryLag(ports.meters, ports.journal, ports.history)
        self._moved = asyncio.Condition()

    async def run(self) -> None:
        await self._accounts.learn()
        async with asyncio.TaskGroup() as tasks:

            def gained(partition: int) -> None:
                assert partition not in self._followed, "a partition is lost before it is gained again"
                followed = self._followed[partition] = _Followed()
                followed.task = tasks.create_task(self._keep(partition, followed), name=f"resolver-{partition}")

            tasks.create_task(self._accounts.run(), name="known-accounts")
            tasks.create_task(self._membership.run(gained, self._lost), name="membership")

    async def _lost(self, partition: int) -> None:
        """Stop following: when this returns nothing is written for the partition any more."""
        followed = self._followed.pop(partition, None)
        if followed is None or followed.task is None:
            return
        followed.task.cancel()
        await asyncio.wait((followed.task,))

    async def ready(self) -> None:
        """Wait until it follows at least one partition, and every one has read what the streams hold.

        Its exchanges may still be connecting.
        """
        async with self._moved:
            await self._moved.wait_for(lambda: self._followed and not self.lagging())

    def lagging(self) -> list[int]:
        """The partitions that it is to follow and has not read up to now."""
        return [partition for partition, followed in self._followed.items() if not followed.recovered]

    @property
    def partitions(self) -> dict[int, int]:
        """The partitions that it follows, each with the epoch of its take-over; 0 before that."""
        return {partition: followed.epoch for partition, followed in self._followed.items()}

    async def unready(self) -> list[str]:
        """Why it is not up to date; empty where it is, though it may have no partition to follow."""
        if not self._membership.joined:
            return ["it has not been told yet which partitions to follow"]
        return [f"partition {number} has not read what the streams hold" for number in self.lagging()]

    async def look(self) -> None:
        """Bring the meters' levels up to date. Raises JournalFault and HistoryFault where they do not answer."""
        ports, parts = self._ports, [followed.partition for followed in self._followed.values()]
        books = [book for part in parts if part for book in part.books() if book.account in self._accounts.environments]
        look_at_partitions(ports.meters, self.partitions)
        look_at_books(ports.meters, books, ports.clock.now_ms())
        await look_at_cache(ports.meters, ports.cache)
        await self._history_lag.look(self.partitions, ports.clock.now_ms())

    async def _keep(self, partition: int, followed: _Followed) -> None:
        """Crash-only: after a fault of journal, history or vault a partition starts again from what they hold."""
        while True:
            try:
                await apart(self._serve(partition, followed))
            except* StaleEpochError as faults:
                followed.recovered = False
                _log.error("partition given up", partition=partition, fault=_words(faults))
                if self._reclaim_s is None:
                    await asyncio.Event().wait()  # to take it back would only go on for ever
                await self._ports.clock.sleep(self._reclaim_s or 0)
            except* (JournalFault, HistoryFault, VaultFault) as faults:
                followed.recovered = False
                _log.error("partition starts again", partition=partition, fault=_words(faults))
                await self._ports.clock.sleep(_RESTART_S)

    async def _serve(self, number: int, followed: _Followed) -> None:
        ports = self._ports
        state = await ports.history.take_over(number)
        followed.epoch = state.epoch
        ports.meters.takeovers.add()
        caching = Caching(
            ports.cache,
            ports.history,
            ports.clock,
            number,
            epoch=state.epoch,
            journal_id=ports.journal.journal_id,
            partition_of=ports.journal.partition_of,
            places=state.places,
        )
        folder = Folder(ports.history, caching.put, ports.clock, number, state.epoch, ports.meters)
        partition = Partition(
            number,
            journal=ports.journal,
            history=ports.history,
            folder=folder,
            publisher=Publisher(ports.journal, ports.clock, number, state.epoch, ports.writer, ports.meters),
            clock=ports.clock,
            id_key=await ports.vault.order_id_key(),
            state=state,
            environments=self._accounts.environments,
        )
        followed.partition = partition
        await partition.recover()
        await folder.fold([])
        async with self._moved:
            followed.recovered = True
            self._moved.notify_all()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(folder.run(), name=f"folder-{number}")
            tasks.create_task(caching.run(), name=f"caching-{number}")
            tasks.create_task(partition.run(), name=f"partition-{number}")
            tasks.create_task(self._follow_accounts(partition, number), name=f"accounts-{number}")

    async def _follow_accounts(self, partition: Partition, number: int) -> None:
        """Follow the partition's accounts as they are added to the vault and removed from it."""
        async with asyncio.TaskGroup() as tasks:
            following: dict[str, tuple[ExchangeAccount, asyncio.Task[None]]] = {}
            while True:
                known = self._accounts.by_name
                ours = {name: a for name, a in known.items() if self._ports.journal.partition_of(name) == number}
                for name in [name for name, (account, _) in following.items() if ours.get(name) != account]:
                    following.pop(name)[1].cancel()
                for name in ours.keys() - following.keys():
                    follower = self._follower(ours[name], partition)
                    following[name] = (ours[name], tasks.create_task(follower.run(), name=f"follower-{name}"))
                await self._accounts.changed()

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
