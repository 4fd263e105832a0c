"""The part of the vault that notices need: where they go, under seal, and which were told."""

from __future__ import annotations

from typing import Protocol

import msgspec

from hedgerow.vault import Secret


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """Where notices go; its address stays in the vault.

    Attributes:
        scheme: of the address: `tgram`, `ntfy`, `mailto`, … All that is ever shown of it.
        kinds: which notices it gets.
        since_ms: when it was added or last switched on: what happened before is not told.
    """

    name: str
    scheme: str
    kinds: tuple[str, ...]
    created_ms: int
    since_ms: int
    enabled: bool = True


class NoticeVault(Protocol):
    """Raises VaultFault, each of them."""

    async def add_destination(self, destination: Destination, url: Secret) -> None:
        """Raises NameTakenError."""
        ...

    async def destinations(self) -> list[Destination]:
        """By name."""
        ...

    async def destination_url(self, name: str) -> Secret | None: ...

    async def change_destination(self, destination: Destination) -> bool:
        """Replace all but its address; `False` where there is none of its name."""
        ...

    async def remove_destination(self, name: str) -> bool: ...

    async def claim(self, key: str, state: str, now_ms: int, *, only_known: bool = False) -> bool:
        """Bring a key to a state, for one caller: `False` for whoever finds it there already.

        Args:
            only_known: a key that was never claimed is left alone.
        """
        ...

    async def forget_claims(self, state: str, before_ms: int) -> None:
        """Drop the claims of a state that are older."""
        ...
