"""One listed instrument as it trades: its book, prices, recent trades and waiting conditional orders."""

from __future__ import annotations

from collections import deque
from decimal import ROUND_HALF_EVEN, Decimal

from hedgerow.simulator.book import Book
from hedgerow.simulator.conditional import TriggerBook
from hedgerow.simulator.messages import Instrument, PriceChanged, PublicTrade, TriggerBy

RECENT_TRADES = 1000  # https://bybit-exchange.github.io/docs/v5/market/recent-trade: the most that can be asked for
MAX_BASIS = Decimal("0.0005")  # the mark price follows the last price no further than this from the index


class Listing:
    """Prices start where the instrument says the market starts."""

    __slots__ = (
        "book",
        "index",
        "instrument",
        "last",
        "mark",
        "price_moved",
        "seq",
        "symbol",
        "tick",
        "trades",
        "triggers",
    )

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.symbol = instrument.symbol
        self.tick = instrument.tick_size
        self.book = Book()
        self.trades: deque[PublicTrade] = deque(maxlen=RECENT_TRADES)
        self.triggers = {by: TriggerBook() for by in TriggerBy}
        self.last = self.index = self.mark = instrument.initial_price
        self.seq = 0  # of the last change of the book or trade: Bybit's cross sequence
        self.price_moved = False  # since the last PriceChanged

    def set_last(self, price: Decimal) -> None:
        if price != self.last:
            self.last = price
            self._follow()

    def set_index(self, price: Decimal) -> None:
        if price != self.index:
            self.index = price
            self._follow()

    def price(self, by: TriggerBy) -> Decimal:
        if by is TriggerBy.LAST:
            return self.last
        return self.mark if by is TriggerBy.MARK else self.index

    def at_scale(self, price: Decimal | None) -> Decimal | None:
        """A price that was checked, with the tick's decimals; none for none or zero."""
        return price.quantize(self.tick) if price else None

    def next_sequence(self) -> int:
        self.seq += 1
        return self.seq

    def prices(self, now_ms: int) -> PriceChanged:
        return PriceChanged(self.symbol, self.last, self.mark, self.index, now_ms)

    def _follow(self) -> None:
        """The mark price: the last price, held within `MAX_BASIS` of the index.

        Bybit takes the median of two index-based prices and the last price
        (https://www.bybit.com/en/help-center/article/Mark-Price-Calculation); without funding both of those are the
        index with a basis, so the median is what is left of it here.
        """
        band = self.index * MAX_BASIS
        mark = min(max(self.last, self.index - band), self.index + band)
        self.mark = (mark / self.tick).quantize(Decimal(1), ROUND_HALF_EVEN) * self.tick
        self.price_moved = True
