"""The simulated exchange's engine: commands in, events out, and a reading side.

Pure: no clock, no chance, no I/O. The same commands at the same times give the same results, ids included.
Not built: hedge mode, isolated margin, trailing stops, liquidation, funding, inverse contracts. Their place is a second
`Holding` for each side, `margin`, `conditional`, and turns of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from hedgerow.simulator import margin, refusals, snapshots, trading
from hedgerow.simulator.accounts import Account, Holding
from hedgerow.simulator.amending import amend
from hedgerow.simulator.messages import (
    Acknowledgement,
    AmendOrder,
    CancelAll,
    CancelOrder,
    Command,
    Execution,
    Instrument,
    OpenAccount,
    Order,
    PlaceOrder,
    Position,
    PriceChanged,
    PublicTrade,
    Refusal,
    Result,
    SetIndex,
    SetLeverage,
    SetTradingStop,
    Wallet,
)
from hedgerow.simulator.protection import set_trading_stop
from hedgerow.simulator.venue import Venue

Answer = Acknowledgement | Refusal
Levels = list[tuple[Decimal, Decimal]]


class Engine:
    """`handle` changes things and never raises on a user's input; everything else only reads."""

    def __init__(self, instruments: Mapping[str, Instrument], id_prefix: str = "hedgerow") -> None:
        self.instruments = dict(instruments)
        self._venue = Venue(self.instruments, id_prefix)
        self._handlers: dict[type[Any], Callable[[Any], Answer]] = {
            PlaceOrder: self._place,
            AmendOrder: self._amend,
            CancelOrder: self._cancel,
            CancelAll: self._cancel_all,
            SetTradingStop: self._set_trading_stop,
            SetLeverage: self._set_leverage,
            OpenAccount: self._open_account,
            SetIndex: self._set_index,
        }

    def handle(self, command: Command, now_ms: int) -> Result:
        """The order of the events is told at `Venue`."""
        venue = self._venue
        venue.begin(now_ms)
        answer = self._handlers[type(command)](command)
        if venue.to_trigger or venue.traded or venue.closed:
            trading.settle(venue)
        return Result(answer, venue.finish())

    # -- commands ---------------------------------------------------------------------------------------------------

    def _place(self, command: PlaceOrder) -> Answer:
        account = self._venue.accounts.get(command.account)
        if account is None:
            return refusals.UNKNOWN_ACCOUNT
        listing = self._venue.listings.get(command.symbol)
        if listing is None:
            return refusals.UNKNOWN_SYMBOL
        return trading.place(self._venue, account, listing, command)

    def _amend(self, command: AmendOrder) -> Answer:
        account = self._venue.accounts.get(command.account)
        return refusals.UNKNOWN_ACCOUNT if account is None else amend(self._venue, account, command)

    def _cancel(self, command: CancelOrder) -> Answer:
        account = self._venue.accounts.get(command.account)
        return refusals.UNKNOWN_ACCOUNT if account is None else trading.cancel(self._venue, account, command)

    def _cancel_all(self, command: CancelAll) -> Answer:
        account = self._venue.accounts.get(command.account)
        return refusals.UNKNOWN_ACCOUNT if account is None else trading.cancel_all(self._venue, account, command)

    def _set_trading_stop(self, command: SetTradingStop) -> Answer:
        holding = self._holding(command.account, command.symbol)
        return holding if isinstance(holding, Refusal) else set_trading_stop(self._venue, holding, command)

    def _set_leverage(self, command: SetLeverage) -> Answer:
        holding = self._holding(command.account, command.symbol)
        return holding if isinstance(holding, Refusal) else trading.set_leverage(self._venue, holding, command)

    def _open_account(self, command: OpenAccount) -> Answer:
        if command.account in self._venue.accounts:
            return refusals.ACCOUNT_EXISTS
        account = Account(command.account, command.deposit, command.house)
        self._venue.accounts[command.account] = account
        self._venue.wallet_changed(account)
        return Acknowledgement()

    def _set_index(self, command: SetIndex) -> Answer:
        listing = self._venue.listings.get(command.symbol)
        if listing is None:
            return refusals.UNKNOWN_SYMBOL
        limits, price = listing.instrument, command.price
        if not price.is_finite() or not limits.min_price <= price <= limits.max_price:
            return refusals.BAD_PRICE
        listing.set_index(price)
        self._venue.price_moved(listing)
        return Acknowledgement()

    # -- reading ----------------------------------------------------------------------------------------------------

    def has_account(self, account: str) -> bool:
        return account in self._venue.accounts

    def open_orders(self, account: str, symbol: str = "") -> list[Order]:
        """New, PartiallyFilled and Untriggered, newest first; none for an unknown account."""
        owner = self._venue.accounts.get(account)
        if owner is None:
            return []
        return [
            order.view() for order in reversed(owner.active.values()) if not symbol or order.listing.symbol == symbol
        ]

    def order(self, account: str, *, order_id: str = "", order_link_id: str = "") -> Order | None:
        """One order, also if it ended recently."""
        owner = self._venue.accounts.get(account)
        found = owner.find(order_id, order_link_id) if owner else None
        return found.view() if found else None

    def order_history(self, account: str) -> list[Order]:
        """Ended orders, the last ended first; the oldest are forgotten."""
        owner = self._venue.accounts.get(account)
        return [order.view() for order in reversed(owner.ended)] if owner else []

    def executions(self, account: str) -> list[Execution]:
        """Newest first; the oldest are forgotten."""
        owner = self._venue.accounts.get(account)
        return list(owner.executions) if owner else []

    def position(self, account: str, symbol: str) -> Position:
        """Flat where the account never traded. Both must exist."""
        owner, listing = self._venue.accounts[account], self._venue.listings[symbol]
        return margin.position(owner.holdings.get(symbol) or Holding(owner, listing))

    def positions(self, account: str) -> list[Position]:
        """Of every symbol that the account has touched, flat ones included."""
        owner = self._venue.accounts.get(account)
        return [margin.position(holding) for holding in owner.holdings.values()] if owner else []

    def wallet(self, account: str) -> Wallet:
        return margin.wallet(self._venue.accounts[account], self._venue.now_ms)

    def depth(self, symbol: str, levels: int) -> tuple[Levels, Levels]:
        """Bids and asks as (price, quantity), best first."""
        book = self._venue.listings[symbol].book
        return book.bids.top(levels), book.asks.top(levels)

    def prices(self, symbol: str) -> PriceChanged:
        return self._venue.listings[symbol].prices(self._venue.now_ms)

    def public_trades(self, symbol: str) -> list[PublicTrade]:
        """Newest first, the last thousand."""
        return list(self._venue.listings[symbol].trades)

    def book_sequence(self, symbol: str) -> int:
        """The sequence of the last change of this symbol's book: what a snapshot of `depth` stands at."""
        return self._venue.listings[symbol].seq

    # -- keeping ----------------------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """The whole state as plain JSON values."""
        return snapshots.dump(self._venue)

    @classmethod
    def restore(cls, snapshot: Mapping[str, Any]) -> Engine:
        """An engine that goes on exactly as the one that made the snapshot would have."""
        instruments = snapshots.instruments(snapshot)
        engine = cls(instruments, snapshot["id_prefix"])
        snapshots.load(engine._venue, snapshot)
        return engine

    def _holding(self, account: str, symbol: str) -> Holding | Refusal:
        owner = self._venue.accounts.get(account)
        if owner is None:
            return refusals.UNKNOWN_ACCOUNT
        listing = self._venue.listings.get(symbol)
        return owner.holding(listing) if listing else refusals.UNKNOWN_SYMBOL
