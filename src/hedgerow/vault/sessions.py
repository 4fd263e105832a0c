"""The part of the vault that signs browsers in: users, the sessions of their devices, and pairings that begin one."""

from __future__ import annotations

from typing import Final, Protocol

import msgspec

from hedgerow.vault import Scope, Secret

OWNER: Final = "owner"  # the user that there always is
SESSION_MS: Final = 90 * 86_400_000  # since its last use
PAIRING_MS: Final = 10 * 60_000
USE_WRITTEN_MS: Final = 3_600_000
COOKIE_RENEWED_MS: Final = 86_400_000


class User(msgspec.Struct, frozen=True, kw_only=True):
    user_id: str
    name: str
    scope: Scope
    owner: bool


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One signed-in browser; the text in its cookie is kept only as a hash.

    Attributes:
        session_id: for people and addresses; it opens nothing.
        name: of the device, as its user calls it.
        last_used_ms: right to the hour.
        cookie_ms: when its cookie was last given out.
    """

    session_id: str
    user: User
    name: str
    user_agent: str
    created_ms: int
    last_used_ms: int
    cookie_ms: int
    expires_ms: int
    revoked_ms: int | None = None

    def use_is_due(self, now_ms: int) -> bool:
        """Whether its last use is to be written down again."""
        return now_ms - self.last_used_ms >= USE_WRITTEN_MS

    def cookie_is_due(self, now_ms: int) -> bool:
        """Whether its browser should get its cookie again, for another 90 days."""
        return now_ms - self.cookie_ms >= COOKIE_RENEWED_MS


class Pairing(msgspec.Struct, frozen=True, kw_only=True):
    """What signs one browser in, once: a secret for a link, or a short code to type."""

    secret: Secret
    code: Secret
    expires_ms: int


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser says of itself as it signs in."""

    name: str
    user_agent: str = ""


class SignedIn(msgspec.Struct, frozen=True):
    """`text` is for the cookie: this once."""

    session: Session
    text: Secret


class WrongCode(msgspec.Struct, frozen=True):
    """Nobody's, used already, or expired."""


class TooManyTries(msgspec.Struct, frozen=True):
    """So many short codes were wrong that none is looked at for now."""

    retry_after_ms: int


class Sessions(Protocol):
    """What one process does, every other sees at its next call. Each may raise VaultFault."""

    async def pair(self, user: str, now_ms: int) -> Pairing:
        """A pairing for a user, by name; valid for ten minutes."""
        ...

    async def redeem(self, code: str, device: Device, now_ms: int) -> SignedIn | WrongCode | TooManyTries:
        """Begin a session with a pairing's secret or short code. However many try at once, one of them gets it."""
        ...

    async def by_text(self, text: str, now_ms: int) -> Session | None:
        """The session with this text, if it is neither revoked nor expired."""
        ...

    async def living(self, now_ms: int) -> list[Session]:
        """Every user's, oldest first."""
        ...

    async def used(self, session_id: str, now_ms: int, *, cookie: bool = False) -> None:
        """It was used, so it lives on for 90 days; `cookie`: its cookie was given out again."""
        ...

    async def rename(self, session_id: str, name: str, now_ms: int) -> Session | None:
        """`None` where no such session lives."""
        ...

    async def revoke(self, session_id: str, now_ms: int) -> Session | None:
        """End it; `None` where no such session lives."""
        ...

    async def revoke_others(self, keep: str | None, now_ms: int) -> int:
        """End all sessions but one, and every pairing that nobody has used yet; how many sessions there were."""
        ...
