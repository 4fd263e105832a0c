"""A client that does not read is closed with its cursor, and goes on from there: nothing is skipped."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from pathlib import Path
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.e2e.agreement import agree
from tests.e2e.desk_client import DeskClient
from tests.e2e.desk_process import Account, DeskProcess, until
from tests.e2e.feed_client import FeedClient
from tests.e2e.two_runtimes.runtimes import pair
from tests.simulator.running import Running

PATIENCE_S = 11.0  # a little more than the desk has
ROOM = 32_768  # bytes that the kernel keeps for such a client, on either side


async def test_a_client_that_does_not_read(tmp_path: Path, exchange: Running, account: Account) -> None:
    async with pair(DeskProcess(tmp_path), account) as services:
        await services.resolver.start()
        await services.manager.start(send_buffer=ROOM)
        desk = services.desk
        whole = FeedClient(lambda: (desk.url, desk.token or ""))
        await whole.connect()
        await until(lambda: whole.cursor)
        slow = await deaf(desk, f"/ws/orders?after={whole.cursor}")
        for wave in range(10):
            await asyncio.gather(*(desk.placed("buy", "0.001", str(50_000 + 10 * wave + n)) for n in range(10)))
        await agree(desk, exchange)
        orders = await desk.orders()
        await until(lambda: whole.state == {order["order_id"]: order for order in orders})

        patience_is_over = time.monotonic() + PATIENCE_S
        await until(lambda: time.monotonic() > patience_is_over, within_s=2 * PATIENCE_S)
        frames = await read_to_its_end(slow)
        assert slow.close_code == 4408
        problem = frames.pop()["problem"]
        assert (problem["status"], problem["code"]) == (408, "too_slow")
        events = [event for frame in frames for event in frame["events"]]
        assert events == whole.events[: len(events)]
        assert len(events) < len(whole.events), "it was sent all there is: nothing was learnt"

        rest = FeedClient(lambda: (desk.url, desk.token or ""))
        rest.cursor = problem["cursor"]
        await rest.connect()
        await until(lambda: len(events) + len(rest.events) >= len(whole.events))
        assert events + rest.events == whole.events
        await rest.close()
        await whole.close()


async def deaf(desk: DeskClient, path: str) -> ClientConnection:
    """It asks, and does not read."""
    plug = socket.socket()
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
    plug.setblocking(False)
    host, _, port = desk.url.removeprefix("http://").partition(":")
    await asyncio.get_running_loop().sock_connect(plug, (host, int(port)))
    headers = {"Authorization": f"Bearer {desk.token}"}
    address = desk.url.replace("http", "ws", 1) + path
    return await connect(address, sock=plug, additional_headers=headers, max_queue=1, max_size=None)


async def read_to_its_end(client: ClientConnection) -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = []
    with contextlib.suppress(ConnectionClosed):
        async for text in client:
            frames.append(msgspec.json.decode(text))  # noqa: PERF401 - what came before the end counts
    return frames
