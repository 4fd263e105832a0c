"""How much margin keeps a position, by its size: the exchange's risk tiers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec


class RiskTier(msgspec.Struct, frozen=True, kw_only=True):
    """Positions worth up to `up_to`, in the settle currency, need their value times the rate, less the deduction.

    `maintenance_rate` is a fraction. The deduction makes up for the lower rates of the tiers below.
    """

    up_to: Decimal
    maintenance_rate: Decimal
    deduction: Decimal = Decimal(0)
    max_leverage: Decimal | None = None


class MarginTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How an account's position in one symbol is margined, as its exchange says.

    Attributes:
        leverage: set for the symbol, whether anything is held or not; `None` where the exchange does not tell.
        margin_mode: cross or isolated.
        tiers: from the lowest up.
    """

    leverage: Decimal | None
    margin_mode: str | None
    tiers: tuple[RiskTier, ...]


def tier_of(tiers: Sequence[RiskTier], value: Decimal) -> RiskTier | None:
    """The tier of a position of this value; beyond the last it stays the last."""
    return next((tier for tier in tiers if value <= tier.up_to), tiers[-1] if tiers else None)
