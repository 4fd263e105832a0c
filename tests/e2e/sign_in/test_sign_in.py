"""Signing in on the page of a real desk: by link and code, on several devices, through restarts and revocations."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.e2e.agreement import no_secret_in
from tests.e2e.desk_process import DeskProcess
from tests.e2e.sign_in.page_client import PageClient, closed, link_in, secret_in

SOON_S = 2.0  # "within about a second", on a busy machine


@pytest.fixture(scope="module")
def desk_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskProcess]:
    desk = DeskProcess(tmp_path_factory.mktemp("desk"))
    try:
        asyncio.run(desk.start())
        yield desk
        code = asyncio.run(desk.stop())
        assert (code, "Traceback" in desk.err) == (0, False), desk.err[-4000:]
    finally:
        desk.end()


@pytest.fixture
async def page(desk_process: DeskProcess) -> AsyncIterator[PageClient]:
    """A browser that is not signed in."""
    async with PageClient(desk_process.door) as page:
        yield page


async def test_the_link_that_the_desk_prints_signs_in_once(desk_process: DeskProcess, page: PageClient) -> None:
    lines = desk_process.out.splitlines()
    assert lines[0].startswith("sign in  "), "above the `ready` line"
    assert lines[1] == f"ready {desk_process.door.url}"
    link = link_in(desk_process.out)
    assert link.startswith(f"{desk_process.door.url}/#pair=")
    assert (await page.sign_in(secret_in(link))).status_code == 201
    assert await page.signed_in()
    async with PageClient(desk_process.door) as second:
        refused = await second.sign_in(secret_in(link))
        assert (refused.status_code, refused.json()["code"]) == (403, "wrong_code")


async def test_a_session_trades_over_http_and_websockets(page: PageClient) -> None:
    await page.sign_in()
    assert (await page.call("GET", "/api/orders")).status_code == 200
    answer = await page.call("PUT", "/api/limits", {"account": "nobody"})
    assert answer.json()["code"] == "unknown_account", "let in, and refused for its own reason"
    for path in ("/ws/orders", "/ws/positions", "/ws/market"):
        async with await page.socket(path) as socket:
            if path != "/ws/market":
                assert '"snapshot"' in str(await asyncio.wait_for(socket.recv(), 10))
            else:
                await socket.send("{}")
                assert "name a topic" in str(await asyncio.wait_for(socket.recv(), 10))


async def test_revoking_a_device_closes_its_sockets(desk_process: DeskProcess, page: PageClient) -> None:
    await page.sign_in(device="Lost phone")
    socket = await page.socket()
    async with PageClient(desk_process.door) as laptop:
        await laptop.sign_in(device="Laptop")
        kept = await laptop.socket()
        devices = (await laptop.call("GET", "/api/devices")).json()
        [lost] = [device for device in devices if device["name"] == "Lost phone"]
        began = time.monotonic()
        assert (await laptop.call("DELETE", f"/api/devices/{lost['device_id']}")).status_code == 200
        code, last = await closed(socket)
        assert (code, last["problem"]["code"]) == (4401, "not_signed_in")
        assert time.monotonic() - began < SOON_S
        assert not await page.signed_in()
        assert kept.close_code is None
        await kept.close()


async def test_signing_out_closes_sockets_and_ends_the_cookie(page: PageClient) -> None:
    await page.sign_in()
    cookie, socket = page.cookie, await page.socket()
    assert (await page.call("DELETE", "/api/session")).status_code == 204
    assert (await closed(socket))[0] == 4401
    page.cookie = cookie
    assert not await page.signed_in()
    again = await page.socket()
    assert (await closed(again))[0] == 4401


async def test_foreign_pages_are_refused(page: PageClient) -> None:
    await page.sign_in()
    for changed, code in (
        ({"origin": "http://evil.example"}, "wrong_origin"),
        ({"origin": None}, "wrong_origin"),
        ({"x_hedgerow": None}, "csrf"),
    ):
        refused = await page.call("DELETE", "/api/session", **changed)
        assert (refused.status_code, refused.json()["code"]) == (403, code)
    for origin in ("http://evil.example", None):
        with pytest.raises(InvalidStatus) as turned_away:
            await page.socket(origin=origin)
        assert turned_away.value.response.status_code == 403
    assert (await page.call("GET", "/api/session", host="evil.example")).status_code == 421
    assert await page.signed_in()


async def test_racing_uses_of_one_pairing_make_one_session(desk_process: DeskProcess, page: PageClient) -> None:
    before = {device["device_id"] for device in await _devices(page)}
    code = (await page.pairing())["code"]
    racers = [PageClient(desk_process.door) for _ in range(6)]
    answers = await asyncio.gather(*(racer.sign_in(code, f"Racer {n}") for n, racer in enumerate(racers)))
    assert sorted(answer.status_code for answer in answers) == [201] + [403] * 5
    assert len({device["device_id"] for device in await _devices(page)} - before) == 1
    for racer in racers:
        await racer.__aexit__()


async def _devices(page: PageClient) -> list[dict[str, str]]:
    if page.cookie is None:
        await page.sign_in()
    found: list[dict[str, str]] = (await page.call("GET", "/api/devices")).json()
    return found


async def test_a_session_outlives_the_desk(tmp_path: Path) -> None:
    """Killed and started again, at the same address: the same cookie, and the same owner of the same orders."""
    desk = DeskProcess(tmp_path)
    try:
        await desk.start()
        async with PageClient(desk.door) as page:
            await page.sign_in()
            cookie, host = page.cookie, page.host
            waiting = await page.pairing()
            socket = await page.socket()
            await desk.kill()
            await closed(socket)
        await desk.start()
        async with PageClient(desk.door, host=host) as page:
            page.cookie = cookie
            assert await page.signed_in()
            async with await page.socket() as socket:
                assert '"snapshot"' in str(await asyncio.wait_for(socket.recv(), 10))
            page.cookie = None
            assert (await page.sign_in(waiting["code"])).status_code == 201, "a pairing outlives it too"
        assert await desk.stop() == 0
        assert cookie is not None
        no_secret_in(tmp_path / "data", cookie.partition("=")[2], secret_in(waiting["url"]), waiting["code"])
    finally:
        desk.end()


async def test_guessing_is_refused_even_after_a_restart(tmp_path: Path) -> None:
    desk = DeskProcess(tmp_path)
    try:
        await desk.start()
        async with PageClient(desk.door) as page:
            statuses = [(await page.sign_in("0000-0000")).status_code for _ in range(6)]
            assert statuses == [403] * 5 + [429]
        await desk.kill()
        await desk.start()
        async with PageClient(desk.door) as page:
            refused = await page.sign_in((await page.pairing())["code"])
            assert (refused.status_code, refused.json()["code"]) == (429, "too_many_tries")
            assert 0 < int(refused.headers["retry-after"]) <= 30
            assert (await page.sign_in()).status_code == 201, "by the link"
        assert await desk.stop() == 0
    finally:
        desk.end()
