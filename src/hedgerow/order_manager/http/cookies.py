"""The session's cookie: how it is called, read and given out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from hedgerow.vault.sessions import SESSION_MS

_PLAIN: Final = b"hedgerow_session"
# https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis, 4.1.3.2: browsers take it over TLS only, and for
# this very host.
_SECURE: Final = b"__Host-hedgerow_session"


class Cookie(NamedTuple):
    """The cookie of one desk, as a browser that came by one address has it."""

    name: bytes
    secure: bool

    def read(self, headers: Mapping[bytes, bytes]) -> str | None:
        """The text of the session's cookie; `None` where there is no cookie of that name."""
        for pair in headers.get(b"cookie", b"").split(b";"):
            name, _, value = pair.partition(b"=")
            if name.strip() == self.name:
                return value.strip().decode("latin-1")
        return None

    def given(self, text: str) -> bytes:
        """The value of a Set-Cookie header that keeps a session for as long as it lives unused."""
        return self._set(text, SESSION_MS // 1000)

    def taken_back(self) -> bytes:
        return self._set("", 0)

    def _set(self, text: str, seconds: int) -> bytes:
        ending = b"; HttpOnly; SameSite=Strict" + (b"; Secure" if self.secure else b"")
        return b"%s=%s; Path=/; Max-Age=%d" % (self.name, text.encode(), seconds) + ending


def cookie_at(host: str, *, secure: bool) -> Cookie:
    """Of the desk at `host`, with its port if it has one.

    Cookies are of a host, not of a port (RFC 6265, 8.5): two desks on one host must not sign each other out.
    """
    name = _SECURE if secure else _PLAIN
    port = host.rpartition(":")[2]
    return Cookie(b"%s_%s" % (name, port.encode()) if port.isascii() and port.isdigit() else name, secure)
