"""The text of an API token, and what is kept of it."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from typing import Final

RANDOM_BYTES: Final = 32
_PREFIX: Final = "hgt_"  # so that secret scanners and people know one when they see it
_SHAPE: Final = re.compile(r"hgt_[A-Za-z0-9_-]{43}[A-Za-z0-9_-]{6}", re.ASCII)
_BODY_END: Final = len(_PREFIX) + 43


def text_of(random: bytes) -> str:
    """`hgt_`, 43 characters for 32 random bytes, and six that catch a slip of the pen before any look-up."""
    body = _PREFIX + _base64(random)
    return body + _checksum(body)


def is_whole(text: str) -> bool:
    """Whether it has a token's shape and its checksum is right; says nothing about whether it is valid."""
    return _SHAPE.fullmatch(text) is not None and _checksum(text[:_BODY_END]) == text[_BODY_END:]


def digest_of(text: str) -> bytes:
    """What is kept: a plain SHA-256 is enough, since 256 random bits cannot be guessed."""
    return hashlib.sha256(text.encode()).digest()


def _checksum(body: str) -> str:
    return _base64(zlib.crc32(body.encode()).to_bytes(4, "big"))


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
