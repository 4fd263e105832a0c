"""A desk killed while it follows: between journal, history and caches, in its first read, and in its recovery."""

from __future__ import annotations

from decimal import Decimal

from tests.e2e.agreement import executions
from tests.e2e.desk_process import keep_in_vault
from tests.e2e.restart.stage import Stage
from tests.e2e.side_by_side import named

PRICE = "50000"  # rests


async def before_the_resolver_appends(stage: Stage) -> None:
    await stage.begin()
    await stage.dies_at("before_orders", stage.desk.place("buy", "0.01", PRICE))
    await stage.again()
    await stage.settles()


async def after_its_appends_before_history_commits(stage: Stage) -> None:
    await stage.begin()
    await stage.dies_at("before_commit_of_orders", stage.desk.place("buy", "0.01", PRICE))
    await stage.again()
    await stage.settles()
    assert [order["status"] for order in stage.orders.state.values()] == ["open"]


async def after_history_before_the_caches(stage: Stage) -> None:
    await stage.begin()
    await stage.dies_at("before_cache", stage.desk.place("buy", "0.01", PRICE))
    await stage.again()
    await stage.settles()


async def filled_by_a_move(stage: Stage, base: str, price: str, lower: str, point: str) -> None:
    """A resting order is filled, and the desk dies on the fill."""
    await stage.begin()
    order = await stage.desk.placed("buy", "10", price, symbol=f"{base}/USDT:USDT")
    await stage.desk.becomes(order["order_id"], "open")
    await stage.process.arm(point)
    stage.exchange.control("POST", "price", symbol=f"{base}USDT", price=lower)
    await stage.process.killed()
    await stage.again()
    await stage.desk.becomes(order["order_id"], "filled")
    await stage.settles()
    assert len(executions(stage.exchange, stage.name)) >= 1


async def before_a_fill_is_journaled(stage: Stage) -> None:
    await filled_by_a_move(stage, "LINK", "14", "13.5", "before_fills")


async def after_a_fill_is_journaled_before_history(stage: Stage) -> None:
    await filled_by_a_move(stage, "AVAX", "28", "27.5", "after_fills")


async def after_a_fill_is_in_history_before_the_caches(stage: Stage) -> None:
    await stage.begin()
    await stage.dies_at("after_commit_of_fills", stage.desk.place("buy", "10", symbol="LTC/USDT:USDT"))
    await stage.again()
    await stage.settles()
    assert [order["status"] for order in stage.orders.state.values()] == ["filled"]


async def during_the_opening_read(stage: Stage) -> None:
    """The account had a past: it is in the opening balance, and no fill of it is ever booked."""
    buy = {"symbol": "SOLUSDT", "side": "Buy", "orderType": "Market", "qty": "10"}
    rest = {"symbol": "SOLUSDT", "side": "Sell", "orderType": "Limit", "qty": "4", "price": "180"}
    for order in (buy, rest):
        stage.exchange.control("POST", "orders", account=stage.name, order=order)
    stage.is_before_the_desk()
    await keep_in_vault(stage.process, stage.account)
    await stage.dies_in_start("after_positions")
    await stage.again()
    position = await stage.desk.holds("10", "SOL/USDT:USDT")
    assert position is not None
    assert (Decimal(position["realised_pnl"]), await stage.desk.fills()) == (0, [])
    sold = await stage.desk.placed("sell", "4", symbol="SOL/USDT:USDT", reduce_only=True)
    await stage.desk.becomes(sold["order_id"], "filled")
    await stage.desk.holds("6", "SOL/USDT:USDT")
    await stage.settles()


async def twice_during_the_recovery(stage: Stage) -> None:
    """A start dies before it has published what the crash left out, the next one before it has folded it."""
    await stage.begin()
    await stage.dies_at("after_order_intended", stage.desk.place("buy", "0.01", PRICE))
    await stage.dies_in_start("before_publish")
    await stage.dies_in_start("before_commit")
    await stage.dies_in_start("before_open_orders")
    await stage.again()
    await stage.settles()
    assert ([order["status"] for order in stage.orders.state.values()], stage.sent) == (["not_placed"], {})


async def while_a_recovery_folds_fills(stage: Stage) -> None:
    """Fills are in the journal, their orders and positions perhaps not, and the start that makes them dies too."""
    await stage.begin()
    await stage.dies_at("after_fills", stage.desk.place("buy", "0.5", symbol="ETH/USDT:USDT"))
    await stage.dies_in_start("before_commit")
    await stage.dies_in_start("after_commit")
    await stage.again()
    await stage.settles()
    assert [order["status"] for order in stage.orders.state.values()] == ["filled"]


async def and_the_world_goes_on_without_it(stage: Stage) -> None:
    """While nobody is there an order is filled, another is placed on the exchange's own page."""
    await stage.begin()
    order = await stage.desk.placed("buy", "10", "5.5", symbol="DOT/USDT:USDT")
    await stage.desk.becomes(order["order_id"], "open")
    await stage.process.kill()
    stage.exchange.control("POST", "price", symbol="DOTUSDT", price="5.4")
    foreign = {"symbol": "DOTUSDT", "side": "Sell", "orderType": "Limit", "qty": "20", "price": "7"}
    stage.exchange.control("POST", "orders", account=stage.name, order=foreign)
    await stage.again()
    await stage.desk.becomes(order["order_id"], "filled")
    await stage.settles()
    (adopted,) = [each for each in stage.orders.state.values() if each["origin"] == "external"]
    assert (adopted["status"], Decimal(adopted["amount"])) == ("open", 20)


DRILLS = named(
    before_the_resolver_appends,
    after_its_appends_before_history_commits,
    after_history_before_the_caches,
    before_a_fill_is_journaled,
    after_a_fill_is_journaled_before_history,
    after_a_fill_is_in_history_before_the_caches,
    during_the_opening_read,
    twice_during_the_recovery,
    while_a_recovery_folds_fills,
    and_the_world_goes_on_without_it,
)
