"""Makes an SVG of terminal text with colours, from standard input: `… | python docs/picture.py TITLE > file.svg`."""

from __future__ import annotations

import io
import re
import sys

from rich.console import Console
from rich.text import Text


def main() -> None:
    text = Text.from_ansi(sys.stdin.read())
    width = max(len(line) for line in text.plain.splitlines()) + 2
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True)
    console.print(text, soft_wrap=True)
    svg = console.export_svg(title=sys.argv[1])
    # The page that shows it asks nobody else's server for a font.
    sys.stdout.write(re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL).replace("Fira Code", "monospace"))


if __name__ == "__main__":
    main()
