"""Bodies of the wrong shape: fields that are missing, unknown or of another type, and what is no JSON at all."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest

from tests.e2e.bad_input.calls import CALLS
from tests.e2e.bad_input.conftest import Ground
from tests.e2e.bad_input.refusing import ask, refused
from tests.e2e.desk_client import DeskClient

EVERY = pytest.mark.parametrize("name", CALLS)
WRONG = {
    str: (1, 0.5, True, ["x"], {"x": "x"}),
    bool: ("yes", "true", 1, 0, "1", [], {}),
    int: ("1", 1.5, True, [], {}),
}
NOT_JSON = {
    "nothing": b"",
    "half": b'{"account": "solid"',
    "words": b"buy one bitcoin",
    "two": b"{} {}",
    "comment": b"{} // please",
    "NaN": b'{"amount": NaN}',
    "single quotes": b"{'account': 'solid'}",
    "not UTF-8": b'{"account": "\xff\xfe"}',
    "UTF-16": '{"account": "solid"}'.encode("utf-16"),
    "half a surrogate": b'{"account": "\\ud800"}',
    "a bomb": b"[" * 60_000,
    "a nested bomb": b'{"account": ' * 5_000,
}


@EVERY
async def test_fields_of_another_type(desk: DeskClient, ground: Ground, name: str) -> None:
    call = CALLS[name]
    good = call.body(ground.account.name)
    for field in msgspec.structs.fields(call.schema):
        kind = next((kind for kind in (bool, int) if kind in (field.type, *getattr(field.type, "__args__", ()))), str)
        values = WRONG[kind] if "dict" not in str(field.type) else ("x", 1, ["x"], {"x": 1}, {"x": None})
        for value in values:
            answer = await desk.call(call.method, call.at(ground.order_id), good | {field.name: value})
            refused(answer, 400, "malformed", field.name)


@EVERY
async def test_fields_that_there_are_not(desk: DeskClient, ground: Ground, name: str) -> None:
    call = CALLS[name]
    good = call.body(ground.account.name)
    for field in ("nonsense", "Account", "amount ", "__class__"):
        answer = await desk.call(call.method, call.at(ground.order_id), good | {field: "1"})
        refused(answer, 400, "unknown_field", field)


@EVERY
async def test_fields_that_are_missing(desk: DeskClient, ground: Ground, name: str) -> None:
    call = CALLS[name]
    good = call.body(ground.account.name)
    for field in msgspec.structs.fields(call.schema):
        if field.required:
            less = {key: value for key, value in good.items() if key != field.name}
            answer = await desk.call(call.method, call.at(ground.order_id), less)
            refused(answer, 400, "missing", field.name)


@EVERY
async def test_enumerations_are_closed(desk: DeskClient, ground: Ground, name: str) -> None:
    call = CALLS[name]
    good = call.body(ground.account.name)
    for field in ("side", "type", "trigger_by", "time_in_force", "position_side", "state", "scope"):
        known = {each.name: str(each.type) for each in msgspec.structs.fields(call.schema)}
        for value in ("", "BUY", "hold", "x" * 5_000) if field in known else ():
            answer = await desk.call(call.method, call.at(ground.order_id), good | {field: value})
            refused(answer, 400, "malformed", field)


@EVERY
async def test_what_is_no_json(desk: DeskClient, ground: Ground, name: str) -> None:
    call = CALLS[name]
    for content in NOT_JSON.values():
        answer = await desk.call(call.method, call.at(ground.order_id), content)
        assert answer.body["code"] in ("malformed", "missing", "unknown_field"), answer
        refused(answer, 400, answer.body["code"], answer.body.get("field"))


@EVERY
async def test_json_that_is_no_object(desk: DeskClient, ground: Ground, name: str) -> None:
    call = CALLS[name]
    for content in (b"[]", b"null", b"1", b'"x"', b"true", b"[{}]"):
        refused(await desk.call(call.method, call.at(ground.order_id), content), 400, "malformed")


@EVERY
async def test_a_body_of_ten_megabytes(desk: DeskClient, ground: Ground, name: str) -> None:
    call = CALLS[name]
    body = msgspec.json.encode(call.body(ground.account.name))
    padded = body[:-1] + b" " * 10_000_000 + b"}"
    refused(await desk.call(call.method, call.at(ground.order_id), padded), 413, "too_large")


async def test_a_large_body_without_a_length(desk: DeskClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(160):
            yield b" " * 65_536

    for name in ("place", "preview"):
        answer = await ask(desk, "POST", CALLS[name].path, {"Authorization": f"Bearer {desk.token}"}, pieces())
        refused(answer, 413, "too_large")
