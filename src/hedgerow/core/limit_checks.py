"""Limits on one order by itself: what can be judged without the log."""

from __future__ import annotations

from decimal import Decimal

from hedgerow.core.commands import OrderTerms, OrderType, Side
from hedgerow.core.decimals import to_text
from hedgerow.core.instruments import Instrument
from hedgerow.core.limits import AccountRules, TradingState
from hedgerow.core.refusals import Code, Refusal


def check(
    terms: OrderTerms,
    instrument: Instrument,
    rules: AccountRules,
    mark: Decimal | None,
    mark_age_ms: int,
    leverage: Decimal | None,
) -> Refusal | None:
    """The checks that need no log: trading state, leverage, a fresh mark, the price collar, the order's notional.

    A reduce-only market order passes without a mark: a position can be left whatever the market data do. Of other
    orders, what cannot be checked is denied. A leverage of `None` is one that the exchange did not tell.
    """
    limits = rules.limits
    fresh = mark if mark is not None and mark_age_ms <= limits.mark_max_age_ms else None
    if not terms.reduce_only:
        refusal = state_refusal(rules.state)
        if refusal is None and leverage is not None:
            refusal = leverage_refusal(leverage, rules)
        if refusal is not None:
            return refusal
    elif terms.type is OrderType.MARKET:
        return None
    if fresh is None and terms.trigger_price is None:
        return Refusal(Code.MARK_STALE, "There is no fresh price of this instrument to check the order by.")
    refusal = _collar_refusal(terms, terms.trigger_price or fresh, limits.price_collar)
    if refusal is not None or terms.reduce_only:
        return refusal
    notional = notional_of(terms, instrument, fresh)
    assert notional is not None, terms
    return order_refusal(notional, rules)


def notional_of(terms: OrderTerms, instrument: Instrument, mark: Decimal | None) -> Decimal | None:
    """What an order counts for: at its price, else at its trigger, else at the mark; in the settle currency."""
    price = terms.price or terms.trigger_price or mark
    return None if price is None else instrument.notional(terms.amount, price)


def _collar_refusal(terms: OrderTerms, reference: Decimal | None, collar: Decimal | None) -> Refusal | None:
    """A limit price far on the aggressive side is a slip of the finger; far on the other side it rests."""
    if collar is None or terms.price is None or reference is None:
        return None
    if terms.side is Side.BUY:
        bound = reference * (1 + collar)
        if terms.price <= bound:
            return None
        words = "above"
    else:
        bound = reference * (1 - collar)
        if terms.price >= bound:
            return None
        words = "below"
    percent = to_text(collar * 100)
    return Refusal(
        Code.PRICE_COLLAR,
        f"The price is more than {percent} % {words} the market at {to_text(reference)}.",
        field="price",
    )


def state_refusal(state: TradingState) -> Refusal | None:
    if state is TradingState.REDUCING:
        return Refusal(Code.REDUCING_ONLY, "The account only takes reduce-only orders now.")
    if state is TradingState.HALTED:
        return Refusal(Code.HALTED, "Trading on this account is halted; only reduce-only orders and cancels go out.")
    return None


def order_refusal(notional: Decimal, rules: AccountRules) -> Refusal | None:
    limit = rules.limits.order_notional
    if limit is None or notional <= limit:
        return None
    return Refusal(
        Code.ORDER_NOTIONAL_LIMIT,
        f"The order is worth {to_text(round(notional, 2))}; the limit is {to_text(limit)}.",
        field="amount",
    )


def leverage_refusal(leverage: Decimal, rules: AccountRules) -> Refusal | None:
    limit = rules.limits.leverage
    if limit is None or leverage <= limit:
        return None
    return Refusal(Code.LEVERAGE_LIMIT, f"The limit for leverage is {to_text(limit)}.", field="leverage")
