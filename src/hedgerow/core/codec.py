"""The one way from our types to JSON: money as plain text, never with an exponent."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

import msgspec

from hedgerow.core.decimals import to_text

_encoder: Final = msgspec.json.Encoder(decimal_format="string")
# `str()` of a small Decimal is "1E-7"; a client's own key that looks so is left as it is.
_SCIENTIFIC: Final = re.compile(rb'(?<!"idempotency_key":)"(-?[0-9](?:\.[0-9]+)?E[+-][0-9]{1,3})"')


def to_json(value: object) -> bytes:
    """Encode structs, decimals and plain values."""
    encoded = _encoder.encode(value)
    if b"E" in encoded and (b"E-" in encoded or b"E+" in encoded):  # one letter is found much sooner
        return _SCIENTIFIC.sub(lambda found: b'"' + _plain(found[1]) + b'"', encoded)
    return encoded


def _plain(scientific: bytes) -> bytes:
    return to_text(Decimal(scientific.decode())).encode()
