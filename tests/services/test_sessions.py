"""Signing in on the page: sessions by cookie beside tokens, their devices, and how they end."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from hedgerow.vault import Scope
from hedgerow.vault.guessing import FREE_TRIES
from hedgerow.vault.sessions import COOKIE_RENEWED_MS, OWNER, PAIRING_MS, SESSION_MS, USE_WRITTEN_MS
from tests.services.asgi import Response, Socket
from tests.services.desk import DOOR, Desk, Manager
from tests.services.scripted_exchange import SYMBOL, ScriptedExchange
from tests.services.virtual_clock import VirtualLoop

HOST = "localhost:8040"
ORIGIN = f"http://{HOST}"
DAY_S = 86_400


class Tab:
    """A browser at one manager: keeps its cookie as a browser does, and sends what a browser sends."""

    def __init__(self, manager: Manager, cookie: str | None = None) -> None:
        self.manager = manager
        self.cookie = cookie

    def headers(self, **changed: str | None) -> dict[str, str]:
        given: dict[str, str | None] = {"host": HOST, "origin": ORIGIN, "x-hedgerow": "1", "user-agent": "Browser/1.0"}
        given["cookie"] = self.cookie
        given |= {name.replace("_", "-"): text for name, text in changed.items()}
        return {name: text for name, text in given.items() if text is not None}

    async def call(self, method: str, path: str, body: Any = None, **changed: str | None) -> Response:
        answer = await self.manager.browser.call(method, path, body, given=self.headers(**changed))
        if "set-cookie" in answer.headers:
            pair, _, rest = answer.headers["set-cookie"].partition("; ")
            self.cookie = None if "Max-Age=0" in rest else pair
        return answer

    async def sign_in(self, device: str = "Phone") -> Response:
        """By a pairing that the owner's command line makes."""
        made = await self.manager.browser.call("POST", "/api/pairings")
        assert made.status == 201
        return await self.call("POST", "/api/session", {"code": secret_of(made), "device": device})

    def socket(self, path: str, **changed: str | None) -> Socket:
        return self.manager.browser.socket(path, self.headers(x_hedgerow=None, **changed))


async def jump(desk: Desk, seconds: float) -> None:
    """Much time goes by at once: what wakes every second wakes once."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    loop.move_to(loop.time() + seconds)
    await desk.clock.settle()


def secret_of(made: Response) -> str:
    return str(made.body["url"]).partition("#pair=")[2]


@pytest.fixture
async def manager(desk: Desk, exchange: ScriptedExchange) -> Manager:
    return await desk.manager()


@pytest.fixture
async def tab(manager: Manager) -> Tab:
    tab = Tab(manager)
    assert (await tab.sign_in()).status == 201
    return tab


async def test_a_pairing_is_a_link_a_picture_and_a_code(manager: Manager) -> None:
    made = await manager.browser.call("POST", "/api/pairings")
    assert made.body["url"].startswith("http://localhost/#pair=")
    assert made.body["qr"].startswith("<svg ")
    assert "script" not in made.body["qr"]
    assert made.body["expires_ms"] - manager.desk.clock.now_ms() == PAIRING_MS
    assert len(made.body["code"]) == 9


async def test_signing_in_gives_a_cookie_and_nothing_that_a_script_could_keep(manager: Manager) -> None:
    tab = Tab(manager)
    answer = await tab.sign_in("  My phone  ")
    assert answer.status == 201
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("hedgerow_session_8040=")
    assert all(part in cookie for part in ("; HttpOnly", "; SameSite=Strict", "; Path=/", f"; Max-Age={90 * DAY_S}"))
    assert "Secure" not in cookie, "plain HTTP on this machine"
    assert (answer.body["user"], answer.body["scope"], answer.body["owner"]) == ("owner", "trade", True)
    device = answer.body["device"]
    assert (device["name"], device["user_agent"], device["this"]) == ("My phone", "Browser/1.0", True)
    text = cookie.partition("=")[2].partition(";")[0]
    assert text not in msgspec.json.encode(answer.body).decode()
    assert answer.headers["cache-control"] == "no-store"
    assert (await tab.call("GET", "/api/session")).body == answer.body


async def test_the_session_is_the_owner_as_the_command_line_is(tab: Tab, exchange: ScriptedExchange) -> None:
    """So a command that is repeated after a new sign-in, under the same key, is the same command."""
    body = {"account": "sim", "symbol": SYMBOL, "side": "buy", "type": "limit", "amount": "1", "price": "60000"}
    first = await tab.manager.browser.call("POST", "/api/orders", body, key="once")
    again = await tab.call("POST", "/api/orders", body, idempotency_key="once")
    assert again.body["order_id"] == first.body["order_id"]
    assert len(exchange.orders) == 1
    assert (await tab.call("GET", "/api/tokens")).status == 200


async def test_without_sign_in_nothing_is_told(manager: Manager) -> None:
    for tab in (
        Tab(manager),
        Tab(manager, "hedgerow_session_8040=" + "A" * 43),
        Tab(manager, "hedgerow_session_8040=x"),
    ):
        for method, path in (("GET", "/api/session"), ("GET", "/api/orders"), ("POST", "/api/pairings")):
            refused = await tab.call(method, path)
            assert (refused.status, refused.body["code"]) == (401, "not_signed_in")
    assert (await Tab(manager).call("GET", "/api/health")).status == 200


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"origin": None}, "wrong_origin"),
        ({"origin": "http://evil.example"}, "wrong_origin"),
        ({"origin": f"https://{HOST}"}, "wrong_origin"),
        ({"origin": "null"}, "wrong_origin"),
        ({"x_hedgerow": None}, "csrf"),
        ({"x_hedgerow": "true"}, "csrf"),
    ],
)
async def test_a_command_by_cookie_must_come_from_the_page(tab: Tab, changed: dict[str, str | None], code: str) -> None:
    for method, path, body in (
        ("POST", "/api/orders", {}),
        ("DELETE", "/api/session", None),
        ("POST", "/api/pairings", None),
        ("PATCH", "/api/devices/x", {"name": "y"}),
    ):
        refused = await tab.call(method, path, body, **changed)
        assert (refused.status, refused.body["code"]) == (403, code), (method, path)
    assert (await tab.call("GET", "/api/session", origin=None, x_hedgerow=None)).status == 200


async def test_the_authorization_header_comes_before_the_cookie(tab: Tab, desk: Desk) -> None:
    _, text = await desk.vault.create_token("bot", Scope.READ, 1)
    told = await tab.call("GET", "/api/session", authorization=f"Bearer {text.reveal()}")
    assert (told.body["user"], told.body["owner"], told.body["device"]) == ("token:bot", False, None)
    assert (await tab.call("GET", "/api/session", authorization="Bearer nonsense")).status == 401
    refused = await tab.call("DELETE", "/api/session", authorization=f"Bearer {DOOR.reveal()}")
    assert (refused.status, refused.body["code"]) == (409, "no_session")
    assert (await tab.call("GET", "/api/session")).status == 200


async def test_a_token_manages_no_devices(tab: Tab, desk: Desk) -> None:
    _, text = await desk.vault.create_token("bot", Scope.TRADE, 1)
    bearer = {"authorization": f"Bearer {text.reveal()}"}
    for method, path in (("GET", "/api/devices"), ("DELETE", "/api/devices"), ("POST", "/api/pairings")):
        refused = await tab.call(method, path, **bearer)
        assert (refused.status, refused.body["code"]) == (403, "owner_only")


async def test_signing_out_ends_the_session_and_takes_the_cookie_back(tab: Tab) -> None:
    kept = tab.cookie
    out = await tab.call("DELETE", "/api/session")
    assert (out.status, tab.cookie) == (204, None)
    tab.cookie = kept
    assert (await tab.call("GET", "/api/session")).status == 401, "the cookie opens nothing any more"


@pytest.mark.parametrize(
    "body",
    [
        {"code": "K7QM-3XPD", "device": ""},
        {"code": "K7QM-3XPD", "device": "  "},
        {"code": "K7QM-3XPD", "device": "x" * 65},
        {"code": "K7QM-3XPD", "device": "a\nb"},
        {"code": "K7QM-3XPD"},
        {"device": "Phone"},
        {"code": 7, "device": "Phone"},
        {"code": "K7QM-3XPD", "device": "Phone", "scope": "trade"},
    ],
)
async def test_what_cannot_be_understood_is_no_guess(manager: Manager, body: Any) -> None:
    for _ in range(FREE_TRIES + 1):
        assert (await Tab(manager).call("POST", "/api/session", body)).status == 400


async def test_wrong_used_and_expired_codes_are_refused(manager: Manager) -> None:
    used = (await manager.browser.call("POST", "/api/pairings")).body["code"]
    assert (await Tab(manager).call("POST", "/api/session", {"code": used, "device": "Phone"})).status == 201
    late = await manager.browser.call("POST", "/api/pairings")
    await manager.desk.clock.advance(PAIRING_MS / 1000)
    for code in ("0000-0000", used, late.body["code"], secret_of(late), "nonsense"):
        refused = await Tab(manager).call("POST", "/api/session", {"code": code, "device": "Phone"})
        assert (refused.status, refused.body["code"], refused.body["field"]) == (403, "wrong_code", "code"), code
        assert "set-cookie" not in refused.headers


async def test_guessing_is_refused_for_a_growing_time(manager: Manager) -> None:
    tab, clock = Tab(manager), manager.desk.clock
    guess = {"code": "0000-0000", "device": "Phone"}
    for _ in range(FREE_TRIES):
        assert (await tab.call("POST", "/api/session", guess)).status == 403
    refused = await tab.call("POST", "/api/session", guess)
    assert (refused.status, refused.body["code"], refused.headers["retry-after"]) == (429, "too_many_tries", "30")
    right = (await manager.browser.call("POST", "/api/pairings")).body["code"]
    assert (await tab.call("POST", "/api/session", {"code": right, "device": "Phone"})).status == 429
    await clock.advance(30)
    assert (await tab.call("POST", "/api/session", guess)).status == 403
    assert (await tab.call("POST", "/api/session", guess)).headers["retry-after"] == "60"
    assert (await tab.sign_in()).status == 201, "a link cannot be guessed, and lets in at once"


async def test_another_sites_page_signs_nobody_in(manager: Manager) -> None:
    made = await manager.browser.call("POST", "/api/pairings")
    body = {"code": secret_of(made), "device": "Phone"}
    refused = await Tab(manager).call("POST", "/api/session", body, origin="http://evil.example")
    assert (refused.status, refused.body["code"]) == (403, "wrong_origin")
    assert (await Tab(manager).call("POST", "/api/session", body)).status == 201, "and uses nothing up"


async def test_devices_are_listed_named_and_signed_out(tab: Tab) -> None:
    laptop = Tab(tab.manager)
    await tab.manager.desk.clock.advance(1)
    await laptop.sign_in("Laptop")
    listed = (await tab.call("GET", "/api/devices")).body
    assert [(each["name"], each["this"]) for each in listed] == [("Phone", True), ("Laptop", False)]
    theirs = f"/api/devices/{listed[1]['device_id']}"
    assert (await tab.call("PATCH", theirs, {"name": "Old laptop"})).body["name"] == "Old laptop"
    assert (await tab.call("DELETE", theirs)).body["name"] == "Old laptop"
    assert (await laptop.call("GET", "/api/session")).status == 401, "at once"
    for method, body in (("DELETE", None), ("PATCH", {"name": "x"})):
        refused = await tab.call(method, theirs, body)
        assert (refused.status, refused.body["code"]) == (404, "unknown_device")
    assert (await tab.call("PATCH", theirs, {"name": "\0"})).status == 400


async def test_all_others_are_signed_out(tab: Tab) -> None:
    others = [Tab(tab.manager) for _ in range(3)]
    for number, other in enumerate(others):
        await other.sign_in(f"Device {number}")
    assert (await tab.call("DELETE", "/api/devices")).body == {"revoked": 3}
    assert [(await other.call("GET", "/api/session")).status for other in others] == [401] * 3
    assert (await tab.call("GET", "/api/session")).status == 200
    everyone = await tab.manager.browser.call("DELETE", "/api/devices")
    assert everyone.body == {"revoked": 1}, "the command line has no session of its own"


async def test_the_same_browser_signed_in_again_is_one_device(tab: Tab) -> None:
    before = tab.cookie
    await tab.sign_in("Phone again")
    assert [each["name"] for each in (await tab.call("GET", "/api/devices")).body] == ["Phone again"]
    assert (await Tab(tab.manager, before).call("GET", "/api/session")).status == 401


async def test_a_session_that_is_used_lives_on_and_its_cookie_is_renewed_once_a_day(tab: Tab, desk: Desk) -> None:
    clock, first = desk.clock, tab.cookie
    device = (await tab.call("GET", "/api/session")).body["device"]
    await jump(desk, USE_WRITTEN_MS / 1000 - 1)
    assert (await tab.call("GET", "/api/session")).body["device"] == device, "not written yet"
    await jump(desk, 1)
    answer = await tab.call("GET", "/api/session")
    assert "set-cookie" not in answer.headers
    await clock.settle()
    [session] = await desk.vault.sessions.living(clock.now_ms())
    assert (session.last_used_ms, session.expires_ms) == (clock.now_ms(), clock.now_ms() + SESSION_MS)
    await jump(desk, COOKIE_RENEWED_MS / 1000)
    renewed = await tab.call("GET", "/api/orders?account=sim")
    assert renewed.headers["set-cookie"].partition(";")[0] == first, "the same session"
    await jump(desk, 1)
    assert "set-cookie" not in (await tab.call("GET", "/api/session")).headers
    for _ in range(4):
        await jump(desk, 50 * DAY_S)
        assert (await tab.call("GET", "/api/session")).status == 200, "used, it outlives any 90 days"
    await jump(desk, SESSION_MS / 1000)
    assert (await tab.call("GET", "/api/session")).status == 401


@pytest.mark.parametrize("path", ["/ws/orders", "/ws/positions", "/ws/market"])
async def test_a_socket_is_signed_in_by_the_cookie_and_closed_with_its_session(tab: Tab, desk: Desk, path: str) -> None:
    clock = desk.clock
    socket = tab.socket(path)
    await clock.advance(3)
    assert socket.closed is None
    assert path == "/ws/market" or socket.frames[0]["snapshot"] == []
    [session] = await desk.vault.sessions.living(clock.now_ms())
    await desk.vault.sessions.revoke(session.session_id, clock.now_ms())  # as another process would
    await clock.advance(1.3)
    assert socket.closed is not None
    assert socket.closed["code"] == 4401
    assert socket.messages[-1]["problem"]["code"] == "not_signed_in"


async def test_signing_out_closes_the_sockets(tab: Tab, desk: Desk) -> None:
    socket = tab.socket("/ws/orders")
    await desk.clock.advance(1)
    await tab.call("DELETE", "/api/session")
    await desk.clock.advance(1)
    assert socket.closed is not None
    assert socket.closed["code"] == 4401


async def test_a_socket_by_cookie_must_come_from_the_page(tab: Tab, desk: Desk) -> None:
    for origin in (None, "http://evil.example", f"https://{HOST}"):
        socket = tab.socket("/ws/orders", origin=origin)
        await desk.clock.settle()
        assert (socket.turned_away, socket.messages) == (403, []), origin


async def test_a_socket_with_a_dead_cookie_is_told_so_at_once(manager: Manager, desk: Desk) -> None:
    socket = Tab(manager, "hedgerow_session_8040=" + "A" * 43).socket("/ws/orders")
    await desk.clock.settle()
    assert socket.closed is not None
    assert socket.closed["code"] == 4401


async def test_a_socket_alone_keeps_its_session_alive(tab: Tab, desk: Desk) -> None:
    socket = tab.socket("/ws/market")
    await desk.clock.settle()
    await jump(desk, USE_WRITTEN_MS / 1000 + 5)
    [session] = await desk.vault.sessions.living(desk.clock.now_ms())
    assert session.last_used_ms > session.created_ms
    await socket.hang_up()


async def test_any_manager_knows_the_session_and_shares_the_count_of_guesses(tab: Tab, desk: Desk) -> None:
    second = await desk.manager("b")
    elsewhere = Tab(second, tab.cookie)
    assert (await elsewhere.call("GET", "/api/session")).status == 200
    for number in range(FREE_TRIES):
        guess = {"code": "0000-0000", "device": "Phone"}
        await (Tab(second) if number % 2 else Tab(tab.manager)).call("POST", "/api/session", guess)
    assert (await Tab(second).call("POST", "/api/session", guess)).status == 429
    await tab.call("DELETE", "/api/session")
    await desk.clock.advance(0.25)
    assert (await elsewhere.call("GET", "/api/session")).status == 401, "a quarter of a second at most"


async def test_a_pairing_of_the_vault_signs_in(manager: Manager, desk: Desk) -> None:
    """As `hedgerow pair` makes it in the distributed deployment, straight on the vault."""
    pairing = await desk.vault.sessions.pair(OWNER, desk.clock.now_ms())
    body = {"code": pairing.code.reveal().lower(), "device": "Phone"}
    assert (await Tab(manager).call("POST", "/api/session", body)).status == 201
