"""What each account came to by day: equity at its end, realised PnL and fees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

import msgspec

from hedgerow.core.days import DAY_MS, DayKey, Result
from hedgerow.history import Days


class EquityDay(msgspec.Struct, frozen=True, kw_only=True):
    """One day (UTC) of one account in one currency.

    Attributes:
        equity: as the exchange last told it on that day or before; `None` where it had not yet.
        realised_gross: of the day's fills; `fees` is what they cost in this currency, negative for a rebate.
        realised_net: gross, less the fees in the same currency.
        fills: how many were settled in this currency.
    """

    account: str
    currency: str
    day: str
    start_ms: int
    equity: Decimal | None
    realised_gross: Decimal
    fees: Decimal
    realised_net: Decimal
    fills: int


def by_day(known: Days, first: int, last: int, lives: Callable[[str], bool]) -> list[EquityDay]:
    """Every day from the first to the last, from the first on of which something is known; oldest first.

    A day on which the exchange told no equity has that of the day before. An account that does not live has no day
    after the last of which something is known.
    """
    pairs = sorted({key[:2] for key in (*known.equity, *known.results)})
    found: list[EquityDay] = []
    for account, currency in pairs:
        end = last if lives(account) else min(last, _last_known(known, account))
        found += _days(known, account, currency, first, end)
    return sorted(found, key=lambda day: (day.start_ms, day.account, day.currency))


def _last_known(known: Days, account: str) -> int:
    return max(key.day for key in (*known.equity, *known.results) if key.account == account)


def _days(known: Days, account: str, currency: str, first: int, last: int) -> Iterator[EquityDay]:
    earlier = [key.day for key in known.equity if key[:2] == (account, currency) and key.day < first]
    equity = known.equity[DayKey(account, currency, max(earlier))] if earlier else None
    for day in range(first, last + 1):
        key = DayKey(account, currency, day)
        equity = known.equity.get(key, equity)
        result = known.results.get(key)
        if equity is None and result is None:
            continue
        realised, fees, fills = result or Result()
        yield EquityDay(
            account=account,
            currency=currency,
            day=date.fromordinal(_EPOCH + day).isoformat(),
            start_ms=day * DAY_MS,
            equity=equity,
            realised_gross=realised,
            fees=fees,
            realised_net=realised - fees,
            fills=fills,
        )


_EPOCH = date(1970, 1, 1).toordinal()
