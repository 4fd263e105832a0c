"""How a position is left: reduce-only orders no larger than the exchange takes, and what goes before them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from hedgerow.core.commands import OrderTerms, OrderType, PositionSide, Side
from hedgerow.core.decimals import ZERO, floor_to_step
from hedgerow.core.instruments import Instrument
from hedgerow.core.orders import Order
from hedgerow.core.positions import Position
from hedgerow.core.validation import largest_amount


class Flattening(msgspec.Struct, frozen=True):
    """What empties an account, in this order: cancels, then closing orders.

    `protective` stays until its position is flat, and is canceled last.
    """

    cancels: list[Order]
    closes: list[OrderTerms]
    protective: list[Order]


def close(
    position: Position, amount: Decimal | None, price: Decimal | None, instrument: Instrument
) -> list[OrderTerms]:
    """Reduce-only orders that close `amount` contracts of a position, all of it for `None`; none where it is flat.

    They add up to the amount exactly, and none is smaller than the exchange takes but where the whole is.

    Args:
        amount: at most the position's size; more is cut to it.
        price: of limit orders; `None` closes at the market.
    """
    wanted = position.size if amount is None else min(amount, position.size)
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    side = Side.SELL if position.side is PositionSide.LONG else Side.BUY
    return [
        OrderTerms(
            account=position.account,
            symbol=position.symbol,
            side=side,
            type=kind,
            amount=piece,
            price=price,
            reduce_only=True,
            position_side=position.side if position.hedged else None,
        )
        for piece in pieces(wanted, largest_amount(instrument, kind), instrument)
    ]


def turned(position: Position, instrument: Instrument) -> list[OrderTerms]:
    """Market orders that open as much on the other side; to be sent once the position is closed."""
    other = PositionSide.SHORT if position.side is PositionSide.LONG else PositionSide.LONG
    return [
        msgspec.structs.replace(terms, reduce_only=False, position_side=other if position.hedged else None)
        for terms in close(position, None, None, instrument)
    ]


def pieces(amount: Decimal, largest: Decimal | None, instrument: Instrument) -> list[Decimal]:
    """`amount` in parts of at most `largest`; the last two are balanced where the last would be too small to trade."""
    if amount <= 0:
        return []
    if largest is None or amount <= largest:
        return [amount]
    whole = floor_to_step(largest, instrument.amount_step)
    assert whole > 0, instrument
    parts = [whole] * int(amount // whole)
    rest = amount - whole * len(parts)
    if rest and rest < instrument.min_amount:
        both = parts.pop() + rest
        first = floor_to_step(both / 2, instrument.amount_step)
        return [*parts, both - first, first]
    return [*parts, rest] if rest else parts


def flatten(
    orders: Iterable[Order], positions: Iterable[Position], instruments: Mapping[str, Instrument]
) -> Flattening:
    """The plan that cancels every order and closes every position; made again from a later state it asks for less.

    A stop that protects a position stays until the position is gone, so that a crash on the way leaves it guarded.
    """
    open_positions = [position for position in positions if position.size > ZERO]
    held = {position.symbol for position in open_positions}
    living = [order for order in orders if not order.ended]
    protective = [order for order in living if _protects(order)]
    return Flattening(
        cancels=[order for order in living if not (_protects(order) and order.symbol in held)],
        closes=[
            terms for position in open_positions for terms in close(position, None, None, instruments[position.symbol])
        ],
        protective=[order for order in protective if order.symbol in held],
    )


def _protects(order: Order) -> bool:
    return order.role is not None or (order.reduce_only and order.trigger_price is not None)
