"""What is refused at the door, with Bybit's codes: https://bybit-exchange.github.io/docs/v5/error."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hedgerow.simulator.messages import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    Command,
    OpenAccount,
    OrderType,
    PlaceOrder,
    SetIndex,
    SetLeverage,
    SetTradingStop,
)
from tests.simulator.floor import BTC, BUY, Floor

D = Decimal


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"account": "nobody"}, 10003),
        ({"symbol": "NOPEUSDT"}, 10001),
        ({"qty": D(0)}, 10001),
        ({"qty": D(-1)}, 10001),
        ({"qty": D("NaN")}, 10001),
        ({"qty": D("sNaN")}, 10001),
        ({"qty": D("Infinity")}, 10001),
        ({"qty": D("1e400")}, 10001),
        ({"qty": D("1e-400")}, 10001),
        ({"qty": D("0.0005")}, 10001),
        ({"qty": D("0.0015")}, 10001),
        ({"qty": D("1190.001")}, 10001),
        ({"price": None}, 10001),
        ({"price": D("NaN")}, 10001),
        ({"price": D("-60000")}, 10001),
        ({"price": D("59999.95")}, 10001),
        ({"price": D("1e400")}, 110003),
        ({"price": D("0.05")}, 110003),
        ({"price": D("66000.1")}, 110003),
        ({"qty": D("0.001"), "price": D("4999.9")}, 110094),
        ({"qty": D("20")}, 110007),
        ({"position_idx": 1}, 10001),
        ({"order_link_id": "x" * 37}, 10001),
        ({"order_type": OrderType.MARKET, "qty": D("500.001")}, 10001),
        ({"trigger_price": D("61000.05"), "trigger_direction": 1}, 10001),
        ({"trigger_price": D("NaN"), "trigger_direction": 1}, 10001),
        ({"trigger_price": D("61000"), "trigger_direction": 3}, 10001),
        ({"take_profit": D("NaN")}, 10001),
        ({"take_profit": D("1e400")}, 10001),
        ({"stop_loss": D("-5")}, 10001),
    ],
)
def test_an_order_that_is_not_let_in(change: dict[str, Any], code: int) -> None:
    floor = Floor()
    order: dict[str, Any] = {
        "account": "ann",
        "symbol": BTC,
        "side": BUY,
        "order_type": OrderType.LIMIT,
        "qty": D(1),
        "price": D(60000),
    }
    floor.do(PlaceOrder(**{**order, **change}))
    assert floor.refused == code
    assert floor.engine.open_orders("ann") == []
    floor.do(PlaceOrder(**order))
    assert floor.engine.open_orders("ann")


def test_the_notional_minimum_is_of_opening_orders() -> None:
    floor = Floor()
    floor.try_place("ann", BUY, "1", "4.5", symbol="XRPUSDT")
    assert floor.refused == 110003
    floor.try_place("ann", BUY, "9", "0.55", symbol="XRPUSDT")
    assert floor.refused == 110094
    floor.place("ann", BUY, "9.1", "0.55", symbol="XRPUSDT")


def test_a_link_id_is_unique_even_after_the_order_ended() -> None:
    floor = Floor()
    order_id = floor.place("ann", BUY, "1", "59000", order_link_id="mine")
    floor.cancel("ann", order_id)
    floor.try_place("ann", BUY, "1", "59000", order_link_id="mine")
    assert floor.refused == 110072
    floor.place("bob", BUY, "1", "59000", order_link_id="mine")


def test_five_hundred_orders_for_each_symbol() -> None:
    floor = Floor()
    for _ in range(500):
        floor.place("ann", BUY, "0.001", "59000")
    floor.try_place("ann", BUY, "0.001", "59000")
    assert floor.refused == 110020


@pytest.mark.parametrize(
    "command",
    [
        AmendOrder("nobody", BTC, "x"),
        CancelOrder("nobody", BTC, "x"),
        CancelAll("nobody"),
        SetTradingStop("nobody", BTC),
        SetLeverage("nobody", BTC, D(5)),
        SetLeverage("ann", "NOPEUSDT", D(5)),
        SetTradingStop("ann", "NOPEUSDT"),
        SetIndex("NOPEUSDT", D(5)),
        SetIndex(BTC, D("NaN")),
        SetIndex(BTC, D("1e400")),
        OpenAccount("ann", D(1)),
    ],
)
def test_other_commands_of_strangers(command: Command) -> None:
    floor = Floor()
    floor.do(command)
    assert floor.refused in {10001, 10003}


def test_reading_of_strangers_is_empty() -> None:
    engine = Floor().engine
    assert not engine.has_account("nobody")
    assert engine.open_orders("nobody") == engine.order_history("nobody") == []
    assert engine.executions("nobody") == engine.positions("nobody") == []
    assert engine.order("nobody", order_id="x") is None
    assert engine.order("ann") is None
