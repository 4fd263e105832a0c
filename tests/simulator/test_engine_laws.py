"""Laws that no sequence of commands may break."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hedgerow.simulator.engine import Engine
from hedgerow.simulator.instruments import INSTRUMENTS
from hedgerow.simulator.messages import (
    AmendOrder,
    CancelOrder,
    Command,
    Execution,
    OpenAccount,
    Order,
    OrderStatus,
    PublicTrade,
    Refusal,
    Result,
    Side,
)
from hedgerow.simulator.orders import MOVES
from tests.simulator.commands import ACCOUNTS, SYMBOLS, histories, history

D = Decimal
DEPOSIT = D(200_000)
LISTED = {symbol: INSTRUMENTS[symbol] for symbol in SYMBOLS}
quick = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def new_engine(*, houses: bool = True) -> Engine:
    engine = Engine(LISTED)
    for name in ACCOUNTS:
        engine.handle(OpenAccount(name, DEPOSIT, house=houses and name.startswith("maker-")), 0)
    return engine


def named(engine: Engine, command: Command) -> Command:
    """A command about the n-th open order gets its id."""
    if isinstance(command, AmendOrder | CancelOrder) and command.order_id.isdigit():
        orders = engine.open_orders(command.account)
        if orders:
            order = orders[int(command.order_id) % len(orders)]
            return msgspec.structs.replace(command, order_id=order.order_id, symbol=order.symbol)
    return command


def run(engine: Engine, commands: list[Command], start_ms: int = 1) -> list[Result]:
    return [engine.handle(named(engine, command), start_ms + at) for at, command in enumerate(commands)]


def signed(size: Decimal, side: Side | None) -> Decimal:
    return -size if side is Side.SELL else size


@quick
@given(histories)
def test_books_are_never_crossed_and_levels_are_the_sum_of_their_orders(commands: list[Command]) -> None:
    engine = new_engine()
    for at, command in enumerate(commands):
        engine.handle(named(engine, command), at)
        for symbol in SYMBOLS:
            bids, asks = engine.depth(symbol, 1000)
            assert not bids or not asks or bids[0][0] < asks[0][0]
            for side, levels in ((Side.BUY, bids), (Side.SELL, asks)):
                resting: dict[Decimal, Decimal] = defaultdict(Decimal)
                for account in ACCOUNTS:
                    for order in engine.open_orders(account, symbol):
                        if order.side is side and order.status is not OrderStatus.UNTRIGGERED:
                            resting[order.price] += order.leaves_qty
                assert dict(levels) == resting


@quick
@given(histories)
def test_what_buyers_get_sellers_give(commands: list[Command]) -> None:
    engine = new_engine(houses=False)
    results = run(engine, commands)
    moved: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for result in results:
        fills = [event for event in result.events if isinstance(event, Execution)]
        bought = sum((each.qty for each in fills if each.side is Side.BUY), D(0))
        sold = sum((each.qty for each in fills if each.side is Side.SELL), D(0))
        traded = sum((each.qty for each in result.events if isinstance(each, PublicTrade)), D(0))
        assert bought == sold == traded
        for each in fills:
            moved[each.account, each.symbol] += signed(each.qty, each.side)
    for symbol in SYMBOLS:
        positions = {account: engine.position(account, symbol) for account in ACCOUNTS}
        sizes = {account: signed(position.size, position.side) for account, position in positions.items()}
        assert sum(sizes.values()) == 0
        assert all(sizes[account] == moved[account, symbol] for account in ACCOUNTS)


@quick
@given(histories)
def test_a_wallet_is_the_deposit_and_what_was_realised_less_fees(commands: list[Command]) -> None:
    engine = new_engine(houses=False)
    run(engine, commands)
    for account in ACCOUNTS:
        executions = engine.executions(account)
        earned = sum((each.exec_pnl - each.fee for each in executions), D(0))
        wallet = engine.wallet(account)
        assert wallet.wallet_balance == DEPOSIT + earned
        assert wallet.cum_realised_pnl == earned
        assert sum((each.cum_realised_pnl for each in engine.positions(account)), D(0)) == earned
    # Nobody's profit comes from nowhere: gross, what some won others lost, realised or not.
    gross = sum((each.exec_pnl for account in ACCOUNTS for each in engine.executions(account)), D(0))
    open_pnl = sum((engine.wallet(account).unrealised_pnl for account in ACCOUNTS), D(0))
    assert abs(gross + open_pnl) < D("1e-9")


@quick
@given(histories)
def test_an_order_only_makes_moves_that_its_table_admits_and_its_fills_never_fall(commands: list[Command]) -> None:
    engine = new_engine()
    seen: dict[str, Order] = {}
    for result in run(engine, commands):
        for event in result.events:
            if not isinstance(event, Order):
                continue
            before = seen.get(event.order_id)
            if before is not None:
                assert event.status in MOVES[before.status]
                assert event.cum_exec_qty >= before.cum_exec_qty
                assert event.cum_exec_value >= before.cum_exec_value
            ended = not MOVES[event.status]
            assert event.leaves_qty == (event.qty - event.cum_exec_qty if not ended else 0)
            seen[event.order_id] = event
    for account in ACCOUNTS:
        for order in engine.open_orders(account):
            assert seen.get(order.order_id, order) == order


@quick
@given(histories)
def test_an_orders_fills_are_the_sum_of_its_executions(commands: list[Command]) -> None:
    engine = new_engine(houses=False)
    run(engine, commands)
    for account in ACCOUNTS:
        totals: dict[str, list[Decimal]] = defaultdict(lambda: [D(0), D(0), D(0)])
        for each in engine.executions(account):
            total = totals[each.order_id]
            total[0] += each.qty
            total[1] += each.value
            total[2] += each.fee
        for order in [*engine.open_orders(account), *engine.order_history(account)]:
            assert [order.cum_exec_qty, order.cum_exec_value, order.cum_exec_fee] == totals[order.order_id]


@quick
@given(histories)
def test_a_reduce_only_fill_never_opens_or_turns_a_position(commands: list[Command]) -> None:
    engine = new_engine()
    net: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    reduce_only: dict[str, bool] = {}
    for result in run(engine, commands):
        for event in result.events:
            if isinstance(event, Order):
                reduce_only[event.order_id] = event.reduce_only
            elif isinstance(event, Execution):
                before = net[event.account, event.symbol]
                after = before + signed(event.qty, event.side)
                if reduce_only[event.order_id]:
                    assert event.closed_size == event.qty
                    assert abs(after) < abs(before)
                    assert after == 0 or (after > 0) == (before > 0)
                net[event.account, event.symbol] = after


@quick
@given(histories)
def test_resting_reduce_only_orders_never_want_more_than_the_position(commands: list[Command]) -> None:
    engine = new_engine()
    for at, command in enumerate(commands):
        engine.handle(named(engine, command), at)
        for account in ACCOUNTS:
            for symbol in SYMBOLS:
                position = engine.position(account, symbol)
                resting = [
                    order
                    for order in engine.open_orders(account, symbol)
                    if order.reduce_only and order.status is not OrderStatus.UNTRIGGERED
                ]
                assert all(order.side is not position.side for order in resting)
                assert sum((order.leaves_qty for order in resting), D(0)) <= position.size


@quick
@given(histories)
def test_a_position_is_protected_in_its_size_and_a_flat_one_not_at_all(commands: list[Command]) -> None:
    engine = new_engine()
    for at, command in enumerate(commands):
        engine.handle(named(engine, command), at)
        for account in ACCOUNTS:
            for symbol in SYMBOLS:
                position = engine.position(account, symbol)
                children = [
                    order
                    for order in engine.open_orders(account, symbol)
                    if order.status is OrderStatus.UNTRIGGERED and order.stop_order_type.value != "Stop"
                ]
                full = [order for order in children if order.tpsl_mode == "Full"]
                assert all(order.qty == position.size and order.side is not position.side for order in full)
                asked = {position.take_profit, position.stop_loss} - {None}
                assert {order.trigger_price for order in full} == asked
                if not position.size:
                    assert not children


@quick
@given(histories)
def test_a_refusal_changes_nothing(commands: list[Command]) -> None:
    engine = new_engine()
    for at, command in enumerate(commands):
        before = engine.snapshot()
        result = engine.handle(named(engine, command), at)
        if isinstance(result.answer, Refusal):
            assert not result.events
            after = engine.snapshot()
            assert _without_time(after) == _without_time(before)


def _without_time(snapshot: dict[str, object]) -> dict[str, object]:
    """Holdings appear when they are first looked at; they are empty until used."""
    accounts = [
        {**account, "holdings": [each for each in account["holdings"] if each["seq"] != -1 or each["updated_ms"]]}
        for account in snapshot["accounts"]  # type: ignore[attr-defined]
    ]
    return {**snapshot, "now_ms": 0, "accounts": accounts}


@quick
@given(histories, st.integers(0, 200))
def test_a_restored_engine_goes_on_as_the_one_that_was_kept(commands: list[Command], cut: int) -> None:
    engine = new_engine()
    run(engine, commands[:cut])
    kept = json.loads(json.dumps(engine.snapshot()))
    restored = Engine.restore(kept)
    assert restored.snapshot() == engine.snapshot()
    assert run(restored, commands[cut:], 1000) == run(engine, commands[cut:], 1000)
    assert restored.snapshot() == engine.snapshot()
    for account in ACCOUNTS:
        assert restored.wallet(account) == engine.wallet(account)
        assert restored.order_history(account) == engine.order_history(account)
        assert restored.executions(account) == engine.executions(account)


@quick
@given(histories)
def test_the_same_commands_at_the_same_times_give_the_same_results(commands: list[Command]) -> None:
    assert run(new_engine(), commands) == run(new_engine(), commands)


def test_the_laws_see_what_they_speak_of() -> None:
    """A law that never sees a fill, a trigger or a trimmed order proves nothing."""
    orders = [
        event
        for seed in range(5)
        for result in run(new_engine(), history(seed, 150))
        for event in result.events
        if isinstance(event, Order)
    ]
    statuses = {order.status for order in orders}
    assert statuses == {status for status in MOVES if status in _OF_DERIVATIVES}
    assert {order.cancel_type for order in orders} >= {
        "CancelByUser",
        "CancelByReduceOnly",
        "CancelByTpSlTsClear",
        "CancelByOCOSlCanceledByTpTriggered",
        "CancelByOCOTpCanceledBySlTriggered",
    }
    assert {order.reject_reason for order in orders} >= {
        "EC_NoError",
        "EC_PostOnlyWillTakeLiquidity",
        "EC_NoImmediateQtyToFill",
        "EC_CancelForNoFullFill",
    }


_OF_DERIVATIVES = frozenset(OrderStatus) - {OrderStatus.REJECTED, OrderStatus.PARTIALLY_FILLED_CANCELED}
