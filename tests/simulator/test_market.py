"""The seeded market: the same seed gives the same market, and it really trades."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hedgerow.simulator.engine import Engine
from hedgerow.simulator.instruments import INSTRUMENTS
from hedgerow.simulator.market import Market
from hedgerow.simulator.messages import (
    Command,
    Event,
    OpenAccount,
    Order,
    OrderType,
    PlaceOrder,
    Refusal,
    Side,
)

D = Decimal
BTC = "BTCUSDT"
FEW = {symbol: INSTRUMENTS[symbol] for symbol in (BTC, "XRPUSDT", "SUIUSDT")}
STEP_MS = 250


class Bazaar:
    """An engine and a market, stepped together."""

    def __init__(self, seed: int = 1) -> None:
        self.engine = Engine(FEW)
        self.market = Market(seed, FEW)
        self.now_ms = 1_700_000_000_000
        self.commands: list[Command] = []
        self.events: list[Event] = []
        self.do(OpenAccount("ann", D(1_000_000)))

    def do(self, command: Command) -> str:
        result = self.engine.handle(command, self.now_ms)
        assert not isinstance(result.answer, Refusal), (command, result.answer)
        self.events.extend(result.events)
        return result.answer.order_id

    def step(self, times: int = 1) -> None:
        for _ in range(times):
            self.now_ms += STEP_MS
            for command in self.market.step(self.engine, self.now_ms):
                self.commands.append(command)
                self.do(command)

    def place(self, side: Side, qty: str, price: str, **more: Decimal | int) -> str:
        return self.do(PlaceOrder("ann", BTC, side, OrderType.LIMIT, D(qty), D(price), **more))  # type: ignore[arg-type]

    def status(self, order_id: str) -> str:
        order = self.engine.order("ann", order_id=order_id)
        assert order is not None
        return order.status.value


def test_the_same_seed_and_times_give_the_same_market_and_another_seed_another() -> None:
    runs = [Bazaar(7), Bazaar(7), Bazaar(8)]
    for each in runs:
        each.step(40)
    assert runs[0].commands == runs[1].commands
    assert runs[0].events == runs[1].events
    assert runs[0].commands != runs[2].commands


def test_makers_stand_on_both_sides_close_together_and_nothing_they_do_is_refused() -> None:
    bazaar = Bazaar()
    for _ in range(200):
        bazaar.step()
        for symbol, instrument in FEW.items():
            bids, asks = bazaar.engine.depth(symbol, 50)
            assert len(bids) >= 8
            assert len(asks) >= 8
            spread = asks[0][0] - bids[0][0]
            assert spread <= max(asks[0][0] / 1000, 10 * instrument.tick_size)


def test_public_trades_print_and_prices_move_but_stay_near_where_they_belong() -> None:
    bazaar = Bazaar()
    bazaar.step(1500)
    trades = bazaar.engine.public_trades(BTC)
    assert len(trades) > 300
    assert len({trade.price for trade in trades}) > 50
    assert all(abs(trade.price / 60000 - 1) < D("0.05") for trade in trades)
    assert {trade.side for trade in trades} == set(Side)


def test_users_orders_are_filled_in_part_and_whole() -> None:
    bazaar = Bazaar()
    bazaar.step(4)
    orders = [
        bazaar.place(side, "1.5", str((bazaar.engine.prices(BTC).last * ratio).quantize(D("0.1"))))
        for side, ratio in ((Side.BUY, D("0.9998")), (Side.SELL, D("1.0002")))
    ]
    for _ in range(600):
        bazaar.step()
        if all(bazaar.status(order_id) == "Filled" for order_id in orders):
            break
    statuses = {event.status.value for event in bazaar.events if isinstance(event, Order)}
    assert {"New", "PartiallyFilled", "Filled"} <= statuses


def test_a_price_that_is_set_is_traded_at_and_sweeps_what_lies_between() -> None:
    bazaar = Bazaar()
    bazaar.step(4)
    swept = bazaar.place(Side.BUY, "5", "58000")
    kept = bazaar.place(Side.BUY, "0.5", "56000")
    bazaar.market.set_price(BTC, D(57000))
    bazaar.step()
    assert bazaar.status(swept) == "Filled"
    assert bazaar.status(kept) == "New"
    prices = bazaar.engine.prices(BTC)
    assert prices.last == prices.index == prices.mark == 57000
    bids, asks = bazaar.engine.depth(BTC, 50)
    assert abs(bids[0][0] - 57000) < 20
    assert abs(asks[0][0] - 57000) < 20
    bazaar.market.set_price(BTC, D(70000))
    bazaar.step()
    assert bazaar.engine.prices(BTC).last == 70000
    bazaar.step(50)
    assert abs(bazaar.engine.prices(BTC).last / 70000 - 1) < D("0.02")


def test_orders_triggered_by_the_move_find_a_market() -> None:
    bazaar = Bazaar()
    bazaar.step(4)
    stop = bazaar.do(
        PlaceOrder("ann", BTC, Side.SELL, OrderType.MARKET, D("0.1"), trigger_price=D(59000), trigger_direction=2)
    )
    bazaar.market.set_price(BTC, D(55000))
    bazaar.step()
    assert bazaar.status(stop) == "Filled"


def test_paused_nothing_moves_but_what_is_set() -> None:
    bazaar = Bazaar()
    bazaar.step(4)
    bazaar.market.pause()
    before = bazaar.engine.depth(BTC, 50)
    bazaar.step(10)
    assert bazaar.engine.depth(BTC, 50) == before
    bazaar.market.set_price(BTC, D(61000))
    bazaar.step()
    assert bazaar.engine.prices(BTC).last == 61000
    bazaar.market.resume()
    seen = len(bazaar.commands)
    bazaar.step(5)
    assert len(bazaar.commands) > seen


def test_a_market_goes_on_from_the_prices_of_a_restored_engine() -> None:
    bazaar = Bazaar()
    bazaar.market.set_price(BTC, D(45000))
    bazaar.step(5)
    restored = Engine.restore(bazaar.engine.snapshot())
    market = Market(3, FEW)
    for step in range(5):
        for command in market.step(restored, bazaar.now_ms + STEP_MS * step):
            assert not isinstance(restored.handle(command, bazaar.now_ms).answer, Refusal)
    assert abs(restored.prices(BTC).last / 45000 - 1) < D("0.01")


@pytest.mark.parametrize("price", ["NaN", "0", "-5", "1e400", "0.5"])
def test_an_impossible_price_cannot_be_set(price: str) -> None:
    with pytest.raises(ValueError, match="cannot trade"):
        Market(1, FEW).set_price(BTC, D(price))


def test_a_price_between_ticks_is_rounded() -> None:
    bazaar = Bazaar()
    bazaar.market.set_price(BTC, D("61000.04"))
    bazaar.step(2)
    assert bazaar.engine.prices(BTC).index != 60000
    assert any(trade.price == 61000 for trade in bazaar.engine.public_trades(BTC))
