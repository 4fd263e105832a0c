"""The WebSockets: `/ws/orders`, `/ws/positions` and `/ws/market`, as plain ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec
import structlog

from hedgerow.clock import Clock
from hedgerow.core.codec import to_json
from hedgerow.core.records import Stream
from hedgerow.core.refusals import Refusal
from hedgerow.journal import JournalFault
from hedgerow.order_manager.accounts import Accounts
from hedgerow.order_manager.feeds import Acknowledgement, CursorRefusedError, Feed, Feeds
from hedgerow.order_manager.http.gate import Gate, Principal, Receive, Send
from hedgerow.order_manager.http.problems import make, problem
from hedgerow.order_manager.market import Topic, Watcher
from hedgerow.order_manager.schemas import Problem
from hedgerow.vault import Vault, VaultFault

_log = structlog.get_logger(__name__)
STREAMS: Final = {"/ws/orders": Stream.ORDERS_UPDATED, "/ws/positions": Stream.POSITIONS_UPDATED}
_SIGN_IN_S: Final = 5.0
_SLOW_S: Final = 10.0
_MARKET_PAUSE_S: Final = 0.05
_KEEP_PLACE_S: Final = 0.5
_CLIENT_MOST: Final = 64

# Close codes of our own; the reason says more.
NOT_SIGNED_IN: Final = 4401
CURSOR_REFUSED: Final = 4410
TOO_SLOW: Final = 4408
GOING_AWAY: Final = 1001


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first message of a client that cannot set headers."""

    token: str


class MarketRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    subscribe: Topic | None = None
    unsubscribe: Topic | None = None


_sign_in: Final = msgspec.json.Decoder(SignIn)
_ack: Final = msgspec.json.Decoder(Acknowledgement)
_market: Final = msgspec.json.Decoder(MarketRequest)


class _Gone(Exception):  # noqa: N818
    """The client has hung up."""


class Sockets:
    def __init__(self, *, gate: Gate, feeds: Feeds, accounts: Accounts, vault: Vault, clock: Clock) -> None:
        self._gate = gate
        self._feeds = feeds
        self._accounts = accounts
        self._vault = vault
        self._clock = clock
        self._open: set[asyncio.Task[Any]] = set()

    async def __call__(
        self, path: str, query: bytes, headers: Mapping[bytes, bytes], receive: Receive, send: Send
    ) -> None:
        """Serve one socket to its end."""
        await receive()  # websocket.connect
        refused = self._gate.host_refused(headers)
        if refused is not None or (path not in STREAMS and path != "/ws/market"):
            await send(
                {"type": "websocket.close", "code": 1008, "reason": refused.detail if refused else "no such path"}
            )
            return
        await send({"type": "websocket.accept"})
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            principal = await self._gate.principal(headers) or await self._signed_in(receive)
            if principal is None:
                await _close(send, NOT_SIGNED_IN, make(401, "not_signed_in", "sign in with a token first"))
            elif path == "/ws/market":
                await self._market(receive, send)
            else:
                await self._stream(STREAMS[path], principal, parse_qs(query.decode("latin-1")), receive, send)
        except _Gone:
            pass
        except asyncio.CancelledError:
            await send({"type": "websocket.close", "code": GOING_AWAY, "reason": "the desk is stopping"})
        finally:
            self._open.discard(task)

    async def close(self) -> None:
        """End every socket; clients come back with their cursors."""
        for task in list(self._open):
            task.cancel()
        if self._open:
            await asyncio.wait(set(self._open), timeout=2)

    async def _signed_in(self, receive: Receive) -> Principal | None:
        """The principal by the token in the first message."""
        try:
            text = await asyncio.wait_for(_message(receive), _SIGN_IN_S)
            return await self._gate.by_token(_sign_in.decode(text).token)
        except (TimeoutError, msgspec.DecodeError):
            return None

    # orders and positions

    async def _stream(
        self, stream: Stream, principal: Principal, query: Mapping[str, list[str]], receive: Receive, send: Send
    ) -> None:
        after = query.get("after", [None])[-1]
        client = query.get("client", [None])[-1]
        if client is not None and not (1 <= len(client) <= _CLIENT_MOST and client.isprintable()):
            await _close(send, 1008, make(400, "malformed", "client is 1 to 64 characters", field="client"))
            return
        if after is None and client is not None:
            after = await self._vault.place(principal.name, client, stream)
        places = _Places(self._vault, principal.name, client, stream, self._clock)
        try:
            feed = await self._opened(stream, after, send)
        except CursorRefusedError as refused:
            await _close(send, CURSOR_REFUSED, make(410, "cursor_refused", str(refused), field="after"))
            return
        try:
            await _either(self._pour(feed, send), places.listen(receive))
        finally:
            feed.close()
            await places.keep()

    async def _opened(self, stream: Stream, after: str | None, send: Send) -> Feed:
        if after is not None:
            return self._feeds.after(stream, after)
        snapshot, feed = await self._feeds.from_snapshot(stream)
        await _send_text(send, snapshot)
        return feed

    async def _pour(self, feed: Feed, send: Send) -> None:
        """Frames as they come; a client that does not take one in time is closed with its cursor, never skipped."""
        before = feed.cursor
        try:
            async for frame in feed.frames():
                await asyncio.wait_for(_send_text(send, frame), _SLOW_S)
                before = feed.cursor
        except TimeoutError:
            await _close(send, TOO_SLOW, make(408, "too_slow", f"come back with after={before}"))
        except CursorRefusedError as refused:
            await _close(send, CURSOR_REFUSED, make(410, "cursor_refused", str(refused), field="after"))
        except JournalFault as fault:
            await _close(send, 1011, make(503, "journal_down", str(fault)))

    # the market

    async def _market(self, receive: Receive, send: Send) -> None:
        watcher = Watcher(self._accounts)
        try:
            await _either(self._pour_market(watcher, send), _listen_market(watcher, receive, send))
        finally:
            watcher.close()

    async def _pour_market(self, watcher: Watcher, send: Send) -> None:
        while True:
            for frame in await watcher.frames():
                await asyncio.wait_for(_send_text(send, to_json(frame)), _SLOW_S)
            await self._clock.sleep(_MARKET_PAUSE_S)


class _Places:
    """The last cursor that a named client acknowledged, kept where every order_manager finds it."""

    def __init__(self, vault: Vault, principal: str, client: str | None, stream: Stream, clock: Clock) -> None:
        self._vault = vault
        self._principal = principal
        self._client = client
        self._stream = stream
        self._clock = clock
        self._latest: str | None = None
        self._kept: str | None = None
        self._kept_ms = 0

    async def listen(self, receive: Receive) -> None:
        """Take acknowledgements until the client hangs up."""
        while True:
            try:
                self._latest = _ack.decode(await _message(receive)).ack
            except msgspec.DecodeError:
                continue  # what is not an acknowledgement says nothing on these sockets
            if self._clock.now_ms() - self._kept_ms > _KEEP_PLACE_S * 1000:
                await self.keep()

    async def keep(self) -> None:
        if self._client is None or self._latest is None or self._latest == self._kept:
            return
        self._kept, self._kept_ms = self._latest, self._clock.now_ms()
        try:
            await self._vault.put_place(self._principal, self._client, self._stream, self._latest, self._kept_ms)
        except VaultFault as fault:
            _log.error("a client's place was not kept", client=self._client, fault=str(fault))


async def _listen_market(watcher: Watcher, receive: Receive, send: Send) -> None:
    while True:
        try:
            request = _market.decode(await _message(receive))
        except msgspec.DecodeError as fault:
            await _send_text(send, to_json({"problem": make(400, "malformed", str(fault))}))
            continue
        if request.unsubscribe is not None:
            watcher.unsubscribe(request.unsubscribe)
        if request.subscribe is not None:
            refused = watcher.subscribe(request.subscribe)
            if isinstance(refused, Refusal):
                await _send_text(send, to_json({"problem": problem(refused)}))


async def _either(first: Any, second: Any) -> None:
    """Run two until one ends; the other is canceled, and a fault of either is raised."""
    tasks = [asyncio.ensure_future(first), asyncio.ensure_future(second)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _message(receive: Receive) -> bytes:
    message = await receive()
    if message["type"] == "websocket.disconnect":
        raise _Gone
    text = message.get("text")
    return text.encode() if text is not None else (message.get("bytes") or b"")


async def _send_text(send: Send, text: bytes) -> None:
    await send({"type": "websocket.send", "text": text.decode()})


async def _close(send: Send, code: int, document: Problem) -> None:
    """Say why in a last message, then close."""
    await _send_text(send, to_json({"problem": document}))
    await send({"type": "websocket.close", "code": code, "reason": document.detail[:120]})
