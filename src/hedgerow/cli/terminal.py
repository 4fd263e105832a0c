"""What a command writes to: text for a person, plain lines for a pipe, JSON for a program."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from typing import Final, TextIO

import msgspec
from rich.console import Console, RenderableType
from rich.text import Text

from hedgerow.cli import words
from hedgerow.cli.columns import Column, Row, table

# A pipe has no width: nothing is cut or dropped unless COLUMNS asks for it.
_PIPE_WIDTH: Final = 400


class Terminal:
    """Standard output and error of one command.

    Attributes:
        json: the desk's own JSON goes out instead of text.
        interactive: a person watches; tables may move.
    """

    def __init__(
        self,
        out: TextIO,
        err: TextIO,
        environment: Mapping[str, str],
        now_ms: Callable[[], int],
        zone: tzinfo | None,
        json: bool,
    ) -> None:
        self.json = json
        self.interactive = out.isatty() and not json and environment.get("TERM") != "dumb"
        self.now_ms = now_ms
        self.zone = zone
        self._file = out
        self.out = Console(
            file=out, width=_width(out, environment), highlight=False, markup=False, emoji=False, soft_wrap=False
        )
        self._err = Console(file=err, highlight=False, markup=False, emoji=False, soft_wrap=True)

    @property
    def width(self) -> int:
        return self.out.width

    def say(self, text: str | RenderableType) -> None:
        if isinstance(text, str):
            text = words.visible(text)
        self.out.print(text, soft_wrap=isinstance(text, str | Text) and not self.interactive)

    def complain(self, text: str) -> None:
        """One line on standard error, whatever the mode."""
        self._err.print(Text(words.visible(text)))

    def give(self, raw: bytes) -> None:
        """The desk's JSON: indented for a person, one line for a pipe."""
        text = msgspec.json.format(raw, indent=2 if self._file.isatty() else -1).decode()
        self._file.write(text + "\n")
        self._file.flush()

    def give_line(self, raw: bytes) -> None:
        """One line of a stream of JSON."""
        self._file.write(msgspec.json.format(raw, indent=-1).decode() + "\n")
        self._file.flush()

    def tabulate(self, columns: Sequence[Column[Row]], rows: Sequence[Row], none: str) -> None:
        """A table of the rows, or the sentence `none`."""
        self.say(table(columns, rows, self.width) if rows else none)

    def moment(self, time_ms: int) -> str:
        return words.moment(time_ms, self.now_ms(), self.zone)

    def exact_moment(self, time_ms: int) -> str:
        return words.exact_moment(time_ms, self.now_ms(), self.zone)


def _width(out: TextIO, environment: Mapping[str, str]) -> int | None:
    """`None`: ask the terminal."""
    asked = environment.get("COLUMNS", "")
    if asked.isascii() and asked.isdigit() and 0 < int(asked) < 10_000:
        return int(asked)
    return None if out.isatty() else _PIPE_WIDTH
