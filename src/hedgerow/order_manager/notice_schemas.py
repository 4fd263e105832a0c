"""What goes over HTTP about notices: where they go, never how to get there."""

from __future__ import annotations

import msgspec

from hedgerow.notices import SHIPPED, Kind


class AddDestinationBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where notices shall go.

    Attributes:
        url: an address as Apprise writes it, `tgram://TOKEN/CHAT`; it goes in and never comes out.
        kinds: which notices it gets.
    """

    name: str
    url: str
    kinds: tuple[Kind, ...] = SHIPPED


class ChangeDestinationBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kinds: tuple[Kind, ...] | None = None
    enabled: bool | None = None


class DestinationView(msgspec.Struct, frozen=True, kw_only=True):
    """A destination; of its address only the scheme."""

    name: str
    scheme: str
    kinds: tuple[Kind, ...]
    enabled: bool
    created_ms: int


class DeliveryView(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a test message; `reason` says why it was not delivered."""

    delivered: bool
    reason: str | None = None
