"""Names of orders and commands: ours for good, and the ones that go on the wire."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

TAG: Final = "hg"
_BYTES: Final = 16


def _name(key: bytes, *parts: str) -> str:
    """128 bits of a keyed hash in 26 lower-case letters and digits; parts cannot run into each other."""
    text = b"".join(len(part).to_bytes(4, "big") + part.encode() for part in parts)
    digest = hashlib.blake2b(text, digest_size=_BYTES, key=key).digest()
    return base64.b32encode(digest).decode().rstrip("=").lower()


def order_id(key: bytes, account: str, principal: str, idempotency_key: str) -> str:
    """Our id of an order, for good: the same request names the same order."""
    return _name(key, "order", account, principal, idempotency_key, "0")


def client_order_id(our_order_id: str) -> str:
    """What goes on the wire at the first attempt: a tag that marks it ours, then the order id itself."""
    return TAG + our_order_id


def command_id(key: bytes, kind: str, account: str, principal: str, idempotency_key: str) -> str:
    """Our id of a command that is not an order: amend, cancel, protect, leverage, limits …"""
    return _name(key, "command", kind, account, principal, idempotency_key)


def adopted_order_id(key: bytes, account: str, symbol: str, exchange_order_id: str) -> str:
    """Our id of an order that no intent explains: whoever adopts it names it alike."""
    return _name(key, "adopted", account, symbol, exchange_order_id)
