"""What an order would be, without sending it: the text that would go out, its worth, margin, fees and a liquidation."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec

from hedgerow.core.commands import OrderTerms, PositionSide, Side
from hedgerow.core.decimals import ZERO, quotient, to_text
from hedgerow.core.instruments import Instrument
from hedgerow.core.limit_checks import check, notional_of
from hedgerow.core.limits import AccountRules
from hedgerow.core.positions import Position
from hedgerow.core.refusals import Refusal
from hedgerow.core.reports import Balance

_ONE: Final = Decimal(1)


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """Estimates are in the settle currency, and `None` where they cannot be made.

    Attributes:
        amount, price: the text that would go on the wire.
        base_amount: the amount in base currency.
        initial_margin: what the order would bind, at the leverage; nothing for a reduce-only order.
        fee_maker, fee_taker: what it would cost if it rested, and if it did not.
        liquidation_price: of the position that it would leave alone in its account, cross-margined.
        denial: the first thing that would stop it here.
    """

    amount: str
    price: str | None
    base_amount: Decimal | None
    notional: Decimal | None
    initial_margin: Decimal | None
    fee_maker: Decimal | None
    fee_taker: Decimal | None
    liquidation_price: Decimal | None
    denial: Refusal | None


def preview(
    terms: OrderTerms,
    instrument: Instrument,
    *,
    mark: Decimal | None,
    mark_age_ms: int = 0,
    leverage: Decimal | None = None,
    balances: Sequence[Balance] = (),
    positions: Sequence[Position] = (),
    rules: AccountRules = AccountRules(),  # noqa: B008 (frozen)
    maintenance_rate: Decimal | None = None,
    denial: Refusal | None = None,
) -> Preview:
    """Work an order out.

    Args:
        positions: the legs of the instrument.
        maintenance_rate: maintenance margin as a fraction of notional, where it is known.
        denial: a refusal that was found before; it is shown instead of what the limits would say.
    """
    notional = notional_of(terms, instrument, mark)
    price = terms.price or terms.trigger_price or mark
    margin = None
    if terms.reduce_only:
        margin = ZERO
    elif notional is not None and leverage:
        margin = quotient(notional, leverage)
    return Preview(
        amount=to_text(terms.amount),
        price=None if terms.price is None else to_text(terms.price),
        base_amount=_base_amount(terms.amount, instrument, price),
        notional=notional,
        initial_margin=margin,
        fee_maker=None if notional is None else notional * instrument.maker_fee,
        fee_taker=None if notional is None else notional * instrument.taker_fee,
        liquidation_price=_liquidation(terms, instrument, price, balances, positions, maintenance_rate),
        denial=denial or check(terms, instrument, rules, mark, mark_age_ms, leverage),
    )


def _base_amount(amount: Decimal, instrument: Instrument, price: Decimal | None) -> Decimal | None:
    if instrument.linear:
        return amount * instrument.contract_size
    return None if price is None else quotient(amount * instrument.contract_size, price)


def _liquidation(
    terms: OrderTerms,
    instrument: Instrument,
    price: Decimal | None,
    balances: Sequence[Balance],
    positions: Sequence[Position],
    maintenance_rate: Decimal | None,
) -> Decimal | None:
    """Where the wallet and the position's loss meet the maintenance margin; linear, one position.

    For a size q (negative when short) entered at e, with wallet w and maintenance rate m, the price p solves
    w + q (p - e) = m |q| p.
    """
    wallet = next((balance.wallet for balance in balances if balance.currency == instrument.settle), None)
    if not instrument.linear or price is None or wallet is None or maintenance_rate is None:
        return None
    size, entry = _resulting(terms, price, positions)
    if not size or entry is None:
        return None
    size *= instrument.contract_size
    divisor = size - maintenance_rate * abs(size)
    solved = quotient(size * entry - wallet, divisor)
    return solved if solved > 0 else None


def _resulting(terms: OrderTerms, price: Decimal, positions: Sequence[Position]) -> tuple[Decimal, Decimal | None]:
    """Signed contracts and entry after the order has filled at `price`."""
    held, entry = ZERO, None
    for leg in positions:
        if leg.size and terms.position_side in (None, leg.side):
            held = leg.size if leg.side is PositionSide.LONG else -leg.size
            entry = leg.entry or leg.exchange_entry
    change = terms.amount if terms.side is Side.BUY else -terms.amount
    size = held + change
    if not held or (held > 0) != (size > 0):
        return size, price
    if (held > 0) != (change > 0) or entry is None:
        return size, entry  # made smaller: the entry stays
    return size, quotient(held * entry + change * price, size)
