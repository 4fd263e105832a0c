"""No set of admitted orders can exceed the limits, however far behind each reader is; and all readers judge alike."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.core.evidence import ACCOUNT, INSTRUMENT, KEY, SYMBOL, D, amend, fill, intent, nothing, report, terms

from hedgerow.core.account import AccountBook
from hedgerow.core.admission import Exposure
from hedgerow.core.changes import Changes
from hedgerow.core.commands import PositionSide, Side
from hedgerow.core.limits import AccountRules, Limits
from hedgerow.core.records import AmendIntended, CameToNothing, Input, Nothing, OrderIntended
from hedgerow.core.reports import ReportedStatus, Source

MARK = D(60_000)
POSITION, OPEN = D(3), 4
RULES = AccountRules(Limits(position_notional=POSITION * MARK, open_orders=OPEN, order_notional=None))
STREAMS = ("intents", "orders", "positions")
AMOUNTS = st.sampled_from([D("0.5"), D(1), D(2)])


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


class Desk(RuleBasedStateMachine):
    """Managers write and judge, an exchange fills, a resolver follows; each as late as it likes."""

    @initialize(managers=st.integers(1, 3))
    def start(self, managers: int) -> None:
        self.streams: dict[str, list[Any]] = {name: [] for name in STREAMS}
        self.readers = [Reader() for _ in range(managers)]
        self.waiting: list[tuple[Reader, int, OrderIntended | AmendIntended]] = []
        self.live: dict[str, Live] = {}
        self.book = AccountBook(ACCOUNT, KEY, {SYMBOL: INSTRUMENT})
        self.followed = 0
        self.unreported: list[Any] = []
        self.position = D(0)
        self.crossed = False  # two amends of one order at once: the larger may count until the order ends
        self.count = 0

    def name(self) -> str:
        self.count += 1
        return f"n{self.count}"

    def append(self, body: Input) -> int:
        self.streams["intents"].append(body)
        return len(self.streams["intents"]) - 1

    def publish(self, changes: Changes) -> None:
        self.streams["orders"] += [updated.order for updated in changes.orders]
        self.streams["positions"] += [moved.position for moved in changes.positions]

    @rule(reader=st.integers(0, 2), side=st.sampled_from(list(Side)), amount=AMOUNTS, reduce_only=st.booleans())
    def write_an_order(self, reader: int, side: Side, amount: Decimal, reduce_only: bool) -> None:
        body = intent(self.name(), terms(str(amount), side=side, reduce_only=reduce_only), mark=MARK)
        self.waiting.append((self.readers[reader % len(self.readers)], self.append(body), body))

    @precondition(lambda self: any(not live.ended for live in self.live.values()))
    @rule(reader=st.integers(0, 2), amount=AMOUNTS, data=st.data())
    def write_an_amend(self, reader: int, amount: Decimal, data: Any) -> None:
        order = data.draw(st.sampled_from([name for name, live in self.live.items() if not live.ended]))
        body = amend(self.name(), order, amount=amount, notional=amount * MARK)
        self.crossed |= any(
            isinstance(other, AmendIntended) and other.order_id == order for _, _, other in self.waiting
        )
        self.waiting.append((self.readers[reader % len(self.readers)], self.append(body), body))

    @rule(reader=st.integers(0, 2), stream=st.sampled_from(STREAMS), records=st.integers(1, 6))
    def read(self, reader: int, stream: str, records: int) -> None:
        self.read_on(self.readers[reader % len(self.readers)], stream, records)

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

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def judge(self, data: Any) -> None:
        """A manager has read up to its own intent, and sends or denies."""
        self.judge_one(data.draw(st.integers(0, len(self.waiting) - 1)))

    def judge_one(self, number: int) -> None:
        reader, offset, body = self.waiting.pop(number)
        self.read_on(reader, "intents", max(0, offset + 1 - reader.read["intents"]))
        order_id = body.order_id if isinstance(body, AmendIntended) else None
        refusal = reader.exposure.judge(offset)
        if refusal is not None:
            self.append(nothing(body.command_id, Nothing.DENIED, order_id=order_id))
        elif isinstance(body, OrderIntended):
            self.live[body.command_id] = Live(body.terms.side, body.terms.amount, body.terms.reduce_only)
            self.say(body.command_id)
        else:
            self.take_amend(body)

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

    @precondition(lambda self: any(not live.ended for live in self.live.values()))
    @rule(data=st.data(), share=st.sampled_from([D("0.25"), D(1)]), cancel=st.booleans())
    def trade(self, data: Any, share: Decimal, cancel: bool) -> None:
        name = data.draw(st.sampled_from([name for name, live in self.live.items() if not live.ended]))
        live = self.live[name]
        sign = 1 if live.side is Side.BUY else -1
        amount = (live.amount - live.filled) * share
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

    @rule(inputs=st.integers(0, 5), reports=st.integers(0, 5), data=st.data())
    def resolve(self, inputs: int, reports: int, data: Any) -> None:
        """The resolver reads some intents and some evidence, in any order, and publishes."""
        for body in self.streams["intents"][self.followed :][:inputs]:
            self.followed += 1
            made = self.book.nothing(body, 1) if isinstance(body, CameToNothing) else self.book.intent(body, "me", 1)
            self.publish(made)
        for _ in range(min(reports, len(self.unreported))):
            item = self.unreported.pop(data.draw(st.integers(0, len(self.unreported) - 1)))
            if self.book.knows(item):
                self.publish(self.book.report(item, 5_000, False))
            else:
                self.unreported.append(item)

    @invariant()
    def the_worst_case_stays_within_the_limits(self) -> None:
        if not hasattr(self, "live"):
            return
        for sign, side in ((1, Side.BUY), (-1, Side.SELL)):
            working = [live for live in self.live.values() if live.side is side and not live.ended]
            risky = sum((live.amount - live.filled for live in working if not live.reduce_only), D(0))
            # Reduce-only orders may be filled first and only ever make it smaller.
            assert not risky or sign * self.position + risky <= POSITION, (side, self.position, risky)
        assert sum(1 for live in self.live.values() if not live.ended and not live.reduce_only) <= OPEN

    def teardown(self) -> None:
        """Once everybody has read everything, everybody judges a next intent alike, and the sums are right."""
        if not hasattr(self, "live"):
            return
        while self.waiting:
            self.judge_one(0)
            self.the_worst_case_stays_within_the_limits()
        for body in self.streams["intents"][self.followed :]:
            made = self.book.nothing(body, 1) if isinstance(body, CameToNothing) else self.book.intent(body, "me", 1)
            self.publish(made)
        for item in self.unreported:
            self.publish(self.book.report(item, 5_000, False))
        offset = self.append(intent("probe", terms("2"), mark=MARK))
        verdicts = []
        for number, reader in enumerate(self.readers):
            for stream in STREAMS[number:] + STREAMS[:number]:
                self.read_on(reader, stream, len(self.streams[stream]))
            verdicts.append(reader.exposure.judge(offset))
        assert all(verdict == verdicts[0] for verdict in verdicts)
        self.assert_exact(verdicts[0] is None)

    def assert_exact(self, admitted: bool) -> None:
        """With all evidence read, nothing is counted twice or kept for ever: the verdict is the true one."""
        working = [live for live in self.live.values() if not live.ended]
        risky = sum((x.amount - x.filled for x in working if x.side is Side.BUY and not x.reduce_only), D(0))
        fits = self.position + risky + 2 <= POSITION and len(working) + 1 <= OPEN
        held = {leg.side: leg.amount for leg in self.book.positions()}
        assert held.get(PositionSide.LONG, D(0)) - held.get(PositionSide.SHORT, D(0)) == self.position
        assert admitted == fits or (self.crossed and not admitted)


Desk.TestCase.settings = settings(max_examples=300, stateful_step_count=50, deadline=None)
TestDesk = Desk.TestCase
