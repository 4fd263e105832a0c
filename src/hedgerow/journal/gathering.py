"""How long to wait for more records once one has come: alone it goes on at once, in a stream with its neighbours."""

from __future__ import annotations

import math
from typing import Final

QUICK_S: Final = 0.003  # records that follow each other within this time come in a stream of them, …
GATHER_S: Final = 0.008  # … and are gathered for so long: waking three threads for each costs more than reading it
CALM_S: Final = 0.02  # in a stream that nobody looks at by itself


class Gathering:
    """The pace of one stream.

    Args:
        calm: gather even records that come alone; who does wait for one says so (`LiveRing.wanted`).
    """

    def __init__(self, *, calm: bool = False) -> None:
        self._calm = calm
        self._last_s = -math.inf

    def patience_s(self, now_s: float) -> float:
        """How long a record that comes now waits for others."""
        if self._calm:
            return CALM_S
        return GATHER_S if now_s - self._last_s <= QUICK_S else 0

    def taken(self, now_s: float) -> None:
        """What came was handed over now."""
        self._last_s = now_s
