"""Risk tiers as Bybit tells them, in the words of its page and as it answers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hedgerow.core.risk_tiers import RiskTier
from hedgerow.exchange.bybit.margin import read_leverage, read_risk_tiers
from hedgerow.exchange.wire_numbers import UnreadableError

# https://bybit-exchange.github.io/docs/v5/market/risk-limit, the example of the page: in percent
PUBLISHED = {
    "id": 1,
    "symbol": "BTCUSD",
    "riskLimitValue": "150",
    "maintenanceMargin": "0.5",
    "initialMargin": "1",
    "isLowestRisk": 1,
    "maxLeverage": "100.00",
}
SECOND = {
    "id": 2,
    "symbol": "BTCUSDT",
    "riskLimitValue": "4000000",
    "maintenanceMargin": "0.01",
    "initialMargin": "0.0175",
    "isLowestRisk": 0,
    "maxLeverage": "57.14",
    "mmDeduction": "10000",
}
FIRST = SECOND | {"riskLimitValue": "2000000", "maintenanceMargin": "0.005", "initialMargin": "0.01"}
FIRST |= {"maxLeverage": "100.00", "mmDeduction": ""}


def test_rates_are_fractions_whichever_way_they_come() -> None:
    [tier] = read_risk_tiers([PUBLISHED])
    assert (tier.up_to, tier.maintenance_rate) == (150, Decimal("0.005"))


def test_tiers_come_from_the_lowest_up_with_their_deductions() -> None:
    assert read_risk_tiers([SECOND, FIRST]) == (
        RiskTier(up_to=Decimal(2_000_000), maintenance_rate=Decimal("0.005"), max_leverage=Decimal(100)),
        RiskTier(
            up_to=Decimal(4_000_000),
            maintenance_rate=Decimal("0.01"),
            deduction=Decimal(10_000),
            max_leverage=Decimal("57.14"),
        ),
    )


@pytest.mark.parametrize("change", [{"riskLimitValue": ""}, {"maintenanceMargin": ""}, {"maintenanceMargin": "much"}])
def test_a_tier_that_does_not_read_is_said(change: dict[str, str]) -> None:
    with pytest.raises(UnreadableError):
        read_risk_tiers([FIRST | change])


def test_the_leverage_is_told_of_a_flat_position_too() -> None:
    assert read_leverage([{"size": "0", "leverage": "10"}]) == 10
    assert read_leverage([{"leverage": ""}]) is None
    assert read_leverage([]) is None
