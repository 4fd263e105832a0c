"""A seeded market: makers quote around a price that wanders, and takers trade with whatever rests.

The same seed and the same times of steps give the same commands, so the same market. Each symbol has one maker account
with a ladder of quotes on a fixed grid: as the price wanders, only the few quotes that left the ladder are moved.
Quotes are ordinary orders: one that meets a user's order trades with it, in part or whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import isqrt
from random import Random
from typing import Protocol

from hedgerow.simulator.messages import (
    CancelAll,
    CancelOrder,
    Command,
    Instrument,
    OpenAccount,
    Order,
    OrderType,
    PlaceOrder,
    PriceChanged,
    SetIndex,
    Side,
    TimeInForce,
)

MAKER_PREFIX = "maker-"
FLOW_ACCOUNT = "maker-flow"  # the takers
HOUSE_DEPOSIT = Decimal(10**9)

FINE = 1000  # the wandering price is kept in thousandths of a tick
LEVELS = 12  # quotes on each side
GRID_PARTS = 10_000  # quotes are a ten-thousandth of the usual price apart, or a tick
LONGEST_STEP_MS = 1000
RETURN_MS = 3_600_000  # how long the price takes to wander back where it belongs
WANDER = 88_600_000  # scale of the walk: about two hundredths of a percent in a second
TRADES_PER_STEP = 3  # one chance in this many that a symbol's takers trade in a step
QUOTE_NOTIONAL = (1_000, 20_000)  # USDT, of the innermost quotes; outer ones are larger
TAKER_NOTIONAL = (50, 3_000)


class EngineView(Protocol):
    """What the market reads of the engine."""

    def has_account(self, account: str) -> bool: ...

    def open_orders(self, account: str, symbol: str = "") -> list[Order]: ...

    def prices(self, symbol: str) -> PriceChanged: ...

    def depth(
        self, symbol: str, levels: int
    ) -> tuple[list[tuple[Decimal, Decimal]], list[tuple[Decimal, Decimal]]]: ...


class Market:
    """`step` gives the commands for the engine, to be handled in order before the next step."""

    def __init__(self, seed: int, instruments: Mapping[str, Instrument]) -> None:
        self._random = Random(seed)  # noqa: S311 - a market to play with, not a secret
        self._instruments = dict(instruments)
        self._anchors = {symbol: _fine(each, each.initial_price) for symbol, each in instruments.items()}
        self._fine: dict[str, int] = {}  # the price of each symbol, in thousandths of a tick
        self._jumps: dict[str, Decimal] = {}
        self._stepped_ms: int | None = None
        self.paused = False

    def pause(self) -> None:
        """Quotes stay where they are; nothing moves but by `set_price`."""
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def set_price(self, symbol: str, price: Decimal) -> None:
        """At the next step the market trades at this price, rounded to the tick, and wanders on around it.

        `KeyError` for a symbol that is not listed, `ValueError` for a price that the instrument does not know.
        """
        instrument = self._instruments[symbol]
        lowest = 2 * LEVELS * instrument.tick_size  # room for the quotes below
        if not price.is_finite() or not lowest <= price <= instrument.max_price / 2:
            raise ValueError(f"{symbol} cannot trade at {price}")
        self._jumps[symbol] = (price / instrument.tick_size).quantize(Decimal(1)) * instrument.tick_size

    def step(self, engine: EngineView, now_ms: int) -> list[Command]:
        elapsed_ms = 0 if self._stepped_ms is None else max(0, min(now_ms - self._stepped_ms, LONGEST_STEP_MS))
        self._stepped_ms = now_ms
        commands = self._open_accounts(engine)
        for symbol, instrument in self._instruments.items():
            if symbol in self._jumps:
                self._jump(commands, engine, instrument, self._jumps.pop(symbol))
            elif not self.paused:
                self._wander(symbol, instrument, engine, elapsed_ms)
                self._quote(commands, engine, instrument)
                self._trade(commands, instrument)
        return commands

    def _open_accounts(self, engine: EngineView) -> list[Command]:
        if engine.has_account(FLOW_ACCOUNT):
            return []
        names = [FLOW_ACCOUNT, *(maker_of(symbol) for symbol in self._instruments)]
        return [OpenAccount(name, HOUSE_DEPOSIT, house=True) for name in names]

    def _wander(self, symbol: str, instrument: Instrument, engine: EngineView, elapsed_ms: int) -> None:
        """A random walk whose size follows the elapsed time, drawn back towards where the symbol belongs."""
        fine = self._fine.get(symbol)
        if fine is None:
            fine = _fine(instrument, engine.prices(symbol).index)
        shock = fine * self._random.randint(-1000, 1000) * isqrt(elapsed_ms)
        pull = (self._anchors[symbol] - fine) * elapsed_ms
        self._fine[symbol] = max(fine + _divided(shock, WANDER) + _divided(pull, RETURN_MS), 2 * LEVELS * FINE)

    def _quote(self, commands: list[Command], engine: EngineView, instrument: Instrument) -> None:
        """Moves the quotes that left the ladder, then the index."""
        symbol = instrument.symbol
        account = maker_of(symbol)
        bids, asks = self._ladder(instrument)
        for order in engine.open_orders(account, symbol):
            wanted = bids if order.side is Side.BUY else asks
            if wanted.pop(order.price, None) is None:
                commands.append(CancelOrder(account, symbol, order_id=order.order_id))
        self._place(commands, instrument, Side.BUY, bids)
        self._place(commands, instrument, Side.SELL, asks)
        index = instrument.tick_size * (self._fine[symbol] // FINE)
        if index != engine.prices(symbol).index:
            commands.append(SetIndex(symbol, index))

    def _ladder(self, instrument: Instrument) -> tuple[dict[Decimal, int], dict[Decimal, int]]:
        """Prices of the quotes and how far out they are, bids and asks."""
        ticks = self._fine[instrument.symbol] // FINE
        spacing = max(1, self._anchors[instrument.symbol] // FINE // GRID_PARTS)
        inner = ticks // spacing * spacing
        tick = instrument.tick_size
        bids = {tick * (inner - out * spacing): out for out in range(LEVELS) if inner > out * spacing}
        asks = {tick * (inner + (out + 1) * spacing): out for out in range(LEVELS)}
        return bids, asks

    def _place(
        self, commands: list[Command], instrument: Instrument, side: Side, prices: Mapping[Decimal, int]
    ) -> None:
        account = maker_of(instrument.symbol)
        for price, out in prices.items():
            notional = self._random.randint(*QUOTE_NOTIONAL) * (out + 3) // 3
            qty = _quantity(instrument, notional, price)
            commands.append(PlaceOrder(account, instrument.symbol, side, OrderType.LIMIT, qty, price))

    def _trade(self, commands: list[Command], instrument: Instrument) -> None:
        if self._random.randrange(TRADES_PER_STEP):
            return
        side = Side.BUY if self._random.randrange(2) else Side.SELL
        price = instrument.tick_size * (self._fine[instrument.symbol] // FINE)
        qty = _quantity(instrument, self._random.randint(*TAKER_NOTIONAL), price)
        commands.append(PlaceOrder(FLOW_ACCOUNT, instrument.symbol, side, OrderType.MARKET, qty))

    def _jump(self, commands: list[Command], engine: EngineView, instrument: Instrument, price: Decimal) -> None:
        """The quotes go and come again around the new price.

        Those that the move leaves behind come first, so that orders which the move triggers find a market. The others
        meet the users' orders in between; what is left of these is swept; and a last trade prints at the new price.
        """
        symbol = instrument.symbol
        falls = price < engine.prices(symbol).last
        self._fine[symbol] = self._anchors[symbol] = _fine(instrument, price)
        bids, asks = self._ladder(instrument)
        commands.append(CancelAll(maker_of(symbol), symbol))
        behind = (Side.BUY, bids) if falls else (Side.SELL, asks)
        ahead = (Side.SELL, asks) if falls else (Side.BUY, bids)
        behind[1].pop(price, None)
        ahead[1].pop(price, None)
        self._place(commands, instrument, *behind)
        commands.append(SetIndex(symbol, price))
        self._sweep(commands, engine, instrument, ahead[0], price)
        self._place(commands, instrument, *ahead)
        smallest = _quantity(instrument, TAKER_NOTIONAL[0], price)
        commands.append(PlaceOrder(maker_of(symbol), symbol, ahead[0], OrderType.LIMIT, smallest, price))
        commands.append(_immediate(instrument, behind[0], smallest, price))

    def _sweep(
        self, commands: list[Command], engine: EngineView, instrument: Instrument, side: Side, price: Decimal
    ) -> None:
        """Takes all that rests on the other side up to the new price."""
        bids, asks = engine.depth(instrument.symbol, 10_000)
        if side is Side.SELL:
            resting = sum((qty for level, qty in bids if level >= price), Decimal(0))
        else:
            resting = sum((qty for level, qty in asks if level <= price), Decimal(0))
        while resting > 0:
            qty = min(resting, instrument.max_order_qty)
            commands.append(_immediate(instrument, side, qty, price))
            resting -= qty


def maker_of(symbol: str) -> str:
    return MAKER_PREFIX + symbol


def _immediate(instrument: Instrument, side: Side, qty: Decimal, price: Decimal) -> PlaceOrder:
    symbol = instrument.symbol
    return PlaceOrder(FLOW_ACCOUNT, symbol, side, OrderType.LIMIT, qty, price, time_in_force=TimeInForce.IOC)


def _fine(instrument: Instrument, price: Decimal) -> int:
    return int(price / instrument.tick_size * FINE)


def _divided(number: int, by: int) -> int:
    """Rounded to the nearest, so that the walk has no lean."""
    return (number + by // 2) // by


def _quantity(instrument: Instrument, notional: int, price: Decimal) -> Decimal:
    """About this much in USDT, on the lot, at least what an order must be."""
    step = instrument.qty_step
    least = max(instrument.min_order_qty, (instrument.min_notional // (price * step) + 1) * step)
    return min(max(notional // (price * step) * step, least), instrument.max_market_order_qty)
