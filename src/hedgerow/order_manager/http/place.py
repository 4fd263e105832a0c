"""`POST /api/orders` as a plain ASGI handler: the one route where a tenth of a millisecond counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from hedgerow.core.codec import to_json
from hedgerow.core.refusals import Code, Refusal
from hedgerow.history import HistoryFault
from hedgerow.journal import JournalFault
from hedgerow.order_manager.http.bodies import RefusedError, decoded, order_terms
from hedgerow.order_manager.http.gate import (
    ClientLeftError,
    Principal,
    Receive,
    Send,
    read_body,
    send_json,
    send_problem,
)
from hedgerow.order_manager.http.problems import history_down, journal_down, make, problem, standing
from hedgerow.order_manager.placing import Asked, Placing, body_hash
from hedgerow.order_manager.schemas import PlaceOrderBody, Problem

_decoder: Final = msgspec.json.Decoder(PlaceOrderBody)
_encoder: Final = msgspec.json.Encoder()
KEY_HEADER: Final = b"idempotency-key"
_KEY_MOST: Final = 255


class PlaceOrder:
    def __init__(self, placing: Placing, new_key: Callable[[], str]) -> None:
        self._placing = placing
        self._new_key = new_key

    async def __call__(
        self, headers: Mapping[bytes, bytes], principal: Principal, receive: Receive, send: Send
    ) -> None:
        try:
            raw = await read_body(receive)
        except ClientLeftError:
            return  # nobody hears an answer
        if raw is None:
            await send_problem(send, too_large())
            return
        try:
            status, body = await self.answer(raw, headers.get(KEY_HEADER), principal)
        except RefusedError as refused:
            await send_problem(send, problem(refused.refusal))
        except JournalFault as fault:
            await send_problem(send, journal_down(fault))
        except HistoryFault as fault:
            await send_problem(send, history_down(fault))
        else:
            kind = "application/json" if status < 400 else "application/problem+json"
            await send_json(send, status, body, kind)

    async def answer(self, raw: bytes, key: bytes | None, principal: Principal) -> tuple[int, bytes]:
        """Place, and say how it stands. Raises RefusedError, JournalFault and HistoryFault."""
        body = decoded(_decoder, raw)
        terms = order_terms(body)
        asked = asked_by(principal, key, body_hash("place", _encoder.encode(body)), self._new_key)
        placed = await self._placing.place(terms, asked, quantise=body.quantise)
        if isinstance(placed, Refusal):
            raise RefusedError(placed)
        status, refusal = standing(placed)
        return status, to_json(placed if refusal is None else problem(refusal, placed))


def asked_by(principal: Principal, key: bytes | None, hashed: str, new_key: Callable[[], str]) -> Asked:
    """Who asks, under which key. Raises RefusedError for a key that is empty, too long or not plain text."""
    if key is None:
        return Asked(principal=principal.name, key=new_key(), key_given=False, body_hash=hashed)
    text = key.decode("latin-1")
    if not 1 <= len(text) <= _KEY_MOST or not (text.isascii() and text.isprintable()):
        message = f"an Idempotency-Key is 1 to {_KEY_MOST} printable ASCII characters"
        raise RefusedError(Refusal(Code.MALFORMED, message, field="Idempotency-Key"))
    return Asked(principal=principal.name, key=text, key_given=True, body_hash=hashed)


def too_large() -> Problem:
    return make(413, "too_large", "the body is larger than any command needs (64 KiB)")
