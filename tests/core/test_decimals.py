from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core.decimals import (
    MalformedNumberError,
    ceil_to_step,
    floor_to_step,
    is_multiple,
    nearest_step,
    parse_decimal,
    quotient,
    shortest,
    to_text,
)

PLAIN = st.decimals(allow_nan=False, allow_infinity=False, places=8, min_value=-(10**12), max_value=10**12)
STEPS = st.sampled_from([Decimal(step) for step in ("1", "0.1", "0.5", "0.001", "0.025", "10", "0.00000001")])


@pytest.mark.parametrize(
    "text",
    [
        "NaN", "sNaN", "Infinity", "-inf", "1e400", "1E5", "1_000", " 1", "1 ", " 1 ", "+1", "", "-", ".", "1.", ".5",
        "01", "00.1", "--1", "1,5", "0x10", "١٢", "１２", "1\n", "1" * 300, "0." + "0" * 40 + "1", "½", "1/2",
    ],
)  # fmt: skip
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(MalformedNumberError):
        parse_decimal(text)


@pytest.mark.parametrize("value", [1, 1.5, True, None, b"1", Decimal(1), ["1"], {"a": 1}])
def test_only_text_is_a_number(value: object) -> None:
    with pytest.raises(MalformedNumberError):
        parse_decimal(value)


@pytest.mark.parametrize("text", ["0", "-0", "0.010", "-12", "60000.5", "9" * 40])
def test_plain_numbers_are_read(text: str) -> None:
    assert parse_decimal(text) == Decimal(text)


@given(st.text(max_size=60))
def test_any_text_is_a_finite_number_or_refused(text: str) -> None:
    try:
        number = parse_decimal(text)
    except MalformedNumberError:
        return
    assert number.is_finite()
    assert text.isascii()


@given(PLAIN)
def test_written_and_read_again_it_is_the_same_number(number: Decimal) -> None:
    text = to_text(number)
    assert parse_decimal(text) == number
    assert not (("." in text) and text.endswith("0"))
    assert text != "-0"


@given(PLAIN)
def test_the_shortest_form_is_the_same_number(number: Decimal) -> None:
    assert shortest(number) == number
    assert to_text(shortest(number)) == to_text(number)
    if number == number.to_integral_value():
        assert "E" not in str(shortest(number))


def test_no_exponent_is_ever_written() -> None:
    assert to_text(Decimal("1E+5")) == "100000"
    assert to_text(Decimal("1E-9")) == "0.000000001"
    assert to_text(Decimal("-0.00")) == "0"


@given(PLAIN.map(abs), STEPS)
def test_steps_bracket_the_number(number: Decimal, step: Decimal) -> None:
    below, above, nearest = floor_to_step(number, step), ceil_to_step(number, step), nearest_step(number, step)
    assert below <= number <= above
    assert Fraction(number) - Fraction(below) < Fraction(step)
    assert Fraction(above) - Fraction(number) < Fraction(step)
    assert 2 * abs(Fraction(nearest) - Fraction(number)) <= Fraction(step)
    assert all(is_multiple(each, step) for each in (below, above, nearest))


@given(PLAIN, STEPS)
def test_a_multiple_is_what_a_fraction_says_it_is(number: Decimal, step: Decimal) -> None:
    assert is_multiple(number, step) == ((Fraction(number) / Fraction(step)).denominator == 1)


@given(PLAIN, PLAIN.filter(bool))
def test_a_quotient_is_right_to_twenty_digits(number: Decimal, divisor: Decimal) -> None:
    exact = Fraction(number) / Fraction(divisor)
    assert abs(Fraction(quotient(number, divisor)) - exact) <= abs(exact) / 10**19
