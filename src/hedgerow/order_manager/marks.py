"""The freshest mark price of each symbol in use, watched from its first use on."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec

from hedgerow.exchange import Channel, ExchangeFault, MarketData, MarketItem, Ticker


class Mark(msgspec.Struct, frozen=True):
    """A mark price and when it was last confirmed, our clock."""

    price: Decimal
    time_ms: int


class Marks:
    """Keyed by account and symbol; a symbol is watched once it has been asked for."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._marks: dict[tuple[str, str], Mark] = {}
        self._watched: dict[tuple[str, str], MarketData] = {}
        self._sinks: dict[tuple[str, str], Callable[[MarketItem], None]] = {}

    def get(self, account: str, symbol: str) -> Mark | None:
        return self._marks.get((account, symbol))

    def all(self) -> list[tuple[str, str, Mark]]:
        """(account, symbol, mark) of every symbol in use."""
        return [(account, symbol, mark) for (account, symbol), mark in sorted(self._marks.items())]

    async def ensure(self, account: str, symbol: str, market: MarketData, fresh_ms: int) -> Mark | None:
        """The mark, watched from now on; asked for by REST where the stream has not brought a fresh one yet."""
        self.watch(account, symbol, market)
        mark = self._marks.get((account, symbol))
        if mark is None or self._now_ms() - mark.time_ms > fresh_ms:
            try:
                self._take((account, symbol), await market.ticker(symbol))
            except ExchangeFault:
                return self._marks.get((account, symbol))
        return self._marks.get((account, symbol))

    async def fresh(self, account: str, symbol: str, market: MarketData, max_age_ms: int) -> Mark | None:
        """A mark that is no older; `None` where there is none to be had."""
        mark = await self.ensure(account, symbol, market, max_age_ms // 2)
        return mark if mark is not None and self._now_ms() - mark.time_ms <= max_age_ms else None

    def watch(self, account: str, symbol: str, market: MarketData) -> None:
        key = (account, symbol)
        if self._watched.get(key) is market:
            return
        self._watched[key] = market
        self._sinks[key] = lambda item: self._take(key, item)
        market.watch(Channel.TICKER, symbol, None, self._sinks[key])

    def _take(self, key: tuple[str, str], item: MarketItem) -> None:
        if isinstance(item, Ticker) and item.mark is not None:
            self._marks[key] = Mark(item.mark, self._now_ms())
