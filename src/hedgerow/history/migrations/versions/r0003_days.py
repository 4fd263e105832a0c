"""History knows the side of orders and fills, finds them by symbol, and keeps what each day came to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_DAY_MS = 86_400_000
_AT_ONCE = 5_000


def upgrade() -> None:
    for table, key in (("orders", "created_ms"), ("fills", "time_ms")):
        op.add_column(table, sa.Column("side", sa.Text(), server_default=sa.text("''"), nullable=False))
        name = "order_id" if table == "orders" else "fill_id"
        op.create_index(op.f(f"ix_{table}_symbol_{key}_{name}"), table, ["symbol", key, name])
    for table, told in (("day_equity", _equity()), ("day_results", _results())):
        op.create_table(
            table,
            sa.Column("account", sa.Text(), nullable=False),
            sa.Column("currency", sa.Text(), nullable=False),
            sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
            *told,
            sa.PrimaryKeyConstraint("account", "currency", "day", name=op.f(f"pk_{table}")),
        )
    connection = op.get_bind()
    _tell_sides(connection)
    _count_fills(connection)
    _take_balances(connection)


def _equity() -> Sequence[sa.Column[Any]]:
    return sa.Column("equity", sa.Text(), nullable=False), sa.Column("time_ms", sa.BigInteger(), nullable=False)


def _results() -> Sequence[sa.Column[Any]]:
    return (
        sa.Column("realised", sa.Text(), nullable=False),
        sa.Column("fees", sa.Text(), nullable=False),
        sa.Column("fills", sa.BigInteger(), nullable=False),
    )


def _tell_sides(connection: sa.Connection) -> None:
    side = "body::json ->> 'side'" if connection.dialect.name == "postgresql" else "json_extract(body, '$.side')"
    for table in ("orders", "fills"):
        connection.execute(sa.text(f"UPDATE {table} SET side = {side}"))  # noqa: S608


def _count_fills(connection: sa.Connection) -> None:
    """As they were journaled by then; what a later version makes of a fill is its own affair."""
    sums: dict[tuple[str, str, int], list[Any]] = {}
    for account, time_ms, text in _rows(connection, "SELECT account, time_ms, body FROM fills"):
        fill = msgspec.json.decode(text)
        settle = fill["symbol"].partition(":")[2].partition("-")[0]
        for currency, realised, fee, count in (
            (settle, fill.get("realised_pnl", "0"), "0", 1),
            (fill["fee_currency"] or settle, "0", fill["fee"], 0),
        ):
            day = sums.setdefault((account, currency, time_ms // _DAY_MS), [Decimal(0), Decimal(0), 0])
            day[0] += Decimal(realised)
            day[1] += Decimal(fee)
            day[2] += count
    rows = [
        {"account": account, "currency": currency, "day": day, "realised": _text(won), "fees": _text(paid), "fills": n}
        for (account, currency, day), (won, paid, n) in sums.items()
    ]
    table = sa.table("day_results", *(sa.column(name) for name in rows[0])) if rows else None
    if table is not None:
        connection.execute(sa.insert(table), rows)


def _take_balances(connection: sa.Connection) -> None:
    rows = [
        {
            "account": account,
            "currency": balance["currency"],
            "day": time_ms // _DAY_MS,
            "equity": _text(Decimal(balance["equity"])),
            "time_ms": time_ms,
        }
        for account, time_ms, text in _rows(connection, "SELECT account, time_ms, body FROM balances")
        for balance in msgspec.json.decode(text)
    ]
    if rows:
        connection.execute(sa.insert(sa.table("day_equity", *(sa.column(name) for name in rows[0]))), rows)


def _rows(connection: sa.Connection, query: str) -> Iterator[Any]:
    """Some at a time: there may be millions."""
    result = connection.execute(sa.text(query), execution_options={"yield_per": _AT_ONCE})
    while several := list(islice(result, _AT_ONCE)):
        yield from several


def _text(number: Decimal) -> str:
    text = format(number, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) if number else "0"
