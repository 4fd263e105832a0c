"""A position: moved by fills only; what the exchange says of it stands beside, to show and to check."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from hedgerow.core.commands import PositionSide


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """One leg of a position of one account in one instrument.

    Attributes:
        amount: contracts, never negative, the fold of the fills over the opening balance.
        entry: fill-weighted average price of what is open; `None` when flat.
        realised_pnl: gross, in the settle currency, since the account is followed. Fees stand apart.
        exchange_amount, exchange_entry: as the exchange last said, and `None` once a later fill has moved the leg;
            display and closing use its size.
        last_fill: the account's fill sequence number last counted into this leg.
        discrepancy: exchange_amount - amount, where two settled reads confirmed it and nothing explains it.
        version: counts the changes, from 1.
    """

    account: str
    symbol: str
    side: PositionSide
    amount: Decimal
    updated_ms: int
    version: int
    entry: Decimal | None = None
    realised_pnl: Decimal = Decimal(0)
    fees: dict[str, Decimal] = msgspec.field(default_factory=dict)
    last_fill: int = 0
    exchange_amount: Decimal | None = None
    exchange_entry: Decimal | None = None
    exchange_updated_ms: int = 0
    mark: Decimal | None = None  # at the last change; live marks come from the market
    liquidation_price: Decimal | None = None
    margin: Decimal | None = None
    maintenance_margin: Decimal | None = None
    leverage: Decimal | None = None
    margin_mode: str | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    discrepancy: Decimal | None = None
    hedged: bool = False

    @property
    def size(self) -> Decimal:
        """What to show and to close: the exchange's size where known, else the fold and what it is known to miss."""
        if self.exchange_amount is not None:
            return self.exchange_amount
        return self.amount if self.discrepancy is None else self.amount + self.discrepancy
