"""The texts of sessions and pairings: secrets for machines, and short codes for people to type."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Final

SECRET_BYTES: Final = 32
CODE_BYTES: Final = 5
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # https://www.crockford.com/base32.html
_BETWEEN: Final = str.maketrans("", "", " -\u2010\u2011\u2013")  # a phone's keyboard has hyphens of its own
_MISREAD: Final = str.maketrans("OIL", "011")
_CODE: Final = re.compile(f"[{_ALPHABET}]{{8}}")
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_LONGEST: Final = 64


def secret_of(random: bytes) -> str:
    """43 characters for 32 random bytes, fit for an address and a cookie."""
    return base64.urlsafe_b64encode(random).decode().rstrip("=")


def code_of(random: bytes) -> str:
    """Five random bytes as `K7QM-3XPD`."""
    number = int.from_bytes(random, "big")
    letters = "".join(_ALPHABET[number >> shift & 31] for shift in range(35, -1, -5))
    return f"{letters[:4]}-{letters[4:]}"


def is_secret(text: str) -> bool:
    """Whether it has the shape of a session's or a pairing's secret."""
    return _SECRET.fullmatch(text) is not None


def read_code(text: str) -> str | None:
    """A short code as it was meant: any case, with or without hyphen, O for 0, I and L for 1; `None` if it is none."""
    typed = text[:_LONGEST].translate(_BETWEEN)
    if not typed.isascii():
        return None
    meant = typed.upper().translate(_MISREAD)
    return meant if _CODE.fullmatch(meant) is not None else None


def secret_digest(text: str) -> bytes:
    """What is kept of a secret: a plain SHA-256 is enough, since 256 random bits cannot be guessed."""
    return hashlib.sha256(text.encode()).digest()


def code_digest(key: bytes, meant: str) -> bytes:
    """What is kept of a short code: keyed, since 40 bits can be guessed by whoever reads the database."""
    return hmac.digest(hmac.digest(key, b"hedgerow: codes of pairings", "sha256"), meant.encode(), "sha256")
