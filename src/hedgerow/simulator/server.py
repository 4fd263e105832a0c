"""The simulated exchange as a process: `serve` runs it until it is told to stop.

Time enters here (the system's clock), and the market's pace.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import uvicorn
import uvloop

from hedgerow.simulator.app import App
from hedgerow.simulator.bybit.auth import DEFAULT_DEPOSIT, ApiKey
from hedgerow.simulator.bybit.texts import parse
from hedgerow.simulator.exchange import SimulatedExchange
from hedgerow.simulator.market import MAKER_PREFIX
from hedgerow.simulator.protocols import PushSocket, StampedHttp
from hedgerow.simulator.store import Store, StoreError

MARKET_STEP_S = 0.2
PUBLISH_EVERY_S = 0.02  # the pace of Bybit's book of 50 levels; slower topics keep their own
IDLE_CHECK_S = 30.0
LONGEST_SILENCE_MS = 600_000  # "the connection will be cut off after 10 minutes": .../docs/v5/ws/connect


class SimulatorError(Exception):
    """It cannot start, or cannot go on: the message says why, in a line."""


class SimulatorSettings(msgspec.Struct, frozen=True):
    host: str = "127.0.0.1"
    port: int = 0  # 0: any free one
    seed: int = 1
    data_dir: Path | None = None  # None: nothing is kept
    control: bool = False
    keys: tuple[ApiKey, ...] = ()
    stop_with_parent: bool = False  # ends when standard input does


def parse_key(written: str) -> ApiKey:
    """KEY:SECRET:ACCOUNT[:DEPOSIT]

    Raises:
        ValueError: it is not written so.
    """
    parts = written.split(":")
    deposit = parse(parts[3]) if len(parts) == 4 else DEFAULT_DEPOSIT
    if len(parts) not in (3, 4) or not all(parts) or deposit is None or parts[2].startswith(MAKER_PREFIX):
        raise ValueError("a key is written KEY:SECRET:ACCOUNT[:DEPOSIT], the deposit in USDT")
    return ApiKey(parts[0], parts[1], parts[2], deposit)


class _Server(uvicorn.Server):
    """Signals are ours: state is saved after the sockets are closed."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()


def run(settings: SimulatorSettings) -> int:
    """Blocking; the process's exit code."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings))
    except SimulatorError as error:
        print(f"simulator: {error}", file=sys.stderr)  # noqa: T201 - the one line a user reads
        return 2
    return 0


async def serve(settings: SimulatorSettings) -> None:
    """Prints `ready http://HOST:PORT` when it accepts connections; returns once it was stopped and has saved.

    Raises:
        SimulatorError: the port is taken, or the data folder cannot be used.
    """
    listener = _listen(settings)
    try:
        exchange = _open_exchange(settings)
    except (StoreError, SimulatorError) as error:
        listener.close()
        raise SimulatorError(str(error)) from error
    await _serve(settings, exchange, listener)
    try:
        exchange.close()
    except StoreError as error:
        raise SimulatorError(str(error)) from error


async def _serve(settings: SimulatorSettings, exchange: SimulatedExchange, listener: socket.socket) -> None:
    app = App(exchange, settings.control)
    host, port = listener.getsockname()[:2]
    server = _Server(_config(app), lambda: print(f"ready http://{host}:{port}", flush=True))  # noqa: T201
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.should_exit = True

    exchange.on_broken = stop
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    if settings.stop_with_parent:
        threading.Thread(target=_wait_for_parent, args=(loop, stop), daemon=True).start()
    _step(exchange)
    gc.collect()
    gc.freeze()
    try:
        async with asyncio.TaskGroup() as tasks:
            paced = [
                tasks.create_task(_every(MARKET_STEP_S, lambda: _step(exchange))),
                tasks.create_task(_every(PUBLISH_EVERY_S, app.tell_market)),
                tasks.create_task(_every(IDLE_CHECK_S, lambda: _close_idle(app, exchange))),
            ]
            await server.serve(sockets=[listener])
            for task in paced:
                task.cancel()
    finally:
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(name)


def _config(app: App) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=StampedHttp,
        ws=PushSocket,
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        lifespan="off",
        interface="asgi3",
        proxy_headers=False,
        server_header=False,
        date_header=False,
        access_log=False,
        log_config=None,
        log_level="warning",
        timeout_keep_alive=120,
        timeout_graceful_shutdown=1,
    )


def _open_exchange(settings: SimulatorSettings) -> SimulatedExchange:
    store = Store(settings.data_dir) if settings.data_dir is not None else None
    exchange = SimulatedExchange(settings.seed, _now_ms, store)
    for key in settings.keys:
        exchange.add_key(key)
    return exchange


def _listen(settings: SimulatorSettings) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise SimulatorError(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}") from error
    return listener


async def _every(seconds: float, act: Callable[[], None]) -> None:
    """At this pace, without catching up after a stall."""
    while True:
        await asyncio.sleep(seconds)
        act()


def _step(exchange: SimulatedExchange) -> None:
    """A store that failed has stopped the server already."""
    with suppress(StoreError):
        exchange.step_market()


def _close_idle(app: App, exchange: SimulatedExchange) -> None:
    for connection in app.connections.all():
        if connection.channel != "public" and exchange.clock() - connection.heard_ms > LONGEST_SILENCE_MS:
            connection.cut()


def _wait_for_parent(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    while sys.stdin.buffer.read(4096):
        pass
    loop.call_soon_threadsafe(stop)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
