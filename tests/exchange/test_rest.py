"""Our own HTTP: one request for one send, whatever the other side does; and the lane held when it says so."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from hedgerow.exchange import ExchangeFault, KeyRefusedFault, Timing
from hedgerow.exchange.bybit import commands, questions
from hedgerow.exchange.connect import connect
from hedgerow.exchange.dialect import Lane
from hedgerow.exchange.limiter import TooBusyError
from hedgerow.exchange.link import Link
from hedgerow.exchange.outcomes import NoAnswerError
from tests.exchange.bybit.frames import BTC
from tests.exchange.desks import account_at, credentials, limit_order, now_ms

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Elsewhere:
    """A server that answers every request as told, and keeps what came."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answer: Handler = self.good

    async def good(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"retCode": 0, "retMsg": "OK", "result": {"list": []}})

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.method, request.path_qs, dict(request.headers), await request.read()))
        return await self.answer(request)


@pytest.fixture
async def elsewhere() -> AsyncIterator[tuple[Elsewhere, Link]]:
    server = Elsewhere()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    connection = connect(account_at(url), credentials("key", "secret"), now_ms=now_ms, chance=random.Random(1))
    yield server, connection._make_link()
    await connection.close()
    await runner.cleanup()


def order(link: Link) -> Any:
    return link.rest.sign(commands.create(BTC, limit_order(), "hg1"), Timing(1672382213281, 1672382221281))


async def test_the_request_bears_the_intents_timestamp_and_window(elsewhere: tuple[Elsewhere, Link]) -> None:
    server, link = elsewhere
    await link.rest.deliver(order(link), 5)
    [(method, path, headers, body)] = server.requests
    assert (method, path) == ("POST", "/v5/order/create")
    assert (headers["X-BAPI-TIMESTAMP"], headers["X-BAPI-RECV-WINDOW"]) == ("1672382213281", "8000")
    assert b'"orderLinkId":"hg1"' in body
    await link.rest.ask(questions.balances())  # and the next one has its own again
    assert server.requests[1][2]["X-BAPI-RECV-WINDOW"] == "5000"
    assert abs(int(server.requests[1][2]["X-BAPI-TIMESTAMP"]) - now_ms()) < 5_000


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(elsewhere: tuple[Elsewhere, Link], status: int) -> None:
    server, link = elsewhere

    async def away(request: web.Request) -> web.StreamResponse:
        return web.json_response({"retCode": 0, "result": {}}, status=status, headers={"Location": "/v5/order/create"})

    server.answer = away
    with pytest.raises(NoAnswerError, match=f"HTTP {status}"):
        await link.rest.deliver(order(link), 5)
    assert len(server.requests) == 1


@pytest.mark.parametrize(("header", "held_ms"), [("7", 7_000), (None, 1_000), ("soon", 1_000)])
async def test_who_is_turned_away_waits(elsewhere: tuple[Elsewhere, Link], header: str | None, held_ms: int) -> None:
    server, link = elsewhere

    async def enough(request: web.Request) -> web.StreamResponse:
        return web.Response(status=429, text="slow down", headers={} if header is None else {"Retry-After": header})

    server.answer = enough
    with pytest.raises(NoAnswerError):
        await link.rest.deliver(order(link), 5)
    with pytest.raises(TooBusyError):
        link.limiter.reserve(Lane.CREATE, within_ms=held_ms // 2)
    assert held_ms // 2 < link.limiter.reserve(Lane.CREATE) <= held_ms
    assert link.limiter.reserve(Lane.CANCEL) == 0


async def test_pages_that_do_not_end_are_a_fault(elsewhere: tuple[Elsewhere, Link]) -> None:
    server, link = elsewhere

    async def forever(request: web.Request) -> web.StreamResponse:
        return web.json_response({"retCode": 0, "retMsg": "OK", "result": {"list": [{}], "nextPageCursor": "c"}})

    server.answer = forever
    with pytest.raises(ExchangeFault, match="do not end"):
        await link.rest.rows(questions.balances())
    assert len(server.requests) == 2


async def test_an_echoed_key_is_blotted_out(elsewhere: tuple[Elsewhere, Link]) -> None:
    server, link = elsewhere

    async def echo(request: web.Request) -> web.StreamResponse:
        return web.json_response({"retCode": 10004, "retMsg": "error sign! origin_string[1secret5000]", "result": {}})

    server.answer = echo
    with pytest.raises(KeyRefusedFault, match=r"10004 error sign! origin_string\[1…5000\]"):
        await link.rest.ask(questions.balances())


@pytest.mark.parametrize(("code", "of_the_key"), [(10003, True), (33004, True), (10002, False), (10016, False)])
async def test_a_key_that_is_refused_is_told_from_a_question_that_is(
    elsewhere: tuple[Elsewhere, Link], code: int, of_the_key: bool
) -> None:
    server, link = elsewhere

    async def refused(request: web.Request) -> web.StreamResponse:
        return web.json_response({"retCode": code, "retMsg": "no", "result": {}})

    server.answer = refused
    with pytest.raises(ExchangeFault) as fault:
        await link.rest.ask(questions.balances())
    assert isinstance(fault.value, KeyRefusedFault) is of_the_key
