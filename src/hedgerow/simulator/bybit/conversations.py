"""The conversations on the three WebSockets: what a client says, what it hears back.

Public and private: https://bybit-exchange.github.io/docs/v5/ws/connect; order entry:
https://bybit-exchange.github.io/docs/v5/websocket/trade/guideline.  Pure: text in, frames out; who is subscribed to
what is told to the shell, which owns the socket.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from hedgerow.simulator.bybit import publics, pushes
from hedgerow.simulator.bybit.auth import ApiKey, check_socket
from hedgerow.simulator.bybit.backend import Backend
from hedgerow.simulator.bybit.replies import encode
from hedgerow.simulator.messages import Refusal

_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Heard(msgspec.Struct):
    """What one message brings: frames back, topics joined and left, and whether the socket closes now."""

    replies: list[bytes] = []
    joined: list[str] = []
    left: list[str] = []
    close: bool = False


class Conversation(Protocol):
    key: ApiKey | None

    def hear(self, message: str | bytes, now_ms: int) -> Heard: ...


def decoded(message: str | bytes) -> dict[str, Any] | None:
    try:
        return _decode(message)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def request_id(message: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Echoed as text; ccxt counts with numbers and compares as text."""
    given = message.get(name)
    return {} if given is None else {name: str(given)}


class PublicConversation:
    """`/v5/public/linear`: the answers always carry `req_id`, empty where none was given."""

    def __init__(self, backend: Backend, connection_id: str) -> None:
        self.key: ApiKey | None = None
        self._backend = backend
        self._connection_id = connection_id

    def hear(self, message: str | bytes, now_ms: int) -> Heard:
        request = decoded(message)
        if request is None:
            return Heard([self._answer({}, "", success=False, words="error:invalid json")])
        op, arguments = request.get("op"), request.get("args")
        if op == "ping":
            return Heard([self._answer(request, "ping", words="pong")])
        if op not in ("subscribe", "unsubscribe"):
            return Heard([self._answer(request, str(op), success=False, words="error:invalid op")])
        if not isinstance(arguments, list) or not arguments:
            return Heard([self._answer(request, op, success=False, words="error:args is empty")])
        topics = [str(argument) for argument in arguments]
        unknown = next((topic for topic in topics if publics.parse(topic, self._backend) is None), None)
        if unknown is not None:
            words = f"error:handler not found,topic:{unknown}"
            return Heard([self._answer(request, op, success=False, words=words)])
        answer = [self._answer(request, op)]
        return Heard(answer, joined=topics) if op == "subscribe" else Heard(answer, left=topics)

    def _answer(self, request: Mapping[str, Any], op: str, *, success: bool = True, words: str = "") -> bytes:
        given = request_id(request, "req_id").get("req_id", "")
        return encode({"success": success, "ret_msg": words, "conn_id": self._connection_id, "req_id": given, "op": op})


class PrivateConversation:
    """`/v5/private`: authentication first; a failure is said, then the socket closes."""

    def __init__(self, keys: Mapping[str, ApiKey], connection_id: str) -> None:
        self.key: ApiKey | None = None
        self._keys = keys
        self._connection_id = connection_id

    def hear(self, message: str | bytes, now_ms: int) -> Heard:
        request = decoded(message)
        if request is None:
            return Heard([self._answer({}, "", success=False, words="Params Error")])
        op = request.get("op")
        if op == "ping":
            return Heard([self._pong(request, now_ms)])
        if op == "auth":
            return self._authenticate(request, now_ms)
        if op in ("subscribe", "unsubscribe"):
            return self._subscribe(request, op)
        return Heard([self._answer(request, str(op), success=False, words="Params Error")])

    def _authenticate(self, request: Mapping[str, Any], now_ms: int) -> Heard:
        checked = check_socket(self._keys, request.get("args"), now_ms)
        if isinstance(checked, Refusal):
            return Heard([self._answer(request, "auth", success=False, words=checked.message)], close=True)
        self.key = checked
        return Heard([self._answer(request, "auth")])

    def _subscribe(self, request: Mapping[str, Any], op: str) -> Heard:
        """All-in-one and categorised topics of one kind "cannot be in the same subscription request"."""
        if self.key is None:
            return Heard([self._answer(request, op, success=False, words="Request not authorized")])
        arguments = request.get("args")
        topics = [str(argument) for argument in arguments] if isinstance(arguments, list) else []
        known = all(topic in pushes.TOPICS or topic in pushes.SILENT_TOPICS for topic in topics)
        mixed = any(
            topic.startswith(f"{other}.") for topic in topics for other in ("order", "position") if other in topics
        )
        if not topics or not known or mixed:
            return Heard([self._answer(request, op, success=False, words="Params Error")])
        spoken = [topic for topic in topics if topic in pushes.TOPICS]
        answer = [self._answer(request, op)]
        return Heard(answer, joined=spoken) if op == "subscribe" else Heard(answer, left=spoken)

    def _answer(self, request: Mapping[str, Any], op: str, *, success: bool = True, words: str = "") -> bytes:
        named = request_id(request, "req_id")
        return encode({**named, "success": success, "ret_msg": words, "op": op, "conn_id": self._connection_id})

    def _pong(self, request: Mapping[str, Any], now_ms: int) -> bytes:
        named = request_id(request, "req_id")
        return encode({**named, "op": "pong", "args": [str(now_ms)], "conn_id": self._connection_id})
