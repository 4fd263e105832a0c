"""Whether an order's terms fit its instrument and its exchange; refusals name the field."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal

import msgspec
from msgspec.structs import replace

from hedgerow.core.commands import OrderTerms, OrderType, Side, TimeInForce
from hedgerow.core.decimals import ceil_to_step, floor_to_step, is_multiple, nearest_step, to_text
from hedgerow.core.instruments import Instrument
from hedgerow.core.protection import protection_refusal
from hedgerow.core.refusals import Code, Refusal


class Offers(msgspec.Struct, frozen=True, kw_only=True):
    """What the exchange can do with an order."""

    attached_protection: bool
    conditional_orders: bool
    trigger_by: tuple[str, ...]
    post_only: bool
    reduce_only: bool
    time_in_force: tuple[str, ...]
    hedge_mode: bool


def check_terms(
    terms: OrderTerms, instrument: Instrument, offers: Offers, mark: Decimal | None = None
) -> Refusal | None:
    """The first thing about the terms that is wrong in themselves, by the instrument or by the exchange.

    Args:
        mark: of the instrument, fresh; where it is given, triggers and protection are checked against it.
    """
    return (
        _shape_refusal(terms)
        or _offer_refusal(terms, offers)
        or amount_refusal(terms.amount, terms.type, instrument)
        or _prices_refusal(terms, instrument)
        or _notional_refusal(terms, instrument, mark)
        or _trigger_refusal(terms, mark)
        or _attached_refusal(terms, mark)
    )


def quantised(terms: OrderTerms, instrument: Instrument) -> OrderTerms:
    """The terms on the instrument's grid, for a user who agreed to it: never more, never at a worse price.

    The amount is floored, the price is rounded down for a buy and up for a sell, triggers go to the nearest tick.
    """
    tick = instrument.price_tick
    passively = floor_to_step if terms.side is Side.BUY else ceil_to_step
    return replace(
        terms,
        amount=floor_to_step(terms.amount, instrument.amount_step),
        price=None if terms.price is None else passively(terms.price, tick),
        trigger_price=_nearest(terms.trigger_price, tick),
        take_profit=_nearest(terms.take_profit, tick),
        stop_loss=_nearest(terms.stop_loss, tick),
    )


def with_trigger_direction(terms: OrderTerms, mark: Decimal) -> OrderTerms:
    """A conditional order that does not say which way it waits for the price: the way from the mark to its trigger."""
    if terms.trigger_price is None or terms.trigger_ascending is not None:
        return terms
    return replace(terms, trigger_ascending=terms.trigger_price > mark)


def amount_refusal(amount: Decimal, kind: OrderType, instrument: Instrument, field: str = "amount") -> Refusal | None:
    """Whether an amount of contracts can be traded in one order of this type."""
    if amount <= 0:
        return Refusal(Code.AMOUNT_TOO_SMALL, "The amount must be more than nothing.", field)
    if amount < instrument.min_amount:
        least = to_text(instrument.min_amount)
        return Refusal(Code.AMOUNT_TOO_SMALL, f"The smallest amount of {instrument.symbol} is {least}.", field)
    if not is_multiple(amount, instrument.amount_step):
        step = to_text(instrument.amount_step)
        return Refusal(Code.AMOUNT_OFF_STEP, f"The amount of {instrument.symbol} goes in steps of {step}.", field)
    most = largest_amount(instrument, kind)
    if most is not None and amount > most:
        words = "market order" if kind is OrderType.MARKET else "order"
        return Refusal(Code.AMOUNT_TOO_LARGE, f"The largest {words} of {instrument.symbol} is {to_text(most)}.", field)
    return None


def largest_amount(instrument: Instrument, kind: OrderType) -> Decimal | None:
    """The most contracts that one order of this type takes; `None` where the exchange publishes no bound."""
    if kind is OrderType.MARKET and instrument.max_market_amount is not None:
        return instrument.max_market_amount
    return instrument.max_amount


def price_refusal(price: Decimal, instrument: Instrument, field: str) -> Refusal | None:
    """Whether a price lies on the instrument's grid and within its bounds."""
    if price <= 0:
        return Refusal(Code.PRICE_OUT_OF_RANGE, "The price must be more than nothing.", field)
    if not is_multiple(price, instrument.price_tick):
        tick = to_text(instrument.price_tick)
        return Refusal(Code.PRICE_OFF_TICK, f"Prices of {instrument.symbol} go in ticks of {tick}.", field)
    if instrument.min_price is not None and price < instrument.min_price:
        least = to_text(instrument.min_price)
        return Refusal(Code.PRICE_OUT_OF_RANGE, f"The lowest price of {instrument.symbol} is {least}.", field)
    if instrument.max_price is not None and price > instrument.max_price:
        most = to_text(instrument.max_price)
        return Refusal(Code.PRICE_OUT_OF_RANGE, f"The highest price of {instrument.symbol} is {most}.", field)
    return None


def _shape_refusal(terms: OrderTerms) -> Refusal | None:
    """Fields that do not go together."""
    if terms.type is OrderType.LIMIT and terms.price is None:
        return Refusal(Code.MISSING, "A limit order needs a price.", "price")
    if terms.type is OrderType.MARKET and terms.price is not None:
        return Refusal(Code.MALFORMED, "A market order has no price.", "price")
    if terms.post_only and terms.type is OrderType.MARKET:
        return Refusal(Code.MALFORMED, "A market order cannot be post-only: it never rests.", "post_only")
    if terms.post_only and terms.time_in_force is not TimeInForce.GTC:
        words = f"{terms.time_in_force} never rests, so that it cannot be post-only."
        return Refusal(Code.MALFORMED, words, "time_in_force")
    if terms.trigger_price is None and terms.trigger_by is not None:
        return Refusal(Code.MISSING, "trigger_by needs a trigger_price.", "trigger_price")
    if terms.reduce_only and (terms.take_profit is not None or terms.stop_loss is not None):
        field = "take_profit" if terms.take_profit is not None else "stop_loss"
        return Refusal(Code.MALFORMED, "A reduce-only order opens nothing that could be protected.", field)
    return None


def _offer_refusal(terms: OrderTerms, offers: Offers) -> Refusal | None:
    """What the exchange lacks."""
    lacks = {
        "post_only": terms.post_only and not offers.post_only,
        "reduce_only": terms.reduce_only and not offers.reduce_only,
        "trigger_price": terms.trigger_price is not None and not offers.conditional_orders,
        "trigger_by": terms.trigger_by is not None and terms.trigger_by not in offers.trigger_by,
        "take_profit": terms.take_profit is not None and not offers.attached_protection,
        "stop_loss": terms.stop_loss is not None and not offers.attached_protection,
        "time_in_force": terms.time_in_force is not TimeInForce.GTC and terms.time_in_force not in offers.time_in_force,
        "position_side": terms.position_side is not None and not offers.hedge_mode,
    }
    for field, lacking in lacks.items():
        if lacking:
            return Refusal(Code.NOT_SUPPORTED, f"The exchange does not take this {field}.", field)
    return None


def _prices_refusal(terms: OrderTerms, instrument: Instrument) -> Refusal | None:
    for field in ("price", "trigger_price", "take_profit", "stop_loss"):
        price: Decimal | None = getattr(terms, field)
        if price is not None:
            refusal = price_refusal(price, instrument, field)
            if refusal is not None:
                return refusal
    return None


def _notional_refusal(terms: OrderTerms, instrument: Instrument, mark: Decimal | None) -> Refusal | None:
    """Exchanges let a reduce-only order be small: what is left of a position has to go."""
    price = terms.price or terms.trigger_price or mark
    if instrument.min_notional is None or price is None or terms.reduce_only:
        return None
    notional = instrument.notional(terms.amount, price)
    if notional >= instrument.min_notional:
        return None
    least, worth = to_text(instrument.min_notional), to_text(notional.quantize(Decimal("0.01"), ROUND_UP))
    words = f"The order is worth {worth} {instrument.settle}; the least is {least}."
    return Refusal(Code.NOTIONAL_TOO_SMALL, words, "amount")


def _trigger_refusal(terms: OrderTerms, mark: Decimal | None) -> Refusal | None:
    """A trigger that the price has reached already would fire at once."""
    if terms.trigger_price is None or mark is None:
        return None
    if terms.trigger_price == mark:
        return Refusal(Code.TRIGGER_ON_WRONG_SIDE, "The market is at the trigger price already.", "trigger_price")
    if terms.trigger_ascending is None or terms.trigger_ascending == (terms.trigger_price > mark):
        return None
    way = "rise" if terms.trigger_ascending else "fall"
    words = f"The order waits for the price to {way} to its trigger, and the market at {to_text(mark)} is past it."
    return Refusal(Code.TRIGGER_ON_WRONG_SIDE, words, "trigger_price")


def _attached_refusal(terms: OrderTerms, mark: Decimal | None) -> Refusal | None:
    reference = terms.price or terms.trigger_price or mark
    if reference is None:
        return None
    return protection_refusal(terms.side is Side.BUY, reference, terms.take_profit, terms.stop_loss)


def _nearest(price: Decimal | None, tick: Decimal) -> Decimal | None:
    return None if price is None else nearest_step(price, tick)
