"""Sessions and pairings in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Select, delete, select, update

from hedgerow.sql.database import Database
from hedgerow.sql.statements import insert_of
from hedgerow.vault import Scope, Secret, VaultFault, schema
from hedgerow.vault.pairing_codes import CODE_BYTES, SECRET_BYTES, code_of, is_secret, secret_digest, secret_of
from hedgerow.vault.redeeming import Redeemer, Tried
from hedgerow.vault.sealing import RandomBytes
from hedgerow.vault.sessions import (
    COOKIE_RENEWED_MS,
    OWNER,
    PAIRING_MS,
    SESSION_MS,
    USE_WRITTEN_MS,
    Device,
    Pairing,
    Session,
    SignedIn,
    TooManyTries,
    User,
    WrongCode,
)
from hedgerow.vault.transactions import read, write
from hedgerow.vault.validity import ByDigest, Question

_FORGOTTEN_MS: Final = 30 * 86_400_000  # what has ended is kept for so long
_AGENT_MOST: Final = 200
_sessions: Final = schema.sessions
_pairings: Final = schema.pairings
_users: Final = schema.users
_OWN: Final = (
    "session_id", "name", "user_agent", "created_ms", "last_used_ms", "cookie_ms", "expires_ms", "revoked_ms",
)  # fmt: skip
_USERS: Final = ("user_id", "name", "scope", "owner")
_columns: Final = (*(_sessions.c[name] for name in _OWN), *(_users.c[name] for name in _USERS))


def _session(row: Sequence[Any]) -> Session:
    session_id, name, agent, created, used, cookie, expires, revoked, user_id, user_name, scope, owner = row
    return Session(
        session_id=session_id,
        user=User(user_id=user_id, name=user_name, scope=Scope(scope), owner=owner in (True, "t")),
        name=name,
        user_agent=agent,
        created_ms=int(created),
        last_used_ms=int(used),
        cookie_ms=int(cookie),
        expires_ms=int(expires),
        revoked_ms=None if revoked is None else int(revoked),
    )


_VALID: Final = Question(
    f"SELECT {', '.join([*(f's.{name}' for name in _OWN), *(f'u.{name}' for name in _USERS)])}"  # noqa: S608
    " FROM sessions s JOIN users u ON u.user_id = s.user_id WHERE s.revoked_ms IS NULL AND s.digest = ",
    _session,
)


class SqlSessions:
    """`Sessions` on the vault's database."""

    def __init__(self, database: Database, key: bytes, random_bytes: RandomBytes) -> None:
        """`key`: what short codes are hashed with."""
        self._database = database
        self._redeemer = Redeemer(key)
        self._random_bytes = random_bytes
        self._valid = ByDigest(database, _VALID)

    async def pair(self, user: str, now_ms: int) -> Pairing:
        secret = secret_of(self._random_bytes(SECRET_BYTES))
        code = code_of(self._random_bytes(CODE_BYTES))
        row = {
            "secret_digest": secret_digest(secret),
            "code_digest": self._redeemer.digest(code),
            "created_ms": now_ms,
            "expires_ms": now_ms + PAIRING_MS,
        }
        await write(self._database, partial(_pair, user=user, row=row))
        return Pairing(secret=Secret(secret), code=Secret(code), expires_ms=now_ms + PAIRING_MS)

    async def redeem(self, code: str, device: Device, now_ms: int) -> SignedIn | WrongCode | TooManyTries:
        text = secret_of(self._random_bytes(SECRET_BYTES))
        row = {
            "session_id": self._random_bytes(8).hex(),
            "name": device.name,
            "user_agent": device.user_agent[:_AGENT_MOST],
            "created_ms": now_ms,
            "last_used_ms": now_ms,
            "cookie_ms": now_ms,
            "expires_ms": now_ms + SESSION_MS,
            "digest": secret_digest(text),
        }
        tried = await write(self._database, partial(self._begin, code=code, row=row, now_ms=now_ms))
        return SignedIn(tried, Secret(text)) if isinstance(tried, Session) else tried

    def _begin(self, connection: Connection, code: str, row: dict[str, Any], now_ms: int) -> Session | Tried:
        user_id = self._redeemer.user_of(connection, code, now_ms)
        if not isinstance(user_id, str):
            return user_id
        connection.execute(_sessions.insert(), row | {"user_id": user_id})
        found = _living(connection, row["session_id"], now_ms)
        assert found is not None
        return found

    async def by_text(self, text: str, now_ms: int) -> Session | None:
        if not is_secret(text):
            return None
        session = await self._valid.get(secret_digest(text))
        return session if session is not None and now_ms < session.expires_ms else None

    async def living(self, now_ms: int) -> list[Session]:
        query = _all_living(now_ms).order_by(_sessions.c.created_ms, _sessions.c.session_id)
        return [_session(row) for row in await read(self._database, lambda c: c.execute(query).all())]

    async def used(self, session_id: str, now_ms: int, *, cookie: bool = False) -> None:
        due = _sessions.c.last_used_ms <= now_ms - USE_WRITTEN_MS
        new = {"last_used_ms": now_ms, "expires_ms": now_ms + SESSION_MS}
        if cookie:
            due |= _sessions.c.cookie_ms <= now_ms - COOKIE_RENEWED_MS
            new |= {"cookie_ms": now_ms}
        statement = update(_sessions).where(_sessions.c.session_id == session_id, _sessions.c.revoked_ms.is_(None), due)
        await write(self._database, lambda connection: connection.execute(statement.values(new)))

    async def rename(self, session_id: str, name: str, now_ms: int) -> Session | None:
        return await self._change(session_id, now_ms, name=name)

    async def revoke(self, session_id: str, now_ms: int) -> Session | None:
        return await self._change(session_id, now_ms, revoked_ms=now_ms)

    async def _change(self, session_id: str, now_ms: int, **new: Any) -> Session | None:
        return await write(self._database, partial(_change, session_id=session_id, now_ms=now_ms, new=new))

    async def revoke_others(self, keep: str | None, now_ms: int) -> int:
        return await write(self._database, partial(_revoke_others, keep=keep, now_ms=now_ms))

    async def close(self) -> None:
        await self._valid.close()


def _pair(connection: Connection, user: str, row: dict[str, Any]) -> None:
    """The first makes the owner; each forgets what has ended long ago."""
    owner = {"user_id": OWNER, "name": OWNER, "scope": Scope.TRADE, "owner": True, "created_ms": row["created_ms"]}
    connection.execute(insert_of(connection)(_users).values(owner).on_conflict_do_nothing())
    user_id = connection.execute(select(_users.c.user_id).where(_users.c.name == user)).scalar()
    if user_id is None:
        raise VaultFault(f"There is no user named {user}.")
    long_ago = row["created_ms"] - _FORGOTTEN_MS
    connection.execute(delete(_pairings).where(_pairings.c.expires_ms < long_ago))
    connection.execute(delete(_sessions).where(_sessions.c.expires_ms < long_ago))
    connection.execute(delete(_sessions).where(_sessions.c.revoked_ms < long_ago))
    connection.execute(_pairings.insert(), row | {"user_id": user_id})


def _all_living(now_ms: int) -> Select[Any]:
    return (
        select(*_columns)
        .join_from(_sessions, _users, _sessions.c.user_id == _users.c.user_id)
        .where(_sessions.c.revoked_ms.is_(None), _sessions.c.expires_ms > now_ms)
    )


def _living(connection: Connection, session_id: str, now_ms: int) -> Session | None:
    row = connection.execute(_all_living(now_ms).where(_sessions.c.session_id == session_id)).one_or_none()
    return None if row is None else _session(row)


def _change(connection: Connection, session_id: str, now_ms: int, new: dict[str, Any]) -> Session | None:
    session = _living(connection, session_id, now_ms)
    if session is None:
        return None
    statement = update(_sessions).where(_sessions.c.session_id == session_id, _sessions.c.revoked_ms.is_(None))
    if not connection.execute(statement.values(new)).rowcount:
        return None  # another has ended it meanwhile
    return msgspec.structs.replace(session, **new)


def _revoke_others(connection: Connection, keep: str | None, now_ms: int) -> int:
    connection.execute(update(_pairings).where(_pairings.c.used_ms.is_(None)).values(used_ms=now_ms))
    others = _sessions.c.session_id != keep  # all, where there is none to keep: SQL's IS NOT NULL
    living = update(_sessions).where(_sessions.c.revoked_ms.is_(None), _sessions.c.expires_ms > now_ms, others)
    return connection.execute(living.values(revoked_ms=now_ms)).rowcount
