"""What accounts ask of the exchange: place, amend, cancel, leverage; and conditional orders coming alive."""

from __future__ import annotations

from hedgerow.simulator import admission, margin, refusals
from hedgerow.simulator.accounts import Account, Holding
from hedgerow.simulator.listing import Listing
from hedgerow.simulator.matching import CANCEL_BY_REDUCE_ONLY, enter
from hedgerow.simulator.messages import (
    Acknowledgement,
    CancelAll,
    CancelOrder,
    OrderStatus,
    OrderType,
    PlaceOrder,
    Refusal,
    SetLeverage,
    TriggerBy,
)
from hedgerow.simulator.orders import LiveOrder
from hedgerow.simulator.protection import end_pair, protect
from hedgerow.simulator.venue import Venue

CANCEL_BY_USER = "CancelByUser"


def place(venue: Venue, account: Account, listing: Listing, command: PlaceOrder) -> Acknowledgement | Refusal:
    """https://bybit-exchange.github.io/docs/v5/order/create-order: a conditional order takes no margin and waits."""
    order = admission.admit(venue, account, listing, command)
    if isinstance(order, Refusal):
        return order
    if order.conditional:
        venue.wait(order)
        venue.report(order)
    else:
        enter(venue, order)
    return Acknowledgement(order.order_id, order.order_link_id)


def cancel(venue: Venue, account: Account, command: CancelOrder) -> Acknowledgement | Refusal:
    """https://bybit-exchange.github.io/docs/v5/order/cancel-order"""
    order = account.find(command.order_id, command.order_link_id)
    if order is None or order.ended or order.listing.symbol != command.symbol:
        return refusals.NOTHING_TO_CANCEL
    venue.end(order, CANCEL_BY_USER)
    return Acknowledgement(order.order_id, order.order_link_id)


def cancel_all(venue: Venue, account: Account, command: CancelAll) -> Acknowledgement:
    """https://bybit-exchange.github.io/docs/v5/order/cancel-all: of one symbol or all; `stop_orders_only` spares what
    already works. TP/SL orders of a position are orders too, and go."""
    chosen = [
        order
        for order in account.active.values()
        if (not command.symbol or order.listing.symbol == command.symbol)
        and (not command.stop_orders_only or order.conditional)
    ]
    venue.end_all(chosen, CANCEL_BY_USER)
    return Acknowledgement(cancelled=tuple((order.order_id, order.order_link_id) for order in chosen))


def set_leverage(venue: Venue, holding: Holding, command: SetLeverage) -> Acknowledgement | Refusal:
    """https://bybit-exchange.github.io/docs/v5/position/leverage: the same again is refused with 110043."""
    account, limits, leverage = holding.owner, holding.listing.instrument, command.leverage
    if not leverage.is_finite() or leverage < limits.min_leverage:
        return refusals.BAD_LEVERAGE
    if leverage > limits.max_leverage:
        return refusals.LEVERAGE_ABOVE_LIMIT
    if leverage % limits.leverage_step:
        return refusals.BAD_LEVERAGE
    before = holding.leverage
    if leverage == before:
        return refusals.LEVERAGE_UNCHANGED
    holding.leverage = leverage
    margin.recount(holding)
    if leverage < before and not account.house and margin.available(account) < 0:
        holding.leverage = before
        margin.recount(holding)
        return refusals.INSUFFICIENT_BALANCE
    venue.position_changed(holding)
    return Acknowledgement()


def settle(venue: Venue) -> None:
    """All that follows a command: protection of what was filled, then orders whose trigger was met, until none is."""
    while True:
        if venue.traded or venue.closed:
            protect(venue)
        order = _next_triggered(venue)
        if order is None:
            return
        _activate(venue, order)


def _next_triggered(venue: Venue) -> LiveOrder | None:
    while venue.to_trigger:
        listing = next(iter(venue.to_trigger))
        for by in TriggerBy:
            order = listing.triggers[by].next_triggered(listing.price(by))
            if order is not None:
                return order
        del venue.to_trigger[listing]
    return None


def _activate(venue: Venue, order: LiveOrder) -> None:
    """Untriggered, Triggered, then New as any order; the id stays. "If the margin is insufficient after the
    conditional order is triggered, the order will be cancelled"."""
    venue.unwait(order)
    order.move(OrderStatus.TRIGGERED, venue.now_ms)
    venue.report(order)
    if order.pair_id:
        end_pair(venue, order)
    holding, listing = order.holding, order.listing
    if order.order_type is OrderType.MARKET:
        order.price = admission.market_limit(listing, order.side)
    order.ticks = int(order.price / listing.tick)
    if order.reduce_only:
        fitted = admission.fit_reduce_only(holding, order.side, order.order_type, order.qty)
        if isinstance(fitted, Refusal):
            venue.end(order, CANCEL_BY_REDUCE_ONLY)
            return
        order.qty = order.leaves = fitted
    elif not order.owner.house and not admission.affordable(holding, order.side, order.qty, order.qty * order.price):
        venue.end(order, reject_reason="EC_Others")
        return
    order.move(OrderStatus.NEW, venue.now_ms)
    enter(venue, order)
