from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.journal.cursor import Cursor, MalformedCursorError, from_text, to_text

cursors = st.builds(
    Cursor,
    st.text(max_size=20),
    st.sampled_from(["orders_updated", "fills"]),
    st.dictionaries(st.integers(0, 50), st.tuples(st.integers(0, 2**62), st.integers(0, 2**40)), max_size=8),
)


@given(cursors)
def test_a_cursor_survives_its_text(cursor: Cursor) -> None:
    assert from_text(to_text(cursor)) == cursor


@given(cursors)
def test_its_text_is_safe_in_an_address(cursor: Cursor) -> None:
    text = to_text(cursor)
    assert text.isascii()
    assert text.replace("-", "").replace("_", "").isalnum()


def test_the_same_places_have_the_same_text() -> None:
    assert to_text(Cursor("j", "s", {2: (5, 1), 1: (4, 1)})) == to_text(Cursor("j", "s", {1: (4, 1), 2: (5, 1)}))


@given(st.one_of(st.text(max_size=80), st.binary(max_size=60).map(lambda raw: raw.hex())))
def test_anything_else_is_malformed(text: str) -> None:
    try:
        from_text(text)
    except MalformedCursorError:
        return
    assert to_text(from_text(text)).rstrip("=") == text.rstrip("=")


@pytest.mark.parametrize("text", ["", "null", "bnVsbA", "e30", "W10", "Å", "a" * 10_000])
def test_what_people_paste_is_malformed(text: str) -> None:
    with pytest.raises(MalformedCursorError):
        from_text(text)
