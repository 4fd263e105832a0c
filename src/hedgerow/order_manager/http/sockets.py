"""The WebSockets: `/ws/orders`, `/ws/positions` and `/ws/market`, as plain ASGI."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec
import structlog

from hedgerow.clock import Clock
from hedgerow.core.codec import to_json
from hedgerow.core.records import Stream
from hedgerow.core.refusals import Code, Refusal
from hedgerow.history import HistoryFault
from hedgerow.journal import JournalFault
from hedgerow.meters import Meters
from hedgerow.order_manager.accounts import Accounts
from hedgerow.order_manager.feeds import Acknowledgement, CursorRefusedError, Feed, Feeds
from hedgerow.order_manager.http.bodies import RefusedError, decoded
from hedgerow.order_manager.http.gate import Gate, Key, Principal, Receive, Send, not_signed_in, shown_in
from hedgerow.order_manager.http.problems import PROBLEM_JSON, make, problem, shortened, vault_down
from hedgerow.order_manager.http.session_use import SessionUse
from hedgerow.order_manager.market import Topic, Watcher
from hedgerow.order_manager.schemas import Pong, Problem
from hedgerow.vault import Vault, VaultFault

_log = structlog.get_logger(__name__)
STREAMS: Final = {"/ws/orders": Stream.ORDERS_UPDATED, "/ws/positions": Stream.POSITIONS_UPDATED}
_PARAMETERS: Final = frozenset({"after", "client"})
_SIGN_IN_S: Final = 5.0
_LOOK_AT_KEY_S: Final = 1.0
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


class Ping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A browser cannot ping as WebSockets do; it asks for a sign of life by a message."""

    ping: int


_ping: Final = msgspec.json.Decoder(Ping)
_sign_in: Final = msgspec.json.Decoder(SignIn)
_ack: Final = msgspec.json.Decoder(Acknowledgement)
_market: Final = msgspec.json.Decoder(MarketRequest)


class _Gone(Exception):  # noqa: N818
    """The client has hung up."""


class Sockets:
    def __init__(
        self,
        *,
        gate: Gate,
        use: SessionUse,
        feeds: Feeds,
        accounts: Accounts,
        vault: Vault,
        clock: Clock,
        meters: Meters,
    ) -> None:
        self._gate = gate
        self._use = use
        self._feeds = feeds
        self._accounts = accounts
        self._vault = vault
        self._clock = clock
        self._meters = meters
        self._open: dict[asyncio.Task[Any], str] = {}  # each with its path

    async def __call__(
        self, path: str, query: bytes, headers: Mapping[bytes, bytes], receive: Receive, send: Send
    ) -> None:
        """Serve one socket to its end."""
        await receive()  # websocket.connect
        key = shown_in(headers, self._gate.doorway)
        refused = self._gate.doorway.refused(headers)
        if refused is None and key is not None and key.kind == "cookie":
            refused = self._gate.doorway.not_our_page(headers)
        if refused is None and path not in STREAMS and path != "/ws/market":
            refused = make(404, "no_such_path", "the WebSockets are /ws/orders, /ws/positions and /ws/market")
        if refused is not None:
            await _turn_away(send, refused)
            return
        await send({"type": "websocket.accept"})
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = path
        try:
            if key is None:
                key = Key("token", await _token_sent(receive))
            visitor = await self._gate.shown(key)
            if visitor is None:
                await _close(send, NOT_SIGNED_IN, not_signed_in("sign in first, by the page or with a token"))
            else:
                await _either(self._serve(path, query, visitor.principal, receive, send), self._revoked(key, send))
        except _Gone:
            pass
        except VaultFault as fault:
            with suppress(_Gone):
                await _close(send, 1011, vault_down(fault))
        except asyncio.CancelledError:
            await send({"type": "websocket.close", "code": GOING_AWAY, "reason": "the desk is stopping"})
        finally:
            del self._open[task]

    def count(self, path: str) -> int:
        """How many are open on a path."""
        return sum(1 for opened in self._open.values() if opened == path)

    async def close(self) -> None:
        """End every socket; clients come back with their cursors."""
        for task in list(self._open):
            task.cancel()
        if self._open:
            await asyncio.wait(set(self._open), timeout=2)

    async def _revoked(self, key: Key, send: Send) -> None:
        """Close the socket once what it was opened with is valid no more; until then its session is in use."""
        while (visitor := await self._gate.shown(key)) is not None:
            if visitor.session is not None:
                self._use.seen(visitor.session)
            await self._clock.sleep(_LOOK_AT_KEY_S)
        ended = "the token was revoked" if key.kind == "token" else "the session was ended"
        await _close(send, NOT_SIGNED_IN, not_signed_in(ended))

    async def _serve(self, path: str, query: bytes, principal: Principal, receive: Receive, send: Send) -> None:
        asked = parse_qs(query.decode("latin-1"), keep_blank_values=True)
        known = _PARAMETERS if path in STREAMS else frozenset[str]()
        unknown = next((shortened(name) for name in asked if name not in known), None)
        if unknown is not None:
            document = make(400, Code.UNKNOWN_FIELD, f"there is no parameter {unknown!r} here", field=unknown)
            await _close(send, 1008, document)
        elif path == "/ws/market":
            await self._market(receive, send)
        else:
            await self._stream(STREAMS[path], principal, asked, receive, send)

    # orders and positions

    async def _stream(
        self, stream: Stream, principal: Principal, query: Mapping[str, list[str]], receive: Receive, send: Send
    ) -> None:
        after = query.get("after", [None])[-1]
        client = query.get("client", [None])[-1]
        if client is not None and not (1 <= len(client) <= _CLIENT_MOST and client.isprintable()):
            await _close(send, 1008, make(400, "malformed", "client is 1 to 64 characters", field="client"))
            return
        places = _Places(self._vault, self._feeds, principal.name, client, stream, self._clock)
        resumed = after is None and (after := await places.last()) is not None
        try:
            feed = await self._opened(stream, after, send)
            try:
                await _either(self._pour(stream, feed, send), places.listen(feed, receive, send))
            finally:
                feed.close()
                await places.keep()
        except CursorRefusedError as refused:
            if resumed:
                await places.forget()  # or it would be refused for ever
            await _close(send, CURSOR_REFUSED, _cursor_refused(refused, "after"))
        except (JournalFault, HistoryFault, VaultFault) as fault:
            await _close(send, 1011, make(503, "storage_down", str(fault)))

    async def _opened(self, stream: Stream, after: str | None, send: Send) -> Feed:
        if after is not None:
            feed = await self._feeds.after(stream, after)
            self._meters.feeds_begun.add(stream, "memory" if feed.in_memory else "store")
            return feed
        snapshot, feed = await self._feeds.from_snapshot(stream)
        self._meters.feeds_begun.add(stream, "snapshot")
        await _send_text(send, snapshot)
        return feed

    async def _pour(self, stream: Stream, feed: Feed, send: Send) -> None:
        """Frames as they come; a client that does not take one in time is closed with its cursor, never skipped."""
        before = feed.cursor
        try:
            async for frame in feed.frames():
                async with asyncio.timeout(_SLOW_S):
                    await _send_text(send, frame)
                before = feed.cursor
        except TimeoutError:
            self._meters.sockets_slow.add(stream)
            document = make(408, "too_slow", "frames were not taken in time; come back after the cursor", cursor=before)
            with suppress(TimeoutError):  # who takes nothing at all has the cursor of the last frame
                async with asyncio.timeout(_SLOW_S):
                    await _close(send, TOO_SLOW, document)

    # the market

    async def _market(self, receive: Receive, send: Send) -> None:
        watcher = Watcher(self._accounts)
        try:
            await _either(self._pour_market(watcher, send), _listen_market(watcher, receive, send))
        finally:
            watcher.close()

    async def _pour_market(self, watcher: Watcher, send: Send) -> None:
        """One message for all that is new, the first at once; who does not take it in time has to come back."""
        try:
            while True:
                message, turned = await watcher.news()
                async with asyncio.timeout(_SLOW_S):
                    for topic, refusal in turned:
                        await _turn_topic_away(send, topic, refusal)
                    if message is not None:
                        await _send_text(send, to_json(message))
                await self._clock.sleep(_MARKET_PAUSE_S)
        except TimeoutError:
            self._meters.sockets_slow.add("market")
            document = make(408, "too_slow", "messages were not taken in time; come back and subscribe again")
            with suppress(TimeoutError):
                async with asyncio.timeout(_SLOW_S):
                    await _close(send, TOO_SLOW, document)


class _Places:
    """The last cursor that a named client acknowledged, kept where every order_manager finds it."""

    def __init__(
        self, vault: Vault, feeds: Feeds, principal: str, client: str | None, stream: Stream, clock: Clock
    ) -> None:
        self._vault = vault
        self._feeds = feeds
        self._principal = principal
        self._client = client
        self._stream = stream
        self._clock = clock
        self._latest: str | None = None
        self._kept: str | None = None
        self._kept_ms = 0

    async def last(self) -> str | None:
        """Where a named client was; `None` for one that never was here, or whose place is gone."""
        if self._client is None:
            return None
        return await self._vault.place(self._principal, self._client, self._stream) or None

    async def forget(self) -> None:
        """The place can no longer be continued from: the next time begins with a snapshot."""
        assert self._client is not None
        await self._vault.put_place(self._principal, self._client, self._stream, "", self._clock.now_ms())

    async def listen(self, feed: Feed, receive: Receive, send: Send) -> None:
        """Take acknowledgements until the client hangs up; what is none is answered with a problem."""

        def pong(number: int) -> Pong:
            return Pong(pong=number, caught_up=feed.caught_up)

        while True:
            try:
                cursor = decoded(_ack, await _request(receive, send, pong)).ack
                await self._feeds.checked(self._stream, cursor)
            except RefusedError as fault:
                await _send_problem(send, problem(fault.refusal))
                continue
            except CursorRefusedError as refused:
                await _send_problem(send, _cursor_refused(refused, "ack"))
                continue
            self._latest = cursor
            if self._clock.now_ms() - self._kept_ms > _KEEP_PLACE_S * 1000:
                await self.keep()

    async def keep(self) -> None:
        if self._client is None or self._latest is None or self._latest == self._kept:
            return
        latest, self._kept_ms = self._latest, self._clock.now_ms()
        try:
            await self._vault.put_place(self._principal, self._client, self._stream, latest, self._kept_ms)
            self._kept = latest  # only now: a client that hangs up meanwhile has it kept at the end
        except VaultFault as fault:
            _log.error("a client's place was not kept", client=self._client, fault=str(fault))


async def _listen_market(watcher: Watcher, receive: Receive, send: Send) -> None:
    while True:
        try:
            request = decoded(_market, await _request(receive, send, lambda number: Pong(pong=number)))
        except RefusedError as fault:
            await _send_problem(send, problem(fault.refusal))
            continue
        if request == MarketRequest():
            await _send_problem(send, problem(Refusal(Code.MISSING, "name a topic to subscribe or unsubscribe")))
        if request.unsubscribe is not None:
            watcher.unsubscribe(request.unsubscribe)
        if request.subscribe is not None:
            refused = watcher.subscribe(request.subscribe)
            if refused is not None:
                await _turn_topic_away(send, request.subscribe, refused)


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


async def _token_sent(receive: Receive) -> str:
    """The token in the first message; empty where it is none, or none comes."""
    try:
        async with asyncio.timeout(_SIGN_IN_S):
            return decoded(_sign_in, await _message(receive)).token
    except (TimeoutError, RefusedError):
        return ""


async def _message(receive: Receive) -> bytes:
    message = await receive()
    if message["type"] == "websocket.disconnect":
        raise _Gone
    text = message.get("text")
    return text.encode() if text is not None else (message.get("bytes") or b"")


async def _request(receive: Receive, send: Send, pong: Callable[[int], Pong]) -> bytes:
    """The next message that is no ping; pings are answered as they come, with their own number."""
    while (message := await _message(receive)).startswith(b'{"ping":'):
        try:
            number = _ping.decode(message).ping
        except msgspec.DecodeError:
            break
        await _send_text(send, to_json(pong(number)))
    return message


async def _send_text(send: Send, text: bytes) -> None:
    try:
        await send({"type": "websocket.send", "text": text.decode()})
    except (RuntimeError, OSError) as fault:  # what uvicorn says where the socket has gone meanwhile
        raise _Gone from fault


async def _send_problem(send: Send, document: Problem) -> None:
    await _send_text(send, to_json({"problem": document}))


async def _turn_topic_away(send: Send, topic: Topic, refusal: Refusal) -> None:
    await _send_text(send, to_json({"problem": problem(refusal), "topic": topic}))


def _cursor_refused(refused: CursorRefusedError, field: str) -> Problem:
    return make(410, "cursor_refused", str(refused), field=field)


async def _turn_away(send: Send, document: Problem) -> None:
    """Answer the handshake as any request: with a status and a problem."""
    headers = [(b"content-type", PROBLEM_JSON.encode())]
    await send({"type": "websocket.http.response.start", "status": document.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": to_json(document)})


async def _close(send: Send, code: int, document: Problem) -> None:
    """Say why in a last message, then close."""
    await _send_problem(send, document)
    await send({"type": "websocket.close", "code": code, "reason": document.detail[:120]})
