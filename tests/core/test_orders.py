from __future__ import annotations

from hedgerow.core.moves_table import moves_markdown
from hedgerow.core.orders import ENDS, MEANING, MOVES, Status, may_move


def _reached_from(start: Status) -> set[Status]:
    seen, ahead = {start}, [start]
    while ahead:
        new = MOVES[ahead.pop()] - seen
        seen |= new
        ahead += new
    return seen


def test_the_table_speaks_of_every_status_and_no_other() -> None:
    assert set(MOVES) == set(MEANING) == set(Status)
    assert set().union(*MOVES.values()) <= set(Status)
    assert all(status not in targets for status, targets in MOVES.items())


def test_every_status_can_come_from_an_intent() -> None:
    assert _reached_from(Status.PENDING) == set(Status)


def test_every_life_can_end() -> None:
    for status in Status:
        assert _reached_from(status) & ENDS, status


def test_what_is_filled_canceled_expired_or_denied_stays_so() -> None:
    for status in (Status.FILLED, Status.CANCELED, Status.EXPIRED, Status.DENIED):
        assert not MOVES[status]


def test_an_end_by_absence_or_by_one_answer_can_be_reopened() -> None:
    assert may_move(Status.NOT_PLACED, Status.OPEN)
    assert may_move(Status.REJECTED, Status.OPEN)
    assert not may_move(Status.NOT_PLACED, Status.REJECTED)


def test_nothing_goes_back_to_pending_or_into_doubt_but_from_pending() -> None:
    for status, targets in MOVES.items():
        assert Status.PENDING not in targets
        assert Status.IN_DOUBT not in targets or status is Status.PENDING


def test_the_page_shows_every_status_and_every_move() -> None:
    page = moves_markdown()
    for status in Status:
        assert f"| `{status}` | {MEANING[status]} |" in page
    assert "pending --> in_doubt" in page
    assert "filled --> [*]" in page
    assert "open --> pending" not in page
    assert page.count("```") == 2
