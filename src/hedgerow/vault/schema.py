"""The vault's tables. No secret stands in them in clear: what signs in is hashed, credentials and keys are sealed."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, MetaData, Table, Text

REVISION: Final = "0003"  # the newest migration

metadata: Final = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"},
)

tokens: Final = Table(
    "tokens",
    metadata,
    Column("token_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger),
    Column("digest", LargeBinary, nullable=False),
    Index(None, "digest", unique=True),
)
# A name may be given again once the token that bore it is revoked.
_valid = tokens.c.revoked_ms.is_(None)
Index("ix_tokens_valid_name", tokens.c.name, unique=True, sqlite_where=_valid, postgresql_where=_valid)

accounts: Final = Table(
    "accounts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("created_ms", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

client_places: Final = Table(
    "client_places",
    metadata,
    Column("principal", Text, primary_key=True),
    Column("client", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("cursor", Text, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
)

keys: Final = Table(
    "keys",
    metadata,
    Column("name", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

users: Final = Table(
    "users",
    metadata,
    Column("user_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("owner", Boolean, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Index(None, "name", unique=True),
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("last_used_ms", BigInteger, nullable=False),
    Column("cookie_ms", BigInteger, nullable=False),  # when its cookie was last given out
    Column("expires_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger),
    Column("digest", LargeBinary, nullable=False),
    Index(None, "digest", unique=True),
)

pairings: Final = Table(
    "pairings",
    metadata,
    Column("secret_digest", LargeBinary, primary_key=True),
    Column("code_digest", LargeBinary, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger),
    Index(None, "code_digest"),
)

guesses: Final = Table(  # how many wrong codes since the last right one
    "guesses",
    metadata,
    Column("what", Text, primary_key=True),
    Column("wrong", BigInteger, nullable=False),
    Column("last_ms", BigInteger, nullable=False),
)

notice_destinations: Final = Table(
    "notice_destinations",
    metadata,
    Column("name", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

notices_claimed: Final = Table(  # what was told, by one order_manager for all
    "notices_claimed",
    metadata,
    Column("key", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("claimed_ms", BigInteger, nullable=False),
)
