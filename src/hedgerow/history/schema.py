"""History's tables. What is asked for stands in columns; the whole of a thing is JSON text in `body`, money as text."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, SmallInteger, Table, Text, text

REVISION: Final = "0003"  # the newest migration

metadata: Final = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"},
)

# What all of this was made from: one row, `journal` and its id.
origin: Final = Table(
    "origin",
    metadata,
    Column("what", Text, primary_key=True),
    Column("id", Text, nullable=False),
)

partitions: Final = Table(
    "partitions",
    metadata,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("epoch", BigInteger, nullable=False),
)

places: Final = Table(
    "places",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False),
)

accounts: Final = Table(
    "accounts",
    metadata,
    Column("account", Text, primary_key=True),
    Column("partition", Integer, nullable=False),
    Column("last_fill", BigInteger, nullable=False, server_default=text("0")),
    Column("since_ms", BigInteger),
    Column("fills_read_ms", BigInteger),
    Column("rules", Text),
    Index(None, "partition"),
)

orders: Final = Table(
    "orders",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("partition", Integer, nullable=False),
    Column("account", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("side", Text, nullable=False, server_default=text("''")),
    Column("status", Text, nullable=False),
    Column("living_in", Integer),  # the partition, for as long as a resolver must follow the order
    Column("created_ms", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "created_ms", "order_id"),
    Index(None, "account", "created_ms", "order_id"),
    Index(None, "symbol", "created_ms", "order_id"),
    Index(None, "status", "created_ms", "order_id"),
)
# Few orders live, however many there were: a start reads this index, and does not grow with age. (Not a boolean:
# SQLite uses a partial index only where the query says what the index says, and it is written `= 1` there.)
_lives = orders.c.living_in.is_not(None)
Index("ix_orders_living", orders.c.living_in, sqlite_where=_lives, postgresql_where=_lives)

order_ids: Final = Table(
    "order_ids",
    metadata,
    Column("account", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("order_id", Text, nullable=False),
)

fills: Final = Table(
    "fills",
    metadata,
    Column("fill_id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("symbol", Text, nullable=False),
    Column("side", Text, nullable=False, server_default=text("''")),
    Column("order_id", Text, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "time_ms", "fill_id"),
    Index(None, "symbol", "time_ms", "fill_id"),
    Index(None, "account", "time_ms", "fill_id"),
    Index(None, "order_id", "time_ms"),
)

positions: Final = Table(
    "positions",
    metadata,
    Column("account", Text, primary_key=True),
    Column("symbol", Text, primary_key=True),
    Column("side", Text, primary_key=True),
    Column("partition", Integer, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)

ledger: Final = Table(
    "ledger",
    metadata,
    Column("account", Text, primary_key=True),
    Column("entry_id", Text, primary_key=True),
    Column("time_ms", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "account", "time_ms"),
)

balances: Final = Table(
    "balances",
    metadata,
    Column("account", Text, primary_key=True),
    Column("time_ms", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)

# By day (UTC, counted from 1970): the last equity that the exchange told, and what the fills of the day came to.
day_equity: Final = Table(
    "day_equity",
    metadata,
    Column("account", Text, primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("equity", Text, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
)

day_results: Final = Table(
    "day_results",
    metadata,
    Column("account", Text, primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("realised", Text, nullable=False),
    Column("fees", Text, nullable=False),
    Column("fills", BigInteger, nullable=False),
)

timeline: Final = Table(
    "timeline",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "subject", "time_ms"),
)

commands: Final = Table(
    "commands",
    metadata,
    Column("command_id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body_hash", Text, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("rank", SmallInteger, nullable=False),  # of the outcome: a higher one replaces a lower one
    Column("body", Text, nullable=False),
    Column("answer", Text),
)
