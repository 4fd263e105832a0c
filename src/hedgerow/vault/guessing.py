"""How long nobody may try a short code, after how many wrong ones."""

from __future__ import annotations

from typing import Final

FREE_TRIES: Final = 5
FIRST_WAIT_MS: Final = 30_000
LONGEST_WAIT_MS: Final = 15 * 60_000
FORGOTTEN_MS: Final = 24 * 3_600_000  # after a day without a wrong one, all is as new
_DOUBLINGS: Final = (LONGEST_WAIT_MS // FIRST_WAIT_MS).bit_length()


def wait_ms(wrong: int) -> int:
    """After so many wrong codes in a row: none for the first four, then 30 s, twice that with each, 15 min at most."""
    if wrong < FREE_TRIES:
        return 0
    return min(LONGEST_WAIT_MS, FIRST_WAIT_MS << min(wrong - FREE_TRIES, _DOUBLINGS))


def retry_after_ms(wrong: int, last_ms: int, now_ms: int) -> int:
    """How long from now until the next try; 0 for at once. A clock that went back makes nobody wait for longer."""
    waited = max(now_ms - last_ms, 0)
    return max(wait_ms(wrong) - waited, 0)


def wrong_after(wrong: int, last_ms: int, now_ms: int) -> int:
    """The count with one more wrong code."""
    return 1 if now_ms - last_ms >= FORGOTTEN_MS else wrong + 1
