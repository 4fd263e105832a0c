"""Changing an order: https://bybit-exchange.github.io/docs/v5/order/amend-order.

An order keeps its place in the queue only if its price stays and its quantity falls; else it enters the book again,
and may trade at once.
"""

from __future__ import annotations

from decimal import Decimal

from hedgerow.simulator import admission, refusals
from hedgerow.simulator.accounts import Account
from hedgerow.simulator.matching import enter
from hedgerow.simulator.messages import (
    Acknowledgement,
    AmendOrder,
    OrderType,
    Refusal,
    StopOrderType,
    TpslMode,
    TriggerBy,
)
from hedgerow.simulator.orders import LiveOrder
from hedgerow.simulator.protection import FULL_KINDS, retarget
from hedgerow.simulator.venue import Venue


def amend(venue: Venue, account: Account, command: AmendOrder) -> Acknowledgement | Refusal:
    order = account.find(command.order_id, command.order_link_id)
    if order is None or order.ended or order.listing.symbol != command.symbol:
        return refusals.NOTHING_TO_AMEND
    refusal = _check_numbers(command) or _check_protection(order, command)
    if refusal:
        return refusal
    if order.conditional:
        refusal = _amend_waiting(venue, order, command)
    else:
        refusal = _amend_resting(venue, order, command)
    return refusal or Acknowledgement(order.order_id, order.order_link_id)


def _check_numbers(command: AmendOrder) -> Refusal | None:
    for value, refusal in (
        (command.qty, refusals.BAD_QTY),
        (command.price, refusals.BAD_PRICE),
        (command.trigger_price, refusals.BAD_TRIGGER_PRICE),
        (command.take_profit, refusals.BAD_TAKE_PROFIT),
        (command.stop_loss, refusals.BAD_STOP_LOSS),
    ):
        if value is not None and not value.is_finite():
            return refusal
    return None


def _check_protection(order: LiveOrder, command: AmendOrder) -> Refusal | None:
    """TP/SL may change until the order has filled in part; zero takes it away."""
    for price, by, is_profit in (
        (command.take_profit, command.tp_trigger_by or order.tp_trigger_by, True),
        (command.stop_loss, command.sl_trigger_by or order.sl_trigger_by, False),
    ):
        if price is None:
            continue
        if order.reduce_only:
            return refusals.REDUCE_ONLY_WITH_TPSL
        if order.cum_exec_qty:
            return refusals.TPSL_OF_PART_FILLED
        if price:
            base = command.price or order.price or order.listing.last
            refusal = admission.check_leg(order.listing, order.side, price, base, by or TriggerBy.LAST, is_profit)
            if refusal:
                return refusal
    return None


def _amend_waiting(venue: Venue, order: LiveOrder, command: AmendOrder) -> Refusal | None:
    listing = order.listing
    qty = order.qty if command.qty is None else command.qty
    price = order.price if command.price is None else command.price
    trigger_price = command.trigger_price or order.trigger_price
    by = command.trigger_by or order.trigger_by
    assert trigger_price is not None
    assert by is not None
    refusal = None
    if qty != order.qty:
        full = order.stop_order_type in FULL_KINDS  # its quantity is the position's
        refusal = refusals.BAD_QTY if full else admission.check_qty(listing, order.order_type, qty)
    if price != order.price:
        market = order.order_type is OrderType.MARKET
        refusal = refusal or (refusals.BAD_PRICE if market else admission.check_price(listing, price))
    moved = trigger_price != order.trigger_price or by is not order.trigger_by
    if moved:
        refusal = (
            refusal
            or (refusals.BAD_TRIGGER_PRICE if admission.check_price(listing, trigger_price) else None)
            or admission.check_trigger_side(listing, order.trigger_direction, trigger_price, by)
        )
    if refusal:
        return refusal
    protected = _set_protection(order, command)
    if not moved and not protected and qty == order.qty and price == order.price:
        return refusals.ORDER_UNCHANGED
    order.qty = order.leaves = qty.quantize(listing.instrument.qty_step)
    order.price = price.quantize(listing.tick)
    if order.stop_order_type is not StopOrderType.STOP:
        venue.position_changed(order.holding)
    retarget(venue, order, trigger_price, by)
    return None


def _amend_resting(venue: Venue, order: LiveOrder, command: AmendOrder) -> Refusal | None:
    listing, holding = order.listing, order.holding
    qty = order.qty if command.qty is None else command.qty
    price = order.price if command.price is None else command.price
    refusal = None
    if qty != order.qty:
        refusal = admission.check_qty(listing, order.order_type, qty)
        if not refusal and qty <= order.cum_exec_qty:
            refusal = refusals.QTY_BELOW_FILLED
    if price != order.price:
        refusal = (
            refusal or admission.check_price(listing, price) or admission.check_price_limit(listing, order.side, price)
        )
    if not order.reduce_only and qty * price < listing.instrument.min_notional:
        refusal = refusal or refusals.NOTIONAL_TOO_SMALL
    if refusal:
        return refusal
    if price == order.price and qty <= order.qty:
        return _amend_in_place(venue, order, qty, command)
    price, qty = price.quantize(listing.tick), qty.quantize(listing.instrument.qty_step)
    wanted = qty - order.cum_exec_qty
    if order.reduce_only:
        fitted = admission.fit_reduce_only(holding, order.side, order.order_type, wanted, excluded=order)
        assert isinstance(fitted, Decimal), fitted  # it rests, so there is something to close
        qty, wanted = order.cum_exec_qty + fitted, fitted
    elif not order.owner.house:
        more_qty, more_value = wanted - order.leaves, wanted * price - order.leaves * order.price
        if not admission.affordable(holding, order.side, more_qty, more_value):
            return refusals.INSUFFICIENT_BALANCE
    _set_protection(order, command)
    venue.unrest(order)
    order.qty, order.leaves = qty, wanted
    order.price, order.ticks = price, int(price / listing.tick)
    order.move(order.status, venue.now_ms)
    enter(venue, order)
    return None


def _amend_in_place(venue: Venue, order: LiveOrder, qty: Decimal, command: AmendOrder) -> Refusal | None:
    protected = _set_protection(order, command)
    if qty == order.qty and not protected:
        return refusals.ORDER_UNCHANGED
    if qty != order.qty:
        venue.shrink(order, qty.quantize(order.listing.instrument.qty_step))
    order.move(order.status, venue.now_ms)
    venue.report(order)
    return None


def _set_protection(order: LiveOrder, command: AmendOrder) -> bool:
    """Whether anything about the entry's TP/SL changed."""
    before = (order.take_profit, order.stop_loss, order.tp_trigger_by, order.sl_trigger_by)
    if command.take_profit is not None:
        order.take_profit = order.listing.at_scale(command.take_profit)
        order.tp_trigger_by = (
            (command.tp_trigger_by or order.tp_trigger_by or TriggerBy.LAST) if order.take_profit else None
        )
    if command.stop_loss is not None:
        order.stop_loss = order.listing.at_scale(command.stop_loss)
        order.sl_trigger_by = (
            (command.sl_trigger_by or order.sl_trigger_by or TriggerBy.LAST) if order.stop_loss else None
        )
    if order.tpsl_mode is TpslMode.NONE and (order.take_profit or order.stop_loss):
        order.tpsl_mode = TpslMode.FULL
    return before != (order.take_profit, order.stop_loss, order.tp_trigger_by, order.sl_trigger_by)
