"""Price-time priority, against a reference that looks at every order each time."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.simulator.engine import Engine
from hedgerow.simulator.instruments import INSTRUMENTS
from hedgerow.simulator.messages import (
    AmendOrder,
    CancelOrder,
    OpenAccount,
    OrderType,
    PlaceOrder,
    PublicTrade,
    Side,
    TimeInForce,
)

D = Decimal
BTC = "BTCUSDT"


@dataclass
class Naive:
    """One resting order of the reference."""

    number: int
    side: Side
    price: Decimal
    left: Decimal
    arrival: int


class NaiveBook:
    """A list of orders, searched from end to end."""

    def __init__(self) -> None:
        self.resting: list[Naive] = []
        self.arrivals = 0
        self.trades: list[tuple[Decimal, Decimal]] = []

    def enter(self, number: int, side: Side, price: Decimal, qty: Decimal, rests: bool = True) -> None:
        while qty:
            best = self._best(side, price)
            if best is None:
                break
            traded = min(qty, best.left)
            self.trades.append((best.price, traded))
            best.left -= traded
            qty -= traded
            if not best.left:
                self.resting.remove(best)
        if qty and rests:
            self.arrivals += 1
            self.resting.append(Naive(number, side, price, qty, self.arrivals))

    def _best(self, side: Side, price: Decimal) -> Naive | None:
        sign = 1 if side is Side.BUY else -1
        crossing = [each for each in self.resting if each.side is not side and sign * (price - each.price) >= 0]
        return min(crossing, key=lambda each: (sign * each.price, each.arrival), default=None)

    def cancel(self, number: int) -> None:
        self.resting = [each for each in self.resting if each.number != number]

    def amend(self, number: int, price: Decimal, left: Decimal) -> None:
        (order,) = (each for each in self.resting if each.number == number)
        if price == order.price and left <= order.left:
            order.left = left
            return
        self.cancel(number)
        self.enter(number, order.side, price, left)


moves = st.tuples(
    st.sampled_from(("place", "place", "place", "ioc", "cancel", "amend")),
    st.sampled_from(Side),
    st.integers(-6, 6),
    st.integers(1, 6),
    st.integers(0, 30),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(moves, min_size=1, max_size=80))
def test_the_book_trades_as_the_naive_one(steps: list[tuple[str, Side, int, int, int]]) -> None:
    engine, naive = Engine(INSTRUMENTS), NaiveBook()
    engine.handle(OpenAccount("maker-a", D(10**9), house=True), 0)
    ids: dict[int, str] = {}
    trades: list[tuple[Decimal, Decimal]] = []
    for number, (what, side, offset, lots, chosen) in enumerate(steps):
        price, qty = D(60000) + offset, D(lots) / 10
        resting = sorted(naive.resting, key=lambda each: each.number)
        target = resting[chosen % len(resting)] if resting else None
        if what in ("place", "ioc"):
            tif = TimeInForce.IOC if what == "ioc" else TimeInForce.GTC
            command = PlaceOrder("maker-a", BTC, side, OrderType.LIMIT, qty, price, tif)
            result = engine.handle(command, number)
            ids[number] = result.answer.order_id  # type: ignore[union-attr]
            naive.enter(number, side, price, qty, rests=what == "place")
        elif target is None:
            continue
        elif what == "cancel":
            result = engine.handle(CancelOrder("maker-a", BTC, ids[target.number]), number)
            naive.cancel(target.number)
        else:
            order = engine.order("maker-a", order_id=ids[target.number])
            assert order is not None
            changed = AmendOrder("maker-a", BTC, order.order_id, qty=order.cum_exec_qty + qty, price=price)
            result = engine.handle(changed, number)
            naive.amend(target.number, price, qty)
        trades += [(event.price, event.qty) for event in result.events if isinstance(event, PublicTrade)]
        assert trades == naive.trades
    left = {ids[each.number]: each.left for each in naive.resting}
    assert {order.order_id: order.leaves_qty for order in engine.open_orders("maker-a")} == left
