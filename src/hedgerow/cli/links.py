"""How a feed stands."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class LinkState(StrEnum):
    CONNECTING = "connecting"
    LIVE = "live"
    RECONNECTING = "reconnecting"
    REFUSED = "refused"


class Link(NamedTuple):
    """How a feed stands, and since when on the monotonic clock. `resumed`: it broke off before, and missed nothing."""

    state: LinkState
    since_s: float
    resumed: bool = False
    path: str = ""
