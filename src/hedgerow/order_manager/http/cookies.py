"""The session's cookie: how it is called, read and given out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hedgerow.vault.sessions import SESSION_MS

_PLAIN: Final = b"hedgerow_session"
# https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis, 4.1.3.2: browsers take it over TLS only, and for
# this very host.
_SECURE: Final = b"__Host-hedgerow_session"


def session_in(headers: Mapping[bytes, bytes], *, secure: bool) -> str | None:
    """The text of the session's cookie; `None` where there is no cookie of that name."""
    header = headers.get(b"cookie")
    if header is None:
        return None
    wanted = _name(secure)
    for pair in header.split(b";"):
        name, _, value = pair.partition(b"=")
        if name.strip() == wanted:
            return value.strip().decode("latin-1")
    return None


def given(text: str, *, secure: bool) -> bytes:
    """The value of a Set-Cookie header that keeps a session for as long as it lives unused."""
    return _cookie(text, SESSION_MS // 1000, secure)


def taken_back(*, secure: bool) -> bytes:
    return _cookie("", 0, secure)


def _cookie(text: str, seconds: int, secure: bool) -> bytes:
    ending = b"; HttpOnly; SameSite=Strict" + (b"; Secure" if secure else b"")
    return b"%s=%s; Path=/; Max-Age=%d" % (_name(secure), text.encode(), seconds) + ending


def _name(secure: bool) -> bytes:
    return _SECURE if secure else _PLAIN
