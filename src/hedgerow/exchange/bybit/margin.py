"""How Bybit margins a position: its risk tiers, and the leverage that is set.

Pages: https://bybit-exchange.github.io/docs/v5/market/risk-limit, …/position.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from hedgerow.core.instruments import Instrument
from hedgerow.core.risk_tiers import RiskTier
from hedgerow.exchange.bybit import words
from hedgerow.exchange.dialect import Call, Lane, Row
from hedgerow.exchange.wire_numbers import UnreadableError, read_amount, read_price

_PERCENT: Final = Decimal(100)
_LOUD: Final = Decimal(10)  # initial margin times leverage is 1 for fractions, 100 for percents


def risk_tiers(instrument: Instrument) -> Call:
    params = {"category": words.category(instrument), "symbol": instrument.exchange_symbol}
    return Call(lane=Lane.QUERY, method="GET", path="v5/market/risk-limit", params=params, private=False)


def read_risk_tiers(rows: Sequence[Row]) -> tuple[RiskTier, ...]:
    """From the lowest up. Rates come as fractions; the page's own example of an inverse contract has percents."""
    tiers = [_tier(row) for row in rows]
    return tuple(sorted(tiers, key=lambda tier: tier.up_to))


def _tier(row: Row) -> RiskTier:
    rate, leverage = read_amount(row["maintenanceMargin"]), read_price(row.get("maxLeverage"))
    up_to = read_price(row["riskLimitValue"])
    if up_to is None or rate <= 0:
        raise UnreadableError("a risk tier without a limit or a rate")
    in_percent = leverage is not None and read_amount(row.get("initialMargin")) * leverage > _LOUD
    return RiskTier(
        up_to=up_to,
        maintenance_rate=rate / _PERCENT if in_percent else rate,
        deduction=read_amount(row.get("mmDeduction")),
        max_leverage=leverage,
    )


def read_leverage(rows: Sequence[Row]) -> Decimal | None:
    """Of the legs of one symbol, which are told flat too; the larger in hedge mode."""
    found = [leverage for row in rows if (leverage := read_price(row.get("leverage"))) is not None]
    return max(found, default=None)
