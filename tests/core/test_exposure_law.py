"""No set of admitted orders can exceed the limits, however far behind each reader is; and all readers judge alike."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import pytest

from hedgerow.core.account import AccountBook
from hedgerow.core.admission import Exposure
from hedgerow.core.changes import Changes
from hedgerow.core.commands import PositionSide, Side
from hedgerow.core.limits import AccountRules, Limits
from hedgerow.core.records import AmendIntended, CameToNothing, Input, Nothing, OrderIntended
from hedgerow.core.reports import ReportedStatus, Source
from tests.core.evidence import ACCOUNT, INSTRUMENT, KEY, SYMBOL, D, amend, fill, intent, nothing, report, terms

MARK = D(60_000)
POSITION, OPEN = D(3), 4
RULES = AccountRules(Limits(position_notional=POSITION * MARK, open_orders=OPEN, order_notional=None))
STREAMS = ("intents", "orders", "positions")
AMOUNTS = (D("0.5"), D(1), D(2))
SEEDS, STEPS = 600, 120


class Reader:
    """A manager: its own fold, and how far it has read each stream."""

    def __init__(self) -> None:
        self.exposure = Exposure({SYMBOL: INSTRUMENT}, RULES)
        self.read = dict.fromkeys(STREAMS, 0)


class Live:
    """An order as it truly stands at the exchange."""

    def __init__(self, side: Side, amount: Decimal, reduce_only: bool) -> None:
        self.side, self.amount, self.reduce_only = side, amount, reduce_only
        self.filled, self.ended, self.ms, self.fills = D(0), False, 2_000, 0


class Desk:
    """Managers write and judge, an exchange fills, a resolver follows; each as late as chance has it."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.streams: dict[str, list[Any]] = {name: [] for name in STREAMS}
        self.readers = [Reader() for _ in range(chance.randint(1, 3))]
        self.waiting: list[tuple[Reader, int, OrderIntended | AmendIntended]] = []
        self.live: dict[str, Live] = {}
        self.book = AccountBook(ACCOUNT, KEY, {SYMBOL: INSTRUMENT})
        self.followed = 0
        self.unreported: list[Any] = []
        self.position = D(0)
        self.amended = False
        self.refused = 0
        self.amending = chance.random() < 0.5

    def step(self) -> None:
        change = self.write_an_amend if self.amending else self.write_an_order
        steps = [self.write_an_order, change, self.read, self.read, self.judge, self.trade, self.resolve]
        self.chance.choice(steps)()

    def append(self, body: Input) -> int:
        self.streams["intents"].append(body)
        return len(self.streams["intents"]) - 1

    def publish(self, changes: Changes) -> None:
        self.streams["orders"] += [updated.order for updated in changes.orders]
        self.streams["positions"] += [moved.position for moved in changes.positions]

    def some_living(self) -> str | None:
        living = [name for name, live in self.live.items() if not live.ended]
        return self.chance.choice(living) if living else None

    # --- managers

    def write_an_order(self) -> None:
        name = f"n{len(self.streams['intents'])}"
        reduce_only = self.chance.random() < 0.2
        asked = terms(str(self.chance.choice(AMOUNTS)), side=self.chance.choice(list(Side)), reduce_only=reduce_only)
        body = intent(name, asked, mark=MARK)
        self.waiting.append((self.chance.choice(self.readers), self.append(body), body))

    def write_an_amend(self) -> None:
        order, amount = self.some_living(), self.chance.choice(AMOUNTS)
        if order is not None:
            name = f"n{len(self.streams['intents'])}"
            body = amend(name, order, amount=amount, notional=amount * MARK)
            self.amended = True
            self.waiting.append((self.chance.choice(self.readers), self.append(body), body))

    def read(self) -> None:
        self.read_on(self.chance.choice(self.readers), self.chance.choice(STREAMS), self.chance.randint(1, 4))

    def read_on(self, reader: Reader, stream: str, records: int) -> None:
        for record in self.streams[stream][reader.read[stream] :][:records]:
            offset = reader.read[stream]
            reader.read[stream] += 1
            if stream == "intents":
                reader.exposure.on_intent(offset, "me", record)
            elif stream == "orders":
                reader.exposure.on_order(record)
            else:
                reader.exposure.on_position(record)

    def judge(self) -> None:
        """A manager has read up to its own intent, and sends or denies."""
        if not self.waiting:
            return
        reader, offset, body = self.waiting.pop(self.chance.randrange(len(self.waiting)))
        self.read_on(reader, "intents", max(0, offset + 1 - reader.read["intents"]))
        order_id = body.order_id if isinstance(body, AmendIntended) else None
        if reader.exposure.judge(offset) is not None:
            self.refused += 1
            self.append(nothing(body.command_id, Nothing.DENIED, order_id=order_id))
        elif isinstance(body, OrderIntended):
            self.live[body.command_id] = Live(body.terms.side, body.terms.amount, body.terms.reduce_only)
            self.say(body.command_id)
        else:
            self.take_amend(body)

    # --- the exchange

    def take_amend(self, body: AmendIntended) -> None:
        live = self.live[body.order_id]
        if live.ended or body.amount is None or body.amount <= live.filled:
            self.append(nothing(body.command_id, Nothing.REJECTED, order_id=body.order_id))
        else:
            live.amount = body.amount
            self.say(body.order_id)

    def say(self, name: str, status: ReportedStatus | None = None) -> None:
        live = self.live[name]
        live.ms += 1
        status = status or (ReportedStatus.PARTIALLY_FILLED if live.filled else ReportedStatus.OPEN)
        facts = {"amount": live.amount, "side": live.side, "reduce_only": live.reduce_only, "source": Source.STREAM}
        self.unreported.append(report(name, status, live.filled, live.ms, **facts))

    def trade(self) -> None:
        name = self.some_living()
        if name is None:
            return
        live, sign = self.live[name], 1 if self.live[name].side is Side.BUY else -1
        cancel = self.chance.random() < 0.3
        amount = (live.amount - live.filled) * self.chance.choice([D("0.25"), D(1)])
        if live.reduce_only:
            amount = min(amount, max(-sign * self.position, D(0)))
        if amount and not cancel:
            live.filled += amount
            live.fills += 1
            self.position += sign * amount
            self.unreported.append(fill(name, f"{name}-{live.fills}", amount, side=live.side, ms=live.ms + 1))
        live.ended = cancel or live.filled == live.amount
        ends = ReportedStatus.CANCELED if cancel else ReportedStatus.FILLED
        self.say(name, ends if live.ended else None)

    # --- the resolver

    def resolve(self) -> None:
        """It reads some intents and some evidence, in any order, and publishes."""
        self.follow(self.chance.randint(0, 5))
        for _ in range(self.chance.randint(0, min(4, len(self.unreported)))):
            item = self.unreported.pop(self.chance.randrange(len(self.unreported)))
            if self.book.knows(item):
                self.publish(self.book.report(item, 5_000, False))
            else:
                self.unreported.append(item)

    def follow(self, records: int) -> None:
        for body in self.streams["intents"][self.followed :][:records]:
            self.followed += 1
            made = self.book.nothing(body, 1) if isinstance(body, CameToNothing) else self.book.intent(body, "me", 1)
            self.publish(made)

    # --- the laws

    def assert_within_the_limits(self) -> None:
        for sign, side in ((1, Side.BUY), (-1, Side.SELL)):
            working = [live for live in self.live.values() if live.side is side and not live.ended]
            risky = sum((live.amount - live.filled for live in working if not live.reduce_only), D(0))
            assert not risky or sign * self.position + risky <= POSITION, (side, self.position, risky)
        assert sum(1 for live in self.live.values() if not live.ended and not live.reduce_only) <= OPEN

    def settle(self) -> None:
        """Everything written is judged, and everything that happened is reported and published."""
        while self.waiting:
            self.judge()
            self.assert_within_the_limits()
        self.follow(len(self.streams["intents"]))
        for item in self.unreported:
            self.publish(self.book.report(item, 5_000, False))

    def assert_alike_and_exact(self) -> None:
        """With everything read, in whatever order, every reader gives the verdict that is true.

        Amends may count with the larger amount for longer than they have to, never for shorter.
        """
        offset = self.append(intent("probe", terms("2"), mark=MARK))
        working = [live for live in self.live.values() if not live.ended]
        risky = sum((x.amount - x.filled for x in working if x.side is Side.BUY and not x.reduce_only), D(0))
        fits = max(self.position, D(0)) + risky + 2 <= POSITION and len(working) + 1 <= OPEN
        verdicts = []
        for reader in self.readers:
            for stream in self.chance.sample(STREAMS, 3):
                self.read_on(reader, stream, len(self.streams[stream]))
            verdicts.append(reader.exposure.judge(offset))
        if self.amended:
            assert fits or None not in verdicts
        else:
            assert all(verdict == verdicts[0] for verdict in verdicts)
            assert (verdicts[0] is None) == fits
        held = {leg.side: leg.amount for leg in self.book.positions()}
        assert held.get(PositionSide.LONG, D(0)) - held.get(PositionSide.SHORT, D(0)) == self.position


@pytest.mark.parametrize("first", range(0, SEEDS, 100))
def test_whatever_happens_in_whatever_order_the_limits_hold(first: int) -> None:
    admitted = refused = 0
    for seed in range(first, first + 100):
        desk = Desk(Random(seed))
        for _ in range(STEPS):
            desk.step()
            desk.assert_within_the_limits()
        desk.settle()
        desk.assert_alike_and_exact()
        admitted += len(desk.live)
        refused += desk.refused
    assert admitted > 200
    assert refused > 200
