"""The Vault port: tokens, sessions, exchange accounts with encrypted credentials, and the replay places of clients."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from hedgerow.vault.notices import NoticeVault
    from hedgerow.vault.sessions import Sessions


class Scope(StrEnum):
    READ = "read"
    TRADE = "trade"


class Secret:
    """A secret that does not show itself: `repr` and `str` hide it, `reveal()` is the only way out."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


class Credentials(msgspec.Struct, frozen=True):
    """ccxt's credential names: `apiKey`, `secret`, `password`, …"""

    values: Mapping[str, Secret]


class ExchangeAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Credentials at one exchange in one environment, under a name; the secrets stay in the vault.

    Attributes:
        exchange: ccxt's id.
        environment: `simulation`, `demo`, `testnet` or `live`.
        urls: overrides, `rest` and `ws` to base addresses.
        options: ccxt options that this account needs.
    """

    name: str
    exchange: str
    environment: str
    urls: Mapping[str, str] = msgspec.field(default_factory=dict)
    options: Mapping[str, str] = msgspec.field(default_factory=dict)
    created_ms: int = 0


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """An API token; the text itself is shown once and kept only as a hash."""

    token_id: str
    name: str
    scope: Scope
    created_ms: int
    revoked_ms: int | None = None


class VaultFault(Exception):  # noqa: N818
    """The vault cannot be read: wrong key, damaged file; `str()` says what to do, without secrets."""


class NameTakenError(VaultFault):
    """An account or a token with this name exists."""


class Vault(Protocol):
    # tokens
    async def create_token(self, name: str, scope: Scope, now_ms: int) -> tuple[Token, Secret]: ...

    async def tokens(self) -> list[Token]: ...

    async def revoke_token(self, name: str, now_ms: int) -> Token | None:
        """Revoke by name; `None` where there is none."""
        ...

    async def token_by_text(self, text: str) -> Token | None:
        """The token with this text, if there is one and it is not revoked."""
        ...

    @property
    def sessions(self) -> Sessions:
        """Signed-in browsers, and what signs them in."""
        ...

    # exchange accounts
    async def add_account(self, account: ExchangeAccount, credentials: Credentials) -> None: ...

    async def accounts(self) -> list[ExchangeAccount]: ...

    async def credentials(self, name: str) -> Credentials: ...

    async def remove_account(self, name: str) -> bool: ...

    # replay places of clients: (principal, client, stream) -> cursor text
    async def put_place(self, principal: str, client: str, stream: str, cursor: str, now_ms: int) -> None: ...

    async def place(self, principal: str, client: str, stream: str) -> str | None: ...

    @property
    def notices(self) -> NoticeVault:
        """Where notices go, and which were told."""
        ...

    async def order_id_key(self) -> bytes:
        """32 random bytes, made once, that key the names of orders."""
        ...

    async def close(self) -> None: ...
