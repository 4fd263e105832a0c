"""Accounts come and go, share a partition or not, and none of them can stop another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from hedgerow.cache import CacheUnavailable
from hedgerow.core.records import Outcome, Stream
from hedgerow.journal import JournalFault, Record
from hedgerow.vault import VaultFault
from tests.services.desk import Desk
from tests.services.scripted_exchange import SYMBOL, ScriptedExchange
from tests.services.virtual_clock import VirtualClock

ACCOUNTS = ("sim", "two", "three", "four", "five", "six")


@pytest.fixture
async def wide(tmp_path: Path, clock: VirtualClock) -> AsyncIterator[Desk]:
    """A desk of four partitions."""
    desk = await Desk(tmp_path, clock).open(partitions=4)
    yield desk
    await desk.close()


async def test_accounts_of_one_partition_do_not_mix(desk: Desk, clock: VirtualClock) -> None:
    """The exchanges' own ids are the same on both."""
    one, two = await desk.account("sim"), await desk.account("two")
    await desk.following()
    for name, exchange, amount in (("sim", one, "1"), ("two", two, "2")):
        order = await desk.placed(f"of-{name}", account=name, amount="5")
        exchange.fill(order, amount, trade_id="t1")
    await clock.advance(40)
    assert desk.witness.size(account="sim") == "1"
    assert desk.witness.size(account="two") == "2"
    assert {order.account for order in desk.witness.orders.values()} == {"sim", "two"}
    assert len(desk.witness.orders) == 2


async def test_accounts_of_several_partitions_are_followed_each_by_its_own(wide: Desk, clock: VirtualClock) -> None:
    exchanges = {name: await wide.account(name) for name in ACCOUNTS}
    assert len({wide.journal.partition_of(name) for name in ACCOUNTS}) > 2
    await wide.following()
    for name, exchange in exchanges.items():
        order = await wide.placed(f"of-{name}", account=name)
        exchange.fill(order, "1")
    await clock.advance(1)
    for name in ACCOUNTS:
        assert wide.witness.status(f"of-{name}") == "filled"
        assert wide.witness.size(account=name) == "1"
        assert (await wide.history.order(f"of-{name}")).status == "filled"
    assert set(await wide.history.epochs()) == {0, 1, 2, 3}


async def test_partitions_may_be_shared_out_between_resolvers(wide: Desk, clock: VirtualClock) -> None:
    exchanges = {name: await wide.account(name) for name in ACCOUNTS}
    await wide.resolver(partitions=(0, 1))
    await wide.resolver(partitions=(2, 3))
    await clock.until(lambda: all(exchange.reads["balances"] for exchange in exchanges.values()))
    assert {exchange.opened for exchange in exchanges.values()} == {1}
    for name, exchange in exchanges.items():
        exchange.fill(await wide.placed(f"of-{name}", account=name), "1")
    await clock.advance(1)
    assert {wide.witness.size(account=name) for name in ACCOUNTS} == {"1"}
    assert set((await wide.history.epochs()).values()) == {1}


async def test_a_partition_that_fails_leaves_the_others_alone(wide: Desk, clock: VirtualClock) -> None:
    first, second = "sim", next(n for n in ACCOUNTS if wide.journal.partition_of(n) != wide.journal.partition_of("sim"))
    exchanges = {name: await wide.account(name) for name in (first, second)}
    resolver = await wide.following()
    resolver.life.fail("journal orders_updated", JournalFault("disk full"))
    await wide.intend("a", account=first)
    await clock.settle()
    await wide.placed("b", account=second)
    assert wide.witness.status("a") is None
    assert exchanges[second].opened == 1
    await clock.advance(5)
    assert wide.witness.status("a") is not None
    assert exchanges[first].opened == 2


async def test_an_account_that_is_added_is_followed_and_one_that_is_removed_is_left(
    desk: Desk, clock: VirtualClock
) -> None:
    await desk.resolver()
    await clock.advance(5)
    exchange = await desk.account("late")
    await clock.until(lambda: exchange.reads["balances"] > 0, within=2)
    order = await desk.placed("a", account="late")
    [connection] = exchange.connections
    await desk.vault.remove_account("late")
    await clock.until(lambda: connection.closed, within=2)
    exchange.fill(order, "1")
    before = exchange.reads.total()
    await clock.advance(60)
    assert desk.witness.status("a") == "open"
    assert exchange.reads.total() == before


async def test_an_account_that_comes_back_goes_on_where_it_was(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    order = await desk.placed()
    await desk.vault.remove_account("sim")
    await clock.advance(2)
    exchange.fill(order, "1")
    desk.exchanges["sim"] = exchange
    again = await desk.account("sim")
    desk.exchanges["sim"] = exchange
    assert again.opened == 0
    await clock.until(lambda: desk.witness.status("a") == "filled", within=5)
    assert desk.witness.size() == "1"
    assert len(desk.witness.orders) == 1


@pytest.mark.parametrize("fault", [VaultFault("There is no account named two."), VaultFault("damaged")], ids=str)
async def test_an_account_whose_credentials_cannot_be_read_stops_nobody(
    fault: VaultFault, desk: Desk, clock: VirtualClock
) -> None:
    exchange = await desk.account("sim")
    await desk.account("two")
    desk.unreachable["two"] = fault
    await desk.resolver()
    await clock.until(lambda: exchange.reads["balances"] > 0)
    await clock.advance(60)
    assert desk.witness.beats("two")[-1].reason == str(fault)
    await desk.placed("a")
    del desk.unreachable["two"]
    await clock.until(lambda: desk.exchanges["two"].reads["balances"] > 0, within=60)


async def test_a_record_that_does_not_read_is_passed_over(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resolver = await desk.following()
    poison = [Record(1, b"{not json"), Record(1, b'{"v":1}'), Record(1, b"\xff\xfe")]
    for stream in (Stream.ORDER_INTENTS, Stream.ORDERS_EXECUTED):
        await desk.journal.append(stream, "sim", poison)
    await desk.placed("a")
    await clock.advance(1)
    assert (await desk.history.epochs())[0] == 1
    await resolver.kill()
    for stream in (Stream.ORDER_INTENTS, Stream.ORDERS_EXECUTED):
        await desk.journal.append(stream, "sim", poison)
    await desk.following()
    await desk.placed("b")


async def test_a_record_of_the_wrong_stream_is_passed_over(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    await desk.placed("a")
    await clock.advance(1)
    known = desk.witness.updates[-1]
    await desk.write(known, Stream.ORDER_INTENTS)
    await clock.advance(1)
    await desk.placed("b")
    assert (await desk.history.epochs())[0] == 1


async def test_a_poisoned_output_does_not_keep_a_partition_from_starting(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resolver = await desk.following()
    await desk.placed("a")
    await resolver.kill()
    await desk.journal.append(Stream.ORDERS_UPDATED, "sim", [Record(1, b"{not json")])
    await desk.journal.append(Stream.FILLS, "sim", [Record(1, b"\x00")])
    await desk.following()
    await desk.placed("b")


async def test_a_cache_that_is_away_costs_nothing_but_freshness(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resolver = await desk.following()
    for _ in range(20):
        resolver.life.fail("cache put_orders", CacheUnavailable("timeout"))
    order = await desk.placed("a")
    exchange.fill(order, "1")
    await clock.advance(5)
    assert (await desk.history.order("a")).status == "filled"
    assert (await desk.history.epochs())[0] == 1


async def test_commands_of_an_account_that_was_removed_are_still_remembered(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.vault.remove_account("sim")
    await desk.resolver()
    await desk.intend("a")
    await desk.answer("a", outcome=Outcome.IN_DOUBT)
    await clock.advance(60)
    assert desk.witness.status("a") == "in_doubt"


async def test_an_answer_that_is_read_before_its_intent_waits_for_it(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resolver = await desk.following()
    release = resolver.life.hold("order_intents")
    intent = await desk.intend("a")
    exchange.pushes = False
    exchange.create(intent.terms, "hga")
    await desk.answer("a")
    await clock.settle()
    assert desk.witness.status("a") is None
    release()
    await clock.settle()
    assert desk.witness.status("a") == "accepted"
    assert desk.witness.orders["a"].exchange_order_id == "sim-x1"


async def test_a_symbol_that_the_exchange_no_longer_lists_stops_nobody(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    """Its position came from somewhere that the instruments do not tell."""
    exchange.hold("OLD/USDT:USDT", Decimal(1), Decimal(5))
    await desk.following()
    await clock.advance(60)
    assert desk.witness.size("OLD/USDT:USDT") == "1"
    assert desk.witness.size(SYMBOL) == "0"
