"""`/healthz`, `/readyz` and `/metrics` of one process: plain HTTP, no sign-in, nothing in it that is secret.

Loopback by default. Beyond it, the network has to keep strangers away: account names and figures are no secret from
whoever runs the desk, and nobody else's concern.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Final

import msgspec
import structlog
import uvicorn
from prometheus_client import CollectorRegistry, generate_latest

_log = structlog.get_logger(__name__)
_TEXT: Final = b"text/plain; version=0.0.4; charset=utf-8"
_JSON: Final = b"application/json"
WITHIN_S: Final = 2.0  # a scrape, or a probe, must not wait for an engine that does not answer

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Ready = Callable[[], Awaitable[list[str]]]
"""Gives the reasons why the process is not ready, in sentences; empty where it is."""
Look = Callable[[], Awaitable[None]]
"""Brings levels up to date before they are shown; it may fail or be cut off, and the last ones are shown then."""


class OpsApp:
    """The ASGI application of the three paths."""

    def __init__(self, registry: CollectorRegistry, ready: Ready, look: Look, *, within_s: float = WITHIN_S) -> None:
        self._registry = registry
        self._ready = ready
        self._look = look
        self._within_s = within_s

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        assert scope["type"] == "http", "neither lifespan nor WebSockets are served here"
        match scope["path"]:
            case _ if scope["method"] not in ("GET", "HEAD"):
                await _answer(send, 405, {"detail": "only GET"})
            case "/healthz":
                await _answer(send, 200, {"state": "alive"})
            case "/readyz":
                reasons = await self._reasons()
                await _answer(send, 503 if reasons else 200, {"ready": not reasons, "reasons": reasons})
            case "/metrics":
                await self._refresh()
                await _answer(send, 200, generate_latest(self._registry))
            case _:
                await _answer(send, 404, {"detail": "there are /healthz, /readyz and /metrics"})

    async def _reasons(self) -> list[str]:
        try:
            async with asyncio.timeout(self._within_s):
                return await self._ready()
        except TimeoutError:
            return [f"it could not say within {self._within_s:g} s"]

    async def _refresh(self) -> None:
        """A fault of what is looked at is what the levels are for: the scrape itself never fails."""
        try:
            async with asyncio.timeout(self._within_s):
                await self._look()
        except Exception as fault:
            _log.warning("not every level is fresh", fault=str(fault) or type(fault).__name__)


async def _answer(send: Send, status: int, body: object) -> None:
    whole, kind = (body, _TEXT) if isinstance(body, bytes) else (msgspec.json.encode(body), _JSON)
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(whole)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": whole})


class _Server(uvicorn.Server):
    """The runtime owns the signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[Any]:
        yield


async def serve_ops(
    host: str,
    port: int,
    registry: CollectorRegistry,
    ready: Ready,
    *,
    look: Look,
    bound: Callable[[int], None] = lambda _: None,
) -> None:
    """Serve until canceled.

    Args:
        port: 0 takes a free one.
        look: called before each scrape.
        bound: told the port once it is listened on.

    Raises:
        OSError: the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
        listener.setblocking(False)
        bound(listener.getsockname()[1])
        await _serve(_Server(_config(OpsApp(registry, ready, look))), listener)


async def _serve(server: uvicorn.Server, listener: socket.socket) -> None:
    try:
        await server.serve(sockets=[listener])
    finally:
        for each in server.servers if server.started else ():
            each.close()


def _config(app: OpsApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="none",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        proxy_headers=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
        limit_concurrency=64,
    )
