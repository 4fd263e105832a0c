"""The balances of one account: the newest word on each currency."""

from __future__ import annotations

from typing import Final

from hedgerow.core.records import BalancesUpdated
from hedgerow.core.reports import Balance, BalanceReport

_EQUITY_EVERY_MS: Final = 3_600_000  # so that a day's last equity is never older


class BalanceFold:
    """Published when a wallet or a margin changes; equity, which moves with every price, once an hour."""

    def __init__(self) -> None:
        self._balances: dict[str, Balance] = {}
        self._updated_ms = 0
        self._told_ms = 0

    def report(self, report: BalanceReport) -> BalancesUpdated | None:
        """Take in a report; the whole of the balances where one of them changed. A push may name a few only."""
        if report.updated_ms < self._updated_ms:
            return None
        is_due = report.updated_ms - self._told_ms >= _EQUITY_EVERY_MS
        self._updated_ms = report.updated_ms
        if not any(_differs(self._balances.get(each.currency), each, equity=is_due) for each in report.balances):
            return None
        self._told_ms = report.updated_ms
        self._balances |= {balance.currency: balance for balance in report.balances}
        return BalancesUpdated(balances=tuple(self._balances.values()), updated_ms=report.updated_ms)


def _differs(before: Balance | None, after: Balance, *, equity: bool) -> bool:
    if before is None or (before.wallet, before.initial_margin) != (after.wallet, after.initial_margin):
        return True
    return equity and before.equity != after.equity
