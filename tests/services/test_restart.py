"""A resolver that dies anywhere and starts again ends where one that lived ends; a second one fences the first off."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hedgerow.core.commands import Side
from hedgerow.core.limits import Limits, TradingState
from hedgerow.core.records import CancelIntended, LimitsIntended, Outcome, TradingStateIntended
from hedgerow.history import FillFilter, HistoryFault, OrderFilter
from hedgerow.journal import JournalFault
from hedgerow.journal.membership import FixedShare
from hedgerow.order_resolver.following import Pace
from tests.contracts.samples import living_orders
from tests.services.desk import Desk, Resolver
from tests.services.scripted_exchange import SYMBOL, ScriptedExchange
from tests.services.virtual_clock import VirtualClock

_OUTPUTS = ("orders_updated", "positions_updated", "fills", "balances_updated")
PACE = {"reconcile": 4.0, "heartbeat": 3.0}


class Story:
    """Everything that a resolver does in a life, told in steps; the resolver may die in any of them."""

    def __init__(self, desk: Desk, exchange: ScriptedExchange, *, at_once: bool) -> None:
        self.desk = desk
        self.exchange = exchange
        self.at_once = at_once  # whether a new resolver comes at once, or when all is over
        self.resolver: Resolver | None = None

    async def begin(self, number: int | None = None, when: str = "", *, piecemeal: bool = False) -> None:
        self.exchange.hold(SYMBOL, Decimal(1), Decimal(50_000))
        self.resolver = Resolver(self.desk, Pace(**PACE), FixedShare((0,)), piecemeal=piecemeal)
        if number is not None:
            self.resolver.life.cut_at(number, when)
        self.resolver.start()
        self.desk.processes.append(self.resolver)
        await self.settle(3)

    async def settle(self, seconds: float) -> None:
        await self.desk.clock.advance(seconds)
        assert self.resolver is not None
        if self.at_once and self.resolver.life.dead:
            await self.again()

    async def again(self) -> None:
        assert self.resolver is not None
        await self.resolver.kill()
        self.resolver = await self.desk.resolver(**PACE)
        await self.desk.clock.advance(1)

    async def tell(self) -> None:
        desk, exchange = self.desk, self.exchange
        a = await desk.intend("a", amount="2")
        await self.settle(0.1)
        exchange.create(a.terms, "hga")
        await desk.answer("a")
        await self.settle(0.1)
        exchange.fill(exchange.by_client("hga"), "0.5", "60000")
        exchange.fill(exchange.by_client("hga"), "0.5", "61000")
        await self.settle(0.1)
        await self._cancel("a", exchange.by_client("hga").exchange_order_id)
        await desk.intend("b")  # lost on its way
        await desk.answer("b", outcome=Outcome.IN_DOUBT)
        external = exchange.place(side=Side.SELL)
        await self.settle(0.1)
        exchange.fill(external, "1", "62000")
        exchange.end(exchange.by_client("hga"))
        c = await desk.intend("c", side=Side.SELL)
        exchange.create(c.terms, "hgc")  # its answer was lost
        await self._rules()
        await self.settle(10)
        exchange.fill(exchange.by_client("hgc"), "1", "63000")
        await self.settle(1)

    async def _cancel(self, order: str, theirs: str) -> None:
        now_ms = self.exchange.now_ms()
        await self.desk.write(
            CancelIntended(
                command_id=f"cancel-{order}",
                body_hash="hash",
                timestamp_ms=now_ms,
                deadline_ms=now_ms + 5_000,
                order_id=order,
                symbol=SYMBOL,
                client_order_id=f"hg{order}",
                exchange_order_id=theirs,
            )
        )

    async def _rules(self) -> None:
        facts: dict[str, Any] = {"body_hash": "hash", "timestamp_ms": 1, "deadline_ms": 1}
        await self.desk.write(LimitsIntended(command_id="limits", limits=Limits(open_orders=7), **facts))
        await self.desk.write(TradingStateIntended(command_id="state", state=TradingState.REDUCING, **facts))

    async def end(self) -> Any:
        assert self.resolver is not None
        if self.resolver.life.dead:
            await self.again()
        await self.desk.clock.advance(7)
        return await self.truth()

    async def truth(self) -> Any:
        """What every reader must agree on, and what must be as if nothing had happened."""
        desk = self.desk
        orders, _ = await desk.history.orders(OrderFilter())
        legs, _ = await desk.history.positions()
        fills, _ = await desk.history.fills(FillFilter())
        assert {o.order_id: o for o in orders} == desk.witness.orders
        assert {(p.account, p.symbol, p.side): p for p in legs} == desk.witness.positions
        assert {f.fill_id: f for f in fills} == {f.fill_id: f for f in desk.witness.fills}
        ends = {(s, n): end for s in _OUTPUTS for n, end in (await desk.journal.end(s)).items()}
        assert ends == {(p.stream, p.partition): p.offset for p in await desk.history.places() if p.stream in _OUTPUTS}
        await self.cache_agrees()
        self.nothing_twice()
        timelines = {o.order_id: [line.kind for line in await desk.history.timeline(o.order_id)] for o in orders}
        return (
            sorted((_essence(order) for order in orders), key=str),
            sorted((_essence(leg) for leg in legs), key=str),
            sorted((f.fill_id, f.amount, f.realised_pnl) for f in fills),
            await desk.history.rules(),
            {name: sorted(set(kinds)) for name, kinds in timelines.items()},
        )

    async def cache_agrees(self) -> None:
        """A cache may have missed what came while nobody kept it, but holds nothing else."""
        for _, order in await living_orders(self.desk.cache):
            known = self.desk.witness.orders[order.order_id]
            assert order == known or order.version < known.version

    def nothing_twice(self) -> None:
        desk = self.desk
        raw = desk.witness.raw
        for stream, name in (("orders_updated", "order"), ("positions_updated", "position")):
            seen: dict[Any, Any] = {}
            for body in raw[stream]:
                thing = getattr(body, name)
                key = (getattr(thing, "order_id", None) or (thing.symbol, thing.side), thing.version)
                assert seen.setdefault(key, thing) == thing, "two truths under one version"
        booked = [body.fill.fill_id for body in raw["fills"]]
        assert len(booked) == len(set(booked)), "a fill was booked twice"
        sequences = [body.fill.sequence for body in raw["fills"]]
        assert sequences == list(range(1, len(sequences) + 1))


_TOLD_ONCE = {"version", "updated_ms", "last_fill", "created_ms", "exchange_updated_ms", "deadline_ms", "mark"}


def _essence(thing: Any) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in thing.__struct_fields__ if name not in _TOLD_ONCE}


def _differences(got: Any, expected: Any, path: str = "") -> Iterator[str]:
    """Where two truths part, in words."""
    if isinstance(got, dict) and isinstance(expected, dict):
        for key in got.keys() | expected.keys():
            yield from _differences(got.get(key), expected.get(key), f"{path}.{key}")
    elif isinstance(got, (list, tuple)) and isinstance(expected, (list, tuple)) and len(got) == len(expected):
        for at, pair in enumerate(zip(got, expected, strict=True)):
            yield from _differences(*pair, f"{path}[{at}]")
    elif got != expected:
        yield f"{path}: {got!r}, not {expected!r}"


async def tell_whole(
    desk: Desk, number: int | None = None, when: str = "", *, at_once: bool = True, piecemeal: bool = False
) -> Any:
    """The story, with a death in it or without; what it comes to."""
    story = Story(desk, await desk.account(), at_once=at_once)
    await story.begin(number, when, piecemeal=piecemeal)
    await story.tell()
    return await story.end()


async def test_the_story_comes_to_what_it_should(desk: Desk) -> None:
    await tell_whole(desk)
    witness = desk.witness
    assert {name: witness.status(name) for name in "abc"} == {"a": "canceled", "b": "not_placed", "c": "filled"}
    assert witness.size() == "0"
    assert (await desk.history.rules())["sim"].limits.open_orders == 7
    assert len(witness.fills) == 4


@pytest.mark.parametrize(
    ("when", "at_once", "piecemeal"),
    [
        ("before", True, False),
        ("after", True, False),
        ("before", False, False),
        ("after", False, False),
        ("after", True, True),
        ("after", False, True),
    ],
)
async def test_a_crash_at_any_write_leaves_the_same_as_none(
    when: str, at_once: bool, piecemeal: bool, tmp_path: Path, clock: VirtualClock
) -> None:
    async def run(number: int | None) -> tuple[Any, list[str]]:
        folder = tmp_path / f"at-{number}"
        folder.mkdir()
        desk = await Desk(folder, clock).open()
        try:
            truth = await tell_whole(desk, number, when, at_once=at_once, piecemeal=piecemeal)
            return truth, desk.processes[0].life.calls
        finally:
            await desk.close()

    expected, calls = await run(None)
    recovered = calls.index("history commit")
    # Before that the balance is opened anew, and later.
    opened = calls.index("journal positions_updated", recovered) + 5
    wanted = "journal" if piecemeal else ("journal", "history")
    points = [n for n, name in enumerate(calls) if name.startswith(wanted) and (at_once or n >= opened)]
    assert len(points) > 10
    for number in points:
        truth, _ = await run(number)
        lacking = list(_differences(truth, expected))
        assert not lacking, f"died {when} call {number}: {calls[number]}: {lacking[:9]}"


@pytest.mark.parametrize("done", [True, False], ids=["written", "not-written"])
@pytest.mark.parametrize("stream", ["orders_updated", "fills+orders_updated+positions_updated"])
async def test_a_journal_that_fails_once_starts_the_partition_again(
    stream: str, done: bool, desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resolver = await desk.following()
    resolver.life.fail(f"journal {stream}", JournalFault("disk full"), done=done)
    intent = await desk.intend()
    await clock.settle()
    exchange.create(intent.terms, "hga")
    exchange.fill(exchange.by_client("hga"), "1")
    await clock.advance(5)
    assert (desk.witness.status("a"), desk.witness.size()) == ("filled", "1")
    assert len(desk.witness.fills) == 1
    assert (await desk.history.epochs())[0] == 2


async def test_a_history_that_fails_once_starts_the_partition_again(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resolver = await desk.following()
    resolver.life.fail("history commit", HistoryFault("locked"))
    order = await desk.placed()
    exchange.fill(order, "1")
    await clock.advance(5)
    assert (await desk.history.order("a")).status == "filled"
    assert (await desk.history.epochs())[0] == 2


async def test_a_second_resolver_takes_the_partition_over_and_the_first_stops(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    first = await desk.following()
    await desk.placed()
    await clock.advance(1)
    await desk.following()
    assert (await desk.history.epochs())[0] == 2
    exchange.fill(exchange.by_client("hga"), "1")
    await clock.advance(60)
    assert first.service.lagging() == [0], "it gave its partition up"
    assert (await desk.history.epochs())[0] == 2, "and did not take it back"
    assert desk.witness.size() == "1"
    assert (await desk.history.order("a")).status == "filled"
    fills, _ = await desk.history.fills(FillFilter())
    assert len(fills) == 1
