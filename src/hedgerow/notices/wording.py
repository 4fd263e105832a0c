"""How a notice says it: short, plain, the account first."""

from __future__ import annotations

from decimal import Decimal

from hedgerow.core.commands import Side
from hedgerow.core.decimals import to_text
from hedgerow.core.instruments import Instrument
from hedgerow.core.orders import Order
from hedgerow.core.positions import Position
from hedgerow.journal.envelope import Environment
from hedgerow.notices import Account

_DID = {Side.BUY: "bought", Side.SELL: "sold"}
_ROLES = {"take_profit": "take profit", "stop_loss": "stop loss"}
_QUOTED = 200  # characters of an exchange's own words


def label(account: Account) -> str:
    """`Bybit main`; what is not real money says so."""
    named = f"{account.exchange.capitalize()} {account.name}" if account.exchange else account.name
    return named if account.environment is Environment.LIVE else f"{named} ({account.environment})"


def traded(order: Order, instrument: Instrument | None) -> str:
    """`bought 0.25 BTC at 59 556.4 (limit, filled)`: all that was filled of the order so far."""
    price = "" if order.average is None else f" at {grouped(order.average)}"
    amount = quantity(order.filled_by_fills, order.symbol, instrument)
    return f"{_DID[order.side]} {amount}{price} ({order.type}, {_how_much(order, instrument)})"


def _how_much(order: Order, instrument: Instrument | None) -> str:
    if order.filled_by_fills >= order.amount:
        return "filled"
    part, whole = (to_text(_in_base(amount, instrument)) for amount in (order.filled_by_fills, order.amount))
    return f"{part} of {whole} filled"


def wanted(order: Order, instrument: Instrument | None) -> str:
    """`buy 0.25 BTC at 59 556.4 (limit)`: what the order is about."""
    level = order.price or order.trigger_price
    price = "" if level is None else f" at {grouped(level)}"
    return f"{order.side} {quantity(order.amount, order.symbol, instrument)}{price} ({order.type})"


def role(order: Order) -> str | None:
    """`stop loss`, of an order that protects a position; else `None`."""
    if order.role is not None:
        return _ROLES.get(order.role, "stop")
    return "stop" if order.trigger_price is not None and order.reduce_only else None


def difference(position: Position, amount: Decimal, instrument: Instrument | None) -> str:
    held = quantity(position.amount, position.symbol, instrument)
    theirs = quantity(position.amount + amount, position.symbol, instrument)
    return f"the {position.side} position is {held} by the fills and {theirs} at the exchange"


def quantity(amount: Decimal, symbol: str, instrument: Instrument | None) -> str:
    """In coins where a contract is so much of one, else in contracts."""
    if instrument is None or not instrument.linear:
        return f"{to_text(amount)} {'contract' if amount == 1 else 'contracts'} of {symbol}"
    return f"{to_text(_in_base(amount, instrument))} {instrument.base}"


def _in_base(amount: Decimal, instrument: Instrument | None) -> Decimal:
    return amount if instrument is None or not instrument.linear else amount * instrument.contract_size


def grouped(number: Decimal) -> str:
    """`59 556.4`"""
    whole, point, fraction = to_text(number).partition(".")
    return f"{int(whole):,}".replace(",", " ") + point + fraction if whole != "-0" else f"-0{point}{fraction}"


def words_of(order: Order) -> str:
    """Why the exchange said no, as it said it."""
    said = order.refusal.message if order.refusal is not None else order.reason or "no reason given"
    return said if len(said) <= _QUOTED else said[: _QUOTED - 1] + "…"
