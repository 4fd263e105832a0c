"""Following `nextPageCursor` to its end: https://bybit-exchange.github.io/docs/v5/order/open-order"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hedgerow.simulator.bybit import pages
from hedgerow.simulator.messages import Refusal

Row = tuple[int, str]
ROWS = st.lists(st.integers(0, 5), max_size=30).map(
    lambda times: [(time, f"id-{number}") for number, time in enumerate(sorted(times, reverse=True))]
)


def follow(rows: list[Row], limit: int, between: dict[int, str] | None = None) -> list[Row]:
    """Every page; `between` takes a row away after the page of that number."""
    seen: list[Row] = []
    rows, cursor, number = list(rows), "", 0
    while True:
        found = pages.page(rows, lambda row: row, limit, cursor)
        assert not isinstance(found, Refusal)
        seen += found[0]
        cursor = found[1]
        if not cursor:
            return seen
        gone = (between or {}).get(number)
        rows = [row for row in rows if row[1] != gone]
        number += 1


@given(ROWS, st.integers(1, 7))
def test_the_pages_are_the_list(rows: list[Row], limit: int) -> None:
    assert follow(rows, limit) == rows


@given(ROWS, st.integers(1, 7), st.data())
def test_a_row_that_goes_meanwhile_hides_no_other(rows: list[Row], limit: int, data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from([row[1] for row in rows])) if rows else ""
    seen = follow(rows, limit, {0: gone})
    assert {row for row in rows if row[1] != gone} <= set(seen)


def test_the_last_page_has_an_empty_cursor_and_a_full_one_before_it_has_not() -> None:
    rows = [(2, "a"), (1, "b")]
    assert pages.page(rows, lambda row: row, 2, "") == (rows, "")
    found = pages.page(rows, lambda row: row, 1, "")
    assert not isinstance(found, Refusal)
    assert found[1].startswith("page_args%3Da")


def test_a_cursor_from_elsewhere_is_refused() -> None:
    for cursor in ("x", "page_args%3D", "page_args%3Da%26at%3D-1%26", "%", "page_args%3Da%26at%3D1e9%26"):
        assert isinstance(pages.page([(1, "a")], lambda row: row, 1, cursor), Refusal)


def test_a_limit_is_within_its_bounds() -> None:
    assert pages.size("", 20, 50) == 20
    assert pages.size("50", 20, 50) == 50
    for limit in ("0", "51", "-1", "1e1", "٥", "x", "9" * 400):
        assert isinstance(pages.size(limit, 20, 50), Refusal)
