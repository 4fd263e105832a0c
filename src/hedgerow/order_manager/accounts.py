"""The exchange accounts as the order_manager uses them: opened once, kept open, looked up by name."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import structlog

from hedgerow.clock import Clock
from hedgerow.core.instruments import Instrument
from hedgerow.core.refusals import Code, Refusal
from hedgerow.exchange import ExchangeConnection, ExchangeFault, KeyRefusedFault
from hedgerow.journal.envelope import Environment
from hedgerow.vault import ExchangeAccount, Vault, VaultFault

_log = structlog.get_logger(__name__)
_LOOK_S = 0.5
_TAKEN_IN_S = 1.0
_BACK_OFF_S = 15.0

Connect = Callable[[ExchangeAccount], Awaitable[ExchangeConnection]]
"""Opens a connection for trading; raises ExchangeFault."""

Connected = Callable[[str, ExchangeConnection], None]
"""Told when an account is connected."""


class TradingAccount:
    """One account, whether it is ready, and why not."""

    def __init__(self, settings: ExchangeAccount) -> None:
        self.settings = settings
        self.connection: ExchangeConnection | None = None
        self.fault: str | None = None
        self.key_refused = False  # that is the fault
        self.settled = asyncio.Event()  # the first attempt to connect has ended, either way

    def instrument(self, symbol: str) -> Instrument | Refusal:
        if self.connection is None:
            return self.not_ready()
        instrument = self.connection.trading.instruments.get(symbol)
        if instrument is None:
            message = f"{self.settings.exchange} has no derivative {symbol!r}; names look like BTC/USDT:USDT"
            return Refusal(Code.UNKNOWN_SYMBOL, message, field="symbol")
        return instrument

    def not_ready(self) -> Refusal:
        reason = self.fault or "still connecting"
        return Refusal(
            Code.ACCOUNT_NOT_READY, f"account {self.settings.name!r} is not connected: {reason}", field="account"
        )


class Accounts:
    """Keeps a connection for each account in the vault; `run` owns every task."""

    def __init__(
        self, vault: Vault, connect: Connect, connected: Connected, clock: Clock, chance: random.Random
    ) -> None:
        self.environments: dict[str, Environment] = {}
        self._vault = vault
        self._connect = connect
        self._listeners = [connected]
        self._clock = clock
        self._chance = chance
        self._accounts: dict[str, TradingAccount] = {}
        self._known = asyncio.Event()
        self._look = asyncio.Event()
        self._waiting: list[asyncio.Future[None]] = []  # for the vault to be looked at from now on
        self._vault_fault: str | None = None

    def get(self, name: str) -> TradingAccount | Refusal:
        account = self._accounts.get(name)
        if account is None:
            return Refusal(Code.UNKNOWN_ACCOUNT, f"there is no account {name!r}", field="account")
        return account

    def gone(self, name: str) -> bool:
        """Whether the vault, once it was read, holds no such account: what is known of it is past."""
        return self._known.is_set() and name not in self._accounts

    def known(self) -> tuple[str, ...] | None:
        """The names of all that there are; `None` until the vault was read."""
        return tuple(self._accounts) if self._known.is_set() else None

    def connection(self, name: str) -> ExchangeConnection | Refusal:
        """An account's connection, if there is such an account and it is connected."""
        found = self.get(name)
        return found if isinstance(found, Refusal) else found.connection or found.not_ready()

    def listen(self, listener: Connected) -> None:
        """Tell this one too, whenever an account is connected."""
        self._listeners.append(listener)

    def listen_no_more(self, listener: Connected) -> None:
        self._listeners.remove(listener)

    def all(self) -> list[TradingAccount]:
        return sorted(self._accounts.values(), key=lambda account: account.settings.name)

    async def look_again(self) -> None:
        """The vault has changed: returns once that is taken in, or cannot be soon."""
        taken_in: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(taken_in)
        self._look.set()
        await asyncio.wait((taken_in,), timeout=_TAKEN_IN_S)

    async def settled(self) -> None:
        """Wait until every account that the vault holds has been tried once."""
        await self._known.wait()
        for account in list(self._accounts.values()):
            await account.settled.wait()

    async def run(self) -> None:
        keeping: dict[str, asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._look.clear()  # before the look: what changes during it asks for another
                waiting, self._waiting = self._waiting, []
                held = await self._held()
                for name in [n for n, account in self._accounts.items() if held.get(n) != account.settings]:
                    keeping.pop(name).cancel()
                    del self._accounts[name]
                for name in held.keys() - self._accounts.keys():
                    self._accounts[name] = TradingAccount(held[name])
                    self.environments[name] = Environment(held[name].environment)
                    keeping[name] = tasks.create_task(self._keep(self._accounts[name]), name=f"account-{name}")
                self._known.set()
                for taken_in in waiting:
                    if not taken_in.done():
                        taken_in.set_result(None)
                await self._pause(_LOOK_S)

    async def _held(self) -> dict[str, ExchangeAccount]:
        """What the vault holds; while it does not answer, what it said last."""
        try:
            held = {account.name: account for account in await self._vault.accounts()}
        except VaultFault as fault:
            if self._vault_fault is None:
                _log.error("accounts not read; those known stay", fault=str(fault))
            self._vault_fault = str(fault)
            return {name: account.settings for name, account in self._accounts.items()}
        self._vault_fault = None
        return held

    async def _pause(self, seconds: float) -> None:
        looking = asyncio.ensure_future(self._look.wait())
        pause = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait((looking, pause), return_when=asyncio.FIRST_COMPLETED)
        finally:
            looking.cancel()
            pause.cancel()

    async def _keep(self, account: TradingAccount) -> None:
        """Open the connection, trying for ever; close it at the end."""
        failures = 0
        while account.connection is None:
            try:
                account.connection = await self._connect(account.settings)
                account.fault, account.key_refused = None, False
                for listener in tuple(self._listeners):
                    listener(account.settings.name, account.connection)
            except (ExchangeFault, VaultFault) as fault:
                failures += 1
                if account.fault != str(fault):
                    _log.warning("account not connected", account=account.settings.name, fault=str(fault))
                account.fault, account.key_refused = str(fault), isinstance(fault, KeyRefusedFault)
                await self._clock.sleep(
                    min(_BACK_OFF_S, 0.25 * 2 ** min(failures, 10)) * (0.5 + self._chance.random() / 2)
                )
            finally:
                account.settled.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            connection, account.connection = account.connection, None
            await connection.close()
