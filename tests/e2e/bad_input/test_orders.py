"""Orders that cannot be: each refused with a code, a field and a sentence, and nothing sent."""

from __future__ import annotations

import pytest

from hedgerow.core.records import OrderIntended
from tests.e2e.agreement import journaled
from tests.e2e.bad_input.refusing import refused
from tests.e2e.desk_client import BTC, DeskClient
from tests.e2e.desk_process import DeskProcess

LIMIT = {"symbol": BTC, "side": "buy", "type": "limit", "amount": "0.01", "price": "50000"}

# what is changed in the order; then status, code and field
MALFORMED = [
    ({"price": None}, "missing", "price"),
    ({"type": "market"}, "malformed", "price"),
    ({"type": "market", "price": None, "post_only": True}, "malformed", "post_only"),
    ({"post_only": True, "time_in_force": "IOC"}, "malformed", "time_in_force"),
    ({"time_in_force": "GTD"}, "malformed", "time_in_force"),
    ({"position_side": "both"}, "malformed", "position_side"),
    ({"trigger_by": "mark"}, "missing", "trigger_price"),
    ({"reduce_only": True, "take_profit": "55000"}, "malformed", "take_profit"),
    ({"leverage": "5"}, "unknown_field", "leverage"),
    ({"client_order_id": "mine"}, "unknown_field", "client_order_id"),
]
DENIED = [
    ({"amount": "0.0001"}, "amount_too_small", "amount"),
    ({"amount": "0.0105"}, "amount_off_step", "amount"),
    ({"amount": "1191"}, "amount_too_large", "amount"),
    ({"amount": "1" + "0" * 39}, "amount_too_large", "amount"),
    ({"price": "50000.05"}, "price_off_tick", "price"),
    ({"price": "2000000"}, "price_out_of_range", "price"),
    ({"price": "61000", "side": "sell", "amount": "0.00" + "1" * 30}, "amount_off_step", "amount"),
    ({"price": "4000", "amount": "0.001"}, "notional_too_small", "amount"),
    ({"position_side": "long"}, "not_supported", "position_side"),
    ({"trigger_price": "59999.99", "trigger_by": "mark"}, "price_off_tick", "trigger_price"),
    ({"take_profit": "49000"}, "trigger_on_wrong_side", "take_profit"),
    ({"stop_loss": "51000"}, "trigger_on_wrong_side", "stop_loss"),
    ({"stop_loss": "49000.01"}, "price_off_tick", "stop_loss"),
    ({"price": "75000"}, "price_collar", "price"),
    ({"type": "market", "price": None, "amount": "501"}, "amount_too_large", "amount"),
    ({"type": "market", "price": None, "amount": "0.00001"}, "amount_too_small", "amount"),
]


@pytest.mark.parametrize("path", ["/api/orders", "/api/orders/preview"])
async def test_fields_that_do_not_go_together(desk: DeskClient, path: str) -> None:
    """What cannot be meant is no order at all, not even a denied one."""
    before = len(await desk.orders())
    for change, code, field in MALFORMED:
        refused(await desk.call("POST", path, LIMIT | {"account": desk.account} | change), 400, code, field)
    assert len(await desk.orders()) == before


@pytest.mark.parametrize("path", ["/api/orders", "/api/orders/preview"])
async def test_what_there_is_not(desk: DeskClient, path: str) -> None:
    whole = LIMIT | {"account": desk.account}
    for symbol in ("BTC/USDT", "BTCUSDT", "NOPE/USDT:USDT", "", "x" * 10_000, "BTC/USDT:USDT ", "\u0000", "'; --"):
        refused(await desk.call("POST", path, whole | {"symbol": symbol}), 404, "unknown_symbol", "symbol")
    for account in ("nobody", "", "../sim", desk.account.upper()):
        refused(await desk.call("POST", path, whole | {"account": account}), 404, "unknown_account", "account")


async def test_what_the_desk_denies(desk: DeskClient, desk_process: DeskProcess) -> None:
    """Our no is an order that ended as denied, remembered under its key; nothing was sent."""
    for number, (change, code, field) in enumerate(DENIED):
        body = LIMIT | {"account": desk.account} | change
        answer = await desk.call("POST", "/api/orders", body, key=f"no {number}")
        refused(answer, 422, code, field)
        assert answer.order["status"] == "denied"
        again = await desk.call("POST", "/api/orders", body, key=f"no {number}")
        assert (again.status, again.order["order_id"]) == (answer.status, answer.order["order_id"])
        assert (await desk.order(answer.order["order_id"]))["refusal"]["code"] == code
        preview = await desk.call("POST", "/api/orders/preview", body)
        assert (preview.status, preview.body["denial"]["code"]) == (200, code)
    intents = [each.body for each in journaled(desk_process.settings.journal_path, "order_intents")]
    keys = [each.idempotency_key for each in intents if isinstance(each, OrderIntended)]
    assert sorted(key for key in keys if key and key.startswith("no ")) == sorted(f"no {n}" for n in range(len(DENIED)))


async def test_off_the_grid_only_when_the_user_agreed(desk: DeskClient) -> None:
    body = LIMIT | {"account": desk.account, "amount": "0.0105", "price": "50000.05"}
    preview = await desk.call("POST", "/api/orders/preview", body | {"quantise": True})
    assert (preview.status, preview.body["denial"]) == (200, None)
    assert (preview.body["amount"], preview.body["price"]) == ("0.01", "50000")


async def test_a_key_is_for_one_request(desk: DeskClient) -> None:
    other = await desk.place("buy", "0.02", "50000", key="used-before")
    refused(other, 409, "key_reused", "Idempotency-Key")
    same = await desk.place("buy", "0.01", "50000", key="used-before")
    assert (same.status, same.order["status"]) == (201, "open")
