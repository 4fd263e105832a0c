from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core import ids

KEY = b"a key of this desk"
PARTS = st.tuples(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12))
SHAPE = re.compile(r"[a-z2-7]{26}")


@given(PARTS)
def test_the_same_request_names_the_same_order(parts: tuple[str, str, str]) -> None:
    name = ids.order_id(KEY, *parts)
    assert name == ids.order_id(KEY, *parts)
    assert SHAPE.fullmatch(name)


@given(PARTS, PARTS)
def test_parts_cannot_run_into_each_other(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    assert (ids.order_id(KEY, *one) == ids.order_id(KEY, *other)) == (one == other)


def test_moving_a_letter_between_parts_makes_another_order() -> None:
    assert ids.order_id(KEY, "ab", "c", "d") != ids.order_id(KEY, "a", "bc", "d")
    assert ids.order_id(KEY, "", "x", "") != ids.order_id(KEY, "x", "", "")


@given(PARTS)
def test_what_goes_on_the_wire_is_tagged_short_and_plain(parts: tuple[str, str, str]) -> None:
    name = ids.client_order_id(ids.order_id(KEY, *parts))
    assert 26 <= len(name) <= 30
    assert name.isascii()
    assert name.isalnum()
    assert name.startswith(ids.TAG)


def test_kinds_of_names_do_not_meet() -> None:
    names = {
        ids.order_id(KEY, "sim", "me", "k"),
        ids.command_id(KEY, "amend", "sim", "me", "k"),
        ids.command_id(KEY, "cancel", "sim", "me", "k"),
        ids.adopted_order_id(KEY, "sim", "BTC/USDT:USDT", "k"),
        ids.order_id(b"another key", "sim", "me", "k"),
    }
    assert len(names) == 5
