"""Take profit and stop loss: on which side of the market they stand."""

from __future__ import annotations

from decimal import Decimal

from hedgerow.core.commands import PositionSide
from hedgerow.core.decimals import to_text
from hedgerow.core.positions import Position
from hedgerow.core.refusals import Code, Refusal


def protection_refusal(
    long: bool, reference: Decimal, take_profit: Decimal | None, stop_loss: Decimal | None
) -> Refusal | None:
    """A take profit lies on the winning side of the reference price, a stop loss on the losing side.

    Args:
        reference: the price of the order that opens the position, else the market.
        take_profit, stop_loss: zero, as in a command that removes one, is on no side.
    """
    at = to_text(reference)
    if take_profit and (take_profit <= reference if long else take_profit >= reference):
        words = f"The take profit of a {'long' if long else 'short'} must be {'above' if long else 'below'} {at}."
        return Refusal(Code.TRIGGER_ON_WRONG_SIDE, words, "take_profit")
    if stop_loss and (stop_loss >= reference if long else stop_loss <= reference):
        words = f"The stop loss of a {'long' if long else 'short'} must be {'below' if long else 'above'} {at}."
        return Refusal(Code.TRIGGER_ON_WRONG_SIDE, words, "stop_loss")
    return None


def check_protection(
    position: Position, mark: Decimal | None, take_profit: Decimal | None, stop_loss: Decimal | None
) -> Refusal | None:
    """Whether TP and SL fit a position now; `None` leaves one as it is, zero clears it."""
    if not position.size:
        return Refusal(Code.UNKNOWN_POSITION, f"There is no {position.side} position in {position.symbol}.")
    if mark is None:
        return None  # the exchange judges by its own price
    return protection_refusal(position.side is PositionSide.LONG, mark, take_profit, stop_loss)
