"""Numbers as exchanges write them: text, with the empty text or zero for "none"; never a float."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from hedgerow.core.decimals import ZERO, shortest

_MAX_LENGTH: Final = 64
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,2})?", re.ASCII)


class UnreadableError(ValueError):
    """A row of the exchange does not read as its documentation says; `str()` names the field or the word."""


def read_number(text: object) -> Decimal | None:
    """The number in its shortest form, or `None` for a missing or empty field.

    Exchanges pad with zeros ("0.040"), each field to a width of its own: what is equal should also look so.

    Raises:
        UnreadableError: neither a number as text, an integer nor empty.
    """
    if text is None or text == "":
        return None
    if isinstance(text, int) and not isinstance(text, bool):
        return Decimal(text)
    if not isinstance(text, str) or len(text) > _MAX_LENGTH or _NUMBER.fullmatch(text) is None:
        raise UnreadableError(f"not a number: {str(text)[:_MAX_LENGTH]!r}")
    number = Decimal(text)
    return number if text[-1] in "123456789" and "e" not in text and "E" not in text else shortest(number)


def read_amount(text: object) -> Decimal:
    """The number; zero for an empty field."""
    number = read_number(text)
    return ZERO if number is None else number


def read_price(text: object) -> Decimal | None:
    """The number; `None` for an empty field or zero, which exchanges write where there is no price."""
    number = read_number(text)
    return number or None


def read_ms(text: object) -> int:
    """A time in ms; 0 for an empty field."""
    return int(read_amount(text))
