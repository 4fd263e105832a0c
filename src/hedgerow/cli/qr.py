"""A QR code in a terminal, two rows of it to a line."""

from __future__ import annotations

from typing import Final

from rich.text import Text

_QUIET: Final = 2  # modules around it; four are asked for, two are enough for cameras and leave room on a phone
_BLOCKS: Final = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}  # by what is drawn
_STYLE: Final = "black on bright_white"


def qr_text(content: str, *, colours: bool) -> Text:
    """Dark on light; without colours the light is drawn, as is right on the dark ground that most terminals have."""
    import segno  # only here, and slow to load

    made = segno.make(content, error="l", micro=False, boost_error=False)
    rows = [[bool(dark) is colours for dark in row] for row in made.matrix_iter(border=_QUIET)]
    if len(rows) % 2:
        rows.append([not colours] * len(rows[0]))
    pairs = zip(rows[::2], rows[1::2], strict=True)
    lines = ("".join(_BLOCKS[both] for both in zip(upper, lower, strict=True)) for upper, lower in pairs)
    return Text("\n").join(Text(line, _STYLE if colours else "") for line in lines)
