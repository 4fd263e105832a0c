from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from hedgerow.vault.tokens import digest_of, is_whole, text_of

randoms = st.binary(min_size=32, max_size=32)


@given(randoms)
def test_a_token_is_whole(random: bytes) -> None:
    text = text_of(random)
    assert re.fullmatch(r"hgt_[A-Za-z0-9_-]{49}", text)
    assert is_whole(text)


@given(randoms, st.integers(4, 46), st.sampled_from("Aa0-_"))
def test_a_slip_of_the_pen_is_caught(random: bytes, at: int, letter: str) -> None:
    text = text_of(random)
    slipped = text[:at] + letter + text[at + 1 :]
    assert is_whole(slipped) == (slipped == text)


@given(randoms, randoms)
def test_different_tokens_have_different_digests(first: bytes, second: bytes) -> None:
    assert (digest_of(text_of(first)) == digest_of(text_of(second))) == (first == second)


@given(st.text())
def test_any_text_may_be_asked(text: str) -> None:
    assert not is_whole(text)
