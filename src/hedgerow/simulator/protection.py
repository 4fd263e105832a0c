"""Take profit and stop loss, of an entry and of a position.

https://bybit-exchange.github.io/docs/v5/order/create-order (takeProfit, stopLoss, tpslMode) and
https://bybit-exchange.github.io/docs/v5/position/trading-stop: the exchange makes conditional orders of them. In Full
mode there is at most one of each, it closes the whole position at market and its quantity follows the position; in
Partial mode each has its own quantity. When the position closes they go (cancelType CancelByTpSlTsClear).
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from hedgerow.simulator import refusals
from hedgerow.simulator.accounts import Holding
from hedgerow.simulator.admission import check_leg, check_price, check_qty
from hedgerow.simulator.conditional import FALLS, RISES
from hedgerow.simulator.messages import (
    Acknowledgement,
    OrderStatus,
    OrderType,
    Refusal,
    SetTradingStop,
    Side,
    StopOrderType,
    TimeInForce,
    TpslMode,
    TriggerBy,
)
from hedgerow.simulator.orders import LiveOrder
from hedgerow.simulator.venue import Venue

MAX_PARTIAL_CHILDREN = 20
POSITION_CLEARED = "CancelByTpSlTsClear"
STOP_TRIGGERED = "CancelByOCOTpCanceledBySlTriggered"
PROFIT_TRIGGERED = "CancelByOCOSlCanceledByTpTriggered"
FULL_KINDS = frozenset({StopOrderType.TAKE_PROFIT, StopOrderType.STOP_LOSS})


class Leg(NamedTuple):
    """One take profit or stop loss, as asked for."""

    is_profit: bool
    trigger_price: Decimal
    trigger_by: TriggerBy
    order_type: OrderType
    limit_price: Decimal | None


def protect(venue: Venue) -> None:
    """After matching: entries that filled get their TP/SL, and what protects a changed position follows its size."""
    for order, qty in venue.traded.items():
        if order.holding.side is order.side:
            _protect_entry(venue, order, qty)
            venue.closed[order.holding] = None
    venue.traded.clear()
    for holding in venue.closed:
        _follow_position(venue, holding)
    venue.closed.clear()


def _protect_entry(venue: Venue, order: LiveOrder, filled: Decimal) -> None:
    holding = order.holding
    legs = entry_legs(order)
    if order.tpsl_mode is not TpslMode.PARTIAL:
        for leg in legs:
            _set_full(venue, holding, leg)
        return
    children = {True: order.tp_child_id, False: order.sl_child_id}
    for leg in legs:
        child = holding.partial_children.get(children[leg.is_profit])
        if child is None:
            child = _add_partial(venue, holding, leg, filled)
            children[leg.is_profit] = child.order_id
        else:
            _resize(venue, child, child.qty + filled)
    order.tp_child_id, order.sl_child_id = children[True], children[False]
    if len(legs) > 1:
        _pair(holding.partial_children[order.tp_child_id], holding.partial_children[order.sl_child_id])


def entry_legs(order: LiveOrder) -> list[Leg]:
    legs = []
    if order.take_profit is not None:
        by = order.tp_trigger_by or TriggerBy.LAST
        legs.append(Leg(True, order.take_profit, by, order.tp_order_type, order.tp_limit_price))
    if order.stop_loss is not None:
        by = order.sl_trigger_by or TriggerBy.LAST
        legs.append(Leg(False, order.stop_loss, by, order.sl_order_type, order.sl_limit_price))
    return legs


def _follow_position(venue: Venue, holding: Holding) -> None:
    """Protection of a position that is gone (or turned over) goes; that of the whole position takes its size."""
    side = holding.side
    children = [holding.tp_order, holding.sl_order, *holding.partial_children.values()]
    for child in children:
        if child is None:
            continue
        if side is None or child.side is side:
            venue.end(child, POSITION_CLEARED)
        elif child.stop_order_type in FULL_KINDS and child.qty != holding.size:
            _resize(venue, child, holding.size)


def _resize(venue: Venue, child: LiveOrder, qty: Decimal) -> None:
    child.qty = child.leaves = qty
    child.move(OrderStatus.UNTRIGGERED, venue.now_ms)
    venue.report(child)


def _set_full(venue: Venue, holding: Holding, leg: Leg) -> None:
    """Moves the position's take profit or stop loss, or makes it."""
    if _already_set(holding, leg):
        return
    child = holding.tp_order if leg.is_profit else holding.sl_order
    venue.position_changed(holding)
    if child is not None:
        retarget(venue, child, leg.trigger_price, leg.trigger_by)
        return
    kind = StopOrderType.TAKE_PROFIT if leg.is_profit else StopOrderType.STOP_LOSS
    child = _child(venue, holding, leg, holding.size, kind)
    child.tpsl_mode = TpslMode.FULL
    if leg.is_profit:
        holding.tp_order = child
    else:
        holding.sl_order = child
    _start(venue, child)


def retarget(venue: Venue, order: LiveOrder, trigger_price: Decimal, by: TriggerBy) -> None:
    """An untriggered order gets another trigger."""
    assert order.trigger_by is not None
    order.listing.triggers[order.trigger_by].remove(order)
    order.trigger_price = order.listing.at_scale(trigger_price)
    order.trigger_by = by
    order.listing.triggers[by].add(order)
    venue.to_trigger[order.listing] = None
    order.move(OrderStatus.UNTRIGGERED, venue.now_ms)
    venue.report(order)


def _add_partial(venue: Venue, holding: Holding, leg: Leg, qty: Decimal) -> LiveOrder:
    kind = StopOrderType.PARTIAL_TAKE_PROFIT if leg.is_profit else StopOrderType.PARTIAL_STOP_LOSS
    child = _child(venue, holding, leg, qty, kind)
    child.tpsl_mode = TpslMode.PARTIAL
    holding.partial_children[child.order_id] = child
    _start(venue, child)
    return child


def _child(venue: Venue, holding: Holding, leg: Leg, qty: Decimal, kind: StopOrderType) -> LiveOrder:
    side = Side.SELL if holding.net > 0 else Side.BUY
    listing = holding.listing
    child = LiveOrder(
        holding.owner,
        holding,
        listing,
        venue.ids.next(),
        side,
        leg.order_type,
        qty.quantize(listing.instrument.qty_step),
        OrderStatus.UNTRIGGERED,
        venue.now_ms,
    )
    if leg.limit_price is not None and leg.order_type is OrderType.LIMIT:
        child.price = leg.limit_price.quantize(listing.tick)
    child.time_in_force = TimeInForce.IOC if leg.order_type is OrderType.MARKET else TimeInForce.GTC
    child.reduce_only = True
    child.close_on_trigger = True
    child.trigger_price = listing.at_scale(leg.trigger_price)
    child.trigger_by = leg.trigger_by
    child.trigger_direction = RISES if (side is Side.SELL) == leg.is_profit else FALLS
    child.stop_order_type = kind
    child.create_type = f"CreateBy{kind.value}"
    return child


def _start(venue: Venue, child: LiveOrder) -> None:
    child.owner.enter(child)
    venue.wait(child)
    venue.report(child)


def _pair(profit: LiveOrder, loss: LiveOrder) -> None:
    profit.pair_id, loss.pair_id = loss.order_id, profit.order_id


def end_pair(venue: Venue, triggered: LiveOrder) -> None:
    """Of a pair in Partial mode the other leg goes when one triggers."""
    other = triggered.holding.partial_children.get(triggered.pair_id)
    if other is not None:
        stop = triggered.stop_order_type is StopOrderType.PARTIAL_STOP_LOSS
        venue.end(other, STOP_TRIGGERED if stop else PROFIT_TRIGGERED)


def set_trading_stop(venue: Venue, holding: Holding, command: SetTradingStop) -> Acknowledgement | Refusal:
    """`/v5/position/trading-stop`. Nothing asked for, or nothing changed: 34040 "not modified"."""
    if command.position_idx:
        return refusals.BAD_POSITION_IDX
    if not holding.net:
        return refusals.NO_POSITION_TO_PROTECT
    legs = _asked_legs(command)
    refusal = _check_legs(holding, command, legs)
    if refusal:
        return refusal
    if command.tpsl_mode is TpslMode.PARTIAL:
        return _set_partial(venue, holding, command, legs)
    removed = [
        child
        for asked, child in ((command.take_profit, holding.tp_order), (command.stop_loss, holding.sl_order))
        if asked is not None and not asked and child is not None
    ]
    changed = [leg for leg in legs if not _already_set(holding, leg)]
    if not removed and not changed:
        return refusals.PROTECTION_UNCHANGED
    venue.end_all(removed, "CancelByUser")
    for leg in changed:
        _set_full(venue, holding, leg)
    return Acknowledgement()


def _asked_legs(command: SetTradingStop) -> list[Leg]:
    legs = []
    if command.take_profit:
        by = command.tp_trigger_by or TriggerBy.LAST
        legs.append(Leg(True, command.take_profit, by, command.tp_order_type, command.tp_limit_price))
    if command.stop_loss:
        by = command.sl_trigger_by or TriggerBy.LAST
        legs.append(Leg(False, command.stop_loss, by, command.sl_order_type, command.sl_limit_price))
    return legs


def _check_legs(holding: Holding, command: SetTradingStop, legs: list[Leg]) -> Refusal | None:
    listing, side = holding.listing, holding.side
    assert side is not None
    for leg in legs:
        if leg.order_type is OrderType.LIMIT and (
            command.tpsl_mode is not TpslMode.PARTIAL or check_price(listing, leg.limit_price)
        ):
            return refusals.BAD_LIMIT_LEG
        base = listing.price(leg.trigger_by)
        refusal = check_leg(listing, side, leg.trigger_price, base, leg.trigger_by, leg.is_profit)
        if refusal:
            return refusal
    return None


def _already_set(holding: Holding, leg: Leg) -> bool:
    child = holding.tp_order if leg.is_profit else holding.sl_order
    return child is not None and child.trigger_price == leg.trigger_price and child.trigger_by is leg.trigger_by


def _set_partial(venue: Venue, holding: Holding, command: SetTradingStop, legs: list[Leg]) -> Acknowledgement | Refusal:
    """Only adds: "Partial position TP/SL orders: this API can only add"."""
    if not legs:
        return refusals.PROTECTION_UNCHANGED
    sizes = {True: command.tp_size, False: command.sl_size}
    asked = [sizes[leg.is_profit] for leg in legs]
    size = asked[0]
    if size is None or any(other != size for other in asked):
        return refusals.BAD_TPSL_SIZE
    if check_qty(holding.listing, legs[0].order_type, size):
        return refusals.BAD_TPSL_SIZE
    if size > holding.size:
        return refusals.TPSL_TOO_LARGE
    if len(holding.partial_children) + len(legs) > MAX_PARTIAL_CHILDREN:
        return refusals.TOO_MANY_PARTIAL_TPSL
    made = [_add_partial(venue, holding, leg, size) for leg in legs]
    if len(made) > 1:
        _pair(made[0], made[1])
    return Acknowledgement()
