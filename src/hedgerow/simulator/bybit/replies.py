"""The envelope of every REST answer: https://bybit-exchange.github.io/docs/v5/guide#common-response-parameters"""

from __future__ import annotations

import msgspec

from hedgerow.simulator.messages import Refusal

encode = msgspec.json.Encoder().encode
_EMPTY: dict[str, object] = {}


class Listed(msgspec.Struct, frozen=True):
    """A result that carries something in `retExtInfo` too: the batch calls' code for each order."""

    result: object
    ext: object


Answer = dict[str, object] | Listed | Refusal


def envelope(answer: Answer, now_ms: int) -> bytes:
    code, words, result, ext = 0, "OK", answer, _EMPTY
    if isinstance(answer, Refusal):
        code, words, result = answer.code, answer.message, _EMPTY
    elif isinstance(answer, Listed):
        result, ext = answer.result, answer.ext  # type: ignore[assignment]
    return encode({"retCode": code, "retMsg": words, "result": result, "retExtInfo": ext, "time": now_ms})
