"""The vault's tables. No secret stands in them in clear: tokens are hashed, credentials and keys sealed."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary, MetaData, Table, Text

REVISION: Final = "0001"  # the newest migration

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
