"""The WebSockets: what a client sends that makes no sense, cursors from elsewhere, and those who may not come in."""

from __future__ import annotations

import asyncio
import base64
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from hedgerow.bootstrap.embedded import open_vault
from hedgerow.journal.cursor import from_text, to_text
from tests.e2e.bad_input.conftest import Ground
from tests.e2e.bad_input.refusing import is_problem, refused
from tests.e2e.desk_client import BTC, DeskClient
from tests.e2e.desk_process import DeskProcess

FEEDS = ["/ws/orders", "/ws/positions"]
SOCKETS = [*FEEDS, "/ws/market"]
WITHIN_S = 10.0


def opened(desk: DeskClient, path: str, headers: dict[str, str] | None = None) -> connect:
    given = {"Authorization": f"Bearer {desk.token}"} if headers is None else headers
    address = desk.url.replace("http", "ws", 1) + path
    return connect(address, additional_headers=given, proxy=None, open_timeout=WITHIN_S, close_timeout=WITHIN_S)


async def heard(socket: ClientConnection) -> dict[str, Any]:
    frame: dict[str, Any] = msgspec.json.decode(await asyncio.wait_for(socket.recv(), WITHIN_S))
    return frame


async def turned_out(socket: ClientConnection, close_code: int, status: int, code: str, field: str | None) -> None:
    """A last message says why, then the socket is closed."""
    is_problem((await heard(socket))["problem"], status, code, field)
    with pytest.raises(ConnectionClosed):
        await heard(socket)
    assert (socket.close_code, len(socket.close_reason or "") > 10) == (close_code, True)


# who may come in


@pytest.mark.parametrize("path", SOCKETS)
async def test_who_is_not_signed_in(desk: DeskClient, ground: Ground, path: str) -> None:
    for token in ("wrong", "", f"{desk.token}x", ground.revoked_token, "hgt_" + "x" * 49):
        async with opened(desk, path, {"Authorization": f"Bearer {token}"}) as socket:
            await turned_out(socket, 4401, 401, "not_signed_in", None)
        async with opened(desk, path, {}) as socket:
            await socket.send(msgspec.json.encode({"token": token}).decode())
            await turned_out(socket, 4401, 401, "not_signed_in", None)


async def test_a_first_message_that_is_no_sign_in(desk: DeskClient) -> None:
    for first in ('{"ack": "x"}', "token", "{", '{"token": 7}', '{"token": "x", "more": 1}', "[" * 9_999):
        async with opened(desk, "/ws/orders", {}) as socket:
            await socket.send(first)
            await turned_out(socket, 4401, 401, "not_signed_in", None)


@pytest.mark.parametrize("path", SOCKETS)
async def test_a_token_in_the_address_is_none(desk: DeskClient, path: str) -> None:
    async with opened(desk, f"{path}?token={desk.token}", {}) as socket:
        await socket.send("{}")
        await turned_out(socket, 4401, 401, "not_signed_in", None)


@pytest.mark.parametrize("path", SOCKETS)
async def test_a_token_that_is_revoked_ends_its_sockets(desk: DeskClient, path: str) -> None:
    made = await desk.call("POST", "/api/tokens", {"name": "short", "scope": "read"})
    async with opened(desk, path, {"Authorization": f"Bearer {made.body['token']}"}) as socket:
        if path != "/ws/market":
            assert "snapshot" in await heard(socket)
        assert (await desk.call("DELETE", "/api/tokens/short")).status == 200
        await turned_out(socket, 4401, 401, "not_signed_in", None)


@pytest.mark.parametrize(
    ("headers", "path", "status", "code", "field"),
    [
        ({"Origin": "http://evil.example"}, "/ws/orders", 403, "wrong_origin", "Origin"),
        ({"Origin": "null"}, "/ws/market", 403, "wrong_origin", "Origin"),
        ({"Origin": "http://[x"}, "/ws/positions", 403, "wrong_origin", "Origin"),
        ({}, "/ws/nothing", 404, "no_such_path", None),
        ({}, "/api/orders", 404, "no_such_path", None),
    ],
)
async def test_a_handshake_that_is_turned_away(
    desk: DeskClient, headers: dict[str, str], path: str, status: int, code: str, field: str | None
) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with opened(desk, path, headers | {"Authorization": f"Bearer {desk.token}"}):
            pass
    answer = caught.value.response
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    is_problem(msgspec.json.decode(answer.body or b""), status, code, field)


async def test_a_foreign_host_gets_no_socket(desk: DeskClient) -> None:
    port = int(desk.url.rsplit(":", 1)[1])
    with pytest.raises(InvalidStatus) as caught:
        async with connect("ws://evil.example/ws/orders", host="127.0.0.1", port=port, proxy=None):
            pass
    assert caught.value.response.status_code == 421


# cursors and names


def cursor(journal: str, stream: str, places: object) -> str:
    raw = msgspec.json.encode([journal, stream, places])
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize("path", FEEDS)
async def test_cursors_from_elsewhere(desk: DeskClient, path: str) -> None:
    mine = from_text((await desk.call("GET", f"/api/{path.removeprefix('/ws/')}")).body["cursor"])
    other = "positions_updated" if mine.stream == "orders_updated" else "orders_updated"
    bad = [
        *("", "x", "!", "null", "A" * 4_000, quote("🦔"), "..%2F..", to_text(mine)[:-3], to_text(mine) + "AAAA"),
        *(cursor("0" * 16, mine.stream, {0: [0, 0]}), cursor(mine.journal_id, other, {0: [0, 0]})),
        *(cursor(mine.journal_id, "ledger", {}), cursor(mine.journal_id, "", {})),
        *(cursor(mine.journal_id, mine.stream, {0: [10**9, 1]}), cursor(mine.journal_id, mine.stream, {99: [0, 0]})),
        *(cursor(mine.journal_id, mine.stream, places) for places in ({0: [-7, 0]}, {0: [0]}, {0: 0}, [], None, "x")),
        *(cursor(mine.journal_id, mine.stream, {0: [10**30, 0]}), cursor(mine.journal_id, mine.stream, {0: [1.5, 0]})),
        base64.urlsafe_b64encode(b"[" * 2_000).decode(),
    ]
    for text in bad:
        async with opened(desk, f"{path}?after={text}") as socket:
            await turned_out(socket, 4410, 410, "cursor_refused", "after")


@pytest.mark.parametrize("client", ["", "x" * 65, "a%00b", "a%0Ab", "%ff%fe" * 40])
async def test_names_of_clients_that_are_none(desk: DeskClient, client: str) -> None:
    async with opened(desk, f"/ws/orders?client={client}") as socket:
        await turned_out(socket, 1008, 400, "malformed", "client")


@pytest.mark.parametrize("path", SOCKETS)
async def test_parameters_that_there_are_not(desk: DeskClient, path: str) -> None:
    async with opened(desk, f"{path}?afte=x") as socket:
        await turned_out(socket, 1008, 400, "unknown_field", "afte")


# messages

NOT_MESSAGES = ["", "{", "[]", "null", "1", "\x00", "[" * 60_000]


@pytest.mark.parametrize("path", FEEDS)
async def test_what_is_no_acknowledgement_is_answered_and_the_feed_goes_on(desk: DeskClient, path: str) -> None:
    async with opened(desk, f"{path}?client=tab-{path[4:]}") as socket:
        mine = (await heard(socket))["cursor"]
        for text in NOT_MESSAGES:
            await socket.send(text)
            is_problem((await heard(socket))["problem"], 400, "malformed", None)
        await socket.send(b"\xff\xfe")
        is_problem((await heard(socket))["problem"], 400, "malformed", None)
        for message, code, field in (
            ({}, "missing", "ack"),
            ({"ack": 7}, "malformed", "ack"),
            ({"ack": None}, "malformed", "ack"),
            ({"ack": mine, "more": 1}, "unknown_field", "more"),
            ({"token": desk.token}, "unknown_field", "token"),
        ):
            await socket.send(msgspec.json.encode(message).decode())
            is_problem((await heard(socket))["problem"], 400, code, field)
        journal = from_text(mine).journal_id
        for text in (
            "x",
            cursor("elsewhere", "orders_updated", {}),
            cursor(journal, "orders_updated", {0: [10**9, 1]}),
        ):
            await socket.send(msgspec.json.encode({"ack": text}).decode())
            is_problem((await heard(socket))["problem"], 410, "cursor_refused", "ack")
        await socket.send(msgspec.json.encode({"ack": mine}).decode())
    async with opened(desk, f"{path}?client=tab-{path[4:]}&after={mine}") as socket:
        await socket.ping()


async def test_a_place_that_is_gone_is_forgotten(desk: DeskClient, desk_process: DeskProcess) -> None:
    """Its client is told once, then gets a snapshot: never the same refusal for ever."""
    async with open_vault(desk_process.settings) as vault:
        await vault.put_place("owner", "lost", "orders_updated", cursor("0" * 16, "orders_updated", {0: [7, 1]}), 1)
    async with opened(desk, "/ws/orders?client=lost") as socket:
        await turned_out(socket, 4410, 410, "cursor_refused", "after")
    async with opened(desk, "/ws/orders?client=lost") as socket:
        assert "snapshot" in await heard(socket)


async def test_a_message_of_a_megabyte_ends_the_socket(desk: DeskClient) -> None:
    for path in SOCKETS:
        async with opened(desk, path) as socket:
            await socket.send("x" * 1_000_000)
            await asyncio.wait_for(socket.wait_closed(), WITHIN_S)
            assert socket.close_code == 1009


TOPIC = {"account": "solid", "channel": "ticker", "symbol": BTC}


async def test_topics_that_there_are_not(desk: DeskClient) -> None:
    async with opened(desk, "/ws/market") as socket:
        for text in NOT_MESSAGES:
            await socket.send(text)
            is_problem((await heard(socket))["problem"], 400, "malformed", None)
        for message, status, code, field in (
            ({}, 400, "missing", None),
            ({"subscribe": None}, 400, "missing", None),
            ({"watch": TOPIC}, 400, "unknown_field", "watch"),
            ({"subscribe": TOPIC | {"speed": 1}}, 400, "unknown_field", "speed"),
            ({"subscribe": {"account": "solid"}}, 400, "missing", "channel"),
            ({"subscribe": TOPIC | {"channel": "gossip"}}, 400, "malformed", "channel"),
            ({"subscribe": TOPIC | {"symbol": 7}}, 400, "malformed", "symbol"),
            ({"subscribe": TOPIC | {"symbol": "NOPE"}}, 404, "unknown_symbol", "symbol"),
            ({"subscribe": TOPIC | {"account": "nobody"}}, 404, "unknown_account", "account"),
            ({"subscribe": TOPIC | {"channel": "candles"}}, 400, "malformed", "interval"),
            ({"subscribe": TOPIC | {"channel": "candles", "interval": "7m"}}, 400, "malformed", "interval"),
        ):
            await socket.send(msgspec.json.encode(message).decode())
            is_problem((await heard(socket))["problem"], status, code, field)
        await socket.send(msgspec.json.encode({"unsubscribe": TOPIC}).decode())
        await socket.send(msgspec.json.encode({"subscribe": TOPIC}).decode())
        assert (await heard(socket))["items"][0]["channel"] == "ticker"


async def test_a_socket_is_no_page(desk: DeskClient) -> None:
    for path in SOCKETS:
        refused(await desk.call("GET", path), 404, "no_such_path")
