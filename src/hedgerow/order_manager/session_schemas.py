"""What goes over HTTP for signing in: bodies as they come in, and answers."""

from __future__ import annotations

import msgspec

from hedgerow.vault import Scope


class SignInBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`code`: the secret of a sign-in link, or a short code. `device`: what this browser is to be called."""

    code: str
    device: str


class DeviceNameBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str


class DeviceView(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in browser. `last_used_ms` is right to the hour; `this` is the one that asks."""

    device_id: str
    name: str
    user_agent: str
    created_ms: int
    last_used_ms: int
    expires_ms: int
    this: bool


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in. `device` is null for a token, and for the owner's command line."""

    user: str
    scope: Scope
    owner: bool
    device: DeviceView | None


class PairingView(msgspec.Struct, frozen=True, kw_only=True):
    """What signs one browser in, once: `url` to open, `qr` (SVG) to scan, or `code` to type."""

    code: str
    url: str
    expires_ms: int
    qr: str


class RevokedView(msgspec.Struct, frozen=True, kw_only=True):
    """How many devices were signed out."""

    revoked: int
