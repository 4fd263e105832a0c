"""How positions are margined, remembered: asked of an exchange now and then, and never waited for long."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from hedgerow.clock import Clock
from hedgerow.core.risk_tiers import MarginTerms
from hedgerow.exchange import ExchangeFault, Trading
from hedgerow.order_manager.owner import Owner

_log = structlog.get_logger(__name__)
_FRESH_MS: Final = 60_000
_AGAIN_MS: Final = 5_000  # after a question that was not answered
_WAIT_S: Final = 1.0
_MOST: Final = 2_000

_Key = tuple[str, str]


class Margins:
    """Keyed by account and symbol."""

    def __init__(self, owner: Owner, clock: Clock) -> None:
        self._owner = owner
        self._clock = clock
        self._known: dict[_Key, MarginTerms] = {}
        self._ask_at_ms: dict[_Key, int] = {}
        self._asking: dict[_Key, asyncio.Task[None]] = {}

    async def of(self, account: str, symbol: str, trading: Trading) -> MarginTerms | None:
        """What is known; old news is told while it is asked for anew, and of none the answer is awaited a second."""
        key = (account, symbol)
        if self._clock.now_ms() >= self._ask_at_ms.get(key, 0) and key not in self._asking and not self._owner.full:
            self._asking[key] = self._owner.adopt(self._ask(key, trading))
        if key not in self._known and (task := self._asking.get(key)) is not None:
            await asyncio.wait((task,), timeout=_WAIT_S)
        return self._known.get(key)

    async def _ask(self, key: _Key, trading: Trading) -> None:
        account, symbol = key
        fresh_ms = _AGAIN_MS
        try:
            self._known[key] = await trading.margin_terms(symbol)
            fresh_ms = _FRESH_MS
        except (ExchangeFault, LookupError) as fault:
            _log.warning("margin terms not told", account=account, symbol=symbol, fault=str(fault))
        finally:
            del self._asking[key]
        if len(self._ask_at_ms) >= _MOST:
            self._known.clear()
            self._ask_at_ms.clear()
        self._ask_at_ms[key] = self._clock.now_ms() + fresh_ms

    def forget(self, account: str, symbol: str) -> None:
        """It was changed here: ask anew the next time."""
        self._known.pop((account, symbol), None)
        self._ask_at_ms.pop((account, symbol), None)
