"""Short codes as people type them, and secrets as links carry them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.vault.pairing_codes import code_digest, code_of, is_secret, read_code, secret_digest, secret_of

codes = st.binary(min_size=5, max_size=5)


@given(codes, codes)
def test_a_code_is_read_as_it_is_written_and_no_other_is_the_same(first: bytes, second: bytes) -> None:
    assert read_code(code_of(first)) == code_of(first).replace("-", "")
    assert (code_of(first) == code_of(second)) == (first == second)


@given(codes)
def test_a_code_may_be_typed_in_any_case_and_with_any_hyphen(random: bytes) -> None:
    code = code_of(random)
    meant = code.replace("-", "")
    for typed in (code.lower(), meant, f"  {code} ", code.replace("-", " "), code.replace("-", "\u2013")):
        assert read_code(typed) == meant
    assert read_code(code.replace("0", "o").replace("1", "l")) == meant
    assert read_code(code.replace("0", "O").replace("1", "I")) == meant


@pytest.mark.parametrize(
    "text", ["", "K7QM", "K7QM3XPDD", "UUUU-UUUU", "ſſſſ-ſſſſ", "٠٠٠٠-٠٠٠٠", "-" * 65 + "K7QM3XPD", "K7QM/3XPD"]
)
def test_what_is_no_code_is_none(text: str) -> None:
    assert read_code(text) is None


@given(st.binary(min_size=32, max_size=32))
def test_a_secret_fits_an_address_and_is_no_code(random: bytes) -> None:
    secret = secret_of(random)
    assert is_secret(secret)
    assert read_code(secret) is None
    assert not is_secret(secret + "=")
    assert len(secret_digest(secret)) == 32


def test_what_is_kept_of_a_code_cannot_be_computed_without_the_key() -> None:
    assert code_digest(b"a" * 32, "K7QM3XPD") != code_digest(b"b" * 32, "K7QM3XPD")
