"""Which token a text is, asked at every request: remembered for as long as nobody has written to the vault."""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import Any, Final

from hedgerow.sql.sqlite import connect_reader
from hedgerow.vault import Scope, Token

COLUMNS: Final = ("token_id", "name", "scope", "created_ms", "revoked_ms", "digest")
_KEPT: Final = 1_024
_VALID: Final = f"SELECT {', '.join(COLUMNS)} FROM tokens WHERE digest = ? AND revoked_ms IS NULL"  # noqa: S608


class ValidTokens:
    """Valid tokens by digest, from a SQLite file that other processes may write too.

    A few microseconds on the event loop: `data_version` tells whether anyone has committed since the last time
    (https://www.sqlite.org/pragma.html#pragma_data_version), and the look-up after it sees at least that.
    """

    def __init__(self, path: Path) -> None:
        self._connection = connect_reader(path, timeout_s=0)
        self._version: int | None = None
        self._remembered: dict[bytes, Token | None] = {}

    def get(self, digest: bytes) -> Token | None:
        """Raises sqlite3.OperationalError while somebody writes."""
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version or len(self._remembered) >= _KEPT:
            self._remembered, self._version = {}, version
        if digest not in self._remembered:
            self._remembered[digest] = token_from(self._connection.execute(_VALID, (digest,)).fetchone(), digest)
        return self._remembered[digest]

    def close(self) -> None:
        self._connection.close()


def token_from(row: Any, digest: bytes | None = None) -> Token | None:
    """The token in a row of `COLUMNS`; `digest`, where given, must be its own, compared in constant time."""
    if row is None or (digest is not None and not hmac.compare_digest(bytes(row[5]), digest)):
        return None
    return Token(token_id=row[0], name=row[1], scope=Scope(row[2]), created_ms=row[3], revoked_ms=row[4])
