"""Price-time matching: an order takes what it can, then rests or ends by its time in force.

Time in force and post-only: https://bybit-exchange.github.io/docs/v5/order/create-order (timeInForce). Why a leftover
was cancelled is told as Bybit tells it: https://bybit-exchange.github.io/docs/v5/enum#rejectreason.
Two orders of one account may meet: that is Bybit's default (smpType None,
https://bybit-exchange.github.io/docs/v5/smp).
"""

from __future__ import annotations

from decimal import Decimal

from hedgerow.simulator import margin
from hedgerow.simulator.accounts import Holding
from hedgerow.simulator.messages import Execution, OrderStatus, PublicTrade, Side, TimeInForce
from hedgerow.simulator.orders import ZERO, LiveOrder
from hedgerow.simulator.venue import Venue

CANCEL_BY_REDUCE_ONLY = "CancelByReduceOnly"
WOULD_TAKE = "EC_PostOnlyWillTakeLiquidity"
NOTHING_TO_TAKE = "EC_NoImmediateQtyToFill"
NOT_ALL_FILLED = "EC_CancelForNoFullFill"


def enter(venue: Venue, order: LiveOrder) -> None:
    """An order that is New (placed, triggered or amended) meets the book.

    A post-only order that would trade is cancelled, as seen of Bybit's linear contracts (its documentation says
    "cancelled" of the order and "rejected" of the reason).
    """
    opposite = order.listing.book.opposite(order.side)
    time_in_force = order.time_in_force
    if time_in_force is TimeInForce.POST_ONLY and opposite.best_matching(order.ticks):
        venue.end(order, reject_reason=WOULD_TAKE, resting=False)
        return
    venue.report(order)
    if time_in_force is TimeInForce.FOK and opposite.available(order.ticks, order.leaves) < order.leaves:
        venue.end(order, reject_reason=NOT_ALL_FILLED, resting=False)
        return
    while order.leaves:
        maker = opposite.best_matching(order.ticks)
        if maker is None:
            break
        _trade(venue, order, maker)
    if not order.leaves:
        return
    if time_in_force is TimeInForce.GTC or time_in_force is TimeInForce.POST_ONLY:
        venue.rest(order)
    else:
        reason = NOT_ALL_FILLED if order.cum_exec_qty else NOTHING_TO_TAKE
        venue.end(order, reject_reason=reason, resting=False)


def _trade(venue: Venue, taker: LiveOrder, maker: LiveOrder) -> None:
    listing = taker.listing
    qty = min(taker.leaves, maker.leaves)
    price = maker.price
    trade_id = venue.ids.next()
    trade = PublicTrade(listing.symbol, trade_id, taker.side, price, qty, listing.next_sequence(), venue.now_ms)
    listing.trades.appendleft(trade)
    venue.events.append(trade)
    half = listing.book.own(maker.side)
    if qty == maker.leaves:
        venue.unrest(maker)
    else:
        half.shrink(maker, qty)
        maker.holding.count_resting(maker, -qty)
        margin.recount(maker.holding)
        venue.book_moved(listing)
    _fill(venue, maker, trade, margin.MAKER_FEE)
    _fill(venue, taker, trade, margin.TAKER_FEE)
    if price != listing.last:
        listing.set_last(price)
        venue.price_moved(listing)
    trim_reduce_only(venue, maker.holding)
    trim_reduce_only(venue, taker.holding)


def _fill(venue: Venue, order: LiveOrder, trade: PublicTrade, fee_rate: Decimal) -> None:
    """One side of a match: the order, the position, the balance, and what the account is told."""
    account, holding = order.owner, order.holding
    qty, price = trade.qty, trade.price
    value = price * qty
    fee = value * fee_rate
    was_flat = not holding.net
    closed, profit = holding.fill(order.side, qty, price)
    earned = profit - fee
    account.wallet_balance += earned
    account.cum_realised += earned
    holding.cum_realised += earned
    holding.cur_realised = -fee if ZERO < closed < qty else holding.cur_realised + earned
    holding.seq = trade.seq
    if was_flat or ZERO < closed < qty:
        holding.created_ms = venue.now_ms
    order.cum_exec_qty += qty
    order.cum_exec_value += value
    order.cum_exec_fee += fee
    order.leaves -= qty
    order.move(OrderStatus.PARTIALLY_FILLED if order.leaves else OrderStatus.FILLED, venue.now_ms)
    if not order.leaves:
        account.retire(order)
    margin.recount(holding)
    if order.take_profit is not None or order.stop_loss is not None:
        venue.traded[order] = venue.traded.get(order, ZERO) + qty
    if holding.tp_order or holding.sl_order or holding.partial_children:
        venue.closed[holding] = None
    if account.house:
        return
    venue.position_changed(holding)
    venue.wallet_changed(account)
    execution = _execution(order, trade, fee, fee_rate, closed, profit)
    account.executions.appendleft(execution)
    venue.events.append(execution)
    venue.events.append(order.view())


def _execution(
    order: LiveOrder, trade: PublicTrade, fee: Decimal, fee_rate: Decimal, closed: Decimal, profit: Decimal
) -> Execution:
    """https://bybit-exchange.github.io/docs/v5/websocket/private/execution; execPnl is before fees."""
    return Execution(
        order.owner.name,
        trade.symbol,
        trade.trade_id,
        order.order_id,
        order.order_link_id,
        order.side,
        trade.price,
        trade.qty,
        trade.price * trade.qty,
        fee,
        fee_rate,
        "USDT",
        fee_rate is margin.MAKER_FEE,
        order.order_type,
        order.stop_order_type,
        order.create_type,
        order.price,
        order.qty,
        order.leaves,
        closed,
        order.listing.mark,
        profit,
        trade.seq,
        trade.time_ms,
    )


def reducible(holding: Holding, side: Side) -> Decimal:
    """How much an order of this side could close; zero if it would open."""
    if side is Side.SELL:
        return max(holding.net, ZERO)
    return max(-holding.net, ZERO)


def trim_reduce_only(venue: Venue, holding: Holding) -> None:
    """Resting reduce-only orders never want more than the position: the newest shrink, or go
    (cancelType CancelByReduceOnly, https://bybit-exchange.github.io/docs/v5/enum#canceltype)."""
    if not holding.reduce_only:
        return
    room = {side: reducible(holding, side) for side in Side}
    for order in list(holding.reduce_only.values()):
        left = room[order.side]
        if not left:
            venue.end(order, CANCEL_BY_REDUCE_ONLY)
        elif order.leaves > left:
            venue.shrink(order, order.cum_exec_qty + left)
            order.move(order.status, venue.now_ms)
            venue.report(order)
            room[order.side] = ZERO
        else:
            room[order.side] = left - order.leaves
