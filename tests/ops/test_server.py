"""What a process says of itself, asked over a socket."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest

from hedgerow.meters import Meters
from hedgerow.ops.exposition import registry
from hedgerow.ops.server import OpsApp, serve_ops


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: str


class Watched:
    """A process with its ops server; its state is set by a test."""

    def __init__(self) -> None:
        self.meters = Meters()
        self.reasons: list[str] = []
        self.looks = 0
        self.fault: Exception | None = None
        self.bound: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def ready(self) -> list[str]:
        return self.reasons

    async def look(self) -> None:
        self.looks += 1
        if self.fault is not None:
            raise self.fault

    async def ask(self, path: str, method: str = "GET") -> Answer:
        reader, writer = await asyncio.open_connection("127.0.0.1", await self.bound)
        writer.write(f"{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
        head, _, body = (await asyncio.wait_for(reader.read(), 10)).decode().partition("\r\n\r\n")
        writer.close()
        first, *lines = head.split("\r\n")
        return Answer(int(first.split()[1]), dict(line.lower().split(": ", 1) for line in lines), body)


@pytest.fixture
async def watched() -> AsyncIterator[Watched]:
    process = Watched()
    shown = registry(process.meters)
    serving = asyncio.create_task(
        serve_ops("127.0.0.1", 0, shown, process.ready, look=process.look, bound=process.bound.set_result)
    )
    yield process
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


async def test_a_loop_that_turns_is_alive(watched: Watched) -> None:
    watched.reasons = ["anything"]
    assert (await watched.ask("/healthz")).status == 200


async def test_it_is_ready_or_says_why_not(watched: Watched) -> None:
    assert (await watched.ask("/readyz")).status == 200
    watched.reasons = ["partition 3 has not read what the streams hold"]
    answer = await watched.ask("/readyz")
    assert answer.status == 503
    assert json.loads(answer.body) == {"ready": False, "reasons": watched.reasons}


async def test_readiness_that_hangs_is_no_readiness() -> None:
    async def hang() -> list[str]:
        return await asyncio.get_running_loop().create_future()

    process = Watched()
    app = OpsApp(registry(process.meters), hang, process.look, within_s=0.01)
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app({"type": "http", "method": "GET", "path": "/readyz"}, send, send)
    assert sent[0]["status"] == 503
    assert b"could not say" in sent[1]["body"]


async def test_metrics_are_looked_at_and_shown_in_prometheus_text(watched: Watched) -> None:
    watched.meters.orders.add("accepted", by=2)
    answer = await watched.ask("/metrics")
    assert watched.looks == 1
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert 'hedgerow_orders_total{outcome="accepted"} 2.0' in answer.body
    assert "process_resident_memory_bytes" in answer.body


async def test_a_look_that_fails_does_not_take_the_metrics_with_it(watched: Watched) -> None:
    watched.meters.takeovers.add()
    watched.fault = OSError("kafka is away")
    answer = await watched.ask("/metrics")
    assert answer.status == 200
    assert "hedgerow_takeovers_total 1.0" in answer.body


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/", 404), ("POST", "/metrics", 405)])
async def test_there_is_nothing_else(watched: Watched, method: str, path: str, status: int) -> None:
    assert (await watched.ask(path, method)).status == status


async def test_a_used_port_is_a_fault_of_the_machine(watched: Watched) -> None:
    with pytest.raises(OSError, match="in use"):
        await serve_ops("127.0.0.1", await watched.bound, registry(Meters()), watched.ready, look=watched.look)
