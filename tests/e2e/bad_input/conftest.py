"""One account for all that is refused: nothing ever reaches the exchange from it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.e2e.desk_client import Answer, DeskClient, client
from tests.e2e.desk_process import Account, DeskProcess, new_account
from tests.simulator.running import Running


@pytest.fixture(scope="module")
def refused_account(desk_process: DeskProcess, exchange: Running, request: pytest.FixtureRequest) -> Iterator[Account]:
    account = new_account(exchange, request.path.stem.replace("_", "-"))

    async def add() -> None:
        async with client(desk_process, account.name) as desk:
            assert (await desk.call("POST", "/api/accounts", account.body())).status == 201
            await desk.followed()

    asyncio.run(add())
    before = _sent(exchange, account)
    yield account
    assert _sent(exchange, account) == before, "something reached the exchange"


def _sent(exchange: Running, account: Account) -> list[object]:
    found = exchange.control("GET", "requests")["requests"]
    return [each for each in found if each["account"] == account.name]


@pytest.fixture
async def desk(desk_process: DeskProcess, refused_account: Account) -> AsyncIterator[DeskClient]:
    async with client(desk_process, refused_account.name) as owner:
        yield owner


def is_problem(answer: Answer, status: int, code: str, field: str | None = None) -> None:
    """A problem document as RFC 9457 has it, with our code, the field, and a sentence."""
    assert answer.headers["content-type"] == "application/problem+json", answer
    body = answer.body
    assert (answer.status, body["status"], body["code"], body.get("field")) == (status, status, code, field), body
    assert body["type"] == f"urn:hedgerow:problem:{code}"
    assert len(body["detail"]) > 10, body
    assert body["title"]
