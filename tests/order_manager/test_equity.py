"""Days as a chart draws them: none left out, each with the equity that held at its end."""

from __future__ import annotations

from decimal import Decimal

from hedgerow.core.days import DAY_MS, DayKey, Result, results_of
from hedgerow.history import Days
from hedgerow.order_manager.equity import by_day
from tests.contracts.samples import fill

KNOWN = Days(
    equity={
        DayKey("sim", "USDT", 1): Decimal(100),
        DayKey("sim", "USDT", 4): Decimal(90),
        DayKey("sim", "USDT", 6): Decimal(120),
    },
    results={
        DayKey("sim", "USDT", 5): Result(Decimal(10), Decimal("0.5"), 2),
        DayKey("sim", "BNB", 5): Result(fees=Decimal("0.01")),
    },
)


def lives(account: str) -> bool:
    return account == "sim"


def test_a_day_without_a_word_has_the_equity_of_the_day_before() -> None:
    days = [day for day in by_day(KNOWN, 3, 7, lives) if day.currency == "USDT"]
    assert [day.equity for day in days] == [100, 90, 90, 120, 120]
    assert [day.day for day in days] == ["1970-01-04", "1970-01-05", "1970-01-06", "1970-01-07", "1970-01-08"]
    assert [day.start_ms // DAY_MS for day in days] == [3, 4, 5, 6, 7]


def test_an_account_that_is_gone_has_no_day_after_its_last() -> None:
    days = by_day(KNOWN, 3, 9, lambda account: False)
    assert max(day.start_ms // DAY_MS for day in days) == 6
    assert by_day(KNOWN, 7, 9, lambda account: False) == []


def test_net_is_gross_less_the_fees_of_its_own_currency() -> None:
    usdt = next(day for day in by_day(KNOWN, 5, 5, lives) if day.currency == "USDT")
    assert (usdt.realised_gross, usdt.fees, usdt.realised_net, usdt.fills) == (10, Decimal("0.5"), Decimal("9.5"), 2)
    bnb = next(day for day in by_day(KNOWN, 5, 5, lives) if day.currency == "BNB")
    assert (bnb.equity, bnb.realised_net, bnb.fills) == (None, Decimal("-0.01"), 0)


def test_days_before_anything_was_known_are_not_told() -> None:
    assert [day.start_ms // DAY_MS for day in by_day(KNOWN, 0, 2, lives) if day.currency == "USDT"] == [1, 2]
    assert by_day(Days(equity={}, results={}), 0, 9, lives) == []


def test_a_fill_counts_in_the_settle_currency_and_its_fee_in_its_own() -> None:
    dated = fill(1, symbol="BTC/USD:BTC-271231", realised_pnl=Decimal(2), fee=Decimal(1), fee_currency="USDT")
    assert results_of([dated]) == {
        ("sim", "BTC", 0): Result(Decimal(2), Decimal(0), 1),
        ("sim", "USDT", 0): Result(Decimal(0), Decimal(1), 0),
    }
    assert results_of([fill(1, fee=Decimal(3), fee_currency="")]) == {
        ("sim", "USDT", 0): Result(Decimal(0), Decimal(3), 1)
    }
