"""The vault in SQL: one schema for SQLite and PostgreSQL, and a key file beside it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Connection, delete, select, update
from sqlalchemy.exc import SQLAlchemyError

from hedgerow.sql.database import Database
from hedgerow.sql.faults import UnusableError, explained
from hedgerow.sql.sqlite import FileKind
from hedgerow.sql.statements import insert_of
from hedgerow.vault import Credentials, ExchangeAccount, Scope, Secret, Token, VaultFault, schema
from hedgerow.vault.notices_sql import SqlNotices
from hedgerow.vault.sealing import KEY_BYTES, RandomBytes, Sealer, make_key, read_key
from hedgerow.vault.sessions_sql import SqlSessions
from hedgerow.vault.tokens import RANDOM_BYTES, digest_of, is_whole, text_of
from hedgerow.vault.transactions import read, write
from hedgerow.vault.validity import ByDigest, Question

# Without WAL, since the command line writes it too while the desk runs.
_FILE: Final = FileKind(
    "vault",
    0x48475654,
    False,
    ("PRAGMA journal_mode = TRUNCATE", "PRAGMA synchronous = FULL", "PRAGMA secure_delete = ON"),
)
_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_ORDER_IDS: Final = "order ids"
_CREDENTIALS: Final = "credentials"
_KEY: Final = "key"
_COLUMNS: Final = ("token_id", "name", "scope", "created_ms", "revoked_ms")
_columns: Final = tuple(schema.tokens.c[name] for name in _COLUMNS)
_read_account: Final = msgspec.json.Decoder(ExchangeAccount).decode
_read_texts: Final = msgspec.json.Decoder(dict[str, str]).decode
T = TypeVar("T")


class SqlVault:
    """`Vault` on SQLAlchemy. Several processes may have it open; what one writes, the others see at once."""

    def __init__(self, database: Database, sealer: Sealer, order_id_key: bytes, random_bytes: RandomBytes) -> None:
        self._database = database
        self._sealer = sealer
        self._order_id_key = order_id_key
        self._random_bytes = random_bytes
        self._valid = ByDigest(database, _VALID)
        self.sessions = SqlSessions(database, order_id_key, random_bytes)
        self.notices = SqlNotices(database, sealer)

    @classmethod
    async def open(
        cls, place: str | Path, key_path: Path, *, random_bytes: RandomBytes = secrets.token_bytes
    ) -> SqlVault:
        """Open a SQLite file by its path, or a database by its URL; makes the key file at first use.

        Raises:
            VaultFault: it is damaged, is something else or newer, or the key is missing or another.
        """
        return await asyncio.to_thread(_open, place, key_path, random_bytes)

    async def create_token(self, name: str, scope: Scope, now_ms: int) -> tuple[Token, Secret]:
        text = text_of(self._random_bytes(RANDOM_BYTES))
        token = Token(token_id=self._random_bytes(8).hex(), name=name, scope=scope, created_ms=now_ms)
        row = {**msgspec.structs.asdict(token), "scope": scope.value, "digest": digest_of(text)}
        await self._write(partial(_insert, table=schema.tokens, row=row), f"A token named {name} exists already.")
        return token, Secret(text)

    async def tokens(self) -> list[Token]:
        query = select(*_columns).order_by(schema.tokens.c.created_ms, schema.tokens.c.token_id)
        rows = await self._read(lambda connection: connection.execute(query).all())
        return [_token(row) for row in rows]

    async def revoke_token(self, name: str, now_ms: int) -> Token | None:
        return await self._write(partial(_revoke, name=name, now_ms=now_ms))

    async def token_by_text(self, text: str) -> Token | None:
        if not is_whole(text):
            return None
        return await self._valid.get(digest_of(text))

    async def add_account(self, account: ExchangeAccount, credentials: Credentials) -> None:
        texts = {name: secret.reveal() for name, secret in credentials.values.items()}
        row = {
            "name": account.name,
            "created_ms": account.created_ms,
            "body": msgspec.json.encode(account).decode(),
            "sealed": self._sealer.seal(_CREDENTIALS, account.name, msgspec.json.encode(texts)),
        }
        await self._write(
            partial(_insert, table=schema.accounts, row=row), f"An account named {account.name} exists already."
        )

    async def accounts(self) -> list[ExchangeAccount]:
        query = select(schema.accounts.c.body).order_by(schema.accounts.c.name)
        return [_read_account(body) for body in await self._read(lambda c: c.execute(query).scalars().all())]

    async def credentials(self, name: str) -> Credentials:
        query = select(schema.accounts.c.sealed).where(schema.accounts.c.name == name)
        sealed = await self._read(lambda connection: connection.execute(query).scalar())
        if sealed is None:
            raise VaultFault(f"There is no account named {name}.")
        texts = _read_texts(self._sealer.open(_CREDENTIALS, name, sealed))
        return Credentials({field: Secret(text) for field, text in texts.items()})

    async def remove_account(self, name: str) -> bool:
        statement = delete(schema.accounts).where(schema.accounts.c.name == name)
        return await self._write(lambda connection: bool(connection.execute(statement).rowcount))

    async def put_place(self, principal: str, client: str, stream: str, cursor: str, now_ms: int) -> None:
        row = {"principal": principal, "client": client, "stream": stream, "cursor": cursor, "updated_ms": now_ms}
        await self._write(partial(_put_place, row=row))

    async def place(self, principal: str, client: str, stream: str) -> str | None:
        table = schema.client_places
        query = select(table.c.cursor).where(
            table.c.principal == principal, table.c.client == client, table.c.stream == stream
        )
        found: str | None = await self._read(lambda connection: connection.execute(query).scalar())
        return found

    async def order_id_key(self) -> bytes:
        return self._order_id_key

    async def close(self) -> None:
        await self._valid.close()
        await self.sessions.close()
        await self._database.close()

    async def _read(self, work: Callable[[Connection], T]) -> T:
        return await read(self._database, work)

    async def _write(self, work: Callable[[Connection], T], taken: str = "") -> T:
        return await write(self._database, work, taken)


def _token(row: Sequence[Any]) -> Token:
    token_id, name, scope, created_ms, revoked_ms = row
    return Token(token_id=token_id, name=name, scope=Scope(scope), created_ms=int(created_ms), revoked_ms=revoked_ms)


_VALID: Final = Question(
    f"SELECT {', '.join(_COLUMNS)} FROM tokens WHERE revoked_ms IS NULL AND digest = ",  # noqa: S608
    _token,
)


def _insert(connection: Connection, table: Any, row: dict[str, Any]) -> None:
    connection.execute(table.insert(), row)


def _revoke(connection: Connection, name: str, now_ms: int) -> Token | None:
    table = schema.tokens
    row = connection.execute(select(*_columns).where(table.c.name == name, table.c.revoked_ms.is_(None))).one_or_none()
    if row is None:
        return None
    token = _token(row)
    connection.execute(update(table).where(table.c.token_id == token.token_id).values(revoked_ms=now_ms))
    return msgspec.structs.replace(token, revoked_ms=now_ms)


def _put_place(connection: Connection, row: dict[str, Any]) -> None:
    statement = insert_of(connection)(schema.client_places).values(row)
    new = {name: statement.excluded[name] for name in ("cursor", "updated_ms")}
    connection.execute(statement.on_conflict_do_update(index_elements=["principal", "client", "stream"], set_=new))


def _open(place: str | Path, key_path: Path, random_bytes: RandomBytes) -> SqlVault:
    database = None
    try:
        database = Database.open(place, _FILE)
        database.migrate(_MIGRATIONS, schema.REVISION)
        with database.engine.begin() as connection:
            sealer, order_id_key = _keys(connection, key_path, random_bytes)
        return SqlVault(database, sealer, order_id_key, random_bytes)
    except (VaultFault, UnusableError, OSError, SQLAlchemyError) as error:
        if database is not None:
            database.engine.dispose()
        if isinstance(error, VaultFault):
            raise
        raise VaultFault(explained("vault", place, error)) from None


def _keys(connection: Connection, key_path: Path, random_bytes: RandomBytes) -> tuple[Sealer, bytes]:
    """The sealer, proven by the key of the order ids, which every vault has sealed since its first use."""
    table = schema.keys
    query = select(table.c.sealed).where(table.c.name == _ORDER_IDS)
    sealed = connection.execute(query).scalar()
    key = read_key(key_path)  # after that: whoever sealed it has made the file before
    if key is None:
        if sealed is not None:
            raise VaultFault(f"The key file {key_path} is missing, and the vault holds secrets: restore it.")
        key = make_key(key_path, random_bytes)
    sealer = Sealer(key, random_bytes)
    if sealed is None:
        sealed = sealer.seal(_KEY, _ORDER_IDS, random_bytes(KEY_BYTES))
        connection.execute(insert_of(connection)(table).values(name=_ORDER_IDS, sealed=sealed).on_conflict_do_nothing())
        sealed = connection.execute(query).scalar_one()
    try:
        return sealer, sealer.open(_KEY, _ORDER_IDS, sealed)
    except VaultFault:
        raise VaultFault(
            f"The key file {key_path} is not the one that the vault was made with, or the vault was altered."
        ) from None
