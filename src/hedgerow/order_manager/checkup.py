"""How the desk is: each part's state, and how fresh each stream is."""

from __future__ import annotations

import msgspec

from hedgerow import __version__
from hedgerow.cache import Cache, CacheUnavailable
from hedgerow.clock import Clock
from hedgerow.core.records import Stream
from hedgerow.history import History, HistoryFault
from hedgerow.journal import Journal, JournalFault
from hedgerow.order_manager.accounts import Accounts, TradingAccount
from hedgerow.order_manager.live import LiveView
from hedgerow.order_manager.marks import Marks
from hedgerow.order_manager.schemas import AccountView, Health, PartHealth

FOLLOWED_WITHIN_MS = 15_000
_STATES = ("up", "degraded", "down")


class Checkup:
    def __init__(
        self,
        *,
        journal: Journal,
        history: History,
        cache: Cache,
        accounts: Accounts,
        live: LiveView,
        marks: Marks,
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._history = history
        self._cache = cache
        self._accounts = accounts
        self._live = live
        self._marks = marks
        self._clock = clock

    async def brief(self) -> Health:
        """What anybody may know."""
        health = await self.whole()
        return Health(state=health.state, version=__version__)

    async def whole(self) -> Health:
        parts = [await self._journal_part(), await self._history_part(), await self._cache_part()]
        for account in self._accounts.all():
            parts += self._account_parts(account)
        parts += self._mark_parts()
        worst = max((_STATES.index(part.state) for part in parts[:2]), default=0)
        if worst == 0 and any(part.state != "up" for part in parts):
            worst = 1
        return Health(state=_STATES[worst], version=__version__, parts=parts)

    async def _journal_part(self) -> PartHealth:
        try:
            await self._journal.end(Stream.ORDER_INTENTS)
        except JournalFault as fault:
            return PartHealth(name="journal", state="down", message=str(fault))
        return PartHealth(name="journal", state="up", message="written and read")

    async def _history_part(self) -> PartHealth:
        try:
            await self._history.epochs()
        except HistoryFault as fault:
            return PartHealth(name="history", state="down", message=str(fault))
        return PartHealth(name="history", state="up", message="answers")

    async def _cache_part(self) -> PartHealth:
        try:
            await self._cache.life()
        except CacheUnavailable as fault:
            return PartHealth(name="cache", state="degraded", message=f"answered from history instead: {fault}")
        return PartHealth(name="cache", state="up", message="answers")

    def _account_parts(self, account: TradingAccount) -> list[PartHealth]:
        name = account.settings.name
        if account.connection is None:
            state, message = "degraded", account.fault or "still connecting"
        else:
            state, message = "up", f"orders go by {account.connection.trading.entry_transport}"
        trading = PartHealth(name=f"{name}: trading", state=state, message=message, account=name)
        return [trading, msgspec.structs.replace(self._following_part(name), account=name)]

    def _following_part(self, name: str) -> PartHealth:
        heard = self._live.heartbeat(name)
        part = f"{name}: following"
        if heard is None:
            return PartHealth(name=part, state="degraded", message="no resolver has been heard of yet")
        heard_ms, heartbeat = heard
        age_ms = self._clock.now_ms() - heard_ms
        if age_ms > FOLLOWED_WITHIN_MS:
            message = "its resolver has fallen silent: nobody follows this account"
            return PartHealth(name=part, state="degraded", message=message, age_ms=age_ms)
        if not heartbeat.stream_up:
            message = heartbeat.reason or "private stream not up yet"
            return PartHealth(name=part, state="degraded", message=message, age_ms=age_ms)
        message = heartbeat.reason or "private stream up, reconciled with the exchange"
        return PartHealth(name=part, state="up", message=message, age_ms=age_ms)

    def _mark_parts(self) -> list[PartHealth]:
        """The market streams in use, each by the age of its mark."""
        now_ms = self._clock.now_ms()
        parts = []
        for account, symbol, mark in self._marks.all():
            age_ms = now_ms - mark.time_ms
            stale = age_ms > self._live.rules(account).limits.mark_max_age_ms
            message = "stale: what needs a mark is denied" if stale else "fresh"
            state = "degraded" if stale else "up"
            name = f"{account}: {symbol} mark"
            part = PartHealth(name=name, state=state, message=message, age_ms=age_ms, account=account, symbol=symbol)
            parts.append(part)
        return parts

    def account_view(self, account: TradingAccount) -> AccountView:
        name = account.settings.name
        heard = self._live.heartbeat(name)
        heard_ms = heard[0] if heard else 0
        fresh = heard is not None and self._clock.now_ms() - heard_ms <= FOLLOWED_WITHIN_MS
        return AccountView(
            name=name,
            exchange=account.settings.exchange,
            environment=account.settings.environment,
            ready=account.connection is not None,
            trading_state=self._live.rules(name).state,
            followed=fresh and heard is not None and heard[1].stream_up,
            followed_ms=heard_ms,
            capabilities=account.connection.trading.capabilities if account.connection else None,
            fault=account.fault,
            stream_up=heard is not None and heard[1].stream_up,
            heard_ms=heard[1].heard_ms if heard else 0,
            reconciled_ms=heard[1].reconciled_ms if heard else 0,
        )
