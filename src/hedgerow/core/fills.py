"""One execution of one of the account's orders; counted once, for ever."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from hedgerow.core.commands import PositionSide, Side


class FillKind(StrEnum):
    TRADE = "trade"
    LIQUIDATION = "liquidation"
    ADL = "adl"
    SETTLEMENT = "settlement"


class Fill(msgspec.Struct, frozen=True):
    """An execution, as journaled.

    Attributes:
        fill_id: the key by which it is counted once: account, symbol, trade id, side and order, joined.
        sequence: its number within the account, from 1, given by the resolver in the order it counted them.
        order_id: our order, external ones included.
        amount: contracts; price in quote currency.
        fee: in `fee_currency`; positive is paid, negative a rebate.
        liquidity: `maker` or `taker` where the exchange says.
        realised_pnl: gross, of the part that closed a position, in the settle currency.
        time_ms: when it happened, on the exchange's clock.
    """

    fill_id: str
    sequence: int
    account: str
    symbol: str
    order_id: str
    exchange_order_id: str
    trade_id: str
    side: Side
    amount: Decimal
    price: Decimal
    fee: Decimal
    fee_currency: str
    time_ms: int
    realised_pnl: Decimal = Decimal(0)
    liquidity: str | None = None
    kind: FillKind = FillKind.TRADE
    position_side: PositionSide | None = None


def fill_id(account: str, symbol: str, trade_id: str, side: Side, exchange_order_id: str) -> str:
    """The key of a fill. A trade id alone is not unique on every exchange."""
    return "|".join((account, symbol, trade_id, side, exchange_order_id))
