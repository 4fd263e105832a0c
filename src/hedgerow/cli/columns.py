"""Tables that fit: columns give way by rank as the terminal narrows, and on a phone each row becomes a card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hedgerow.cli.words import visible

Row = TypeVar("Row")

_GAP = 2


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column. Rank 0 always stays; of the others the highest rank goes first. `sparse`: hidden while all empty."""

    title: str
    cell: Callable[[Row], str | Text]
    rank: int = 0
    right: bool = False
    sparse: bool = False


@dataclass(frozen=True)
class _Shown:
    title: str
    rank: int
    right: bool
    cells: list[Text]

    @property
    def width(self) -> int:
        return max(cell_len(self.title), *(cell_len(cell.plain) for cell in self.cells))


def table(columns: Sequence[Column[Row]], rows: Sequence[Row], width: int) -> RenderableType:
    """The rows, at least one, as a table of at most `width` cells, or as cards where even rank 0 does not fit."""
    shown = [column for column in (_shown(column, rows) for column in columns) if column is not None]
    fitting = _fitting(shown, width)
    if _width(fitting) > width:
        return Group(*(_card(shown, index) for index in range(len(rows))))
    grid = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), collapse_padding=True, header_style="bold")
    for column in fitting:
        grid.add_column(column.title, justify="right" if column.right else "left", no_wrap=True, width=column.width)
    for index in range(len(rows)):
        grid.add_row(*(column.cells[index] for column in fitting))
    return grid


def _shown(column: Column[Row], rows: Sequence[Row]) -> _Shown | None:
    cells = [cell if isinstance(cell, Text) else Text(visible(cell)) for cell in map(column.cell, rows)]
    if column.sparse and all(cell.plain in {"", "-"} for cell in cells):
        return None
    return _Shown(column.title, column.rank, column.right, cells)


def _width(columns: Sequence[_Shown]) -> int:
    return sum(column.width for column in columns) + _GAP * (len(columns) - 1)


def _fitting(columns: Sequence[_Shown], width: int) -> list[_Shown]:
    kept = list(columns)
    while _width(kept) > width and (rank := max(column.rank for column in kept)) > 0:
        last = max(index for index, column in enumerate(kept) if column.rank == rank)
        del kept[last]
    return kept


def _card(columns: Sequence[_Shown], index: int) -> Text:
    """What matters most on the first line, the rest named below it; wraps where it must."""
    head = Text(" ").join([column.cells[index] for column in columns if not column.rank])
    rest = [
        Text.assemble((f"{column.title.lower()} ", "dim"), column.cells[index])
        for column in columns
        if column.rank and column.cells[index].plain not in {"", "-"}
    ]
    return Text("\n").join([head, Text("  ") + Text(" · ").join(rest)]) if rest else head
