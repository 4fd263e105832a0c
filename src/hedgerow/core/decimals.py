"""Money as text and `Decimal`: the only parser and the only writer of numbers that matter."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import Final

MAX_LENGTH: Final = 40
ZERO: Final = Decimal(0)
_QUOTIENTS: Final = Context(prec=20, rounding=ROUND_HALF_EVEN)
_PLAIN: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)


class MalformedNumberError(ValueError):
    """The text is not a plain decimal number; `str()` says why, for a person."""


def parse_decimal(text: object) -> Decimal:
    """Read a plain decimal such as `0.010` or `-12`.

    Stricter than `Decimal()`, which takes `NaN`, `Infinity`, `1_000`, `" 1 "`, `1e400` and Arabic digits.

    Raises:
        MalformedNumberError: anything but an optional minus, digits and one point, in at most 40 characters.
    """
    if not isinstance(text, str):
        raise MalformedNumberError('must be a number written as text, such as "0.01"')
    if len(text) > MAX_LENGTH:
        raise MalformedNumberError(f"must have at most {MAX_LENGTH} characters")
    if _PLAIN.fullmatch(text) is None:
        raise MalformedNumberError('must be a plain decimal number, such as "0.01"')
    return Decimal(text)


def to_text(number: Decimal) -> str:
    """Write the shortest plain form: no exponent, no trailing zero, no minus zero."""
    if not number:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def shortest(number: Decimal) -> Decimal:
    """The same number without trailing zeros, and without an exponent that `str()` would show for a whole number."""
    return Decimal(to_text(number))


def floor_to_step(number: Decimal, step: Decimal) -> Decimal:
    """The multiple of `step` next to `number` towards zero; exact."""
    with localcontext() as context:
        context.prec = 80
        return (number / step).to_integral_value(ROUND_DOWN) * step


def ceil_to_step(number: Decimal, step: Decimal) -> Decimal:
    """The smallest multiple of `step` that is not below `number`; exact."""
    with localcontext() as context:
        context.prec = 80
        return (number / step).to_integral_value(ROUND_CEILING) * step


def nearest_step(number: Decimal, step: Decimal) -> Decimal:
    """The multiple of `step` nearest to `number`; exact."""
    with localcontext() as context:
        context.prec = 80
        return (number / step).to_integral_value(ROUND_HALF_EVEN) * step


def is_multiple(number: Decimal, step: Decimal) -> bool:
    """Whether `number` lies on the grid of `step`."""
    with localcontext() as context:
        context.prec = 80
        return not number % step


def quotient(number: Decimal, divisor: Decimal) -> Decimal:
    """`number / divisor` to 20 significant digits: for averages, the only figures here that are not exact."""
    return _QUOTIENTS.divide(number, divisor)
