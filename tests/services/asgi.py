"""A client of the desk's ASGI application: requests and WebSockets without a network between."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

import msgspec

from tests.services.virtual_clock import VirtualClock


class Response(msgspec.Struct):
    status: int
    headers: dict[str, str]
    body: Any


class Browser:
    def __init__(self, app: Any, clock: VirtualClock, token: str) -> None:
        self._app = app
        self._clock = clock
        self._token = token

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        token: str | None = None,
        host: str = "localhost",
        given: dict[str, str] | None = None,
    ) -> Coroutine[Any, Any, Response]:
        """`given`: these headers and no others, but for what a body needs."""
        path, _, query = path.partition("?")
        signed_in = {"host": host, "authorization": f"Bearer {token or self._token}"}
        headers = [(name.encode(), text.encode()) for name, text in (given or signed_in).items()]
        payload = b"" if body is None else msgspec.json.encode(body)
        if body is not None:
            headers += [(b"content-type", b"application/json"), (b"content-length", str(len(payload)).encode())]
        if key is not None:
            headers.append((b"idempotency-key", key.encode()))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": headers,
            "server": ("localhost", 80),
            "client": ("127.0.0.1", 1),
            "extensions": {},
        }
        return self._exchange(scope, payload)

    async def _exchange(self, scope: dict[str, Any], payload: bytes) -> Response:
        asked: list[dict[str, Any]] = [{"type": "http.request", "body": payload, "more_body": False}]
        response = Response(0, {}, b"")
        answered = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if asked:
                return asked.pop()
            await answered.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                response.status = message["status"]
                response.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            else:
                response.body += message.get("body", b"")
                if not message.get("more_body", False):
                    answered.set()

        await self._app(scope, receive, send)
        if not response.headers.get("content-type", "").startswith("text/"):
            response.body = msgspec.json.decode(response.body) if response.body else None
        return response

    async def get(self, path: str) -> Response:
        return await self._clock.run(self.request("GET", path))

    async def call(self, method: str, path: str, body: Any = None, **more: Any) -> Response:
        return await self._clock.run(self.request(method, path, body, **more))

    def socket(self, path: str, given: dict[str, str] | None = None) -> Socket:
        return Socket(self._app, path, given or {"host": "localhost", "authorization": f"Bearer {self._token}"})


class Socket:
    """One WebSocket, opened with these headers. `held` makes it a client that takes nothing until `take`.

    Attributes:
        messages: what came, decoded.
        closed: the close message, once it came.
        turned_away: the status that the handshake was answered with, if it was not accepted.
    """

    def __init__(self, app: Any, path: str, headers: dict[str, str]) -> None:
        path, _, query = path.partition("?")
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), text.encode()) for name, text in headers.items()],
        }
        self.messages: list[Any] = []
        self.closed: dict[str, Any] | None = None
        self.turned_away: int | None = None
        self._stuck = False
        self._takes = asyncio.Event()
        self._takes.set()
        self._asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._asked.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.ensure_future(app(scope, self._asked.get, self._send))

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.close":
            self.closed = message
        elif message["type"] == "websocket.http.response.start":
            self.turned_away = message["status"]
        elif message["type"] == "websocket.send":
            text = message["text"]
            if self._stuck or not text.startswith(('{"problem"', '{"pong"')):
                await self._takes.wait()
            self.messages.append(msgspec.json.decode(text))

    def hold(self, *, stuck: bool = False) -> None:
        """Take no frame; one that is stuck takes no problem and no pong either."""
        self._stuck = stuck
        self._takes.clear()

    def take(self) -> None:
        self._takes.set()

    def say(self, message: Any) -> None:
        self._asked.put_nowait({"type": "websocket.receive", "text": msgspec.json.encode(message).decode()})

    async def hang_up(self) -> None:
        self._asked.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self.task

    async def cut(self) -> None:
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task

    @property
    def frames(self) -> list[Any]:
        return [message for message in self.messages if "cursor" in message]

    @property
    def events(self) -> list[Any]:
        return [event for frame in self.frames for event in frame["events"]]

    @property
    def cursor(self) -> str:
        return str(self.frames[-1]["cursor"])
