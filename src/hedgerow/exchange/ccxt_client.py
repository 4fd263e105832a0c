"""One ccxt.pro instance for one account, set up for a desk, with its frames taken before ccxt digests them.

ccxt's `watch_*` merge updates and lose some, and one broken frame ends their receive loop. So frames that are ours are
taken where they come in; logins, pings, pongs and errors stay ccxt's.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import aiohttp
import msgspec
import structlog

from hedgerow.exchange import ExchangeFault, Timing
from hedgerow.exchange.ccxt_loading import exchange_class
from hedgerow.exchange.clock import ExchangeClock
from hedgerow.exchange.dialect import Dialect

_LOG = structlog.get_logger(__name__)
_decode = msgspec.json.Decoder().decode


class FrameTaker(Protocol):
    """Who takes the frames of one address."""

    def heard(self) -> None:
        """Something came, whatever it is."""
        ...

    def take(self, message: Mapping[str, Any]) -> bool:
        """Take a frame, or leave it to ccxt."""
        ...

    def broken(self, error: Exception) -> None:
        """A frame that cannot be read was skipped."""
        ...

    def lost(self, client: object, reason: str) -> None:
        """The socket of `client` is gone."""
        ...


class DeskClient:
    """What a desk changes of a ccxt exchange class; mixed in before it by `make_client`."""

    desk_takers: dict[str, FrameTaker]
    desk_clock: ExchangeClock | None = None
    desk_timing: Timing | None = None
    timeout_on_exit = 0
    clients: dict[str, Any]
    options: dict[str, Any]

    def milliseconds(self) -> int:
        """The exchange's clock: logins and signatures are stamped with it."""
        clock = self.desk_clock
        return time.time_ns() // 1_000_000 if clock is None else clock.now_ms()

    def nonce(self) -> int:
        return self.milliseconds() if self.desk_timing is None else self.desk_timing.timestamp_ms

    def ws_dial_delay(self, url: str) -> int:
        """None: `KeptSocket` spaces its attempts itself."""
        return 0

    def client(self, url: str) -> Any:
        fresh = url not in self.clients
        client = super().client(url)  # type: ignore[misc]
        if fresh:
            client.handle_text_or_binary_message = functools.partial(self._desk_frame, client)
        return client

    def _desk_frame(self, client: Any, text: str | bytes) -> None:
        taker = self.desk_takers.get(client.url)
        if taker is not None:
            taker.heard()
        try:
            message = _decode(text) if text[:1] in ("{", "[", b"{", b"[") else text
            if taker is None or not isinstance(message, dict) or not taker.take(message):
                self.handle_message(client, message)  # type: ignore[attr-defined]
        except Exception as error:  # a raise in here would end ccxt's receive loop
            if taker is None:
                raise
            taker.broken(error)

    def handle_pong(self, client: Any, message: Any) -> Any:
        """ccxt's keep-alive compares with our own clock, not with the exchange's."""
        client.lastPong = time.time_ns() // 1_000_000
        return message

    def on_error(self, client: Any, error: BaseException) -> None:
        super().on_error(client, error)  # type: ignore[misc]
        self._desk_lost(client, str(error) or type(error).__name__)

    def on_close(self, client: Any, code: object) -> None:
        super().on_close(client, code)  # type: ignore[misc]
        self._desk_lost(client, f"closed with code {code}")

    def _desk_lost(self, client: Any, reason: str) -> None:
        taker = self.desk_takers.get(client.url)
        if taker is not None:
            taker.lost(client, reason)

    @contextmanager
    def desk_stamped(self, timing: Timing) -> Iterator[None]:
        """What is signed inside bears this timestamp and window."""
        window = self.options.get("recvWindow")
        self.desk_timing = timing
        self.options["recvWindow"] = timing.deadline_ms - timing.timestamp_ms
        try:
            yield
        finally:
            self.desk_timing = None
            self.options["recvWindow"] = window


@functools.cache
def _desk_class(exchange: str) -> type[Any]:
    try:
        base = exchange_class(exchange)
    except LookupError as error:
        raise ExchangeFault(str(error)) from None
    return type(f"Desk{base.__name__.title()}", (DeskClient, base), {})


def make_client(
    dialect: Dialect,
    *,
    environment: str,
    urls: Mapping[str, str],
    options: Mapping[str, str],
    credentials: Mapping[str, str],
    clock: ExchangeClock,
    session: aiohttp.ClientSession,
    keep_alive_ms: int,
) -> Any:
    """The instance. Nothing is sent.

    Raises:
        ExchangeFault: ccxt has no such exchange, no such environment of it, or a credential is missing.
    """
    settings = dialect.settings()
    config = {
        **settings,
        **credentials,
        "enableRateLimit": False,
        "timeout": 10_000,
        "newUpdates": True,
        "session": session,
        "ssl_context": True,  # the session brings its own; building another takes 20 ms
        "streaming": {"keepAlive": keep_alive_ms},
        "options": {**settings.get("options", {}), **options, "ws": {"compress": 0}},
    }
    client = _desk_class(dialect.exchange)(config)
    client.number = str
    client.desk_takers = {}
    client.desk_clock = clock
    assert not client.options.get("maxRetriesOnFailure"), "ccxt must never send an order twice"
    try:
        _check_credentials(client)
        _choose_environment(client, dialect, environment, urls)
    except ExchangeFault:
        client.session = None  # ccxt complains of instances that are dropped with one
        raise
    return client


def _check_credentials(client: Any) -> None:
    missing = [name for name, needed in client.requiredCredentials.items() if needed and not getattr(client, name)]
    if missing:
        raise ExchangeFault(f"{client.id} needs {' and '.join(missing)}")


def _choose_environment(client: Any, dialect: Dialect, environment: str, urls: Mapping[str, str]) -> None:
    if environment == "demo":
        client.enable_demo_trading(True)
    elif environment == "testnet":
        client.set_sandbox_mode(True)
    elif environment == "simulation" and not {"rest", "ws"} <= urls.keys():
        raise ExchangeFault("a simulated exchange needs its addresses: --url rest=… --url ws=…")
    elif environment not in ("live", "simulation"):
        raise ExchangeFault(f"unknown environment {environment!r}: simulation, demo, testnet or live")
    over = dialect.addresses(_base(urls, "rest"), _base(urls, "ws"))
    client.urls["api"] = client.deep_extend(client.urls["api"], over)


def _base(urls: Mapping[str, str], name: str) -> str | None:
    url = urls.get(name)
    return None if url is None else url.rstrip("/")
