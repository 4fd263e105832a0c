"""Whether a new order is let in, and as what: https://bybit-exchange.github.io/docs/v5/order/create-order."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from hedgerow.simulator import margin, refusals
from hedgerow.simulator.accounts import Account, Holding
from hedgerow.simulator.conditional import FALLS, RISES
from hedgerow.simulator.listing import Listing
from hedgerow.simulator.matching import reducible
from hedgerow.simulator.messages import (
    OrderStatus,
    OrderType,
    PlaceOrder,
    Refusal,
    Side,
    StopOrderType,
    TimeInForce,
    TpslMode,
    TriggerBy,
)
from hedgerow.simulator.orders import ZERO, LiveOrder
from hedgerow.simulator.venue import Venue

MAX_ACTIVE_ORDERS = 500  # per symbol
MAX_CONDITIONAL_ORDERS = 10  # per symbol
MAX_LINK_ID_LENGTH = 36
# Bybit turns a market order into an IOC limit order this far from the mark price; the page gives no figure, a recorded
# order (sold at 51850 with the limit 49257.6) does.
MARKET_SLIPPAGE = Decimal("0.05")
# A limit order further than this beyond the mark price is refused: the priceLimitRatioY of most instruments
# (https://bybit-exchange.github.io/docs/v5/market/instrument, riskParameters); those of BTC and ETH are smaller.
PRICE_LIMIT = Decimal("0.10")


def admit(venue: Venue, account: Account, listing: Listing, command: PlaceOrder) -> LiveOrder | Refusal:
    """A LiveOrder that belongs to the account and is New or Untriggered, or Bybit's no."""
    holding = account.holding(listing)
    conditional = command.trigger_price is not None
    refusal = _check_shape(account, command) or (None if account.house else _check_counts(holding, conditional))
    if refusal:
        return refusal
    price = _price_of(listing, command)
    if isinstance(price, Refusal):
        return price
    if conditional:
        refusal = _check_trigger(listing, command)
    elif not account.house:
        refusal = check_price_limit(listing, command.side, price)
    qty = _qty_of(holding, command)
    if isinstance(qty, Refusal):
        return qty
    refusal = check_qty(listing, command.order_type, qty) or refusal or _check_protection(listing, command, price)
    if refusal:
        return refusal
    closing = command.reduce_only or command.close_on_trigger
    value = qty * (price or command.trigger_price or ZERO)
    if not closing and value < listing.instrument.min_notional:
        return refusals.NOTIONAL_TOO_SMALL
    if conditional:  # "the conditional order does not occupy the margin"
        return _make(venue, holding, command, qty, price)
    if closing:
        fitted = fit_reduce_only(holding, command.side, command.order_type, qty)
        return fitted if isinstance(fitted, Refusal) else _make(venue, holding, command, fitted, price)
    if not account.house and not affordable(holding, command.side, qty, value):
        return refusals.INSUFFICIENT_BALANCE
    return _make(venue, holding, command, qty, price)


def _price_of(listing: Listing, command: PlaceOrder) -> Decimal | Refusal:
    """A market order's price is ignored; one that waits gets its limit when it is triggered."""
    if command.order_type is OrderType.LIMIT:
        price = command.price
        refusal = check_price(listing, price)
        if refusal or price is None:
            return refusal or refusals.BAD_PRICE
        return price.quantize(listing.tick)
    return ZERO if command.trigger_price is not None else market_limit(listing, command.side)


def _qty_of(holding: Holding, command: PlaceOrder) -> Decimal | Refusal:
    """Bybit: "if you pass qty=0 and specify reduceOnly=true and closeOnTrigger=true, you can close the position"."""
    if command.qty or not (command.reduce_only and command.close_on_trigger):
        return command.qty
    limits = holding.listing.instrument
    most = limits.max_market_order_qty if command.order_type is OrderType.MARKET else limits.max_order_qty
    return min(reducible(holding, command.side), most) or refusals.REDUCE_ONLY_NO_POSITION


def _check_shape(account: Account, command: PlaceOrder) -> Refusal | None:
    if command.position_idx:
        return refusals.BAD_POSITION_IDX
    link = command.order_link_id
    if link:
        if len(link) > MAX_LINK_ID_LENGTH:
            return refusals.BAD_LINK_ID
        if link in account.by_link:
            return refusals.DUPLICATE_LINK_ID
    return None


def check_qty(listing: Listing, order_type: OrderType, qty: Decimal) -> Refusal | None:
    limits = listing.instrument
    if not qty.is_finite() or qty <= 0:
        return refusals.BAD_QTY
    if qty < limits.min_order_qty:
        return refusals.QTY_BELOW_MINIMUM
    most = limits.max_market_order_qty if order_type is OrderType.MARKET else limits.max_order_qty
    if qty > most:
        return refusals.qty_above_maximum(qty, most)
    return refusals.BAD_QTY if qty % limits.qty_step else None


def check_price(listing: Listing, price: Decimal | None) -> Refusal | None:
    limits = listing.instrument
    if price is None or not price.is_finite() or price <= 0:
        return refusals.BAD_PRICE
    if not limits.min_price <= price <= limits.max_price:
        return refusals.PRICE_OUT_OF_RANGE
    return refusals.BAD_PRICE if price % limits.tick_size else None


def check_price_limit(listing: Listing, side: Side, price: Decimal) -> Refusal | None:
    """A buy far above the mark, or a sell far below it, is refused."""
    if side is Side.BUY:
        return refusals.PRICE_OUT_OF_RANGE if price > listing.mark * (1 + PRICE_LIMIT) else None
    return refusals.PRICE_OUT_OF_RANGE if price < listing.mark * (1 - PRICE_LIMIT) else None


def market_limit(listing: Listing, side: Side) -> Decimal:
    """The limit that a market order gets: it takes nothing worse than `MARKET_SLIPPAGE` from the mark price."""
    if side is Side.BUY:
        worst = listing.mark * (1 + MARKET_SLIPPAGE)
        return (worst / listing.tick).quantize(Decimal(1), ROUND_FLOOR) * listing.tick
    worst = listing.mark * (1 - MARKET_SLIPPAGE)
    return (worst / listing.tick).quantize(Decimal(1), ROUND_CEILING) * listing.tick


def _check_trigger(listing: Listing, command: PlaceOrder) -> Refusal | None:
    """The market must still be on the near side of the trigger price (codes 110092 and 110093)."""
    trigger_price = command.trigger_price
    if check_price(listing, trigger_price) or trigger_price is None:
        return refusals.BAD_TRIGGER_PRICE
    return check_trigger_side(listing, command.trigger_direction, trigger_price, command.trigger_by)


def check_trigger_side(listing: Listing, direction: int, trigger_price: Decimal, by: TriggerBy) -> Refusal | None:
    current = listing.price(by)
    if direction == RISES:
        return refusals.expected_rise(trigger_price, current, by) if trigger_price <= current else None
    if direction == FALLS:
        return refusals.expected_fall(trigger_price, current, by) if trigger_price >= current else None
    return refusals.BAD_TRIGGER_DIRECTION


def _check_protection(listing: Listing, command: PlaceOrder, price: Decimal) -> Refusal | None:
    """TP/SL of an entry. A limit leg needs Partial mode and its price; Full mode only knows market legs."""
    if command.take_profit is None and command.stop_loss is None:
        return None
    if command.reduce_only:
        return refusals.REDUCE_ONLY_WITH_TPSL
    base = price if command.order_type is OrderType.LIMIT else command.trigger_price or listing.last
    legs = (
        (command.take_profit, command.tp_order_type, command.tp_limit_price, command.tp_trigger_by, True),
        (command.stop_loss, command.sl_order_type, command.sl_limit_price, command.sl_trigger_by, False),
    )
    for trigger, order_type, limit_price, by, is_profit in legs:
        if not trigger:
            continue
        if order_type is OrderType.LIMIT and (
            command.tpsl_mode is not TpslMode.PARTIAL or check_price(listing, limit_price)
        ):
            return refusals.BAD_LIMIT_LEG
        refusal = check_leg(listing, command.side, trigger, base, by, is_profit)
        if refusal:
            return refusal
    return None


def check_leg(
    listing: Listing, side: Side, trigger: Decimal, base: Decimal, by: TriggerBy, is_profit: bool
) -> Refusal | None:
    """A take profit must lie beyond the base price in the position's favour, a stop loss against it."""
    if check_price(listing, trigger):
        return refusals.BAD_TAKE_PROFIT if is_profit else refusals.BAD_STOP_LOSS
    leg = "TakeProfit" if is_profit else "StopLoss"
    if (side is Side.BUY) == is_profit:
        return refusals.wrong_side_of_base(leg, trigger, side, "higher", base, by) if trigger <= base else None
    return refusals.wrong_side_of_base(leg, trigger, side, "lower", base, by) if trigger >= base else None


def _check_counts(holding: Holding, conditional: bool) -> Refusal | None:
    if conditional:
        return refusals.TOO_MANY_CONDITIONALS if holding.conditional_count >= MAX_CONDITIONAL_ORDERS else None
    return refusals.TOO_MANY_ORDERS if holding.open_count >= MAX_ACTIVE_ORDERS else None


def fit_reduce_only(
    holding: Holding, side: Side, order_type: OrderType, qty: Decimal, excluded: LiveOrder | None = None
) -> Decimal | Refusal:
    """A reduce-only order is cut to what it can close. Limit orders share the position with those that already rest
    (110017 "orderQty will be truncated to zero"); a market order goes first, the resting ones are trimmed after it."""
    if not holding.net:
        return refusals.REDUCE_ONLY_NO_POSITION
    room = reducible(holding, side)
    if not room:
        return refusals.REDUCE_ONLY_UNSATISFIED
    if order_type is OrderType.LIMIT:
        room -= sum((order.leaves for order in holding.reduce_only.values() if order is not excluded), ZERO)
    return min(qty, room) if room > 0 else refusals.REDUCE_ONLY_COVERED


def affordable(holding: Holding, side: Side, more_qty: Decimal, more_value: Decimal) -> bool:
    needed = margin.needed_for(holding, side, more_qty, more_value)
    return needed <= 0 or needed <= margin.available(holding.owner)


def _make(venue: Venue, holding: Holding, command: PlaceOrder, qty: Decimal, price: Decimal) -> LiveOrder:
    conditional = command.trigger_price is not None
    order = LiveOrder(
        holding.owner,
        holding,
        holding.listing,
        venue.ids.next(),
        command.side,
        command.order_type,
        qty.quantize(holding.listing.instrument.qty_step),
        OrderStatus.UNTRIGGERED if conditional else OrderStatus.NEW,
        venue.now_ms,
    )
    order.order_link_id = command.order_link_id
    order.price = price
    order.ticks = int(price / holding.listing.tick)
    market = command.order_type is OrderType.MARKET
    order.time_in_force = TimeInForce.IOC if market else command.time_in_force  # "Market order will always use IOC"
    order.reduce_only = command.reduce_only or command.close_on_trigger
    order.close_on_trigger = command.close_on_trigger
    if command.take_profit or command.stop_loss:
        _attach(order, command)
    if conditional:
        order.trigger_price = holding.listing.at_scale(command.trigger_price)
        order.trigger_direction = command.trigger_direction
        order.trigger_by = command.trigger_by
        order.stop_order_type = StopOrderType.STOP
        order.create_type = "CreateByStopOrder"
    holding.owner.enter(order)
    return order


def _attach(order: LiveOrder, command: PlaceOrder) -> None:
    at_scale = order.listing.at_scale
    order.take_profit = at_scale(command.take_profit)
    order.stop_loss = at_scale(command.stop_loss)
    order.tp_trigger_by = command.tp_trigger_by if order.take_profit else None
    order.sl_trigger_by = command.sl_trigger_by if order.stop_loss else None
    order.tpsl_mode = TpslMode.PARTIAL if command.tpsl_mode is TpslMode.PARTIAL else TpslMode.FULL
    order.tp_order_type = command.tp_order_type
    order.sl_order_type = command.sl_order_type
    if order.take_profit and command.tp_order_type is OrderType.LIMIT:
        order.tp_limit_price = at_scale(command.tp_limit_price)
    if order.stop_loss and command.sl_order_type is OrderType.LIMIT:
        order.sl_limit_price = at_scale(command.sl_limit_price)
