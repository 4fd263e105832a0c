from __future__ import annotations

from decimal import Decimal

from hedgerow.core.balances import BalanceFold
from hedgerow.core.records import BalancesUpdated
from hedgerow.core.reports import Balance, BalanceReport, Source

HOUR_MS = 3_600_000
NOW_MS = 1_700_000_000_000


def told(fold: BalanceFold, after_ms: int, wallet: str, equity: str, currency: str = "USDT") -> BalancesUpdated | None:
    held = Balance(currency, Decimal(wallet), Decimal(equity), Decimal(wallet))
    return fold.report(BalanceReport(balances=(held,), updated_ms=NOW_MS + after_ms, source=Source.REST))


def test_a_changed_wallet_is_told_at_once_and_a_moving_equity_hourly() -> None:
    fold = BalanceFold()
    assert told(fold, 0, "100", "100") is not None
    assert told(fold, 1, "100", "101") is None
    assert told(fold, 2, "99", "101") is not None
    assert told(fold, HOUR_MS, "99", "120") is None, "told less than an hour ago"
    hourly = told(fold, HOUR_MS + 2, "99", "121")
    assert hourly is not None
    assert hourly.balances[0].equity == 121
    assert told(fold, 2 * HOUR_MS + 1, "99", "122") is None
    assert told(fold, 5 * HOUR_MS, "99", "121") is None, "it is what was told"


def test_what_is_older_is_not_told_and_what_was_not_named_stays() -> None:
    fold = BalanceFold()
    assert told(fold, 5, "100", "100") is not None
    assert told(fold, 4, "90", "90") is None
    both = told(fold, 6, "3", "3", "BTC")
    assert both is not None
    assert {each.currency: each.wallet for each in both.balances} == {"USDT": 100, "BTC": 3}
