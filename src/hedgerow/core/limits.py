"""How much an account may do: its limits and its trading state, both journaled."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec


class TradingState(StrEnum):
    ACTIVE = "active"
    REDUCING = "reducing"  # only orders that make positions smaller, and cancels
    HALTED = "halted"  # no order at all but cancels and reduce-only ones


class Limits(msgspec.Struct, frozen=True):
    """Limits of one account; a limit that is `None` does not bind.

    Attributes:
        price_collar: how far a limit price may stand on the aggressive side of the mark, as a fraction of it.
        mark_max_age_ms: a mark older than this is stale, and what needs it is denied.
        order_notional, position_notional: in the settle currency.
        leverage: the highest the desk sets.
        open_orders: living orders of the account, those in doubt included.
    """

    price_collar: Decimal | None = Decimal("0.05")
    mark_max_age_ms: int = 5_000
    order_notional: Decimal | None = Decimal(250_000)
    position_notional: Decimal | None = Decimal(1_000_000)
    leverage: Decimal | None = Decimal(25)
    open_orders: int | None = 500


class AccountRules(msgspec.Struct, frozen=True):
    """What binds an account at one place of the log."""

    limits: Limits = Limits()
    state: TradingState = TradingState.ACTIVE
