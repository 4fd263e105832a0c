from __future__ import annotations

import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from hedgerow.cli import words
from hedgerow.cli.columns import Column, table

Row = tuple[str, ...]
COLUMNS: list[Column[Row]] = [
    Column("A", lambda row: row[0]),
    Column("B", lambda row: row[1], rank=2, right=True),
    Column("C", lambda row: row[2], rank=1),
    Column("D", lambda row: row[3], rank=1, sparse=True),
]


def drawn(rows: list[Row], width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    console.print(table(COLUMNS, rows, width))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_columns_give_way_by_rank_from_the_right() -> None:
    rows = [("aa", "bbbb", "cc", "d")]
    assert drawn(rows, 16) == ["A      B  C   D", "aa  bbbb  cc  d"]
    assert drawn(rows, 14) == ["A   C   D", "aa  cc  d"]
    assert drawn(rows, 8) == ["A   C", "aa  cc"]
    assert drawn(rows, 3) == ["A", "aa"]


def test_an_empty_sparse_column_is_hidden() -> None:
    assert drawn([("a", "b", "c", ""), ("a", "b", "c", "-")], 40)[0] == "A  B  C"


def test_what_does_not_fit_becomes_cards() -> None:
    assert drawn([("a" * 10, "b", "c", "")], 9) == ["aaaaaaaaa", "a", "  b b · c", "c"]


@given(st.lists(st.tuples(*[st.text("ab界 ", max_size=12)] * 4), min_size=1, max_size=4), st.integers(1, 60))
def test_no_line_is_wider_than_the_terminal(rows: list[Row], width: int) -> None:
    assert all(Text(line).cell_len <= max(width, 2) for line in drawn(rows, width))


def test_an_escape_sequence_from_an_exchange_is_not_obeyed() -> None:
    assert words.visible("no\x1b[2J\rmoney\x9b1m\n") == "no\ufffd[2J\ufffdmoney\ufffd1m\n"
    assert not any("\x1b" in line for line in drawn([("\x1b[31mred", "", "", "")], 40))


@pytest.mark.parametrize(
    ("value", "shown"),
    [("1234.567", "+1234.57"), ("-0.00512", "-0.0051"), ("0.00001", "0"), ("-3", "-3.00"), ("0", "0")],
)
def test_a_gain_has_a_sign(value: str, shown: str) -> None:
    assert words.gain(Decimal(value)).plain == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(-1, "0 s"), (3.9, "3 s"), (60, "1 min"), (7_199, "1 h"), (200_000, "2 d")]
)
def test_an_age_has_one_unit(seconds: float, shown: str) -> None:
    assert words.age(seconds) == shown
