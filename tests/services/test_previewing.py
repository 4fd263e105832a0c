"""What a ticket is shown before it is sent: margin as the exchange counts it, and never late."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hedgerow.core.risk_tiers import MarginTerms
from tests.services.asking import order
from tests.services.desk import Desk, Manager
from tests.services.scripted_exchange import ETH, SYMBOL, ScriptedExchange
from tests.services.virtual_clock import VirtualClock


async def shown(manager: Manager, **more: Any) -> Any:
    answer = await manager.browser.call("POST", "/api/orders/preview", order("2", **more))
    assert answer.status == 200
    return answer.body


async def test_it_shows_margin_and_liquidation_of_what_would_be_held(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    await clock.advance(1)
    manager = await desk.manager()
    seen = await shown(manager)
    assert (seen["leverage"], seen["margin_mode"], seen["available"]) == ("10", "cross", "100000")
    assert seen["initial_margin"] == "12000"
    alone = Decimal(seen["liquidation_price"])
    assert 10_000 < alone < 10_120
    exchange.fill(exchange.place(symbol=ETH, amount=Decimal(3), price=Decimal(50_000)), "3")
    await clock.advance(1)
    await shown(manager)
    exchange.tick("45000", ETH)
    beside = Decimal((await shown(manager))["liquidation_price"])
    assert 7_500 < beside - alone < 7_600, "15,000 lost elsewhere"


async def test_it_never_waits_long_for_the_exchange(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    await clock.advance(1)
    manager = await desk.manager()
    exchange.read_s["margin_terms"] = 4.0
    began_ms = clock.now_ms()
    seen = await shown(manager)
    assert clock.now_ms() - began_ms <= 1_000
    assert (seen["liquidation_price"], seen["leverage"], seen["notional"]) == (None, None, "120000")
    await clock.advance(4)
    assert (await shown(manager))["liquidation_price"] is not None
    assert exchange.reads["margin_terms"] == 1
    await clock.advance(61)
    began_ms = clock.now_ms()
    assert (await shown(manager))["leverage"] == "10", "old news until there is newer"
    assert clock.now_ms() == began_ms
    assert exchange.reads["margin_terms"] == 2


async def test_what_the_exchange_does_not_tell_is_left_open_and_asked_again_later(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    await desk.following()
    await clock.advance(1)
    manager = await desk.manager()
    exchange.fail("margin_terms")
    for _ in range(3):
        assert (await shown(manager))["liquidation_price"] is None
    assert exchange.reads["margin_terms"] == 1
    await clock.advance(6)
    assert (await shown(manager))["liquidation_price"] is not None


async def test_a_leverage_that_was_set_here_counts_at_once(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    manager = await desk.manager()
    assert (await shown(manager))["initial_margin"] == "12000"
    exchange.margin_terms = MarginTerms(leverage=Decimal(5), margin_mode="cross", tiers=())
    body = {"account": "sim", "symbol": SYMBOL, "leverage": "5"}
    assert (await manager.browser.call("PUT", "/api/leverage", body)).status == 200
    assert (await shown(manager))["initial_margin"] == "24000"
