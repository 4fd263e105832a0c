"""A crash between any two appends loses nothing: what the journal holds and `finish` make the state of no crash."""

from __future__ import annotations

from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.core.account import AccountBook
from hedgerow.core.changes import Changes
from hedgerow.core.commands import Side
from hedgerow.core.orders import Order
from hedgerow.core.positions import Position
from hedgerow.core.records import Answered, OrderIntended
from hedgerow.core.reports import FillReport, OrderReport
from tests.core.evidence import ACCOUNT, INSTRUMENT, KEY, SYMBOL, accepted, in_doubt, intent, position, terms
from tests.core.histories import lives

_SIDES = {"a": Side.BUY, "b": Side.SELL, "z": Side.SELL}


class Checkpoint(NamedTuple):
    """What history holds."""

    orders: list[Order]
    positions: list[Position]
    last_fill: int
    since_ms: int
    fills: set[str]
    past: dict[str, Order]  # every order, by the exchange's id


def new_book(start: Checkpoint | None = None) -> AccountBook:
    if start is None:
        return AccountBook(ACCOUNT, KEY, {SYMBOL: INSTRUMENT})
    return AccountBook(
        ACCOUNT,
        KEY,
        {SYMBOL: INSTRUMENT},
        orders=start.orders,
        positions=start.positions,
        last_fill=start.last_fill,
        since_ms=start.since_ms,
    )


def checkpoint(book: AccountBook, fills: set[str]) -> Checkpoint:
    living = {order.order_id: order for order in [*book.living(), *book.gaps()]}
    names = {name: book.find(exchange_order_id=f"x{name}", symbol=SYMBOL) for name in _SIDES}
    past = {name: order for name, order in names.items() if order is not None}
    return Checkpoint(list(living.values()), book.positions(), book.last_fill, book.since_ms, set(fills), past)


def give(book: AccountBook, item: Any, history: set[str]) -> Changes:
    if isinstance(item, OrderIntended):
        return book.intent(item, "me", 1_000)
    if isinstance(item, Answered):
        return book.answer(item, 1_500)
    if isinstance(item, FillReport):
        asked = book.must_ask(item)
        if asked is not None and asked in history:
            book.learn_fills([asked])
    return book.report(item, 5_000, True)


def recall(book: AccountBook, item: Any, start: Checkpoint) -> None:
    """Ask history for an order that memory does not hold."""
    if isinstance(item, OrderReport | FillReport) and not book.knows(item):
        past = start.past.get(item.exchange_order_id[1:])
        if past is not None:
            book.fold_order(past)


@st.composite
def scripts(draw: Any) -> list[Any]:
    """What a resolver hears: two orders of ours, an external one, and the position, in some order."""
    script: list[Any] = []
    for name, side in _SIDES.items():
        life = draw(lives(name, side=side))
        own = draw(st.permutations(life.evidence))
        if name != "z":
            own = [*draw(st.sampled_from([[], [in_doubt(name)], [accepted(name)]])), *own]
            own.insert(0, intent(name, terms(side=side)))
        script.append(own)
    script.append(draw(st.lists(st.sampled_from([position("0.4"), position("-1", ms=2_004)]), max_size=2)))
    told = []
    while any(script):
        told.append(draw(st.sampled_from([own for own in script if own])).pop(0))
    return told


def fold(book: AccountBook, changes: Changes, appended: int) -> None:
    """Read again what was journaled: fills, then orders, then positions; all of it twice, as readers may get it."""
    for _ in range(2):
        for fill in changes.fills if appended >= 1 else ():
            book.fold_fill(fill)
        for updated in changes.orders if appended >= 2 else ():
            book.fold_order(updated.order)
        for moved in changes.positions if appended >= 3 else ():
            book.fold_position(moved.position)


@settings(max_examples=150)
@given(scripts(), st.data())
def test_a_crash_between_the_appends_of_one_change_leaves_no_trace(script: list[Any], data: Any) -> None:
    crash = data.draw(st.integers(0, len(script) - 1))
    begin = data.draw(st.integers(0, crash))
    appended = data.draw(st.integers(0, 3))
    book, history, start, journal = new_book(), set[str](), checkpoint(new_book(), set()), list[Changes]()
    for number, item in enumerate(script[:crash]):
        if number == begin:
            start, journal = checkpoint(book, history), []
        changes = give(book, item, history)
        journal.append(changes)
        history |= {fill.fill_id for fill in changes.fills}
    if begin == crash:
        start, journal = checkpoint(book, history), []
    before = checkpoint(book, history)
    torn = give(book, script[crash], history)
    after = checkpoint(book, history)

    again = new_book(start)
    for changes in journal:
        fold(again, changes, 3)
    fold(again, torn, appended)
    made = again.finish(9_000)
    assert not made.fills
    orders_there = appended >= 2 or (appended == 1 and bool(torn.fills))
    positions_there = appended >= 3 or (appended >= 1 and bool(torn.fills))
    assert_same(again, after.orders if orders_there else before.orders)
    assert by_leg(again.positions()) == by_leg((after if positions_there else before).positions)
    assert again.last_fill == (after if appended and torn.fills else before).last_fill
    assert not again.finish(9_001)


@settings(max_examples=150)
@given(scripts(), st.data())
def test_after_a_crash_in_a_batch_the_same_evidence_makes_the_same_state(script: list[Any], data: Any) -> None:
    """Several changes appended at once, torn anywhere: inputs are read again, and evidence is fetched again."""
    begin = data.draw(st.integers(0, len(script)))
    end = data.draw(st.integers(begin, len(script)))
    appended = data.draw(st.integers(0, 3))
    book, history = new_book(), set[str]()
    for item in script[:begin]:
        history |= {fill.fill_id for fill in give(book, item, history).fills}
    start, batch = checkpoint(book, history), Changes()
    for item in script[begin:end]:
        batch.extend(give(book, item, history))
    for item in script[end:]:
        give(book, item, history)

    again = new_book(start)
    fold(again, batch, appended)
    counted = history | ({fill.fill_id for fill in batch.fills} if appended else set())
    again.finish(9_000)
    inputs = [item for item in script[begin:] if isinstance(item, OrderIntended | Answered)]
    evidence = [item for item in script if not isinstance(item, OrderIntended | Answered)]
    for item in [*inputs, *evidence]:
        order_id = item.order_id if isinstance(item, Answered) else None
        if order_id is None or again.order(order_id) is not None:
            recall(again, item, start)
            give(again, item, counted)
    expected = {order.order_id: truth(order) for order in book.living()}
    assert {order.order_id: truth(order) for order in again.living()} == expected
    assert {key: leg.amount for key, leg in by_leg(again.positions()).items()} == {
        key: leg.amount for key, leg in by_leg(book.positions()).items()
    }


def assert_same(book: AccountBook, expected: list[Order]) -> None:
    found = {order.order_id: order for order in [*book.living(), *book.gaps()]}
    assert found == {order.order_id: order for order in expected}


def by_leg(positions: list[Position]) -> dict[tuple[str, str], Position]:
    return {(leg.symbol, leg.side): leg for leg in positions}


def truth(order: Order) -> tuple[Any, ...]:
    return order.status, order.filled, order.filled_by_fills, order.amount, order.price, order.average, order.origin
