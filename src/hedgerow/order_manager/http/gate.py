"""Who may come in: Host, Origin, sign-in and size are checked here, before any route."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec

from hedgerow.core.codec import to_json
from hedgerow.order_manager.http.problems import PROBLEM_JSON, make
from hedgerow.order_manager.schemas import Problem
from hedgerow.vault import Scope, Secret, Vault

ASGIScope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_KNOWN_MS: Final = 250
_KNOWN_MOST: Final = 1_000
MOST_BYTES: Final = 64 * 1024
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Principal(msgspec.Struct, frozen=True):
    """Who asks: a token's name and scope. The owner is whoever can read the data folder."""

    name: str
    scope: Scope
    owner: bool = False


OWNER: Final = Principal("owner", Scope.TRADE, owner=True)


class Gate:
    def __init__(self, vault: Vault, door: Secret, allowed_hosts: tuple[str, ...], now_ms: Callable[[], int]) -> None:
        self._vault = vault
        self._door = hashlib.sha256(door.reveal().encode()).digest()
        self._hosts = _LOOPBACK | {host.lower() for host in allowed_hosts}
        self._now_ms = now_ms
        self._known: dict[bytes, tuple[int, Principal]] = {}  # by header, until when

    def host_refused(self, headers: Mapping[bytes, bytes]) -> Problem | None:
        """A foreign Host (DNS rebinding) or Origin (another site's page) is turned away."""
        host = headers.get(b"host", b"").decode("latin-1")
        if _name_of(host) not in self._hosts:
            return make(421, "wrong_host", f"this desk is not {host!r}; allow it with --allow-host", field="Host")
        origin = headers.get(b"origin")
        if origin is not None and not self._same_site(origin.decode("latin-1"), host):
            return make(403, "wrong_origin", "requests from other sites are refused", field="Origin")
        return None

    def _same_site(self, origin: str, host: str) -> bool:
        scheme, _, place = origin.partition("://")
        return scheme in ("http", "https") and place.lower() == host.lower()

    async def principal(self, headers: Mapping[bytes, bytes]) -> Principal | None:
        """Who signs in by the Authorization header; `None` for nobody known.

        A token that another process revokes is refused after a quarter of a second at most; see `forget`.
        """
        header = headers.get(b"authorization", b"")
        known = self._known.get(header)
        if known is not None and self._now_ms() < known[0]:
            return known[1]
        text = token_in(headers)
        principal = None if text is None else await self.by_token(text)
        if principal is not None:
            if len(self._known) >= _KNOWN_MOST:
                self._known.clear()
            self._known[header] = (self._now_ms() + _KNOWN_MS, principal)
        return principal

    def forget(self) -> None:
        """A token was revoked here: ask the vault for each anew."""
        self._known.clear()

    async def by_token(self, text: str) -> Principal | None:
        if hmac.compare_digest(hashlib.sha256(text.encode()).digest(), self._door):
            return OWNER
        token = await self._vault.token_by_text(text)
        return None if token is None else Principal(f"token:{token.name}", token.scope)

    @staticmethod
    def scope_refused(principal: Principal | None, method: str) -> Problem | None:
        if principal is None:
            return make(401, "not_signed_in", "sign in with a token: Authorization: Bearer …", field="Authorization")
        if method not in _SAFE and principal.scope is not Scope.TRADE:
            return make(403, "read_only", f"{principal.name} may only read", field="Authorization")
        return None


def token_in(headers: Mapping[bytes, bytes]) -> str | None:
    """The token of the Authorization header; empty where it holds something else."""
    header = headers.get(b"authorization")
    if header is None:
        return None
    scheme, _, text = header.decode("latin-1").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""


def _name_of(host: str) -> str:
    """The name in a Host header, without its port."""
    if host.startswith("["):
        return host.partition("]")[0].lower() + "]"
    return host.partition(":")[0].lower()


class ClientLeftError(Exception):
    """The client hung up before its request was whole: what came may read like another request."""


async def read_body(receive: Receive) -> bytes | None:
    """The whole body; `None` if it is larger than what any command needs. Raises ClientLeftError."""
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeftError
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            return None
        if not message.get("more_body", False):
            return body


async def send_json(send: Send, status: int, body: bytes, content_type: str = "application/json") -> None:
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_problem(send: Send, document: Problem) -> None:
    await send_json(send, document.status, to_json(document), PROBLEM_JSON)
