"""The balances of one account: the newest word on each currency."""

from __future__ import annotations

from hedgerow.core.records import BalancesUpdated
from hedgerow.core.reports import Balance, BalanceReport


class BalanceFold:
    """Published when a wallet or a margin changes, not when equity moves with the price."""

    def __init__(self) -> None:
        self._balances: dict[str, Balance] = {}
        self._updated_ms = 0

    def report(self, report: BalanceReport) -> BalancesUpdated | None:
        """Take in a report; the whole of the balances where one of them changed. A push may name a few only."""
        if report.updated_ms < self._updated_ms:
            return None
        changed = [balance for balance in report.balances if _differs(self._balances.get(balance.currency), balance)]
        self._updated_ms = report.updated_ms
        if not changed:
            return None
        self._balances |= {balance.currency: balance for balance in report.balances}
        return BalancesUpdated(balances=tuple(self._balances.values()), updated_ms=report.updated_ms)


def _differs(before: Balance | None, after: Balance) -> bool:
    return before is None or (before.wallet, before.initial_margin) != (after.wallet, after.initial_margin)
