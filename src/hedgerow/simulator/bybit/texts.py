"""Numbers as Bybit writes them: plain decimal text, the empty text for none."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

_PLAIN = re.compile(r"\d{1,20}(\.\d{1,20})?", re.ASCII)
_EIGHT_PLACES = Decimal("0.00000001")


def text(number: Decimal | None) -> str:
    return "" if number is None else format(number, "f")


def short(number: Decimal) -> str:
    """At most eight places, no trailing zeros: how Bybit writes averages, margins and rates."""
    rounded = number.quantize(_EIGHT_PLACES, rounding=ROUND_HALF_UP)
    written = format(rounded, "f").rstrip("0").rstrip(".")
    return "0" if written in ("-0", "") else written


def parse(written: str) -> Decimal | None:
    """A plain, unsigned decimal, or None: signs, exponents, blanks and words are not numbers here."""
    return Decimal(written) if _PLAIN.fullmatch(written) else None


def levels(rows: Iterable[tuple[Decimal, Decimal]]) -> list[list[str]]:
    return [[format(price, "f"), format(quantity, "f")] for price, quantity in rows]
