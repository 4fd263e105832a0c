"""The order_manager's levels, put when somebody looks: nothing of it costs an order anything."""

from __future__ import annotations

from hedgerow.cache import Cache, CacheUnavailable
from hedgerow.clock import Clock
from hedgerow.journal import Journal
from hedgerow.journal.backlog import Backlog
from hedgerow.meters import Labels, Meters
from hedgerow.order_manager.accounts import Accounts
from hedgerow.order_manager.checkup import FOLLOWED_WITHIN_MS
from hedgerow.order_manager.http.sockets import STREAMS, Sockets
from hedgerow.order_manager.live import STREAMS as FOLLOWED_STREAMS
from hedgerow.order_manager.live import LiveView
from hedgerow.order_manager.owner import Owner

_PATHS = (*STREAMS, "/ws/market")


class Gauging:
    def __init__(
        self,
        meters: Meters,
        *,
        journal: Journal,
        cache: Cache,
        accounts: Accounts,
        live: LiveView,
        sockets: Sockets,
        owner: Owner,
        clock: Clock,
    ) -> None:
        self._meters = meters
        self._journal = journal
        self._cache = cache
        self._accounts = accounts
        self._live = live
        self._sockets = sockets
        self._owner = owner
        self._clock = clock
        self._backlog = Backlog()

    async def look(self) -> None:
        """Raises JournalFault where the ends of the streams cannot be read; everything else is fresh then."""
        self._meters.commands_under_way.put(self._owner.under_way)
        self._meters.sockets.replace({(path,): self._sockets.count(path) for path in _PATHS})
        self._look_at_accounts()
        await self._look_at_cache()
        await self._look_at_streams()

    def _look_at_accounts(self) -> None:
        now_ms = self._clock.now_ms()
        trading: dict[Labels, float] = {}
        followed: dict[Labels, float] = {}
        reconciled: dict[Labels, float] = {}
        for account in self._accounts.all():
            name = account.settings.name
            trading[name,] = float(account.connection is not None)
            heard = self._live.heartbeat(name)
            fresh = heard is not None and now_ms - heard[0] <= FOLLOWED_WITHIN_MS
            followed[name,] = float(heard is not None and fresh and heard[1].stream_up)
            if heard is not None and heard[1].reconciled_ms:
                reconciled[name,] = max(now_ms - heard[1].reconciled_ms, 0) / 1000
        self._meters.account_trading.replace(trading)
        self._meters.account_followed.replace(followed)
        self._meters.account_reconciled.replace(reconciled)

    async def _look_at_streams(self) -> None:
        for stream in FOLLOWED_STREAMS:
            read = self._live.cursor(stream).offsets
            ends = await self._journal.end(stream)
            age_ms = self._backlog.age_ms(stream, read, ends, self._clock.now_ms())
            self._meters.stream_behind.put(age_ms / 1000, stream)

    async def _look_at_cache(self) -> None:
        try:
            await self._cache.life()
        except CacheUnavailable:
            self._meters.cache_available.put(0)
        else:
            self._meters.cache_available.put(1)
