"""Whether an account is followed, and when that is worth a notice: a life cycle in one table. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from hedgerow.core.records import Heartbeat
from hedgerow.notices import Account, Kind, Notice, wording

GRACE_MS: Final = 30_000  # a stream that comes back by itself is no news
SILENT_MS: Final = 15_000  # a resolver that has not been heard of for so long follows nothing


class Following(StrEnum):
    UNKNOWN = "unknown"
    UP = "up"
    SHAKY = "shaky"  # down, within the grace
    DOWN = "down"


class Told(StrEnum):
    NOTHING = "nothing"
    DOWN = "down"
    UP = "up"


class Watched(NamedTuple):
    """How an account is, and since when it has been without its stream (0 while it has it)."""

    following: Following = Following.UNKNOWN
    down_since_ms: int = 0


# (how it was, its stream is up, the grace is over) -> (how it is, what is told)
MOVES: Final[dict[tuple[Following, bool, bool], tuple[Following, Told]]] = {
    (Following.UNKNOWN, True, False): (Following.UP, Told.UP),
    (Following.UNKNOWN, False, False): (Following.SHAKY, Told.NOTHING),
    (Following.UP, True, False): (Following.UP, Told.NOTHING),
    (Following.UP, False, False): (Following.SHAKY, Told.NOTHING),
    (Following.SHAKY, True, False): (Following.UP, Told.UP),
    (Following.SHAKY, False, False): (Following.SHAKY, Told.NOTHING),
    (Following.SHAKY, False, True): (Following.DOWN, Told.DOWN),
    (Following.DOWN, True, False): (Following.UP, Told.UP),
    (Following.DOWN, False, True): (Following.DOWN, Told.NOTHING),
    (Following.DOWN, False, False): (Following.DOWN, Told.NOTHING),  # the clock was set back
}


def why_down(heard: tuple[int, Heartbeat] | None, now_ms: int) -> str | None:
    """Why an account is not followed now; `None` where it is."""
    if heard is None or now_ms - heard[0] > SILENT_MS:
        return "nothing at the desk follows it"
    _, heartbeat = heard
    return None if heartbeat.stream_up else heartbeat.reason or "its private stream is not up"


def look(before: Watched, account: Account, down: str | None, now_ms: int) -> tuple[Watched, Notice | None]:
    """How an account is after a look at it, and what that is worth.

    That it is up is news only where its being down was told, maybe before a restart or by another process.
    """
    since_ms = 0 if down is None else before.down_since_ms or now_ms
    over = down is not None and now_ms - since_ms >= GRACE_MS
    following, told = MOVES[before.following, down is None, over]
    return Watched(following, since_ms), _notice(account, told, down, now_ms)


def _notice(account: Account, told: Told, down: str | None, now_ms: int) -> Notice | None:
    if told is Told.NOTHING:
        return None
    text = "is followed again" if down is None else f"is not followed: {down}. Orders at the exchange work on"
    return Notice(
        kind=Kind.STREAM,
        key=f"stream|{account.name}",
        state=told,
        since_known=told is Told.UP,
        text=f"{wording.label(account)} {text}",
        time_ms=now_ms,
    )
