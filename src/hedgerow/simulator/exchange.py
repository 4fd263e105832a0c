"""The exchange between its engine and its wire: every command passes here, is stored, and its events go on.

Synchronous, one thread, one loop: what is executed is done.  Time is read here, through the clock it was given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from hedgerow.simulator.before import minutes_before
from hedgerow.simulator.bybit.auth import ApiKey
from hedgerow.simulator.bybit.backend import Reads
from hedgerow.simulator.candles import Candle, Candles, Day
from hedgerow.simulator.engine import Engine
from hedgerow.simulator.faults import READ_KINDS, Faults
from hedgerow.simulator.instruments import INSTRUMENTS
from hedgerow.simulator.market import MAKER_PREFIX, Market
from hedgerow.simulator.messages import (
    BookChanged,
    Command,
    Event,
    Instrument,
    OpenAccount,
    Order,
    Position,
    PublicTrade,
    Result,
    Side,
)
from hedgerow.simulator.oracle import Oracle
from hedgerow.simulator.stale import Past
from hedgerow.simulator.store import Store, StoreError

QUIET_AFTER_MS = 2_000  # without a user's command
_ZERO = Decimal(0)


class SimulatedExchange:
    """`on_events` is called once when events wait; who calls `take_events` then gets them, in order."""

    def __init__(self, seed: int, clock: Callable[[], int], store: Store | None) -> None:
        self.clock = clock
        self.on_events: Callable[[], None] = _nobody
        self.on_broken: Callable[[], None] = _nobody
        self.broken: StoreError | None = None  # the store failed: nothing more is executed or saved
        self.instruments: Mapping[str, Instrument] = INSTRUMENTS
        self.market_maker = Market(seed, INSTRUMENTS)
        self.keys: dict[str, ApiKey] = {}
        self.faults = Faults()
        self.oracle = Oracle()
        self.arrived_ns = 0  # of the request now being handled
        self._engine = Engine(INSTRUMENTS)
        self._store = store
        self._last_command_ms = 0
        self._past = Past(tuple(INSTRUMENTS))
        self._candles = {symbol: Candles(each.initial_price) for symbol, each in INSTRUMENTS.items()}
        self._sizes: dict[tuple[str, str], Decimal] = {}  # signed position sizes, by symbol and account
        self._book_updates = dict.fromkeys(INSTRUMENTS, 1)
        self._events: list[Event] = []
        self._changed_books: set[str] = set()
        self._new_trades: list[PublicTrade] = []
        if store is None or store.snapshot is None:
            self._open(seed)
        if store is not None:
            self._recover(store)

    # -- commands ---------------------------------------------------------------------------------------------------

    def execute(self, command: Command) -> Result:
        """Carries it out, stores it, then lets its events go on; the caller answers after that.

        Raises:
            StoreError: it could not be stored; the exchange is `broken` from then on.
        """
        now_ms = self._last_command_ms = self.clock()
        result = self._engine.handle(command, now_ms)
        self._keep((command,), now_ms)
        self.oracle.note(command, result, self.arrived_ns, now_ms)
        self._went(result, now_ms)
        return result

    def step_market(self) -> None:
        """One step of the makers: all its commands reach the store in one write."""
        now_ms = self.clock()
        commands = self.market_maker.step(self._engine, now_ms)
        results = [self._engine.handle(command, now_ms) for command in commands]
        self._keep(commands, now_ms)
        for result in results:
            self._went(result, now_ms)
        if self._store is not None and self._store.cut_is_due(now_ms - self._last_command_ms > QUIET_AFTER_MS):
            self._store.cut(self._state())

    def add_key(self, key: ApiKey) -> None:
        """A new key, and its account where it has none yet; a known key is replaced."""
        assert not key.account.startswith(MAKER_PREFIX), key
        self.keys[key.key] = key
        if self._store is not None:
            self._store.write_keys(self.keys.values())
        if not self._engine.has_account(key.account):
            self.arrived_ns = 0
            self.execute(OpenAccount(key.account, key.deposit))

    def close(self) -> None:
        """Saves everything and leaves the folder; nothing may be executed afterwards.

        Raises:
            StoreError: it could not be saved, now or before.
        """
        if self.broken is not None:
            raise self.broken
        if self._store is not None:
            self._store.cut(self._state())
            self._store.close()
            self._store = None

    def _keep(self, commands: Sequence[Command], now_ms: int) -> None:
        if self._store is None:
            return
        try:
            if self.broken is not None:
                raise self.broken
            self._store.append(commands, now_ms)
        except StoreError as error:
            self.broken = error
            self.on_broken()
            raise

    def _went(self, result: Result, now_ms: int) -> None:
        if not result.events:
            return
        self._fold(result.events)
        if not self._events:
            self.on_events()
        self._events.extend(result.events)
        if self._past_is_asked_for():
            for account in {event.account for event in result.events if isinstance(event, Order | Position)}:
                self._past.keep(self._engine, account, now_ms)

    def _fold(self, events: Sequence[Event]) -> None:
        for event in events:
            kind = type(event)
            if kind is BookChanged:
                self._book_updates[event.symbol] += 1  # type: ignore[union-attr]
                self._changed_books.add(event.symbol)  # type: ignore[union-attr]
            elif isinstance(event, PublicTrade):
                self._candles[event.symbol].add(event)
                self._new_trades.append(event)
            elif isinstance(event, Position):
                self._sizes[event.symbol, event.account] = event.size if event.side is Side.BUY else -event.size
        self.oracle.see(events)

    # -- what happened since ----------------------------------------------------------------------------------------

    def take_events(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def take_market_changes(self) -> tuple[frozenset[str], list[PublicTrade]]:
        """The books that changed and the trades that printed since the last call."""
        books, trades = frozenset(self._changed_books), self._new_trades
        self._changed_books.clear()
        self._new_trades = []
        return books, trades

    # -- reading ----------------------------------------------------------------------------------------------------

    @property
    def reads(self) -> Reads:
        return self._engine

    @property
    def market(self) -> Engine:
        return self._engine

    def stale_reads(self, account: str, ms: int) -> Reads:
        """The account as it was `ms` ago, as far as it was kept."""
        return self._past.at(account, self.clock() - ms) or self._engine

    def watch_past(self) -> None:
        """From now on older states are kept, while a fault may ask for them."""
        for account in {key.account for key in self.keys.values()}:
            self._past.keep(self._engine, account, self.clock())

    def _past_is_asked_for(self) -> bool:
        if not self._past.any:
            return False
        if not self.faults.armed(READ_KINDS):
            self._past.forget()
            return False
        return True

    def candles(self, symbol: str, minutes: int) -> Sequence[Candle]:
        kept = self._candles[symbol]
        kept.advance(self.clock())
        return kept.folded(minutes)

    def latest_candles(self, symbol: str, minutes: int) -> Sequence[Candle]:
        """The running one and the one before it, if there was one."""
        kept = self._candles[symbol]
        kept.advance(self.clock())
        return kept.latest(minutes)

    def day(self, symbol: str, now_ms: int) -> Day:
        return self._candles[symbol].day(now_ms)

    def open_interest(self, symbol: str) -> Decimal:
        """Of the users: what they hold long or short, whichever is more; the makers hold the other side."""
        sizes = [size for (held, _), size in self._sizes.items() if held == symbol]
        return max(sum((size for size in sizes if size > 0), _ZERO), -sum((size for size in sizes if size < 0), _ZERO))

    def book_seq(self, symbol: str) -> tuple[int, int]:
        return self._book_updates[symbol], self._engine.book_sequence(symbol)

    def _open(self, seed: int) -> None:
        """An exchange that opens has a past to show."""
        now_ms = self.clock()
        for symbol, instrument in INSTRUMENTS.items():
            self._candles[symbol].begin(minutes_before(seed, instrument, now_ms))

    # -- memory -----------------------------------------------------------------------------------------------------

    def _state(self) -> dict[str, Any]:
        return {
            "engine": self._engine.snapshot(),
            "oracle": self.oracle.snapshot(),
            "candles": {symbol: candles.snapshot() for symbol, candles in self._candles.items()},
        }

    def _recover(self, store: Store) -> None:
        state = store.snapshot
        if state is not None:
            self._engine = Engine.restore(state["engine"])
            self.oracle.restore(state["oracle"])
            for symbol, candles in state["candles"].items():
                self._candles[symbol].restore(candles)
        replayed = 0
        for command, at_ms in store.replay():
            result = self._engine.handle(command, at_ms)
            if not getattr(command, "account", MAKER_PREFIX).startswith(MAKER_PREFIX):
                self.oracle.note(command, result, 0, at_ms)
            self._fold(result.events)
            replayed += 1
        for key in store.read_keys():
            self.keys[key.key] = key
            for position in self._engine.positions(key.account):
                self._fold((position,))
        self.take_market_changes()
        if replayed or state is None:
            store.cut(self._state())


def _nobody() -> None:
    """Until a server listens, events only wait."""
