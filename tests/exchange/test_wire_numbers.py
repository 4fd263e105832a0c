"""Numbers as exchanges write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.exchange.wire_numbers import UnreadableError, read_amount, read_ms, read_number, read_price


@given(st.decimals(allow_nan=False, allow_infinity=False, places=10, min_value=-(10**15), max_value=10**15))
def test_every_plain_number_is_read_exactly(number: Decimal) -> None:
    assert read_number(format(number, "f")) == number


@pytest.mark.parametrize(
    ("text", "shown"),
    [("0.040", "0.04"), ("100", "100"), ("100.00", "100"), ("1e2", "100"), ("-0.0", "0"), ("0.00000010", "1E-7")],
)
def test_padding_is_not_kept_and_whole_numbers_have_no_exponent(text: str, shown: str) -> None:
    assert str(read_number(text)) == shown


@pytest.mark.parametrize("nothing", ["", None])
def test_nothing_is_none(nothing: object) -> None:
    assert (read_number(nothing), read_price(nothing)) == (None, None)
    assert (read_amount(nothing), read_ms(nothing)) == (Decimal(0), 0)


def test_zero_is_an_amount_and_no_price() -> None:
    assert (read_amount("0.00"), read_price("0.00"), read_number("0.00")) == (Decimal(0), None, Decimal(0))


def test_small_numbers_may_have_an_exponent() -> None:
    assert read_number("-1.5e-7") == Decimal("-0.00000015")


@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "1_000", " 1 ", "1e400", "٣", "0x10", "1,5", "--1", "1" * 65, 0.1, True, [], {}]
)
def test_anything_else_is_refused(text: object) -> None:
    with pytest.raises(UnreadableError):
        read_number(text)
