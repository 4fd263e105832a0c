"""Who may come in: Host, Origin, sign-in, forgery and size are checked here, before any route."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal, NamedTuple

import msgspec

from hedgerow.core.codec import to_json
from hedgerow.order_manager.http.front import Doorway, Headers
from hedgerow.order_manager.http.problems import PROBLEM_JSON, at_the_gate
from hedgerow.order_manager.schemas import Problem
from hedgerow.vault import Scope, Secret, Vault
from hedgerow.vault.sessions import Session

ASGIScope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_KNOWN_MS: Final = 250
_KNOWN_MOST: Final = 1_000
MOST_BYTES: Final = 64 * 1024
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_HOW: Final = "sign in on the page, with a link or a code of 'hedgerow pair', or with a token: Authorization: Bearer …"


class Principal(msgspec.Struct, frozen=True):
    """Who asks: a token's or a user's name and scope. Whoever can read the data folder is the owner, as on the page."""

    name: str
    scope: Scope
    owner: bool = False


OWNER: Final = Principal("owner", Scope.TRADE, owner=True)


class Visitor(msgspec.Struct, frozen=True):
    """Who came in, and by which session where it was by a cookie."""

    principal: Principal
    session: Session | None = None


class Gate:
    def __init__(self, vault: Vault, door: Secret, doorway: Doorway, now_ms: Callable[[], int]) -> None:
        self.doorway = doorway
        self._vault = vault
        self._door = hashlib.sha256(door.reveal().encode()).digest()
        self._now_ms = now_ms
        self._known: dict[Key, tuple[int, Visitor]] = {}  # by what they showed, until when

    async def visitor(self, headers: Headers) -> Visitor | None:
        """Who signs in by the Authorization header, else by a session's cookie; `None` for nobody known.

        What another process revokes is refused after a quarter of a second at most; see `forget`.
        """
        return await self.shown(shown_in(headers, self.doorway))

    def renewing(self, send: Send, headers: Headers) -> Send:
        """Sends an answer on with the session's cookie, good for another 90 days."""
        cookie = self.doorway.cookie(headers)
        text = cookie.read(headers)
        assert text is not None, "whoever has a session has shown it"
        line = (b"set-cookie", cookie.given(text))

        async def renewed(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                own = list(message["headers"])
                if not any(name == b"set-cookie" for name, _ in own):
                    message = {**message, "headers": [*own, line]}
            await send(message)

        return renewed

    async def shown(self, key: Key | None) -> Visitor | None:
        """Who shows this key."""
        if key is None:
            return None
        known = self._known.get(key)
        if known is not None and self._now_ms() < known[0]:
            return known[1]
        visitor = await self._looked_up(key)
        if visitor is not None:
            if len(self._known) >= _KNOWN_MOST:
                self._known.clear()
            self._known[key] = (self._now_ms() + _KNOWN_MS, visitor)
        return visitor

    def forget(self) -> None:
        """A token or a session was revoked here: ask the vault for each anew."""
        self._known.clear()

    async def _looked_up(self, key: Key) -> Visitor | None:
        if key.kind == "cookie":
            return await self._by_session(key.text)
        if hmac.compare_digest(hashlib.sha256(key.text.encode()).digest(), self._door):
            return Visitor(OWNER)
        token = await self._vault.token_by_text(key.text)
        return None if token is None else Visitor(Principal(f"token:{token.name}", token.scope))

    async def _by_session(self, text: str) -> Visitor | None:
        session = await self._vault.sessions.by_text(text, self._now_ms())
        if session is None:
            return None
        user = session.user
        return Visitor(Principal(user.name, user.scope, user.owner), session)

    def refused(self, visitor: Visitor | None, method: str, headers: Headers) -> Problem | None:
        """Who may not do this, or may not have meant to."""
        if visitor is None:
            return not_signed_in(_HOW, "Authorization")
        if method in _SAFE:
            return None
        if visitor.session is not None:
            if (foreign := self.doorway.not_our_page(headers)) is not None:
                return foreign
            if headers.get(b"x-hedgerow") != b"1":
                detail = "with a session's cookie this needs the header X-Hedgerow: 1"
                return at_the_gate("csrf", detail, field="X-Hedgerow")
        if visitor.principal.scope is not Scope.TRADE:
            return at_the_gate("read_only", f"{visitor.principal.name} may only read", field="Authorization")
        return None


class Key(NamedTuple):
    """What somebody shows to be let in: a token, or a session's cookie."""

    kind: Literal["token", "cookie"]
    text: str


def shown_in(headers: Headers, doorway: Doorway) -> Key | None:
    """What the headers of a request show; a token comes before a cookie, even a bad one."""
    header = headers.get(b"authorization")
    if header is not None:
        scheme, _, text = header.decode("latin-1").partition(" ")
        return Key("token", text.strip() if scheme.lower() == "bearer" else "")
    session = doorway.cookie(headers).read(headers)
    return None if session is None else Key("cookie", session)


def not_signed_in(detail: str, field: str | None = None) -> Problem:
    return at_the_gate("not_signed_in", detail, field=field)


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
