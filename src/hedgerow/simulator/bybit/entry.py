"""WebSocket order entry, `/v5/trade`: https://bybit-exchange.github.io/docs/v5/websocket/trade/guideline

Each op is the REST call of the same name with the same body; the answer's `data` is that call's `result`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from hedgerow.simulator.bybit import bodies, errors, orders
from hedgerow.simulator.bybit.auth import DEFAULT_WINDOW, ApiKey, check_socket, in_window
from hedgerow.simulator.bybit.backend import Backend, Call, Reads
from hedgerow.simulator.bybit.conversations import Heard, decoded, request_id
from hedgerow.simulator.bybit.replies import Answer, encode
from hedgerow.simulator.messages import Refusal

REMEMBERED_REQUEST_IDS = 100_000  # of one connection; a repeated one is refused with 20006

Act = Callable[[Backend, Call, Any], Answer]
_OPS: Mapping[str, tuple[type, Act]] = MappingProxyType(
    {
        "order.create": (bodies.CreateBody, orders.create_from),
        "order.amend": (bodies.AmendBody, orders.amend_from),
        "order.cancel": (bodies.CancelBody, orders.cancel_from),
    }
)


class TradeConversation:
    def __init__(self, backend: Backend, reads: Reads, keys: Mapping[str, ApiKey], connection_id: str) -> None:
        self.key: ApiKey | None = None
        self._backend = backend
        self._reads = reads
        self._keys = keys
        self._connection_id = connection_id
        self._request_ids: set[str] = set()
        self._oldest_first: deque[str] = deque()

    def hear(self, message: str | bytes, now_ms: int) -> Heard:
        request = decoded(message)
        if request is None:
            return Heard([self._answer({}, "", errors.BAD_JSON, now_ms)])
        op = request.get("op")
        if op == "ping":
            return Heard([self._pong(request, now_ms)])
        if op == "auth":
            return self._authenticate(request, now_ms)
        return Heard([self._answer(request, str(op), self._act(request, str(op), now_ms), now_ms)])

    def _authenticate(self, request: Mapping[str, Any], now_ms: int) -> Heard:
        if self.key is not None:
            return Heard([self._short_answer(request, errors.REPEATED_AUTH)])
        checked = check_socket(self._keys, request.get("args"), now_ms)
        if isinstance(checked, Refusal):
            return Heard([self._short_answer(request, checked)], close=True)
        self.key = checked
        return Heard([self._short_answer(request, None)])

    def _act(self, request: Mapping[str, Any], op: str, now_ms: int) -> Answer:
        if self.key is None:
            return errors.NOT_AUTHENTICATED
        known = _OPS.get(op)
        if known is None:
            return errors.UNKNOWN_OP
        refusal = self._refused_header(request, now_ms) or self._repeated(request)
        if refusal is not None:
            return refusal
        arguments = request.get("args")
        if not isinstance(arguments, list) or len(arguments) != 1:
            return errors.parameter("args", "must hold one order")
        body = bodies.convert(arguments[0], known[0])
        if isinstance(body, Refusal):
            return body
        if body.category != "linear":
            return errors.UNKNOWN_CATEGORY
        return known[1](self._backend, Call(now_ms, key=self.key, reads=self._reads), body)

    def _refused_header(self, request: Mapping[str, Any], now_ms: int) -> Refusal | None:
        header = request.get("header")
        if not isinstance(header, dict):
            return errors.parameter("header", "is required")
        window = str(header.get("X-BAPI-RECV-WINDOW", DEFAULT_WINDOW))
        return in_window(str(header.get("X-BAPI-TIMESTAMP", "")), window, now_ms)

    def _repeated(self, request: Mapping[str, Any]) -> Refusal | None:
        """`reqId` may be missing, may not repeat, and has at most 36 characters."""
        given = request.get("reqId")
        if given is None:
            return None
        name = str(given)
        if len(name) > 36:
            return errors.parameter("reqId", "is longer than 36 characters")
        if name in self._request_ids:
            return errors.REPEATED_REQUEST_ID
        self._request_ids.add(name)
        self._oldest_first.append(name)
        if len(self._oldest_first) > REMEMBERED_REQUEST_IDS:
            self._request_ids.discard(self._oldest_first.popleft())
        return None

    def _answer(self, request: Mapping[str, Any], op: str, answer: Answer, now_ms: int) -> bytes:
        now = str(now_ms)
        refused = isinstance(answer, Refusal)
        return encode(
            {
                **request_id(request, "reqId"),
                "retCode": answer.code if isinstance(answer, Refusal) else 0,
                "retMsg": answer.message if isinstance(answer, Refusal) else "OK",
                "op": op,
                "data": {} if refused else answer,
                "retExtInfo": {},
                "header": {
                    "X-Bapi-Limit": "1000",
                    "X-Bapi-Limit-Status": "999",
                    "X-Bapi-Limit-Reset-Timestamp": now,
                    "Traceid": "",
                    "Timenow": now,
                },
                "connId": self._connection_id,
            }
        )

    def _short_answer(self, request: Mapping[str, Any], refusal: Refusal | None) -> bytes:
        code, words = (0, "OK") if refusal is None else (refusal.code, refusal.message)
        named = request_id(request, "reqId")
        return encode({**named, "retCode": code, "retMsg": words, "op": "auth", "connId": self._connection_id})

    def _pong(self, request: Mapping[str, Any], now_ms: int) -> bytes:
        named = request_id(request, "reqId")
        return encode(
            {**named, "retCode": 0, "retMsg": "OK", "op": "pong", "data": [str(now_ms)], "connId": self._connection_id}
        )
