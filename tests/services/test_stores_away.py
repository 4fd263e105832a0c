"""What clients hear while the vault or history does not answer: a clear no, and never a fault of the desk."""

from __future__ import annotations

from hedgerow.vault import Scope
from tests.services.asking import order
from tests.services.desk import Desk
from tests.services.scripted_exchange import ScriptedExchange
from tests.services.virtual_clock import VirtualClock


async def test_nobody_is_signed_in_without_the_vault(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    manager = await desk.manager()
    _, token = await desk.vault.create_token("bot", Scope.TRADE, 0)
    await desk.vault.close()
    for method, path, body in (("POST", "/api/orders", order()), ("GET", "/api/orders", None)):
        answer = await manager.browser.call(method, path, body, token=token.reveal())
        assert (answer.status, answer.body["code"]) == (503, "vault_down")
    assert not exchange.arrived
    health = await manager.browser.call("GET", "/api/health", token=token.reveal())
    assert health.status == 200
    assert "parts" not in health.body, "as a stranger sees it"


async def test_a_command_whose_key_cannot_be_looked_up_is_refused(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    """It was used before, as far as anybody knows: only history can tell for what."""
    resolver, first = await desk.following(), await desk.manager()
    placed = await clock.run(first.browser.call("POST", "/api/orders", order(), key="again"))
    exchange.end(exchange.by_client(placed.body["client_order_id"]))
    await clock.advance(5)
    for process in (first, resolver):
        await process.kill()
    manager = await desk.manager()
    await clock.advance(5)
    await desk.history.close()
    arrived = dict(exchange.arrived)
    answer = await manager.browser.call("POST", "/api/orders", order(), key="again")
    assert (answer.status, answer.body["code"]) == (503, "history_down")
    assert exchange.arrived == arrived


async def test_an_order_under_a_new_key_goes_out_without_history(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    manager = await desk.manager()
    await clock.advance(5)
    await desk.history.close()
    answer = await clock.run(manager.browser.call("POST", "/api/orders", order(), key="new"))
    assert answer.status == 201, answer.body
