"""How a desk is reached: under which names, over what, and at which address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec

from hedgerow.order_manager.http.cookies import Cookie, cookie_at
from hedgerow.order_manager.http.problems import at_the_gate
from hedgerow.order_manager.schemas import Problem

Headers = Mapping[bytes, bytes]
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})


class Front(msgspec.Struct, frozen=True, kw_only=True):
    """What was set.

    Attributes:
        allowed_hosts: names beyond loopback to answer to.
        tls: the desk itself speaks TLS.
        behind_proxy: a proxy stands before it, so that what it says of host and scheme is believed.
        public_url: the address for links and QR codes, without a slash at its end.
    """

    allowed_hosts: tuple[str, ...] = ()
    tls: bool = False
    behind_proxy: bool = False
    public_url: str | None = None


class Doorway:
    """Reads from a request by which name, from which page and over what it came."""

    def __init__(self, front: Front) -> None:
        self._front = front
        public = set() if front.public_url is None else {_name_of(urlsplit(front.public_url).netloc)}
        self._names = _LOOPBACK | {host.lower() for host in front.allowed_hosts} | public

    def refused(self, headers: Headers) -> Problem | None:
        """A foreign Host (DNS rebinding) or Origin (another site's page) is turned away."""
        host = self._host(headers)
        if _name_of(host) not in self._names:
            return at_the_gate("wrong_host", f"this desk is not {host!r}; allow it with --allow-host", field="Host")
        if b"origin" in headers and _place_of(headers[b"origin"], ("http", "https")) != host.lower():
            return _wrong_origin("requests from other sites are refused")
        return None

    def not_our_page(self, headers: Headers) -> Problem | None:
        """What a cookie signs in must come from the desk's own page, and say so."""
        scheme = "https" if self.secure(headers) else "http"
        if _place_of(headers.get(b"origin", b""), (scheme,)) != self._host(headers).lower():
            return _wrong_origin("with a session's cookie only the desk's own page may ask for this")
        return None

    def secure(self, headers: Headers) -> bool:
        """Whether the browser came by TLS, or must be told to.

        A proxy behind another says `http` of its own part of the way, so its word counts only on this machine.
        """
        if self._front.tls:
            return True
        if not self._front.behind_proxy:
            return False
        return _last(headers, b"x-forwarded-proto") == "https" or _name_of(self._host(headers)) not in _LOOPBACK

    def cookie(self, headers: Headers) -> Cookie:
        """The session's cookie, as the browser that sent these headers has it."""
        return cookie_at(self._host(headers), secure=self.secure(headers))

    def address(self, headers: Headers) -> str:
        """The desk's address for whoever asked, without a slash at its end."""
        if self._front.public_url is not None:
            return self._front.public_url
        return f"{'https' if self.secure(headers) else 'http'}://{self._host(headers)}"

    def _host(self, headers: Headers) -> str:
        forwarded = _last(headers, b"x-forwarded-host") if self._front.behind_proxy else ""
        return forwarded or headers.get(b"host", b"").decode("latin-1")


def _last(headers: Headers, name: bytes) -> str:
    """Of a list that each proxy adds to: what the nearest one said."""
    return headers.get(name, b"").decode("latin-1").rpartition(",")[2].strip()


def _place_of(origin: bytes, schemes: tuple[str, ...]) -> str | None:
    scheme, _, place = origin.decode("latin-1").partition("://")
    return place.lower() if scheme in schemes else None


def _name_of(host: str) -> str:
    """The name in a Host header, without its port."""
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    return host.partition(":")[0].lower()


def _wrong_origin(detail: str) -> Problem:
    return at_the_gate("wrong_origin", detail, field="Origin")
