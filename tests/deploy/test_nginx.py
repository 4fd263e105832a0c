"""The frontend's configuration, read and run by a real nginx."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import websockets

from hedgerow.order_manager.http import page
from hedgerow.order_manager.http.gate import MOST_BYTES
from hedgerow.order_manager.http.page import Page
from hedgerow.order_manager.placing import WINDOW_MS
from onemachine.servers import nginx
from onemachine.servers.server import MissingError, Server, free_port
from tests.deploy.known import ROOT, read_yaml
from tests.deploy.upstream import Upstreams, ask


class Frontend(NamedTuple):
    port: int
    server: Server
    managers: Upstreams


async def started(folder: Path, managers: Upstreams, places: list[str]) -> Frontend:
    port = free_port()
    try:
        server = await asyncio.to_thread(nginx.start, folder, managers=places, port=port)
    except MissingError as missing:
        pytest.skip(str(missing))
    return Frontend(port, server, managers)


@pytest.fixture
async def frontend(tmp_path: Path) -> AsyncIterator[Frontend]:
    """Before two order_managers that answer."""
    managers = Upstreams()
    running = await started(tmp_path, managers, [await managers.open(), await managers.open()])
    yield running
    await asyncio.to_thread(running.server.stop)
    await managers.close()


def built_page() -> Mapping[str, bytes]:
    if not (nginx.PAGE / ".guards.conf").exists():
        pytest.skip("the page is not built (`make page`, which needs Node)")
    return page.built_page()


@pytest.mark.parametrize("count", [1, 2, 5])
def test_nginx_reads_it_for_any_number_of_order_managers(tmp_path: Path, count: int) -> None:
    places = [f"127.0.0.1:{8100 + number}" for number in range(count)]
    built_page()
    text = nginx.configuration(places, "127.0.0.1:8080", nginx.PAGE, tmp_path)
    assert all(f"server {place} " in text for place in places)
    try:
        nginx.check(tmp_path, text)
    except MissingError as missing:
        pytest.skip(str(missing))


def test_containers_fill_every_place_of_the_template() -> None:
    wanted = set(re.findall(r"\$\{(DESK_[A-Z]+)\}", nginx.TEMPLATE.read_text()))
    image = set(re.findall(r"(DESK_[A-Z]+)=", (ROOT / "Dockerfile").read_text()))
    compose = read_yaml(ROOT / "compose.yaml")["services"]["frontend"]["environment"]
    manifest = (ROOT / "deploy" / "kubernetes" / "desk" / "frontend.yaml").read_text()
    assert image
    assert wanted == image | set(compose)
    assert wanted == image | set(re.findall(r"name: (DESK_[A-Z]+)", manifest))


def test_nginx_reads_it_as_compose_fills_it_in(tmp_path: Path) -> None:
    built_page()
    values = dict(read_yaml(ROOT / "compose.yaml")["services"]["frontend"]["environment"])
    values |= {"DESK_TEMP": str(tmp_path), "DESK_STATIC": str(nginx.PAGE), "DESK_LISTEN": f"127.0.0.1:{free_port()}"}
    values["DESK_MANAGERS"] = re.sub(r"order-manager-\d", "127.0.0.1", values["DESK_MANAGERS"])
    assert values["DESK_MANAGERS"].count("server ") == 2
    try:
        nginx.check(tmp_path, nginx.render(nginx.TEMPLATE.read_text(), values))
    except MissingError as missing:
        pytest.skip(str(missing))


def test_a_value_that_is_missing_is_no_configuration() -> None:
    with pytest.raises(KeyError, match="DESK_"):
        nginx.render(nginx.TEMPLATE.read_text(), {})


def test_nginx_waits_for_longer_than_an_order_may_take() -> None:
    text = nginx.TEMPLATE.read_text()
    waits = [int(seconds) for seconds in re.findall(r"proxy_read_timeout (\d+)s", text)]
    assert min(waits) * 1000 > 4 * WINDOW_MS
    assert f"client_max_body_size {MOST_BYTES // 1024}k;" in text


async def test_a_request_goes_through_as_it_was_asked(frontend: Frontend) -> None:
    body = b'{"account":"sim"}'
    sent = {"idempotency-key": "k-1", "authorization": "Bearer t", "x-forwarded-for": "6.6.6.6"}
    answer = await ask(frontend.port, "POST", "/api/orders?x=1", body, sent, host="desk.example:8443")
    (request,) = frontend.managers.requests
    assert (answer.status, answer.body) == (200, b"{}")
    assert (request.method, request.path, request.body) == ("POST", "/api/orders?x=1", body)
    assert request.headers["host"] == "desk.example:8443"
    assert request.headers["idempotency-key"] == "k-1"
    assert request.headers["authorization"] == "Bearer t"
    assert request.headers["x-forwarded-for"] == "127.0.0.1", "a client cannot say where it comes from"
    assert answer.header("x-content-type-options") == ["nosniff"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_command_reaches_one_order_manager_once_whatever_becomes_of_it(frontend: Frontend, method: str) -> None:
    frontend.managers.hang_ups = 2
    answer = await ask(frontend.port, method, "/api/orders/1", b"{}")
    assert len(frontend.managers.requests) == 1
    assert answer.status == 502
    assert answer.header("content-type") == ["application/problem+json"]
    assert json.loads(answer.body)["code"] == "desk_unreachable"


async def test_a_read_is_asked_of_another_order_manager(frontend: Frontend) -> None:
    frontend.managers.hang_ups = 1
    answer = await ask(frontend.port, "GET", "/api/orders")
    assert answer.status == 200
    assert [request.method for request in frontend.managers.requests] == ["GET", "GET"]


async def test_a_dead_order_manager_is_left_out_after_the_first_failure(tmp_path: Path) -> None:
    managers = Upstreams()
    running = await started(tmp_path, managers, [f"127.0.0.1:{free_port()}", await managers.open()])
    try:
        statuses = [(await ask(running.port, "POST", "/api/orders", b"{}")).status for _ in range(8)]
    finally:
        await asyncio.to_thread(running.server.stop)
        await managers.close()
    assert statuses.count(502) <= 1
    assert statuses.count(200) == len(managers.requests) == 8 - statuses.count(502)


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_a_body_beyond_measure_is_refused_before_the_desk(frontend: Frontend, method: str) -> None:
    answer = await ask(frontend.port, method, "/api/orders", b"x" * (MOST_BYTES + 1))
    assert answer.status == 413
    assert json.loads(answer.body)["code"] == "too_large"
    assert frontend.managers.requests == []


@pytest.mark.parametrize("path", ["/", "/orders/anything", "/trade/sim/BTC%2FUSDT%3AUSDT", "/trade/x/1.5%2FUSD"])
async def test_the_page_is_served_with_its_guards(frontend: Frontend, path: str) -> None:
    answer = await ask(frontend.port, "GET", path)
    assert answer.status == 200
    assert b"Hedgerow" in answer.body
    assert answer.header("content-type") == ["text/html"]
    assert answer.header("cache-control") == ["no-cache"]
    assert answer.header("x-frame-options") == ["DENY"]
    assert frontend.managers.requests == []
    assert (await ask(frontend.port, "GET", "/healthz")).status == 200


async def test_the_page_may_do_what_the_desk_itself_lets_it_do(frontend: Frontend) -> None:
    answer = await ask(frontend.port, "GET", "/")
    said: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    await Page(built_page())("GET", "/", {}, send)
    own = dict(said[0]["headers"])
    for guard in (b"content-security-policy", b"permissions-policy", b"referrer-policy"):
        assert answer.header(guard.decode()) == [own[guard].decode()]


async def test_an_asset_is_kept_for_good_and_comes_small(frontend: Frontend) -> None:
    script = next(path for path in built_page() if path.startswith("/assets/") and path.endswith(".js"))
    answer = await ask(frontend.port, "GET", script, headers={"accept-encoding": "gzip"})
    assert answer.status == 200
    assert answer.header("cache-control") == ["public, max-age=31536000, immutable"]
    assert answer.header("content-encoding") == ["gzip"]
    assert answer.header("content-type") == ["text/javascript"]


@pytest.mark.parametrize("path", ["/assets/gone.js", "/gone.png", "/.guards.conf", "/assets/../.guards.conf"])
async def test_an_address_that_names_a_file_is_a_file_or_nothing(frontend: Frontend, path: str) -> None:
    assert (await ask(frontend.port, "GET", path)).status == 404


async def test_a_websocket_goes_through_both_ways_with_its_address_and_host(tmp_path: Path) -> None:
    asked: list[tuple[str, str | None]] = []

    async def echo(socket: websockets.ServerConnection) -> None:
        assert socket.request is not None
        asked.append((socket.request.path, socket.request.headers.get("Host")))
        async for message in socket:
            await socket.send(message)

    async with websockets.serve(echo, "127.0.0.1", 0) as server:
        place = f"127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        running = await started(tmp_path, Upstreams(), [place])
        try:
            url = f"ws://127.0.0.1:{running.port}/ws/orders?after=abc"
            async with websockets.connect(url) as socket:
                for size in (1, 60_000):
                    await socket.send("x" * size)
                    assert await asyncio.wait_for(socket.recv(), 10) == "x" * size
        finally:
            await asyncio.to_thread(running.server.stop)
    assert asked == [("/ws/orders?after=abc", f"127.0.0.1:{running.port}")]


async def test_what_is_asked_for_is_not_written_down(frontend: Frontend) -> None:
    await ask(frontend.port, "GET", "/api/orders?client=canary", headers={"authorization": "Bearer canary"})
    await asyncio.to_thread(frontend.server.stop)
    log = frontend.server.log.read_text()
    assert "GET /api/orders 200" in log
    assert "canary" not in log
