"""What every history finds, filters and sums."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hedgerow.core.commands import Side
from hedgerow.core.days import DAY_MS
from hedgerow.core.orders import Status
from hedgerow.history import DayFilter, FillFilter, History, OrderFilter
from hedgerow.history.searching import finds
from tests.contracts.committing import commit
from tests.contracts.samples import SYMBOL, balance, command, fill, order


async def test_orders_are_found_by_every_id_they_ever_went_by(taken: History) -> None:
    await commit(taken, orders=[order(1), order(2)])
    await commit(
        taken,
        orders=[
            order(
                1,
                version=2,
                client_order_id="hg1b",
                client_order_ids=("hg1", "hg1b"),
                exchange_order_id="x1b",
                exchange_order_ids=("x1", "x1b"),
            )
        ],
    )
    found = await taken.find_orders("sim", ["hg1", "hg1b", "x1", "x1b", "x2", "unknown", ""])
    assert {name: one.order_id for name, one in found.items()} == {
        "hg1": "order1",
        "hg1b": "order1",
        "x1": "order1",
        "x1b": "order1",
        "x2": "order2",
    }
    assert found["x1"].version == 2
    assert await taken.find_orders("another account", ["hg1", "x1"]) == {}


async def test_orders_are_found_by_their_own_ids(taken: History) -> None:
    await commit(taken, orders=[order(number) for number in range(1, 4)])
    asked = ["order1", "order3", "unknown", *(f"more{number}" for number in range(1_200))]
    assert await taken.known_orders(asked) == {"order1": order(1), "order3": order(3)}
    assert await taken.known_orders([]) == {}


async def test_pages_cover_the_id_of_every_order_and_command_once(taken: History) -> None:
    orders, commands = [order(number) for number in range(1, 9)], [command(number) for number in range(1, 6)]
    orders.append(order(9, order_id="command3"))
    await commit(taken, orders=orders, commands=commands)
    pages: list[str] = []
    while page := await taken.command_ids(pages[-1] if pages else "", 4):
        assert len(page) == 4 or not await taken.command_ids(page[-1], 4)
        pages += page
    assert sorted(pages) == sorted({*(one.order_id for one in orders), *(one.command_id for one in commands)})


async def test_pages_cover_every_order_once_newest_first(taken: History) -> None:
    orders = [order(number, created_ms=1_000 + number // 3) for number in range(20)]
    await commit(taken, orders=orders)
    pages: list[str] = []
    before = None
    while True:
        page, _ = await taken.orders(OrderFilter(before=before, limit=7))
        if not page:
            break
        pages += [one.order_id for one in page]
        before = (page[-1].created_ms, page[-1].order_id)
    expected = sorted(orders, key=lambda one: (one.created_ms, one.order_id), reverse=True)
    assert pages == [one.order_id for one in expected]


async def test_orders_are_filtered(taken: History) -> None:
    other = "ETH/USDT:USDT"
    await commit(
        taken,
        orders=[
            order(1),
            order(2, symbol=other),
            order(3, status=Status.FILLED),
            order(4, account="b"),
        ],
    )

    async def ids(**wanted: object) -> set[str]:
        orders, _ = await taken.orders(OrderFilter(**wanted))  # type: ignore[arg-type]
        return {one.order_id for one in orders}

    assert await ids() == {"order1", "order2", "order3", "order4"}
    assert await ids(account="b") == {"order4"}
    assert await ids(accounts=("b", "c")) == {"order4"}
    assert await ids(accounts=()) == set()
    assert await ids(symbol=other) == {"order2"}
    assert await ids(statuses=(Status.FILLED, Status.DENIED)) == {"order3"}
    assert await ids(since_ms=1_003) == {"order3", "order4"}
    assert await ids(account="sim", symbol=SYMBOL, statuses=(Status.OPEN,)) == {"order1"}


async def test_fills_are_filtered_and_paged(taken: History) -> None:
    await commit(taken, fills=[fill(number, order_id=f"order{number % 2}") for number in range(1, 7)])
    await commit(taken, fills=[fill(9, account="b")])
    fills, _ = await taken.fills(FillFilter(account="sim", order_id="order1", limit=2))
    assert [one.trade_id for one in fills] == ["t5", "t3"]
    last = (fills[-1].time_ms, fills[-1].fill_id)
    fills, _ = await taken.fills(FillFilter(account="sim", order_id="order1", before=last))
    assert [one.trade_id for one in fills] == ["t1"]
    fills, _ = await taken.fills(FillFilter(since_ms=3_006, symbol=SYMBOL))
    assert [one.trade_id for one in fills] == ["t9", "t6"]


async def test_orders_and_fills_are_filtered_by_side_and_time(taken: History) -> None:
    await commit(
        taken,
        orders=[order(1), order(2, side=Side.SELL), order(3)],
        fills=[fill(1), fill(2, side=Side.SELL, fill_id="f2"), fill(3)],
    )
    orders, _ = await taken.orders(OrderFilter(side=Side.SELL))
    assert [one.order_id for one in orders] == ["order2"]
    orders, _ = await taken.orders(OrderFilter(since_ms=1_001, until_ms=1_003))
    assert [one.order_id for one in orders] == ["order2", "order1"]
    fills, _ = await taken.fills(FillFilter(side=Side.SELL))
    assert [one.trade_id for one in fills] == ["t2"]
    fills, _ = await taken.fills(FillFilter(until_ms=3_003))
    assert [one.trade_id for one in fills] == ["t2", "t1"]


SEARCHES = [
    ("eth", {"b7k2m9xa5n"}, {"t2"}),
    ("usdt", {"order1", "b7k2m9xa5n", "order3"}, {"t1", "t2"}),
    ("b7k2m9", {"b7k2m9xa5n"}, {"t2"}),
    ("B7K2M9XA", {"b7k2m9xa5n"}, {"t2"}),
    ("b7k2", set(), set()),
    ("x1", {"order1"}, {"t1"}),
    ("hg3", {"order3"}, set()),
    ("%", set(), set()),
    ("_SDT", set(), set()),
    ("nothing of the kind", set(), set()),
]


@pytest.mark.parametrize(("search", "orders", "fills"), SEARCHES, ids=[search for search, _, _ in SEARCHES])
async def test_a_search_finds_symbols_and_ids(taken: History, search: str, orders: set[str], fills: set[str]) -> None:
    eth = {"symbol": "ETH/USDT:USDT", "order_id": "b7k2m9xa5n"}
    kept = [order(1), order(2, **eth), order(3)]
    await commit(
        taken,
        orders=kept,
        fills=[fill(1), fill(2, **eth, fill_id="f2")],
        since_ms={"sim": 1},
    )
    found, _ = await taken.orders(OrderFilter(search=search))
    assert {one.order_id for one in found} == orders
    assert [one.order_id for one in found] == [one.order_id for one in reversed(kept) if one.order_id in orders]
    assert {one.trade_id for one in (await taken.fills(FillFilter(search=search)))[0]} == fills
    page, _ = await taken.orders(OrderFilter(search=search, limit=1))
    assert page == found[:1]
    if page:
        before = (page[0].created_ms, page[0].order_id)
        assert (await taken.orders(OrderFilter(search=search, before=before)))[0] == found[1:]
    for one in kept:
        ids = {*one.client_order_ids, *one.exchange_order_ids, one.client_order_id, one.exchange_order_id}
        assert bool(finds(search, one.symbol, one.order_id, ids)) == (one.order_id in orders)


async def test_a_fill_counts_once_in_its_day(taken: History) -> None:
    first = fill(1, realised_pnl=Decimal("10.000000000000000001"), fee=Decimal("0.3"), time_ms=DAY_MS - 1)
    second = fill(2, realised_pnl=Decimal("-0.5"), fee=Decimal("-0.1"), time_ms=DAY_MS)
    third = fill(3, realised_pnl=Decimal(2), fee=Decimal("0.001"), fee_currency="BNB", time_ms=DAY_MS)
    other = fill(4, account="b", symbol="BTC/USD:BTC-271231", fee_currency="BTC", time_ms=0)
    await commit(taken, fills=[first, second, first])
    await commit(taken, fills=[second, third])
    await commit(taken, fills=[first, second, third, other])
    days = await taken.days(DayFilter(first=0, last=1))
    assert days.results == {
        ("sim", "USDT", 0): (Decimal("10.000000000000000001"), Decimal("0.3"), 1),
        ("sim", "USDT", 1): (Decimal("1.5"), Decimal("-0.1"), 2),
        ("sim", "BNB", 1): (Decimal(0), Decimal("0.001"), 0),
        ("b", "BTC", 0): (Decimal(0), other.fee, 1),
    }
    assert set((await taken.days(DayFilter(first=1, last=1, account="sim"))).results) == {
        ("sim", "USDT", 1),
        ("sim", "BNB", 1),
    }


async def test_a_day_closes_with_its_last_equity_and_the_last_before_is_told(taken: History) -> None:
    told = [("1", 5), ("3", 9), ("2", 7), ("4", DAY_MS), ("5", 3 * DAY_MS + 1)]
    await commit(taken, balances=[("sim", [balance(equity)], time_ms) for equity, time_ms in told[:3]])
    for equity, time_ms in told[3:]:
        await commit(taken, balances=[("sim", [balance(equity)], time_ms)])
    await commit(taken, balances=[("b", [balance("6")], DAY_MS), ("sim", [balance("9")], 2)])
    days = await taken.days(DayFilter(first=0, last=9))
    assert days.equity == {
        ("sim", "USDT", 0): 3,
        ("sim", "USDT", 1): 4,
        ("sim", "USDT", 3): 5,
        ("b", "USDT", 1): 6,
    }
    later = await taken.days(DayFilter(first=3, last=9))
    assert later.equity == {("sim", "USDT", 1): 4, ("sim", "USDT", 3): 5, ("b", "USDT", 1): 6}
    assert (await taken.days(DayFilter(first=2, last=2, account="b"))).equity == {("b", "USDT", 1): 6}
