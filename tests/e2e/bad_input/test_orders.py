"""Orders that cannot be: each refused with a code, a field and a sentence, and nothing sent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.agreement import journaled
from tests.e2e.bad_input.conftest import is_problem
from tests.e2e.desk_client import BTC, DeskClient
from tests.e2e.desk_process import DeskProcess

LIMIT = {"symbol": BTC, "side": "buy", "type": "limit", "amount": "0.01", "price": "50000"}
MARKET = {"symbol": BTC, "side": "buy", "type": "market", "amount": "0.01"}
NO_NUMBERS = [
    "NaN",
    "nan",
    "Infinity",
    "-Infinity",
    "1e400",
    "1e2",
    "1_000",
    " 1 ",
    "1\n",
    "-1",
    "+1",
    "0",
    "",
    "9" * 300,
    "0." + "0" * 300 + "1",
    "١٢",
    "1,5",
    "1.",
    ".5",
    "01",
    "0x10",
    "--1",
    "1/2",
    "\x00",
]
NO_TEXTS: list[Any] = [0.01, 1, True, None, [], {}, ["0.01"]]

# what is changed in the order; then status, code and field
MALFORMED = [
    ({"symbol": 7}, "malformed", "symbol"),
    ({"side": "long"}, "malformed", "side"),
    ({"side": None}, "malformed", "side"),
    ({"type": "stop"}, "malformed", "type"),
    ({"time_in_force": "GTD"}, "malformed", "time_in_force"),
    ({"trigger_by": "hope"}, "malformed", "trigger_by"),
    ({"post_only": "yes"}, "malformed", "post_only"),
    ({"reduce_only": 1}, "malformed", "reduce_only"),
    ({"position_side": "both"}, "malformed", "position_side"),
    ({"leverage": "5"}, "unknown_field", "leverage"),
    ({"client_order_id": "mine"}, "unknown_field", "client_order_id"),
    ({"__class__": "x"}, "unknown_field", "__class__"),
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
    ({"price": None}, "missing", "price"),
    ({"type": "market"}, "malformed", "price"),
    ({"post_only": True, "time_in_force": "IOC"}, "malformed", "time_in_force"),
    ({"position_side": "long"}, "not_supported", "position_side"),
    ({"trigger_by": "mark"}, "missing", "trigger_price"),
    ({"trigger_price": "59999.99", "trigger_by": "mark"}, "price_off_tick", "trigger_price"),
    ({"take_profit": "49000"}, "trigger_on_wrong_side", "take_profit"),
    ({"stop_loss": "51000"}, "trigger_on_wrong_side", "stop_loss"),
    ({"stop_loss": "49000.01"}, "price_off_tick", "stop_loss"),
    ({"reduce_only": True, "take_profit": "55000"}, "malformed", "take_profit"),
    ({"price": "75000"}, "price_collar", "price"),
]


@pytest.mark.parametrize("path", ["/api/orders", "/api/orders/preview"])
@pytest.mark.parametrize("field", ["amount", "price", "trigger_price", "take_profit", "stop_loss"])
async def test_what_is_no_number(desk: DeskClient, path: str, field: str) -> None:
    for text in NO_NUMBERS:
        body = LIMIT | {"account": desk.account, field: text}
        is_problem(await desk.call("POST", path, body), 400, "malformed", field)
    for value in NO_TEXTS:
        if value is None and field != "amount":
            continue  # may be left out
        body = LIMIT | {"account": desk.account, field: value}
        is_problem(await desk.call("POST", path, body), 400, "malformed", field)


@pytest.mark.parametrize("path", ["/api/orders", "/api/orders/preview"])
async def test_what_is_not_shaped_as_an_order(desk: DeskClient, path: str) -> None:
    for change, code, field in MALFORMED:
        is_problem(await desk.call("POST", path, LIMIT | {"account": desk.account} | change), 400, code, field)
    whole = LIMIT | {"account": desk.account}
    for field in ("account", "symbol", "side", "type", "amount"):
        lacking = {name: value for name, value in whole.items() if name != field}
        is_problem(await desk.call("POST", path, lacking), 400, "missing", field)


@pytest.mark.parametrize("path", ["/api/orders", "/api/orders/preview"])
async def test_what_there_is_not(desk: DeskClient, path: str) -> None:
    whole = LIMIT | {"account": desk.account}
    for symbol in ("BTC/USDT", "BTCUSDT", "NOPE/USDT:USDT", "", "x" * 10_000, "BTC/USDT:USDT ", "\u0000", "'; --"):
        is_problem(await desk.call("POST", path, whole | {"symbol": symbol}), 404, "unknown_symbol", "symbol")
    for account in ("nobody", "", "../sim", desk.account.upper()):
        is_problem(await desk.call("POST", path, whole | {"account": account}), 404, "unknown_account", "account")


async def test_what_the_desk_denies(desk: DeskClient, desk_process: DeskProcess) -> None:
    """Our no is an order that ended as denied, remembered under its key; nothing was sent."""
    for change, code, field in DENIED:
        body = LIMIT | {"account": desk.account} | change
        answer = await desk.call("POST", "/api/orders", body, key=f"no {change}")
        is_problem(answer, 422, code, field) if code not in ("missing", "malformed") else is_problem(
            answer, 400, code, field
        )
        assert answer.order["status"] == "denied"
        again = await desk.call("POST", "/api/orders", body, key=f"no {change}")
        assert (again.status, again.order["order_id"]) == (answer.status, answer.order["order_id"])
        assert (await desk.order(answer.order["order_id"]))["refusal"]["code"] == code
        preview = await desk.call("POST", "/api/orders/preview", body)
        assert (preview.status, preview.body["denial"]["code"]) == (200, code)
    intents = journaled(desk_process.settings.journal_path, "order_intents")
    assert sum(1 for each in intents if each.account == desk.account) == len(DENIED)


async def test_market_orders_that_cannot_be(desk: DeskClient) -> None:
    for change, code, field in [
        ({"amount": "501"}, "amount_too_large", "amount"),
        ({"post_only": True}, "malformed", "post_only"),
        ({"amount": "0.00001"}, "amount_too_small", "amount"),
    ]:
        answer = await desk.call("POST", "/api/orders", MARKET | {"account": desk.account} | change)
        is_problem(answer, 422 if code != "malformed" else 400, code, field)


async def test_off_the_grid_only_when_the_user_agreed(desk: DeskClient) -> None:
    body = LIMIT | {"account": desk.account, "amount": "0.0105", "price": "50000.05"}
    preview = await desk.call("POST", "/api/orders/preview", body | {"quantise": True})
    assert (preview.status, preview.body["denial"]) == (200, None)
    assert (preview.body["amount"], preview.body["price"]) == ("0.01", "50000")
