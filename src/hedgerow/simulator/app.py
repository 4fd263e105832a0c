"""The ASGI application: REST, the three WebSockets, and the control routes where they were asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from hedgerow.simulator.bybit.auth import DEFAULT_WINDOW, check_request
from hedgerow.simulator.bybit.backend import Call
from hedgerow.simulator.bybit.conversations import Conversation, Heard, PrivateConversation, PublicConversation, decoded
from hedgerow.simulator.bybit.entry import TradeConversation
from hedgerow.simulator.bybit.publics import PublicTopics
from hedgerow.simulator.bybit.replies import envelope
from hedgerow.simulator.bybit.routes import ROUTES, Route
from hedgerow.simulator.connections import Connection, Connections
from hedgerow.simulator.control import Control
from hedgerow.simulator.exchange import SimulatedExchange
from hedgerow.simulator.faults import HTML, OP_KINDS, READ_KINDS, REST_KINDS, Fault, Kind
from hedgerow.simulator.messages import Refusal
from hedgerow.simulator.protocols import http_of, socket_of
from hedgerow.simulator.store import StoreError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LONGEST_BODY = 1024 * 1024
_JSON = (b"content-type", b"application/json; charset=utf-8")
_TEXT = (b"content-type", b"text/html; charset=utf-8")
_CHANNELS = {"/v5/public/linear": "public", "/v5/private": "private", "/v5/trade": "trade"}


class App:
    def __init__(self, exchange: SimulatedExchange, control: bool) -> None:
        self._exchange = exchange
        self._topics = PublicTopics(exchange)
        self.connections = Connections(self._topics, exchange.faults, exchange.reads)
        self._control = Control(exchange, self.connections) if control else None
        self._opened = 0
        exchange.take_events()  # of before there was anybody to tell
        exchange.on_events = self._events_wait

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["type"] == "http":
                await self._http(scope, receive, send)
            elif scope["type"] == "websocket":
                await self._websocket(scope, receive, send)
        except StoreError:
            # What was carried out is not kept, so its answer must not leave: the exchange stops.
            _cut(scope, send)
            await asyncio.sleep(0)

    # -- pushes -----------------------------------------------------------------------------------------------------

    def _events_wait(self) -> None:
        """The pushes follow in the loop's next turn: the acknowledgement, which is written in this one, comes first."""
        asyncio.get_running_loop().call_soon(self._tell_accounts)

    def _tell_accounts(self) -> None:
        events = self._exchange.take_events()
        if events:
            self.connections.tell_accounts(events, self._exchange.clock())

    def tell_market(self) -> None:
        """What the public topics have to say; called at the pace of the fastest."""
        books, trades = self._exchange.take_market_changes()
        self._topics.traded(trades)
        self.connections.tell_everyone(self._topics.frames(books, self._exchange.clock()))

    # -- REST -------------------------------------------------------------------------------------------------------

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        body = await _body(receive) if method != "GET" else b""
        if body is None:
            await _respond(send, 413, _TEXT, b"")
            return
        if self._control is not None and path.startswith("/control/"):
            status, answer = self._control.answer(scope, body)
            await _respond(send, status, _JSON, answer)
            return
        route = ROUTES.get((method, path))
        if route is None:
            await _respond(send, 404, _TEXT, b"")
            return
        await self._answer(route, scope, body, send)

    async def _answer(self, route: Route, scope: Scope, body: bytes, send: Send) -> None:
        now_ms = self._exchange.clock()
        call = Call(now_ms, query=_query(scope["query_string"]), body=body)
        if route.signed:
            headers = dict(scope["headers"])
            if b"x-bapi-api-key" not in headers or b"x-bapi-sign" not in headers:
                await _respond(send, 401, _TEXT, b"")
                return
            refusal = self._authenticate(call, headers, scope, body)
            if refusal is not None:
                await _respond(send, 200, _JSON, envelope(refusal, now_ms))
                return
        account = call.key.account if call.key is not None else ""
        fault = self._exchange.faults.strike(REST_KINDS, scope["path"], account)
        if route.stale:
            stale = self._exchange.faults.strike(READ_KINDS, scope["path"], account)
            if stale is not None:
                call.reads = self._exchange.stale_reads(account, stale.ms)
        if fault is not None:
            await self._answer_wrongly(route, call, fault, send)
            return
        self._exchange.arrived_ns = http_of(send).arrived_ns
        answer = envelope(route.handler(self._exchange, call), now_ms)
        await _respond(send, 200, _JSON, answer)

    def _authenticate(self, call: Call, headers: dict[bytes, bytes], scope: Scope, body: bytes) -> Refusal | None:
        checked = check_request(
            self._exchange.keys,
            headers[b"x-bapi-api-key"].decode("latin-1"),
            headers.get(b"x-bapi-timestamp", b"").decode("latin-1"),
            headers.get(b"x-bapi-recv-window", DEFAULT_WINDOW.encode()).decode("latin-1"),
            headers[b"x-bapi-sign"].decode("latin-1"),
            body if scope["method"] == "POST" else scope["query_string"],
            call.now_ms,
        )
        if isinstance(checked, Refusal):
            return checked
        call.key = checked
        call.reads = self._exchange.reads
        return None

    async def _answer_wrongly(self, route: Route, call: Call, fault: Fault, send: Send) -> None:
        answer = b""
        if fault.executed:
            self._exchange.arrived_ns = http_of(send).arrived_ns
            answer = envelope(route.handler(self._exchange, call), call.now_ms)
        if fault.ms:
            await asyncio.sleep(fault.ms / 1000)
        if fault.kind is Kind.REPLY_DELAYED:
            await _respond(send, 200, _JSON, answer)
        elif fault.kind is Kind.REPLY_STATUS:
            await _respond(send, fault.status, _TEXT, fault.body.encode() or HTML)
        elif fault.kind is Kind.REPLY_HTML:
            await _respond(send, 200, _TEXT, fault.body.encode() or HTML)
        else:
            if fault.kind is Kind.REPLY_CUT_SHORT:
                await _start(send, 200, _JSON, len(answer))
                await send({"type": "http.response.body", "body": answer[: len(answer) // 2], "more_body": True})
                http_of(send).transport.close()  # close, not abort: what was written still goes out
            else:
                http_of(send).transport.abort()
            await asyncio.sleep(0)

    # -- WebSockets -------------------------------------------------------------------------------------------------

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        channel = _CHANNELS.get(scope["path"])
        if channel is None:
            await send({"type": "websocket.close", "code": 1008})
            return
        await send({"type": "websocket.accept"})
        wire = socket_of(send)
        self._opened += 1
        connection_id = f"simulated-{self._opened}"
        connection = Connection(connection_id, channel, wire, self._conversation(channel, connection_id))
        connection.heard_ms = self._exchange.clock()
        self.connections.opened(connection)
        try:
            while True:
                message = await receive()
                if message["type"] == "websocket.disconnect":
                    return
                self._exchange.arrived_ns = wire.arrived_ns
                text = message.get("text")
                if not self._hear(connection, message["bytes"] if text is None else text):
                    await send({"type": "websocket.close", "code": 1000})
                    return
        finally:
            self.connections.closed(connection)

    def _conversation(self, channel: str, connection_id: str) -> Conversation:
        if channel == "public":
            return PublicConversation(self._exchange, connection_id)
        if channel == "private":
            return PrivateConversation(self._exchange.keys, connection_id)
        return TradeConversation(self._exchange, self._exchange.reads, self._exchange.keys, connection_id)

    def _hear(self, connection: Connection, message: str | bytes) -> bool:
        """One message and its replies; whether the conversation goes on."""
        now_ms = connection.heard_ms = self._exchange.clock()
        fault = self._op_fault(connection, message)
        if fault is None:
            return self._reply(connection, message, now_ms)
        if fault.kind in (Kind.SOCKET_SILENT, Kind.REPLY_LOST):
            was_silent, connection.silent = connection.silent, True
            going_on = not fault.executed or self._reply(connection, message, now_ms)
            connection.silent = was_silent or fault.kind is Kind.SOCKET_SILENT
            return going_on
        if fault.kind is Kind.REPLY_DELAYED:
            heard = connection.conversation.hear(message, now_ms)
            loop = asyncio.get_running_loop()
            loop.call_later(fault.ms / 1000, self._answer_heard, connection, heard, now_ms)
            return not heard.close
        if fault.executed:
            connection.conversation.hear(message, now_ms)
        connection.cut()
        return True

    def _reply(self, connection: Connection, message: str | bytes, now_ms: int) -> bool:
        return self._answer_heard(connection, connection.conversation.hear(message, now_ms), now_ms)

    def _answer_heard(self, connection: Connection, heard: Heard, now_ms: int) -> bool:
        self.connections.leave(connection, heard.left)
        for reply in (*heard.replies, *self.connections.join(connection, heard.joined, now_ms)):
            connection.send(reply)
        return not heard.close

    def _op_fault(self, connection: Connection, message: str | bytes) -> Fault | None:
        faults = self._exchange.faults
        if not faults.armed(OP_KINDS):
            return None
        request = decoded(message) or {}
        account = connection.account or self._account_of(request.get("args"))
        return faults.strike(OP_KINDS, str(request.get("op", "")), account, connection.channel)

    def _account_of(self, args: object) -> str:
        """Of the key that a request to be let in shows first: the connection is not its account's yet."""
        shown = args[0] if isinstance(args, list) and args else None
        key = self._exchange.keys.get(shown) if isinstance(shown, str) else None
        return "" if key is None else key.account


def _cut(scope: Scope, send: Send) -> None:
    transport = http_of(send).transport if scope["type"] == "http" else socket_of(send).transport
    transport.abort()


def _query(raw: bytes) -> dict[str, str]:
    return dict(parse_qsl(raw.decode("latin-1"), keep_blank_values=True)) if raw else {}


async def _body(receive: Receive) -> bytes | None:
    """None where it is longer than any body that means something."""
    parts: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        part = message.get("body", b"")
        length += len(part)
        if length > LONGEST_BODY:
            return None
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


async def _respond(send: Send, status: int, kind: tuple[bytes, bytes], body: bytes) -> None:
    await _start(send, status, kind, len(body))
    await send({"type": "http.response.body", "body": body})


async def _start(send: Send, status: int, kind: tuple[bytes, bytes], length: int) -> None:
    headers = [kind, (b"content-length", str(length).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
