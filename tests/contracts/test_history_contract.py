"""What every history promises."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

import msgspec
import pytest

from hedgerow.core.limits import AccountRules, Limits, TradingState
from hedgerow.core.orders import Status
from hedgerow.core.records import LedgerEntry
from hedgerow.history import (
    FillFilter,
    History,
    HistoryFault,
    OrderFilter,
    Place,
    StaleEpochError,
)
from tests.contracts.canceling import cancel_at_every_step
from tests.contracts.committing import commit
from tests.contracts.samples import balance, command, fill, line, order, place, position

Open = Callable[[], Awaitable[History]]


async def test_a_new_history_is_empty(history: History) -> None:
    state = await history.take_over(0)
    assert (state.epoch, state.places, list(state.orders), list(state.positions)) == (1, {}, [], [])
    assert await history.orders(OrderFilter()) == ([], [])
    assert await history.order("order1") is None
    assert await history.command("command1") is None
    assert await history.balances("sim") is None


async def test_a_caller_that_is_canceled_is_canceled(history: History) -> None:
    await history.take_over(0)
    await cancel_at_every_step(lambda: commit(history, orders=[order()]))
    await cancel_at_every_step(lambda: history.order("order1"))
    await cancel_at_every_step(lambda: history.orders(OrderFilter()))
    await commit(history, orders=[order()])
    assert await history.order("order1") == order()


async def test_every_take_over_raises_the_epoch_of_its_partition_alone(history: History) -> None:
    assert [(await history.take_over(0)).epoch for _ in range(3)] == [1, 2, 3]
    assert (await history.take_over(5)).epoch == 1
    assert await history.epochs() == {0: 3, 5: 1}


async def test_what_a_cache_holds_of_a_partition_comes_with_its_owner_and_its_places(history: History) -> None:
    assert (await history.living_state(0)).epoch == 0
    for offset, partition, account in ((1, 0, "sim"), (2, 1, "b"), (3, 0, "sim")):
        epoch = (await history.take_over(partition)).epoch
        ended = order(3, account=account, status=Status.CANCELED)
        await commit(
            history,
            partition=partition,
            epoch=epoch,
            places=[place(offset, partition=partition, epoch=epoch)],
            orders=[order(partition + 1, account=account), ended],
            positions=[position(account=account, amount="0")],
            balances=[(account, [balance()], 1)],
            since_ms={account: 1},
        )
    state = await history.living_state(0)
    assert (state.epoch, state.places) == (2, {"orders_updated": place(3, epoch=2)})
    assert [each.order_id for each in state.orders] == ["order1"]
    assert list(state.positions) == [position(amount="0")], "flat ones too: a cache may still hold it open"
    assert state.balances == {"sim": ([balance()], 1)}


async def test_take_overs_at_once_get_different_epochs(open_history: Open) -> None:
    first, second = await open_history(), await open_history()
    states = await asyncio.gather(*(history.take_over(0) for history in (first, second) * 4))
    assert sorted(state.epoch for state in states) == list(range(1, 9))


async def test_whoever_was_taken_over_writes_nothing_more(taken: History) -> None:
    await taken.take_over(0)
    with pytest.raises(StaleEpochError):
        await commit(taken, epoch=1, orders=[order()], places=[place(5)])
    assert await taken.order("order1") is None
    assert await taken.places() == []


async def test_nobody_writes_without_having_taken_over(history: History) -> None:
    with pytest.raises(HistoryFault):
        await commit(history, orders=[order()])
    assert await history.order("order1") is None


async def test_a_batch_is_written_whole_or_not_at_all(taken: History) -> None:
    broken = command(outcome="no such outcome")
    with pytest.raises(Exception):  # noqa: B017 - whatever it is, nothing may stand
        await commit(taken, orders=[order()], fills=[fill()], places=[place(1)], commands=[broken])
    assert await taken.order("order1") is None
    assert await taken.known_fills([fill().fill_id]) == set()
    assert await taken.places() == []


async def test_what_was_written_comes_back_exactly(taken: History) -> None:
    await commit(taken, orders=[order()], fills=[fill()], positions=[position()])
    assert await taken.order("order1") == order()
    (read,), _ = await taken.fills(FillFilter())
    assert read == fill()
    assert [str(read.fee), str(read.price)] == [str(fill().fee), str(fill().price)]
    assert (await taken.positions())[0] == [position()]


async def test_any_text_comes_back_exactly(taken: History) -> None:
    text = "NUL \x00 quotes ' \" backslash \\ \\u0000 percent % %s :name köy 😀 \u2028"
    odd = order(idempotency_key=text, client_order_id="o'%(x)s:y\\", client_order_ids=("o'%(x)s:y\\",))
    told = msgspec.structs.replace(line(1), body=msgspec.json.encode(text).decode())
    await commit(taken, orders=[odd], timeline=[told])
    assert await taken.order("order1") == odd
    assert await taken.timeline("order1") == [told]
    assert set(await taken.find_orders("sim", ["o'%(x)s:y\\"])) == {"o'%(x)s:y\\"}
    assert await taken.order("o'%(x)s:y\\") is None


async def test_it_survives_a_restart(open_history: Open) -> None:
    history = await open_history()
    await history.take_over(0)
    await commit(history, orders=[order()], places=[place(7)])
    await history.close()
    history = await open_history()
    assert await history.order("order1") == order()
    assert (await history.take_over(0)).epoch == 2


async def test_a_closed_history_says_so(open_history: Open) -> None:
    history = await open_history()
    await history.close()
    with pytest.raises(HistoryFault):
        await history.orders(OrderFilter())
    with pytest.raises(HistoryFault):
        await history.order("order1")


async def test_the_higher_version_stands_however_late_the_lower_comes(taken: History) -> None:
    for version in (2, 3, 1, 3):
        await commit(
            taken,
            orders=[order(version=version, filled=Decimal(version))],
            positions=[position(version=version, amount=str(version))],
        )
    stored = await taken.order("order1")
    assert stored is not None
    assert (stored.version, stored.filled) == (3, Decimal(3))
    ((held,), _) = await taken.positions()
    assert (held.version, held.amount) == (3, Decimal(3))


async def test_versions_of_one_order_within_a_batch_end_with_the_highest(taken: History) -> None:
    await commit(taken, orders=[order(version=1), order(version=3), order(version=2)])
    stored = await taken.order("order1")
    assert stored is not None
    assert stored.version == 3


async def test_a_repeated_batch_changes_nothing(taken: History) -> None:
    async def fold() -> None:
        await commit(
            taken,
            orders=[order()],
            fills=[fill(1), fill(2)],
            positions=[position()],
            ledger=[
                ("sim", LedgerEntry(entry_id="e1", currency="USDT", amount=Decimal(-1), reason="funding", time_ms=1))
            ],
            balances=[("sim", [balance()], 9)],
            timeline=[line(1)],
            commands=[command()],
            places=[place(3)],
        )

    async def whole() -> tuple[object, ...]:
        return (
            await taken.orders(OrderFilter()),
            await taken.fills(FillFilter()),
            await taken.positions(),
            await taken.timeline("order1"),
            await taken.command("command1"),
            await taken.balances("sim"),
        )

    await fold()
    once = await whole()
    await fold()
    assert await whole() == once
    assert len((await taken.fills(FillFilter()))[0]) == 2


async def test_a_fill_is_counted_once_and_known_from_then_on(taken: History) -> None:
    await commit(taken, fills=[fill(1)])
    await commit(taken, fills=[fill(1, amount=Decimal(999)), fill(2)])
    fills, _ = await taken.fills(FillFilter())
    assert [(one.trade_id, one.amount) for one in fills] == [("t2", Decimal("0.01")), ("t1", Decimal("0.01"))]
    ids = [fill(number).fill_id for number in range(1, 1_200)]
    assert await taken.known_fills(ids) == {fill(1).fill_id, fill(2).fill_id}
    assert await taken.known_fills([]) == set()


async def test_places_move_forward_only(taken: History) -> None:
    for offset in (5, 9, 7):
        await commit(taken, places=[place(offset, epoch=offset)])
    assert await taken.places() == [place(9, epoch=9)]


async def test_a_snapshot_comes_with_the_places_it_was_folded_to(open_history: Open) -> None:
    """Law: rows and places are of one moment, whatever is written meanwhile, and by whom."""
    writer, reader = await open_history(), await open_history()
    await writer.take_over(0)
    done = False

    async def write() -> None:
        nonlocal done
        for number in range(1, 60):
            await commit(writer, orders=[order(number)], places=[place(number)])
        done = True

    async def watch() -> int:
        seen = 0
        while not done:
            orders, places = await reader.orders(OrderFilter(limit=1_000))
            living, living_places = await reader.living_orders()
            assert len(orders) == sum(one.offset for one in places)
            assert len(living) == sum(one.offset for one in living_places)
            seen += 1
        return seen

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(write())
        watching = [tasks.create_task(watch()) for _ in range(2)]
    assert all(task.result() > 0 for task in watching)


async def test_a_start_finds_what_lives_in_its_partition(history: History) -> None:
    await history.take_over(0)
    await history.take_over(1)
    ended = {"status": Status.FILLED, "filled": Decimal("0.1")}
    await commit(
        history,
        orders=[
            order(1),
            order(2, status=Status.IN_DOUBT),
            order(3, filled_by_fills=Decimal("0.1"), **ended),  # type: ignore[arg-type]
            order(4, filled_by_fills=Decimal("0.04"), **ended),  # type: ignore[arg-type]
            order(5, status=Status.CANCELED),
        ],
        positions=[position()],
        fills=[fill(8), fill(7)],
        places=[place(4), place(6, stream="fills")],
        rules={"sim": AccountRules(Limits(open_orders=3), TradingState.REDUCING)},
        since_ms={"sim": 123},
        fills_read_ms={"sim": 456},
    )
    await commit(history, partition=1, orders=[order(9, account="other")], places=[place(2, partition=1)])
    state = await history.take_over(0)
    assert {one.order_id for one in state.orders} == {"order1", "order2", "order4"}, "4: its fills are not all counted"
    assert state.places == {"orders_updated": place(4), "fills": place(6, stream="fills")}
    assert list(state.positions) == [position()]
    assert state.rules == {"sim": AccountRules(Limits(open_orders=3), TradingState.REDUCING)}
    assert (state.last_fill, state.since_ms, state.fills_read_ms) == ({"sim": 8}, {"sim": 123}, {"sim": 456})
    assert {one.order_id for one in (await history.living_orders())[0]} == {"order1", "order2", "order4", "order9"}
    assert await history.rules() == state.rules


async def test_an_order_that_ends_lives_no_more_and_one_that_is_opened_again_does(taken: History) -> None:
    for version, status in enumerate((Status.IN_DOUBT, Status.NOT_PLACED, Status.OPEN), 1):
        await commit(taken, orders=[order(version=version, status=status)])
        living, _ = await taken.living_orders()
        assert bool(living) == (status is not Status.NOT_PLACED)


async def test_the_last_fill_of_an_account_never_falls(taken: History) -> None:
    await commit(taken, fills=[fill(5)])
    await commit(taken, fills=[fill(2)])
    assert (await taken.take_over(0)).last_fill == {"sim": 5}


async def test_a_timeline_tells_its_subject_in_order_of_time(taken: History) -> None:
    await commit(taken, timeline=[line(3, time_ms=30), line(1, time_ms=10), line(2, time_ms=20, subject="other")])
    await commit(taken, timeline=[line(1, time_ms=99)])
    assert await taken.timeline("order1") == [line(1, time_ms=10), line(3, time_ms=30)]
    assert await taken.timeline("nothing") == []


@pytest.mark.parametrize(
    ("outcomes", "stands"),
    [
        (["pending", "accepted"], "accepted"),
        (["pending", "in_doubt", "accepted"], "accepted"),
        (["pending", "in_doubt", "pending"], "in_doubt"),
        (["pending", "denied", "pending", "in_doubt"], "denied"),
        (["pending", "rejected", "accepted"], "rejected"),
        (["pending", "repeat", "accepted", "repeat"], "accepted"),
        (["accepted", "pending"], "accepted"),
    ],
)
async def test_an_outcome_moves_on_and_never_back(taken: History, outcomes: list[str], stands: str) -> None:
    for outcome in outcomes:
        await commit(taken, commands=[command(outcome=outcome, answer=f'"{outcome}"')])
    assert await taken.command("command1") == command(outcome=stands, answer=f'"{stands}"')


async def test_the_newest_balances_stand(taken: History) -> None:
    for wallet, time_ms in (("1", 5), ("2", 9), ("3", 7)):
        await commit(taken, balances=[("sim", [balance(wallet)], time_ms)])
    assert await taken.balances("sim") == ([balance("2")], 9)


async def test_the_last_rules_stand(taken: History) -> None:
    for state in (TradingState.HALTED, TradingState.ACTIVE):
        await commit(taken, rules={"sim": AccountRules(state=state)})
    assert await taken.rules() == {"sim": AccountRules()}


async def test_a_place_is_one_of_a_stream_and_a_partition(history: History) -> None:
    wanted = []
    for partition in range(2):
        await history.take_over(partition)
        places = [Place(stream, partition, 4, 1) for stream in ("fills", "orders_updated")]
        await commit(history, partition=partition, places=places)
        wanted += places
    assert sorted(await history.places(), key=lambda one: (one.partition, one.stream)) == wanted


async def test_it_is_made_from_one_journal_for_good(open_history: Open) -> None:
    history = await open_history()
    await history.bind("journal1")
    await history.bind("journal1")
    with pytest.raises(HistoryFault, match=r"journal1.*journal2"):
        await history.bind("journal2")
    await history.close()
    history = await open_history()
    with pytest.raises(HistoryFault, match="was made from the journal journal1"):
        await history.bind("journal2")
    await history.bind("journal1")


async def test_of_journals_that_are_named_at_once_one_stands(open_history: Open) -> None:
    histories = [await open_history() for _ in range(3)]
    said = await asyncio.gather(*(each.bind(f"j{at}") for at, each in enumerate(histories)), return_exceptions=True)
    assert sorted(isinstance(each, HistoryFault) for each in said) == [False, True, True]


async def test_a_command_whose_answer_came_first_gets_what_was_asked(taken: History) -> None:
    """Within one batch, and by two."""
    answer = command(outcome="accepted", answer="yes")
    bare = msgspec.structs.replace(answer, body_hash="", body="")
    for number, batches in enumerate(([[bare, command()]], [[bare], [command()]])):
        named = [[msgspec.structs.replace(one, command_id=f"c{number}") for one in each] for each in batches]
        for commands in named:
            await commit(taken, commands=commands)
        assert await taken.command(f"c{number}") == msgspec.structs.replace(answer, command_id=f"c{number}")
