"""A client of `/ws/orders` or `/ws/positions`: a snapshot, then every event, reduced; it remembers its cursor."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed


def order_key(order: dict[str, Any]) -> str:
    return str(order["order_id"])


def position_key(position: dict[str, Any]) -> str:
    return f"{position['account']} {position['symbol']} {position['side']}"


class FeedClient:
    """One tab. `state` is what it shows: the newest of each order or position that it was told of."""

    def __init__(self, url: Callable[[], tuple[str, str]], path: str = "/ws/orders", client: str | None = None) -> None:
        """`url`: the desk's present address and token, asked for at every connect."""
        self._url = url
        self._path = path
        self._client = client
        self._socket: ClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None
        self._key = order_key if path == "/ws/orders" else position_key
        self.body = "order" if path == "/ws/orders" else "position"
        self.state: dict[str, dict[str, Any]] = {}
        self.cursor: str | None = None
        self.events: list[dict[str, Any]] = []
        self.snapshots = 0
        self.problem: dict[str, Any] | None = None
        self.closed_with: int | None = None

    async def connect(self, **query: str) -> None:
        """From its cursor where it has one, else from a snapshot."""
        address, token = self._url()
        wanted = dict(query)
        if self.cursor is not None and "after" not in query:
            wanted["after"] = self.cursor
        if self._client is not None:
            wanted["client"] = self._client
        path = self._path + ("?" + "&".join(f"{name}={text}" for name, text in wanted.items()) if wanted else "")
        self._socket = await connect(
            address.replace("http", "ws", 1) + path,
            additional_headers={"Authorization": f"Bearer {token}"},
            max_size=None,
            proxy=None,
        )
        self.closed_with = None
        self._reading = asyncio.create_task(self._read(self._socket))

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for text in socket:
                self._take(msgspec.json.decode(text))
        except ConnectionClosed:
            pass
        self.closed_with = socket.close_code

    def _take(self, frame: dict[str, Any]) -> None:
        if "problem" in frame:
            self.problem = frame["problem"]
            return
        if frame.get("snapshot") is not None:
            assert frame["after"] is None
            self.snapshots += 1
            for item in frame["snapshot"]:
                self._show(item)
        else:
            assert self.cursor is None or frame["after"] == self.cursor, "frames follow each other without a gap"
            assert 1 <= len(frame["events"]) <= 500
        for event in frame["events"]:
            self.events.append(event)
            self._show(event["body"][self.body])
        self.cursor = frame["cursor"]

    def _show(self, item: dict[str, Any]) -> None:
        known = self.state.get(self._key(item))
        if known is None or item["version"] >= known["version"]:
            self.state[self._key(item)] = item

    async def send(self, message: object) -> None:
        assert self._socket is not None
        await self._socket.send(message if isinstance(message, (str, bytes)) else msgspec.json.encode(message).decode())

    async def acknowledge(self) -> None:
        await self.send({"ack": self.cursor})

    def move_to(self, url: Callable[[], tuple[str, str]]) -> None:
        """Connect to another desk from now on."""
        self._url = url

    async def ended(self) -> int | None:
        """Wait until the socket is closed: its code. Fails where a frame was not as it must be."""
        assert self._reading is not None
        await self._reading
        return self.closed_with

    def cut(self) -> None:
        """The network goes away: no closing handshake."""
        assert self._socket is not None
        self._socket.transport.abort()

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        if self._reading is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading
