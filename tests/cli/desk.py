"""A desk's outer shell for the tests: real HTTP and WebSockets on loopback, with answers that a test gives."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import msgspec
import uvicorn

from hedgerow.core.codec import to_json
from hedgerow.core.refusals import Refusal
from hedgerow.order_manager.schemas import Problem

TOKEN = "token-of-the-tests"


class Request(NamedTuple):
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


Handler = Callable[[Request], tuple[int, bytes]]


class FakeDesk:
    """Answers as told, records what was asked, and streams frames after a cursor as the real one does."""

    def __init__(self) -> None:
        self.forget()
        self._grown = asyncio.Event()
        self._ready = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            self._app, interface="asgi3", log_level="critical", lifespan="off", ws="websockets-sansio", access_log=False
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def forget(self) -> None:
        """As new, for the next test."""
        self.token = TOKEN
        self.requests: list[Request] = []
        self.connects: list[tuple[str, dict[str, list[str]], dict[str, str]]] = []
        self.said: list[Any] = []
        self.refuse_cursor: set[str] = set()
        self._answers: dict[tuple[str, str], Handler] = {}
        self._frames: dict[str, list[bytes]] = {}

    def _run(self) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            self._ready.set()
            await self._server.serve(sockets=[self._socket])

        asyncio.run(serve())

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(5)

    def stop(self) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        self._loop.call_soon_threadsafe(self._grown.set)
        self._thread.join(5)
        self._socket.close()

    def answer(self, method: str, path: str, value: object, status: int = 200) -> None:
        raw = value if isinstance(value, bytes) else to_json(value)
        self._answers[method, path] = lambda _: (status, raw)

    def handle(self, method: str, path: str, handler: Handler) -> None:
        self._answers[method, path] = handler

    def refuse(self, method: str, path: str, refusal: Refusal, status: int = 422, order: Any = None) -> None:
        problem = Problem(
            type=f"/problems/{refusal.code}",
            title="Refused",
            status=status,
            detail=refusal.message,
            code=refusal.code,
            field=refusal.field,
            exchange_code=refusal.exchange_code,
            exchange_message=refusal.exchange_message,
            order=order,
        )
        self.answer(method, path, problem, status)

    def push(self, path: str, *events: object) -> None:
        """Append a frame to a stream; who listens gets it, who comes back gets it after their cursor."""
        frames = self._frames.setdefault(path, [])
        number = len(frames)
        frame = {"after": f"c{number}", "cursor": f"c{number + 1}", "events": list(events)}
        frames.append(to_json(frame))
        self._loop.call_soon_threadsafe(self._grown.set)

    def push_quotes(self, *quotes: object) -> None:
        self.push_market({"items": quotes})

    def push_market(self, message: object) -> None:
        self._frames.setdefault("/ws/market", []).append(to_json(message))
        self._loop.call_soon_threadsafe(self._grown.set)

    def cut(self) -> None:
        """Break every connection, without a word."""

        def abort() -> None:
            for connection in list(self._server.server_state.connections):
                connection.transport.abort()

        self._loop.call_soon_threadsafe(abort)

    def asked(self, method: str, path: str) -> list[Request]:
        return [request for request in self.requests if (request.method, request.path) == (method, path)]

    async def _app(self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        query = parse_qs(scope["query_string"].decode())
        if scope["type"] == "websocket":
            await self._stream(scope["path"], query, headers, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        request = Request(scope["method"], scope["path"], query, headers, body)
        self.requests.append(request)
        status, raw = self._reply(request)
        kind = b"application/json" if status < 400 else b"application/problem+json"
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
        await send({"type": "http.response.body", "body": raw})

    def _reply(self, request: Request) -> tuple[int, bytes]:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            problem = Problem(
                type="/p", title="Who?", status=401, detail="The token is not known.", code="unauthorized"
            )
            return 401, to_json(problem)
        handler = self._answers.get((request.method, request.path))
        if handler is None:
            problem = Problem(type="/p", title="None", status=404, detail="There is no such thing.", code="not_found")
            return 404, to_json(problem)
        return handler(request)

    async def _stream(self, path: str, query: dict[str, list[str]], headers: Any, receive: Any, send: Any) -> None:
        self.connects.append((path, query, headers))
        await receive()
        await send({"type": "websocket.accept"})
        after = query.get("after", ["c0"])[0]
        if headers.get("authorization") != f"Bearer {self.token}":
            await send({"type": "websocket.close", "code": 4401, "reason": "The token is not known."})
            return
        if after in self.refuse_cursor:
            await send({"type": "websocket.close", "code": 4410, "reason": "The cursor is no longer kept."})
            return
        listening = asyncio.ensure_future(self._listen(receive))
        place = int(after[1:])
        while not listening.done() and not self._server.should_exit:
            self._grown.clear()
            for frame in self._frames.get(path, [])[place:]:
                await send({"type": "websocket.send", "text": frame.decode()})
                place += 1  # the test may push another meanwhile
            waiting = asyncio.ensure_future(self._grown.wait())
            await asyncio.wait({waiting, listening}, return_when=asyncio.FIRST_COMPLETED, timeout=0.2)
            waiting.cancel()
        listening.cancel()

    async def _listen(self, receive: Any) -> None:
        while (message := await receive())["type"] != "websocket.disconnect":
            self.said.append(msgspec.json.decode(message["text"]))
