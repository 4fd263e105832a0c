"""Whose a pairing is: by its secret, or by its short code, of which only so many wrong ones are listened to."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, select, update

from hedgerow.sql.statements import insert_of
from hedgerow.vault import schema
from hedgerow.vault.guessing import retry_after_ms, wrong_after
from hedgerow.vault.pairing_codes import code_digest, is_secret, read_code, secret_digest
from hedgerow.vault.sessions import TooManyTries, WrongCode

_CODES: Final = "codes"
_pairings: Final = schema.pairings
_guesses: Final = schema.guesses

Tried = WrongCode | TooManyTries


class Redeemer:
    """Works within a transaction of whoever calls."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def digest(self, code: str) -> bytes:
        """Of a short code, as it is kept."""
        meant = read_code(code)
        assert meant is not None, "ours"
        return code_digest(self._key, meant)

    def user_of(self, connection: Connection, text: str, now_ms: int) -> str | Tried:
        """Use a pairing up: the id of its user."""
        if is_secret(text):  # cannot be guessed, so nobody is kept from trying one
            return _used_up(connection, _pairings.c.secret_digest == secret_digest(text), now_ms) or WrongCode()
        meant = read_code(text)
        if meant is None:
            return WrongCode()  # a slip of the pen, no guess
        return self._guessed(connection, meant, now_ms)

    def _guessed(self, connection: Connection, meant: str, now_ms: int) -> str | Tried:
        """Tries follow each other, in whatever process they are: each holds the count until it is judged."""
        new = {"what": _CODES, "wrong": 0, "last_ms": now_ms}
        connection.execute(insert_of(connection)(_guesses).values(new).on_conflict_do_nothing())
        held = select(_guesses.c.wrong, _guesses.c.last_ms).where(_guesses.c.what == _CODES).with_for_update()
        wrong, last_ms = connection.execute(held).one()
        if (wait := retry_after_ms(wrong, last_ms, now_ms)) > 0:
            return TooManyTries(wait)
        user_id = _used_up(connection, _pairings.c.code_digest == code_digest(self._key, meant), now_ms)
        count = 0 if user_id is not None else wrong_after(wrong, last_ms, now_ms)
        connection.execute(update(_guesses).where(_guesses.c.what == _CODES).values(wrong=count, last_ms=now_ms))
        return user_id or WrongCode()


def _used_up(connection: Connection, which: ColumnElement[bool], now_ms: int) -> str | None:
    """In one statement, which a database lets one of several do."""
    unused: Any = _pairings.c.used_ms.is_(None) & (_pairings.c.expires_ms > now_ms)
    statement = update(_pairings).where(which, unused).values(used_ms=now_ms).returning(_pairings.c.user_id)
    user_id: str | None = connection.execute(statement).scalars().first()
    return user_id
