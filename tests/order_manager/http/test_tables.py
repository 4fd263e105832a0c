"""CSV that a spreadsheet reads back as it was, and never runs."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core.commands import Side
from hedgerow.core.fills import Fill
from hedgerow.order_manager.http.tables import A_PAGE, FILL_COLUMNS, ORDER_COLUMNS, as_csv, cell, written
from tests.contracts.samples import fill, order


def read(table: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(table.decode(), newline=""), strict=True))


@given(st.lists(st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0")), min_size=2)))
def test_what_was_written_is_read_back(rows: list[list[str]]) -> None:
    assert read(written(rows)) == rows


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_would_be_run_is_held_back(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_numbers_stay_numbers() -> None:
    assert [cell(Decimal(text)) for text in ("-0.50", "1E-7", "100")] == ["-0.5", "0.0000001", "100"]
    assert [cell(-3), cell(None), cell("a=b"), cell(Side.BUY)] == ["-3", "", "a=b", "buy"]


def test_a_row_tells_each_field_under_its_name() -> None:
    paid = fill(fee=Decimal(-1), time_ms=1_700_000_000_001)
    told = {name: cell(column(paid)) for name, column in FILL_COLUMNS.items()}
    assert (told["time"], told["fee"], told["side"]) == ("2023-11-14T22:13:20.001Z", "-1", "buy")
    told = {name: cell(column(order(reason="=HYPERLINK()"))) for name, column in ORDER_COLUMNS.items()}
    assert (told["reason"], told["reduce_only"], told["average"]) == ("'=HYPERLINK()", "false", "")
    assert told["exchange_order_id"] == "x1"


async def test_it_is_read_page_by_page_as_it_is_taken() -> None:
    kept = [fill(number) for number in range(2 * A_PAGE + 3, 0, -1)]
    asked: list[Any] = []

    async def page(before: tuple[int, str] | None) -> Sequence[Fill]:
        asked.append(before)
        left = [each for each in kept if before is None or (each.time_ms, each.fill_id) < before]
        return left[:A_PAGE]

    stream = await as_csv("fills", FILL_COLUMNS, page, lambda each: (each.time_ms, each.fill_id), lambda: None)
    assert stream.headers["content-disposition"] == 'attachment; filename="fills.csv"'
    parts = cast("AsyncIterator[bytes]", stream.iterator)
    table = [await anext(parts), await anext(parts)]
    assert len(asked) == 1
    table += [part async for part in parts]
    assert len(asked) == 3
    rows = read(b"".join(table))
    assert rows[0] == list(FILL_COLUMNS)
    assert [row[-1] for row in rows[1:]] == [each.trade_id for each in kept]


async def test_of_nothing_whoever_asked_is_told_why() -> None:
    async def nothing(_: tuple[int, str] | None) -> Sequence[Fill]:
        return ()

    def refuse() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await as_csv("fills", FILL_COLUMNS, nothing, lambda each: (each.time_ms, each.fill_id), refuse)
