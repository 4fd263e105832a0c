"""Numbers that are none, in every field of every command that takes one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.bad_input.calls import CALLS
from tests.e2e.bad_input.conftest import Ground
from tests.e2e.bad_input.refusing import refused
from tests.e2e.desk_client import DeskClient

NOT_NUMBERS = [
    *("NaN", "nan", "Infinity", "-Infinity", "1e400", "1e3", "1E-2", "1_000", " 1 ", "1 ", "\t1", "", "-", "+1", ".5"),
    *("1.", "01", "1,5", "0x10", "٣", "１", "1\x00", "1\n", "−1", "9" * 300, "0." + "0" * 300 + "1"),
]
POSITIVE = [
    *(("place", field) for field in ("amount", "price", "trigger_price", "take_profit", "stop_loss")),
    *(("preview", field) for field in ("amount", "price", "trigger_price", "take_profit", "stop_loss")),
    *(("amend", field) for field in ("amount", "price", "trigger_price")),
    *(("close", field) for field in ("amount", "price")),
    ("leverage", "leverage"),
]
ZERO_TOO = [
    *(("amend", field) for field in ("take_profit", "stop_loss")),
    *(("protect", field) for field in ("take_profit", "stop_loss")),
    *(("limits", field) for field in ("price_collar", "order_notional", "position_notional", "leverage")),
]


@pytest.mark.parametrize(("call", "field"), [*POSITIVE, *ZERO_TOO], ids=lambda part: str(part))
async def test_what_is_no_number_is_refused(desk: DeskClient, ground: Ground, call: str, field: str) -> None:
    for text in [*NOT_NUMBERS, "-1", *(("0", "0.00") if (call, field) in POSITIVE else ())]:
        refused(await _with(desk, ground, call, field, text), 400, "malformed", field)


@pytest.mark.parametrize(("call", "field"), [*POSITIVE, *ZERO_TOO], ids=lambda part: str(part))
async def test_numbers_come_as_text(desk: DeskClient, ground: Ground, call: str, field: str) -> None:
    for value in (1, 0.01, -1, 1e300, True, [], ["1"], {}, {"1": "1"}):
        refused(await _with(desk, ground, call, field, value), 400, "malformed", field)


@pytest.mark.parametrize("value", [-1, 1.5, "3", True, 10**30, 1e300, [], "many"])
async def test_open_orders_is_a_count(desk: DeskClient, ground: Ground, value: object) -> None:
    refused(await _with(desk, ground, "limits", "open_orders", value), 400, "malformed", "open_orders")


@pytest.mark.parametrize("value", [None, -1, 0, 99, 3_600_001, 10**30, 1.5, "5000", False])
async def test_the_age_of_a_mark_is_bounded(desk: DeskClient, ground: Ground, value: object) -> None:
    refused(await _with(desk, ground, "limits", "mark_max_age_ms", value), 400, "malformed", "mark_max_age_ms")


async def _with(desk: DeskClient, ground: Ground, name: str, field: str, value: object) -> Any:
    call = CALLS[name]
    return await desk.call(call.method, call.at(ground.order_id), call.body(ground.account.name) | {field: value})
