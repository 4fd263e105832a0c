"""The days of an account in SQL: folded with the rest, each fill once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, and_, func, select, tuple_
from sqlalchemy import Row as SqlRow

from hedgerow.core.days import DayKey, Result, day_of, results_of
from hedgerow.core.decimals import to_text
from hedgerow.core.fills import Fill
from hedgerow.core.reports import Balance
from hedgerow.history import DayFilter, Days, schema
from hedgerow.history.querying import known_fills
from hedgerow.history.rows import Row


def result_rows(connection: Connection, fills: Sequence[Fill]) -> list[Row]:
    """The days' results with the fills among these that are not counted yet; to be put in the same transaction."""
    known = known_fills(connection, [fill.fill_id for fill in fills])
    added = results_of({fill.fill_id: fill for fill in fills if fill.fill_id not in known}.values())
    before = _results_at(connection, added)
    return [row_of(key, before.get(key, Result()).plus(result)) for key, result in added.items()]


def row_of(key: DayKey, result: Result) -> Row:
    sums = {"realised": to_text(result.realised), "fees": to_text(result.fees), "fills": result.fills}
    return {**key._asdict(), **sums}


def _results_at(connection: Connection, keys: Iterable[DayKey]) -> Mapping[DayKey, Result]:
    table = schema.day_results
    wanted = list(keys)
    if not wanted:
        return {}
    query = select(table).where(tuple_(table.c.account, table.c.currency, table.c.day).in_(wanted))
    return dict(_result(row) for row in connection.execute(query))


def equity_rows(balances: Iterable[tuple[str, Sequence[Balance], int]]) -> list[Row]:
    """The last equity of each day and currency."""
    rows: dict[DayKey, Row] = {}
    for account, held, time_ms in balances:
        for balance in held:
            key = DayKey(account, balance.currency, day_of(time_ms))
            if key not in rows or rows[key]["time_ms"] < time_ms:
                rows[key] = {**key._asdict(), "equity": to_text(balance.equity), "time_ms": time_ms}
    return list(rows.values())


def days(connection: Connection, wanted: DayFilter) -> Days:
    """What was told on these days, and the last equity before them."""
    results, equity = schema.day_results, schema.day_equity
    of_results = select(results).where(results.c.day.between(wanted.first, wanted.last))
    of_equity = select(equity).where(equity.c.day.between(wanted.first, wanted.last))
    last = (
        select(equity.c.account, equity.c.currency, func.max(equity.c.day).label("day"))
        .where(equity.c.day < wanted.first)
        .group_by(equity.c.account, equity.c.currency)
        .subquery()
    )
    same = and_(equity.c.account == last.c.account, equity.c.currency == last.c.currency, equity.c.day == last.c.day)
    before = select(equity).join(last, same)
    if wanted.account is not None:
        of_results = of_results.where(results.c.account == wanted.account)
        of_equity, before = (query.where(equity.c.account == wanted.account) for query in (of_equity, before))
    return Days(
        equity={
            DayKey(row.account, row.currency, row.day): Decimal(row.equity)
            for query in (before, of_equity)
            for row in connection.execute(query)
        },
        results=dict(_result(row) for row in connection.execute(of_results)),
    )


def _result(row: SqlRow[Any]) -> tuple[DayKey, Result]:
    key = DayKey(row.account, row.currency, row.day)
    return key, Result(Decimal(row.realised), Decimal(row.fees), row.fills)
