"""Positions: what fills make of them, and what the exchange says beside it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from hedgerow.core.commands import PositionSide, Side
from hedgerow.core.decimals import ZERO, quotient
from hedgerow.core.fills import Fill
from hedgerow.core.instruments import Instrument
from hedgerow.core.positions import Position
from hedgerow.core.reports import PositionReport

_ONE: Final = Decimal(1)
_GROWS: Final = {PositionSide.LONG: Side.BUY, PositionSide.SHORT: Side.SELL}
_ISOLATED: Final = "isolated"


class Folded(NamedTuple):
    """Both legs after a fill, and the gross PnL of what it closed, in the settle currency."""

    long: Position | None
    short: Position | None
    realised_pnl: Decimal


def apply_fill(
    long: Position | None, short: Position | None, fill: Fill, instrument: Instrument | None = None
) -> Folded:
    """Count one fill into the legs of its instrument.

    One-way: it first reduces the leg against it, and what remains opens or grows the other. Hedge mode: the fill says
    its leg; a leg cannot fall below nothing, and what is missing then shows as a discrepancy. An instrument that is
    not known counts as linear, one contract one base.
    """
    legs: dict[PositionSide, Position | None] = {PositionSide.LONG: long, PositionSide.SHORT: short}
    pnl = ZERO
    if fill.position_side is not None:
        grows = _GROWS[fill.position_side] is fill.side
        shrinking, growing = (None, fill.position_side) if grows else (fill.position_side, None)
    elif fill.side is Side.BUY:
        shrinking, growing = PositionSide.SHORT, PositionSide.LONG
    else:
        shrinking, growing = PositionSide.LONG, PositionSide.SHORT
    rest = fill.amount
    fee = fill.fee
    if shrinking is not None:
        leg = legs[shrinking]
        closing = ZERO if leg is None else min(leg.amount, rest)
        if leg is not None and (closing or growing is None):
            legs[shrinking], pnl = _shrunk(leg, fill, closing, instrument)
            rest -= closing
            fee = ZERO
        elif growing is None:
            legs[shrinking] = _touched(_leg(leg, fill, shrinking), fill, fee, {})
    if growing is not None and rest:
        legs[growing] = _grown(_leg(legs[growing], fill, growing), fill, rest, fee, instrument)
    return Folded(legs[PositionSide.LONG], legs[PositionSide.SHORT], pnl)


def pass_over(long: Position | None, short: Position | None, fill: Fill) -> Folded:
    """A fill that the opening balance holds already: only its sequence number is noted."""
    side = fill.position_side or (PositionSide.LONG if long is not None or short is None else PositionSide.SHORT)
    leg = _leg(long if side is PositionSide.LONG else short, fill, side)
    noted = replace(leg, version=leg.version + 1, last_fill=max(leg.last_fill, fill.sequence))
    return Folded(noted, short, ZERO) if side is PositionSide.LONG else Folded(long, noted, ZERO)


def opening(account: str, report: PositionReport, now_ms: int, before: Position | None = None) -> Position:
    """A leg as the exchange holds it when the account is first followed: the balance that fills then move."""
    assert report.side is not None, report
    leg = before or empty_leg(account, report.symbol, report.side, now_ms)
    facts = _exchange_facts(report, report.amount)
    facts |= {"amount": report.amount, "entry": report.entry if report.amount else None, "discrepancy": None}
    return replace(leg, **facts, version=leg.version + 1, updated_ms=max(leg.updated_ms, now_ms))


def confirm(position: Position, report: PositionReport, now_ms: int) -> Position:
    """What the exchange says of a leg, beside the fold. A report without side says that the leg is flat.

    The same object where nothing but the price moved: mark, unrealised PnL, the liquidation price and, cross-margined,
    the margin move with it.
    """
    if report.updated_ms < position.exchange_updated_ms:
        return position
    amount = report.amount if report.side is position.side else ZERO
    facts = _exchange_facts(report, amount)
    lasting = ["exchange_amount", "exchange_entry", "leverage", "margin_mode", "take_profit", "stop_loss", "hedged"]
    if report.margin_mode == _ISOLATED:
        lasting.append("margin")
    if all(getattr(position, name) == facts.get(name, getattr(position, name)) for name in lasting):
        return position
    return replace(position, **facts, version=position.version + 1, updated_ms=max(position.updated_ms, now_ms))


def with_discrepancy(position: Position, discrepancy: Decimal | None, now_ms: int) -> Position:
    if position.discrepancy == discrepancy:
        return position
    return replace(
        position,
        discrepancy=discrepancy,
        version=position.version + 1,
        updated_ms=max(position.updated_ms, now_ms),
    )


def empty_leg(account: str, symbol: str, side: PositionSide, now_ms: int) -> Position:
    """A leg of which nothing is known yet. Version 0."""
    return Position(account=account, symbol=symbol, side=side, amount=ZERO, updated_ms=now_ms, version=0)


def _leg(leg: Position | None, fill: Fill, side: PositionSide) -> Position:
    if leg is not None:
        return leg
    born = empty_leg(fill.account, fill.symbol, side, fill.time_ms)
    return born if fill.position_side is None else replace(born, hedged=True)


def _grown(leg: Position, fill: Fill, amount: Decimal, fee: Decimal, instrument: Instrument | None) -> Position:
    total = leg.amount + amount
    if not leg.amount or leg.entry is None:
        entry = fill.price if not leg.amount else None
    elif instrument is None or instrument.linear:
        entry = quotient(leg.amount * leg.entry + amount * fill.price, total)
    else:  # an inverse contract is worth so much quote currency: the entry is the harmonic mean
        entry = quotient(total, leg.amount / leg.entry + amount / fill.price)
    return _touched(leg, fill, fee, {"amount": total, "entry": entry})


def _shrunk(leg: Position, fill: Fill, amount: Decimal, instrument: Instrument | None) -> tuple[Position, Decimal]:
    pnl = ZERO if leg.entry is None else gross_pnl(leg.side, leg.entry, fill.price, amount, instrument)
    facts: dict[str, Any] = {"amount": leg.amount - amount, "realised_pnl": leg.realised_pnl + pnl}
    if leg.amount == amount:
        facts |= {
            "amount": ZERO,
            "entry": None,
            "liquidation_price": None,
            "margin": None,
            "maintenance_margin": None,
            "take_profit": None,
            "stop_loss": None,
        }
    return _touched(leg, fill, fill.fee, facts), pnl


def gross_pnl(
    side: PositionSide, entry: Decimal, price: Decimal, amount: Decimal, instrument: Instrument | None
) -> Decimal:
    """Of `amount` contracts bought or sold at `entry` and closed at `price`, in the settle currency."""
    size = _ONE if instrument is None else instrument.contract_size
    if instrument is None or instrument.linear:
        gained = (price - entry) * amount * size
    else:
        gained = quotient((price - entry) * amount * size, entry * price)
    return gained if side is PositionSide.LONG else -gained


def _touched(leg: Position, fill: Fill, fee: Decimal, facts: dict[str, Any]) -> Position:
    """The leg after a fill; what the exchange last said of its size holds only if it said so after the fill."""
    if fee:
        facts["fees"] = leg.fees | {fill.fee_currency: leg.fees.get(fill.fee_currency, ZERO) + fee}
    if fill.time_ms > leg.exchange_updated_ms:
        facts |= {"exchange_amount": None, "exchange_entry": None}
    return replace(
        leg,
        **facts,
        version=leg.version + 1,
        last_fill=max(leg.last_fill, fill.sequence),
        updated_ms=max(leg.updated_ms, fill.time_ms),
    )


def _exchange_facts(report: PositionReport, amount: Decimal) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "exchange_amount": amount,
        "exchange_entry": report.entry if amount else None,
        "exchange_updated_ms": report.updated_ms,
        "mark": report.mark,
        "liquidation_price": report.liquidation_price if amount else None,
        "margin": report.margin if amount else None,
        "maintenance_margin": report.maintenance_margin if amount else None,
        "take_profit": report.take_profit if amount else None,
        "stop_loss": report.stop_loss if amount else None,
        "hedged": report.hedged,
    }
    # What a report does not say stays.
    if report.leverage is not None:
        facts["leverage"] = report.leverage
    if report.margin_mode is not None:
        facts["margin_mode"] = report.margin_mode
    return facts
