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
from hedgerow.core.risk_tiers import RiskTier, tier_of

_ONE: Final = Decimal(1)


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """Estimates are in the settle currency, and `None` where they cannot be made.

    Attributes:
        amount, price: the text that would go on the wire.
        base_amount: the amount in base currency.
        initial_margin: what the order would bind, at the leverage; nothing for a reduce-only order.
        fee_maker, fee_taker: what it would cost if it rested, and if it did not.
        liquidation_price: of the position that it would leave, cross-margined, while other prices stay as they are.
        denial: the first thing that would stop it here.
        leverage, margin_mode: that were counted with.
        available: what may be used for new orders, as the exchange last said.
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
    leverage: Decimal | None = None
    margin_mode: str | None = None
    available: Decimal | None = None


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
    margin_mode: str | None = None,
    tiers: Sequence[RiskTier] = (),
    others: Decimal = ZERO,
    denial: Refusal | None = None,
) -> Preview:
    """Work an order out.

    Args:
        positions: the legs of the instrument.
        tiers: the instrument's, where they are known.
        others: what the positions in other instruments add to the account: unrealised PnL less maintenance margin.
        denial: a refusal that was found before; it is shown instead of what the limits would say.
    """
    notional = notional_of(terms, instrument, mark)
    held = next((balance for balance in balances if balance.currency == instrument.settle), None)
    free = None if held is None or margin_mode == "isolated" else held.wallet + others
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
        liquidation_price=_liquidation(terms, instrument, price, free, positions, tiers),
        denial=denial or check(terms, instrument, rules, mark, mark_age_ms, leverage),
        leverage=leverage,
        margin_mode=margin_mode,
        available=None if held is None else held.available,
    )


def _base_amount(amount: Decimal, instrument: Instrument, price: Decimal | None) -> Decimal | None:
    if instrument.linear:
        return amount * instrument.contract_size
    return None if price is None else quotient(amount * instrument.contract_size, price)


def _liquidation(
    terms: OrderTerms,
    instrument: Instrument,
    price: Decimal | None,
    free: Decimal | None,
    positions: Sequence[Position],
    tiers: Sequence[RiskTier],
) -> Decimal | None:
    """Where what is free and the position's loss meet the maintenance margin; linear, cross-margined.

    For a size q (negative when short) entered at e, with w free, maintenance rate m, deduction d and the fee t to close
    (which exchanges count to the maintenance margin), the price p solves w + q (p - e) = (m + t) |q| p - d.
    """
    if not instrument.linear or price is None or free is None:
        return None
    size, entry = _resulting(terms, price, positions)
    size *= instrument.contract_size
    tier = tier_of(tiers, abs(size) * price)
    if not size or entry is None or tier is None:
        return None
    divisor = size - (tier.maintenance_rate + instrument.taker_fee) * abs(size)
    solved = quotient(size * entry - free - tier.deduction, divisor)
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
