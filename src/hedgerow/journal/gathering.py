"""How long to wait for more records once one has come: alone it goes on at once, in a stream with its neighbours."""

from __future__ import annotations

import math
from typing import Final

QUICK_S: Final = 0.003  # records that follow each other within this time come in a stream of them, …
GATHER_S: Final = 0.008  # … and are gathered for so long: waking three threads for each costs more than reading it


class Gathering:
    """The pace of one stream.

    Args:
        in_haste: hand each record over as it comes, however quickly they do.
    """

    def __init__(self, *, in_haste: bool = False) -> None:
        self._in_haste = in_haste
        self._last_s = -math.inf

    def patience_s(self, now_s: float) -> float:
        """How long a record that comes now waits for others; a record out of the blue does not."""
        quick = now_s - self._last_s <= QUICK_S
        return GATHER_S if quick and not self._in_haste else 0

    def taken(self, now_s: float) -> None:
        """What came was handed over now."""
        self._last_s = now_s
