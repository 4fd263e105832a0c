"""Requests that make no sense, or come from those who may not: turned away with a reason, and nothing done."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.e2e.bad_input.calls import CALLS
from tests.e2e.bad_input.conftest import Ground
from tests.e2e.bad_input.refusing import ask, refused
from tests.e2e.desk_client import BTC, DeskClient

ORDER = {"symbol": BTC, "side": "buy", "type": "limit", "amount": "0.01", "price": "50000"}


def signed(desk: DeskClient, **more: str) -> dict[str, Any]:
    return {"Authorization": f"Bearer {desk.token}"} | more


async def test_idempotency_keys_that_are_none(desk: DeskClient) -> None:
    for key in (b"", b"x" * 256, b"\xe9", b"a\tb"):
        headers = signed(desk) | {"Idempotency-Key": key}
        answer = await ask(
            desk,
            "POST",
            "/api/orders",
            headers,
            b'{"account":"%b",' % desk.account.encode()
            + b'"symbol":"BTC/USDT:USDT","side":"buy","type":"market","amount":"1"}',
        )
        refused(answer, 400, "malformed", "Idempotency-Key")
        answer = await ask(desk, "DELETE", f"/api/orders?account={desk.account}", headers)
        refused(answer, 400, "malformed", "Idempotency-Key")


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/api/orders", {"limit": "0"}, "limit"),
        ("/api/orders", {"limit": "501"}, "limit"),
        ("/api/orders", {"limit": "many"}, "limit"),
        ("/api/orders", {"limit": "1e3"}, "limit"),
        ("/api/orders", {"since": "-1"}, "since"),
        ("/api/orders", {"since": "yesterday"}, "since"),
        ("/api/orders", {"since": "9" * 30}, "since"),
        ("/api/orders", {"status": "happy"}, "status"),
        ("/api/orders", {"page": "!"}, "page"),
        ("/api/orders", {"page": "AAAA"}, "page"),
        ("/api/orders", {"page": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5Ong"}, "page"),
        ("/api/fills", {"limit": "-5"}, "limit"),
        ("/api/fills", {"since": "9" * 30}, "since"),
        ("/api/fills", {"page": "x" * 3_000}, "page"),
        ("/api/candles", {"symbol": BTC, "interval": "7m"}, "interval"),
        ("/api/candles", {"symbol": BTC, "limit": "0"}, "limit"),
        ("/api/candles", {"symbol": BTC, "since": "9" * 30}, "since"),
        ("/api/candles", {}, "symbol"),
        ("/api/instruments", {"account": ""}, "account"),
        ("/api/balances", {"account": "nobody"}, "account"),
        ("/api/limits", {"account": "nobody"}, "account"),
    ],
)
async def test_queries_that_ask_nothing(desk: DeskClient, path: str, query: dict[str, str], field: str) -> None:
    answer = await desk.call("GET", path, **({"account": desk.account} | query))
    assert answer.status in (400, 404), answer
    refused(answer, answer.status, answer.body["code"], field)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "field"),
    [
        ("GET", "/api/nothing", None, 404, "no_such_path", None),
        ("POST", "/api/positions", {}, 405, "wrong_method", None),
        ("GET", "/api/orders/nothing", None, 404, "unknown_order", "order_id"),
        ("GET", "/api/orders/%00", None, 404, "unknown_order", "order_id"),
        ("PATCH", "/api/orders/nothing", {"price": "1"}, 404, "unknown_order", "order_id"),
        ("PATCH", "/api/orders/nothing", {}, 400, "missing", None),
        ("PATCH", "/api/orders/nothing", {"price": "1e3"}, 400, "malformed", "price"),
        ("PATCH", "/api/orders/nothing", {"side": "sell"}, 400, "unknown_field", "side"),
        ("DELETE", "/api/orders/nothing", None, 404, "unknown_order", "order_id"),
        ("DELETE", "/api/orders?account=nobody", None, 404, "unknown_account", "account"),
        ("DELETE", "/api/orders", None, 400, "missing", "account"),
        ("DELETE", "/api/orders?account=solid&symbl=X", None, 400, "unknown_field", "symbl"),
        ("GET", "/api/orders?acount=solid", None, 400, "unknown_field", "acount"),
        ("GET", "/api/orders?account=nobody", None, 404, "unknown_account", "account"),
        ("GET", "/api/fills?account=nobody", None, 404, "unknown_account", "account"),
        ("GET", "/api/positions?account=nobody", None, 404, "unknown_account", "account"),
        ("DELETE", "/api/tokens/nobody", None, 404, "unknown_token", "name"),
        ("DELETE", "/api/accounts/nobody", None, 404, "unknown_account", "account"),
        ("POST", "/api/accounts/nobody/check", None, 404, "unknown_account", "account"),
        ("POST", "/api/tokens", {"name": "a/b", "scope": "read"}, 400, "malformed", "name"),
        ("POST", "/api/tokens", {"name": "reader", "scope": "read"}, 409, "key_reused", "name"),
        ("PUT", "/api/leverage", {"symbol": BTC, "leverage": "0"}, 400, "malformed", "leverage"),
        ("PUT", "/api/leverage", {"symbol": BTC, "leverage": 5}, 400, "malformed", "leverage"),
        ("PUT", "/api/leverage", {"symbol": BTC, "leverage": "0.5"}, 422, "leverage_out_of_range", "leverage"),
        ("PUT", "/api/leverage", {"symbol": "X", "leverage": "5"}, 404, "unknown_symbol", "symbol"),
        ("PUT", "/api/limits", {"open_orders": -1}, 400, "malformed", "open_orders"),
        ("PUT", "/api/limits", {"open_orders": "5"}, 400, "malformed", "open_orders"),
        ("PUT", "/api/limits", {"open_orders": 10**30}, 400, "malformed", "open_orders"),
        ("PUT", "/api/limits", {"order_notional": "-1"}, 400, "malformed", "order_notional"),
        ("PUT", "/api/limits", {"order_notional": 100}, 400, "malformed", "order_notional"),
        ("PUT", "/api/limits", {"mark_max_age_ms": 1}, 400, "malformed", "mark_max_age_ms"),
        ("PUT", "/api/limits", {"speed": "1"}, 400, "unknown_field", "speed"),
        ("PUT", "/api/trading-state", {"state": "off"}, 400, "malformed", "state"),
        ("POST", "/api/flatten", {"symbol": "X"}, 404, "unknown_symbol", "symbol"),
        ("POST", "/api/positions/close", {"symbol": BTC}, 404, "unknown_position", "symbol"),
        ("POST", "/api/positions/close", {"symbol": BTC, "amount": "NaN"}, 400, "malformed", "amount"),
        ("POST", "/api/positions/close", {"symbol": BTC, "side": "up"}, 400, "malformed", "side"),
        ("PUT", "/api/positions/protection", {"symbol": BTC}, 400, "missing", None),
        ("PUT", "/api/positions/protection", {"symbol": BTC, "stop_loss": "5"}, 404, "unknown_position", "symbol"),
        ("PUT", "/api/positions/protection", {"symbol": BTC, "stop_loss": "-5"}, 400, "malformed", "stop_loss"),
    ],
)
async def test_commands_that_cannot_be(
    desk: DeskClient, method: str, path: str, body: dict[str, Any] | None, status: int, code: str, field: str | None
) -> None:
    if body is not None and method != "PATCH" and path != "/api/tokens":
        body = {"account": desk.account} | body
    refused(await desk.call(method, path, body), status, code, field)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"name": "../x"}, "malformed", "name"),
        ({"name": ""}, "malformed", "name"),
        ({"environment": "moon"}, "malformed", "environment"),
        ({"urls": {"rest": "javascript:alert(1)"}}, "malformed", "urls"),
        ({"urls": {"ftp": "http://x"}}, "malformed", "urls"),
        ({"urls": {"rest": "http://", "ws": "ws://x"}}, "malformed", "urls"),
        ({"urls": {"rest": "http://canarykey:canarysecret@x", "ws": "ws://x"}}, "malformed", "urls"),
        ({"urls": {"rest": "http://x"}}, "missing", "urls"),
        ({"environment": "live", "exchange": "../bybit"}, "not_supported", "exchange"),
        ({"credentials": {"apiKey": "canarykey2", "secret": ""}}, "missing", "credentials"),
        ({"credentials": {"apiKey": 7}}, "malformed", "credentials"),
        ({"credentials": "canarykey"}, "malformed", "credentials"),
        ({"credentials": {}}, "missing", "credentials"),
        ({"exchange": "mtgox"}, "not_supported", "exchange"),
        ({"options": {"maxRetriesOnFailure": "3"}}, "not_supported", "options"),
    ],
)
async def test_accounts_that_cannot_be(desk: DeskClient, change: dict[str, Any], code: str, field: str) -> None:
    answer = await desk.call("POST", "/api/accounts", CALLS["add_account"].terms | change)
    refused(answer, 422 if code == "not_supported" else 400, code, field)
    assert "canary" not in str(answer.body)
    assert "'new'" not in str((await desk.call("GET", "/api/accounts")).body)


async def test_an_account_is_added_once_and_never_tells_its_secrets(desk: DeskClient) -> None:
    body = CALLS["add_account"].terms | {"name": desk.account}
    refused(await desk.call("POST", "/api/accounts", body), 409, "key_reused", "name")
    for path in ("/api/accounts", "/api/health", f"/api/limits?account={desk.account}"):
        assert "canary" not in str((await desk.call("GET", path)).body)


# who may


async def test_tokens_that_are_none(desk: DeskClient, ground: Ground) -> None:
    for header in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {desk.token} {desk.token}"},
        {"Authorization": b"Bearer \xff\xfe"},
        {"Authorization": f"Bearer {ground.revoked_token}"},
        {"Authorization": "Basic x"},
        {"Authorization": f"Bearer {desk.token}x"},
        {"Authorization": "Bearer " + "x" * 5_000},
    ):
        for method, path in (
            ("GET", "/api/orders"),
            ("POST", "/api/orders"),
            ("DELETE", "/api/orders/x"),
            ("GET", "/api/tokens"),
            ("GET", "/api/nothing"),
        ):
            refused(await ask(desk, method, path, header), 401, "not_signed_in", "Authorization")
    refused(await ask(desk, "GET", f"/api/orders?token={desk.token}", {}), 401, "not_signed_in", "Authorization")
    assert (await ask(desk, "GET", "/api/health", {})).body.keys() == {"state", "version"}


async def test_a_token_may_only_what_it_may(desk: DeskClient) -> None:
    made = {
        scope: (await desk.call("POST", "/api/tokens", {"name": f"t-{scope}", "scope": scope})).body
        for scope in ("read", "trade")
    }
    reader = DeskClient(desk.url, made["read"]["token"], desk.account)
    trader = DeskClient(desk.url, made["trade"]["token"], desk.account)
    async with reader, trader:
        assert (await reader.call("GET", "/api/orders")).status == 200
        order = ORDER | {"account": desk.account}
        for method, path, body in (
            ("POST", "/api/orders", order),
            ("POST", "/api/orders/preview", order),
            ("PATCH", "/api/orders/x", {"price": "1"}),
            ("DELETE", "/api/orders/x", None),
            ("POST", "/api/flatten", {"account": desk.account}),
            ("PUT", "/api/trading-state", {"account": desk.account, "state": "halted"}),
            ("POST", "/api/tokens", {"name": "more", "scope": "trade"}),
        ):
            answer = await reader.call(method, path, body)
            if path.endswith("preview") and answer.status == 200:
                continue
            refused(answer, 403, "read_only", "Authorization")
        for method, path, body in (
            ("GET", "/api/tokens", None),
            ("POST", "/api/tokens", {"name": "more", "scope": "trade"}),
            ("DELETE", "/api/tokens/t-read", None),
            ("POST", "/api/accounts", {"name": "x", "exchange": "bybit", "environment": "live", "credentials": {}}),
            ("DELETE", f"/api/accounts/{desk.account}", None),
        ):
            refused(await trader.call(method, path, body), 403, "owner_only", "Authorization")
        assert (await desk.call("DELETE", "/api/tokens/t-trade")).status == 200
        refused(await trader.call("POST", "/api/orders", order), 401, "not_signed_in", "Authorization")
    listed = (await desk.call("GET", "/api/tokens")).body
    assert all(each.get("token") is None for each in listed)


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8040", "", "[::2]"])
async def test_a_foreign_host(desk: DeskClient, host: str) -> None:
    answer = await ask(desk, "GET", "/api/health", signed(desk, Host=host))
    refused(answer, 421, "wrong_host", "Host")


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://localhost", "http://localhost:1", "file://", "http://[x", ""]
)
async def test_a_foreign_origin(desk: DeskClient, origin: str) -> None:
    answer = await ask(desk, "POST", "/api/orders", signed(desk, Origin=origin), b"{}")
    refused(answer, 403, "wrong_origin", "Origin")


async def test_a_client_that_leaves_in_the_middle_of_its_body_has_ordered_nothing(desk: DeskClient) -> None:
    """Its body is whole JSON by then, only shorter than announced."""
    before = len(await desk.orders())
    host = desk.url.removeprefix("http://")
    body = b'{"account":"%b","symbol":"BTC/USDT:USDT","side":"buy","type":"limit","amount":"0.01","price":"50000"}'
    body %= desk.account.encode()
    for announced in (len(body) + 10, len(body) + 100_000):
        reader, writer = await asyncio.open_connection(*host.split(":"))
        head = f"POST /api/orders HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {desk.token}\r\n"
        writer.write(head.encode() + f"Content-Length: {announced}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        assert await reader.read() == b""
    assert len(await desk.orders()) == before
