"""Whatever the order in which evidence comes, and however often, the desk ends with the same truth."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict

from hedgerow.core.account import AccountBook
from hedgerow.core.changes import Changes
from hedgerow.core.orders import Order, Status, may_move
from hedgerow.core.records import Answered, Nothing
from hedgerow.core.reports import ReportedStatus
from tests.core.evidence import ACCOUNT, KEY, D, accepted, in_doubt, intent, nothing
from tests.core.histories import Life, lives, total

# What tells how it was learned, not what is true.
_WAYS = {"version", "updated_ms", "last_fill", "fees"}


def facts(order: Order) -> dict[str, Any]:
    return {name: value for name, value in asdict(order).items() if name not in _WAYS}


def book(*, ours: bool = True) -> AccountBook:
    made = AccountBook(ACCOUNT, KEY)
    if ours:
        made.intent(intent(), "me", 1_000)
    return made


def give(made: AccountBook, evidence: Any, now_ms: int = 5_000) -> Changes:
    return made.answer(evidence, now_ms) if isinstance(evidence, Answered) else made.report(evidence, now_ms, True)


def only(made: AccountBook, life: Life) -> Order:
    order = made.find(exchange_order_id=f"x{life.name}", symbol=life.reports[0].symbol)
    assert order is not None
    return order


def in_order(life: Life, *, ours: bool) -> Order:
    made = book(ours=ours)
    for each in sorted(life.evidence, key=lambda each: getattr(each, "time_ms", 0) or getattr(each, "updated_ms", 0)):
        give(made, each)
    return only(made, life)


@st.composite
def mixed(draw: Any, *, ours: bool) -> tuple[Life, list[Any]]:
    """A life and its evidence, shuffled, some dropped, some repeated, and all of it fetched again at the end."""
    life: Life = draw(lives())
    pool: list[Any] = list(life.evidence)
    if ours:
        pool += draw(st.sampled_from([[], [accepted()], [in_doubt()], [in_doubt(), accepted()]]))
    given = draw(st.lists(st.sampled_from(pool), max_size=20))
    again = draw(st.permutations([*life.fills, life.last_read()]))
    return life, [*given, *again]


@given(mixed(ours=True))
def test_an_order_of_ours_ends_the_same(drawn: tuple[Life, list[Any]]) -> None:
    life, evidence = drawn
    made = book()
    for each in evidence:
        give(made, each)
    order = only(made, life)
    assert facts(order) == facts(in_order(life, ours=True))
    assert order.filled == order.filled_by_fills == total(life.fills)
    assert made.gaps() == []


@given(mixed(ours=False))
def test_an_adopted_order_ends_the_same(drawn: tuple[Life, list[Any]]) -> None:
    life, evidence = drawn
    made = book(ours=False)
    for each in evidence:
        give(made, each)
    assert facts(only(made, life)) == facts(in_order(life, ours=False))
    assert len(made.living()) <= 1


@given(lives(), st.randoms(use_true_random=False))
def test_any_order_of_complete_evidence_needs_no_second_read(life: Life, chance: Any) -> None:
    made = book()
    evidence = life.evidence * 2
    chance.shuffle(evidence)
    for each in evidence:
        give(made, each)
    assert facts(only(made, life)) == facts(in_order(life, ours=True))


@given(mixed(ours=True))
def test_only_moves_of_the_table_happen_and_filled_never_falls(drawn: tuple[Life, list[Any]]) -> None:
    _, evidence = drawn
    made = book()
    for each in evidence:
        before = made.order("a")
        changes = give(made, each)
        after = made.order("a")
        assert before is not None
        assert after is not None
        assert after.status is before.status or may_move(before.status, after.status)
        assert after.filled >= before.filled
        assert after.filled >= after.filled_by_fills
        assert after.version == before.version + len(changes.orders)
        assert (after is before) == (not changes.orders)


@given(mixed(ours=True))
def test_each_fill_is_counted_once(drawn: tuple[Life, list[Any]]) -> None:
    life, evidence = drawn
    made = book()
    fills = [fill for each in evidence for fill in give(made, each).fills]
    assert sorted(fill.trade_id for fill in fills) == sorted(each.trade_id for each in life.fills)
    assert [fill.sequence for fill in fills] == list(range(1, len(fills) + 1))
    assert sum((leg.amount for leg in made.positions()), D(0)) == total(life.fills)


@given(mixed(ours=True))
def test_a_second_giving_of_everything_changes_nothing(drawn: tuple[Life, list[Any]]) -> None:
    _, evidence = drawn
    made = book()
    for each in evidence:
        give(made, each)
    for each in evidence:
        assert not give(made, each)


@given(lives(), st.sampled_from(list(Nothing)), st.integers(0, 12))
def test_no_refusal_ends_what_the_exchange_shows_alive(life: Life, how: Nothing, place: int) -> None:
    """A definite refusal and evidence of life contradict each other: the evidence weighs more, whichever is first."""
    made = book()
    evidence: list[Any] = list(life.evidence)
    evidence.insert(min(place, len(evidence)), None)
    for each in evidence:
        if each is None:
            made.nothing(nothing(how=how), 3_000)
        else:
            give(made, each)
    order = made.order("a")
    assert order is not None
    if how is Nothing.DENIED and place == 0:
        assert order.status is Status.DENIED
        assert order.quarantined
    elif life.reports[-1].status is ReportedStatus.REJECTED:
        assert order.ended
    else:
        assert facts(order) == facts(in_order(life, ours=True))


@settings(max_examples=30)
@given(st.lists(lives(), min_size=1, max_size=1), st.data())
def test_reports_of_unknown_orders_wait_for_the_intents(drawn: list[Life], data: Any) -> None:
    life = drawn[0]
    made = book(ours=False)
    for each in life.evidence:
        assert not made.knows(each)
        assert not made.report(each, 5_000, False)
    made.intent(intent(), "me", 1_000)
    for each in data.draw(st.permutations(life.evidence)):
        give(made, each)
    order = only(made, life)
    assert order.order_id == "a"
    assert facts(order) == facts(in_order(life, ours=True))
