"""Event vectors: what streams hold, as journaled, and what whoever folds them must come to hold.

The core writes them, so that they are true; the desk's fold and the page's run the same files. `python -m
tests.vectors.generate` writes them anew.

A file holds `journals`, the envelopes as journaled, by name, and `vectors`. A vector's `steps` are what a client gets:
`{"snapshot": […]}`, which begins anew, and `{"events": […]}`, the numbers of the envelopes of its `journal`, late,
twice and in any order. `expected` is what is held then: of orders the `living` ones whole, and of the `ended` ones that
were heard of [status, version]; of positions the `open` legs whole.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

from hedgerow.core.account import AccountBook
from hedgerow.core.changes import Changes
from hedgerow.core.codec import to_json
from hedgerow.core.commands import Side
from hedgerow.core.orders import ENDS, Order
from hedgerow.core.positions import Position
from hedgerow.core.records import Nothing, OrderUpdated, PositionUpdated
from hedgerow.core.reports import ReportedStatus
from hedgerow.journal.envelope import Envelope, Environment, encode
from tests.core.evidence import (
    ACCOUNT,
    INSTRUMENT,
    KEY,
    SYMBOL,
    D,
    accepted,
    amend,
    cancel,
    fill,
    in_doubt,
    intent,
    nothing,
    position,
    report,
)

R = ReportedStatus
FOLDER = Path(__file__).parent
Steps = list[dict[str, Any]]


class Told:
    """An account's book, and what its resolver has journaled of it."""

    def __init__(self) -> None:
        self.book = AccountBook(ACCOUNT, KEY, {SYMBOL: INSTRUMENT})
        self.orders: list[dict[str, Any]] = []
        self.positions: list[dict[str, Any]] = []
        self._ids: dict[str, None] = {}

    def take(self, *changes: Changes) -> Told:
        for change in changes:
            for updated in change.orders:
                self._ids[updated.order.order_id] = None
                self.orders.append(self._envelope(len(self.orders) + 1, updated))
            for moved in change.positions:
                self.positions.append(self._envelope(len(self.positions) + 1, moved))
        return self

    def order_state(self) -> dict[str, Any]:
        known = [order for name in self._ids if (order := self.book.order(name)) is not None]
        return {
            "living": [plain(order) for order in known if not order.ended],
            "ended": {order.order_id: [order.status, order.version] for order in known if order.ended},
        }

    def living(self) -> list[Any]:
        return [plain(order) for order in self.book.living()]

    def open(self) -> list[Any]:
        return [plain(leg) for leg in self.book.positions() if leg.size or leg.discrepancy]

    def _envelope(self, sequence: int, body: OrderUpdated | PositionUpdated) -> dict[str, Any]:
        made = Envelope(
            journal="vectors",
            account=ACCOUNT,
            environment=Environment.SIMULATION,
            writer="resolver",
            epoch=1,
            sequence=sequence,
            time_ms=1_000 + sequence,
            body=body,
        )
        read: dict[str, Any] = json.loads(encode(made))
        return read


def plain(thing: Order | Position) -> Any:
    return json.loads(to_json(thing))


def worked() -> Told:
    """An order from its intent to its end, amended on the way and filled in two parts."""
    told = Told()
    book = told.book
    return told.take(
        book.intent(intent(idempotency_key="key-a"), "owner", 1_000),
        book.answer(accepted(), 1_100),
        book.report(report(), 2_000, True),
        book.intent(amend("m", price=D(59_000)), "owner", 2_100),
        book.report(report(price=D(59_000), ms=2_200), 2_200, True),
        book.report(fill("a", "t1", "0.4", "59000", 2_300), 2_300, True),
        book.report(report("a", R.PARTIALLY_FILLED, "0.4", 2_300, price=D(59_000), average=D(59_000)), 2_301, True),
        book.report(fill("a", "t2", "0.6", "59000.5", 2_400), 2_400, True),
        book.report(report("a", R.FILLED, "1", 2_400, price=D(59_000), average=D("59000.3")), 2_401, True),
    )


def reopened() -> Told:
    """Ends that rest on absence or on one answer, and evidence that re-opens them."""
    told = Told()
    book = told.book
    return told.take(
        book.intent(intent("a"), "owner", 1_000),
        book.answer(in_doubt("a"), 1_100),
        book.prove_absent("a", "two complete reads without it", 9_000),
        book.report(report("a", ms=9_500), 9_500, True),
        book.intent(intent("b"), "owner", 9_600),
        book.nothing(nothing("b", order_id="b"), 9_700),
        book.report(report("b", R.PARTIALLY_FILLED, "0.4", 9_800), 9_800, True),
        book.report(report("b", R.CANCELED, "0.4", 9_900), 9_900, True),
        book.report(fill("b", "late", "0.4", "60000", 9_850), 9_950, True),
        book.intent(intent("c"), "owner", 9_960),
        book.nothing(nothing("c", Nothing.DENIED, order_id="c"), 9_970),
        book.intent(intent("d"), "owner", 9_980),
        book.answer(in_doubt("d"), 9_990),
    )


def legs() -> Told:
    """A position opened, added to, flipped, flattened; one that the exchange sees otherwise; one opened again."""
    told = Told()
    book = told.book
    sells = [("s1", "0.3"), ("s2", "1.5"), ("s3", "0.2")]
    told.take(
        book.opening([], 900, 1_000),
        book.intent(intent("a"), "owner", 1_000),
        book.report(fill("a", "b1", "0.4", "60000", 2_000), 2_000, True),
        book.report(fill("a", "b2", "0.6", "60100", 2_100), 2_100, True),
        book.report(position("1", 2_200, entry=D(60_060), leverage=D(10), liquidation_price=D("54321.5")), 2_200, True),
    )
    for at, (trade, amount) in enumerate(sells):
        sold = fill(trade, trade, amount, "60200", 3_000 + at, side=Side.SELL)
        told.take(book.report(report(trade, R.OPEN, ms=2_900, side=Side.SELL, amount=D(amount)), 2_900, True))
        told.take(book.report(sold, 3_000 + at, True))
    told.take(book.report(fill("e", "e1", "1", "60150", 4_000), 4_000, True))
    return told.take(
        book.settled_read([position("0.25", 8_000)], 8_000),
        book.settled_read([position("0.25", 9_000)], 9_000),
        book.report(fill("e", "e2", "0.5", "60150", 9_100), 9_100, True),
    )


def crowd(seed: int, count: int = 14) -> Told:
    """Many orders at once, each on its own way, in an order that the seed decides."""
    chance, told = Random(seed), Told()
    book, names = told.book, [f"o{number}" for number in range(count)]
    for at, name in enumerate(names):
        told.take(book.intent(intent(name, idempotency_key=f"key-{name}"), "owner", 1_000 + at))
    for at in range(count * 4):
        name, ms = chance.choice(names), 5_000 + at
        match chance.choice(["answer", "doubt", "open", "fill", "cancel", "end", "absent", "reject"]):
            case "answer":
                told.take(book.answer(accepted(name), ms))
            case "doubt":
                told.take(book.answer(in_doubt(name), ms))
            case "open":
                told.take(book.report(report(name, R.OPEN, ms=ms), ms, True))
            case "fill":
                told.take(book.report(fill(name, f"t{at}", "0.2", "60000", ms), ms, True))
            case "cancel":
                told.take(book.intent(cancel(f"c{at}", name), "owner", ms))
            case "end":
                told.take(book.report(report(name, R.CANCELED, ms=ms), ms, True))
            case "absent":
                told.take(book.prove_absent(name, "two complete reads without it", ms))
            case "reject":
                told.take(book.nothing(nothing(name, order_id=name), ms))
    return told


def mixed(events: list[Any], seed: int, again: int) -> list[Any]:
    """Each event, some of them again, in any order."""
    chance = Random(seed)
    given = [*events, *chance.choices(events, k=again)]
    chance.shuffle(given)
    return given


def broken_off(events: list[Any], at: int, lost: int, overlap: int) -> Steps:
    """A frame went missing: what came after it is dropped by the client, who comes back for all after what it has."""
    resumed = max(at - overlap, 0)
    return [{"events": events[:at]}, {"events": events[resumed : at + lost]}, {"events": events[at + lost :]}]


def order_vectors() -> dict[str, Any]:
    life, again, many = worked(), reopened(), crowd(7)
    journals = {"a life": life, "reopened": again, "many": many}
    vectors: dict[str, tuple[str, Steps]] = {
        "a life": ("a life", [{"events": life.orders}]),
        "every event twice": ("a life", [{"events": [e for event in life.orders for e in (event, event)]}]),
        "the newest first": ("a life", [{"events": life.orders[::-1]}]),
        "an older one after its end": ("a life", [{"events": life.orders}, {"events": life.orders[:3]}]),
        "reopened by evidence": ("reopened", [{"events": again.orders}]),
        "reopened, in any order": ("reopened", [{"events": mixed(again.orders, 1, 10)}]),
        "many": ("many", [{"events": many.orders}]),
        "many, some twice, in any order": ("many", [{"events": mixed(many.orders, 2, 40)}]),
        "a gap, and resumed": ("many", broken_off(many.orders, 20, 15, 0)),
        "a gap, and resumed from before it": ("many", broken_off(many.orders, 30, 12, 17)),
    }
    made = {
        name: _vector(journal, steps, journals[journal].orders, journals[journal].order_state())
        for name, (journal, steps) in vectors.items()
    }
    anew, vector = _anew()
    made["a new snapshot after a cursor that is no longer kept"] = vector
    return {"journals": {name: told.orders for name, told in journals.items()} | {"anew": anew.orders}, "vectors": made}


def _anew() -> tuple[Told, Any]:
    """Who takes a new snapshot forgets what it does not hold: some orders ended while nobody listened."""
    told = crowd(11, 8)
    book = told.book
    held = list(told.orders)
    told.take(*(book.report(report(f"o{n}", R.CANCELED, ms=90_000), 90_000, True) for n in range(4)))
    snapshot, place = told.living(), len(told.orders)
    told.take(*(book.report(report(f"o{n}", R.EXPIRED, ms=91_000), 91_000, True) for n in range(4, 6)))
    after = told.orders[place - 1 :]  # a snapshot may be newer than its cursor
    heard = {each["order_id"]: each for each in (event["body"]["order"] for event in [*held, *after])}
    expected = told.order_state()
    # how the others ended nobody has told the client
    ended = {name: [order["status"], order["version"]] for name, order in heard.items() if order["status"] in ENDS}
    expected["ended"] = {name: end for name, end in ended.items() if name in expected["ended"]}
    steps: Steps = [{"events": held}, {"snapshot": snapshot}, {"events": after}]
    return told, _vector("anew", steps, told.orders, expected)


def position_vectors() -> dict[str, Any]:
    made = legs()
    told, held = made.positions, made.open()
    vectors: dict[str, Steps] = {
        "opened, added to, flipped, flattened": [{"events": told}],
        "every event twice": [{"events": [e for event in told for e in (event, event)]}],
        "the newest first": [{"events": told[::-1]}],
        "in any order": [{"events": mixed(told, 3, 9)}],
        "an older one after it is flat": [{"events": told}, {"events": told[:5]}],
        "a gap, and resumed from before it": broken_off(told, 3, 3, 2),
        "a snapshot, and what came before it": [{"snapshot": held}, {"events": told[-3:]}],
        "a new snapshot": [{"events": told[:4]}, {"snapshot": held}, {"events": told[-2:]}],
    }
    return {
        "journals": {"legs": told},
        "vectors": {name: _vector("legs", steps, told, {"open": held}) for name, steps in vectors.items()},
    }


def _vector(journal: str, steps: Steps, told: list[Any], expected: Any) -> Any:
    numbers = {id(event): number for number, event in enumerate(told)}
    numbered = [
        {"events": [numbers[id(event)] for event in step["events"]]} if "events" in step else step for step in steps
    ]
    return {"journal": journal, "steps": numbered, "expected": expected}


def files() -> dict[str, str]:
    """Each file's text."""
    vectors = {"orders.json": order_vectors(), "positions.json": position_vectors()}
    return {name: json.dumps(made, separators=(",", ":"), sort_keys=True) + "\n" for name, made in vectors.items()}


if __name__ == "__main__":
    for file_name, text in files().items():
        (FOLDER / file_name).write_text(text)
