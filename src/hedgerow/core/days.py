"""What an account came to by day (UTC): realised PnL and fees of its fills."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from hedgerow.core.decimals import ZERO
from hedgerow.core.fills import Fill

DAY_MS: Final = 86_400_000


class DayKey(NamedTuple):
    """`day` is counted from the epoch."""

    account: str
    currency: str
    day: int


class Result(NamedTuple):
    """Gross realised PnL, the fees paid, and by how many fills."""

    realised: Decimal = ZERO
    fees: Decimal = ZERO
    fills: int = 0

    def plus(self, other: Result) -> Result:
        return Result(self.realised + other.realised, self.fees + other.fees, self.fills + other.fills)


def day_of(time_ms: int) -> int:
    return time_ms // DAY_MS


def results_of(fills: Iterable[Fill]) -> dict[DayKey, Result]:
    """What these fills add, each in the currency that it is in: PnL in the settle currency, a fee in its own."""
    found: dict[DayKey, Result] = {}
    for fill in fills:
        day = day_of(fill.time_ms)
        settled = DayKey(fill.account, settle_of(fill.symbol), day)
        paid = DayKey(fill.account, fill.fee_currency or settled.currency, day)
        found[settled] = found.get(settled, Result()).plus(Result(realised=fill.realised_pnl, fills=1))
        found[paid] = found.get(paid, Result()).plus(Result(fees=fill.fee))
    return found


def settle_of(symbol: str) -> str:
    """The settle currency in a derivative's unified name, such as BTC/USDT:USDT or BTC/USD:BTC-271231."""
    return symbol.partition(":")[2].partition("-")[0]
