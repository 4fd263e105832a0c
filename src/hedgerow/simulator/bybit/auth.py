"""Who calls: keys, signatures, and the window a timestamp must fall in.

REST: https://bybit-exchange.github.io/docs/v5/guide#authentication
WebSocket: https://bybit-exchange.github.io/docs/v5/ws/connect#authentication
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from decimal import Decimal

import msgspec

from hedgerow.simulator.bybit import errors
from hedgerow.simulator.messages import Refusal

DEFAULT_WINDOW = "5000"
CLOCK_LEAD_MS = 1000  # a timestamp may run ahead of the server by less than this
DEFAULT_DEPOSIT = Decimal(100_000)


class ApiKey(msgspec.Struct, frozen=True):
    """One key; its account's name; what the account starts with, in USDT."""

    key: str
    secret: str
    account: str
    deposit: Decimal = DEFAULT_DEPOSIT

    def __repr__(self) -> str:
        return f"ApiKey({self.key!r}, account={self.account!r})"


def sign(secret: str, payload: bytes) -> str:
    return hmac.digest(secret.encode(), payload, "sha256").hex()


def in_window(timestamp: str, window: str, server_ms: int) -> Refusal | None:
    """`server_time - recv_window <= timestamp < server_time + 1000`, both in milliseconds."""
    if (
        timestamp.isdecimal()
        and window.isdecimal()
        and server_ms - int(window) <= int(timestamp) < server_ms + CLOCK_LEAD_MS
    ):
        return None
    return errors.timestamp_outside(timestamp, server_ms, window)


def check_request(
    keys: Mapping[str, ApiKey], key: str, timestamp: str, window: str, signature: str, payload: bytes, server_ms: int
) -> ApiKey | Refusal:
    """`payload` is the raw body of a POST, the raw query of a GET."""
    known = keys.get(key)
    if known is None:
        return errors.INVALID_KEY
    late = in_window(timestamp, window, server_ms)
    if late is not None:
        return late
    origin = f"{timestamp}{key}{window}".encode() + payload
    if not hmac.compare_digest(sign(known.secret, origin), signature):
        return errors.wrong_sign(origin.decode(errors="replace"))
    return known


def check_socket(keys: Mapping[str, ApiKey], arguments: object, server_ms: int) -> ApiKey | Refusal:
    """`arguments`: [key, expires in milliseconds, hex HMAC of `GET/realtime{expires}`], numbers or text."""
    if not isinstance(arguments, list) or len(arguments) != 3:
        return Refusal(errors.PARAMETER_ERROR, "Params Error")
    key, expires, signature = (str(argument) for argument in arguments)
    known = keys.get(key)
    if known is None:
        return errors.INVALID_KEY
    if not expires.isdecimal() or int(expires) <= server_ms:
        return Refusal(errors.PARAMETER_ERROR, "Params Error")
    if not hmac.compare_digest(sign(known.secret, f"GET/realtime{expires}".encode()), signature):
        return Refusal(errors.SIGN_ERROR, "Invalid sign")
    return known
