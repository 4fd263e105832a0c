"""What an answer to a command proves: the one place that decides accepted, rejected, in doubt or not sent.

Only a raw code of the exchange on its list of definite refusals is a rejection, and only what surely never reached a
socket was not sent. All else is in doubt, for the order may live. The class of a ccxt exception decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import aiohttp
import msgspec

from hedgerow.exchange import Said
from hedgerow.exchange.bybit import refusals as bybit
from hedgerow.exchange.dialect import Reply
from hedgerow.exchange.limiter import TooBusyError
from hedgerow.exchange.refusal_lists import RefusalList

LISTS: Final[Mapping[str, RefusalList]] = {"bybit": bybit.LIST}
_WORDS: Final = 300  # characters of a message that are kept


class NotHandedOverError(Exception):
    """The request surely never left: the socket was not up, or its time was over."""


class SocketLostError(Exception):
    """The socket went away after the request was handed to it."""


class NoAnswerError(Exception):
    """What came back is no answer of the exchange; `str()` describes it."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    said: Said
    code: str | None = None
    message: str | None = None
    exchange_order_id: str | None = None
    client_order_id: str | None = None


# aiohttp raises these two while it connects: not one byte of the request has been written.
_NEVER_LEFT: Final = (
    NotHandedOverError,
    TooBusyError,
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
)


def classify(exchange: str, came: Reply | BaseException, *, client_order_id: str | None = None) -> Verdict:
    """What is known once `came` has come in answer to a command that was handed over.

    Args:
        exchange: ccxt's id; an exchange without a list never rejects.
        came: an answer that reads as one, or what happened instead.
        client_order_id: of an order that was to be created. It then needs an id to count as accepted.
    """
    if isinstance(came, BaseException):
        never_left = isinstance(came, _NEVER_LEFT)
        return Verdict(said=Said.NOT_SENT if never_left else Said.IN_DOUBT, message=_describe(came))
    known = LISTS.get(exchange)
    if known is None:
        return _doubt(came, "no list of this exchange's refusals")
    if came.code == known.accepted:
        return _accepted(came, client_order_id)
    if came.code in known.unchanged and client_order_id is None:
        return Verdict(said=Said.ACCEPTED, code=came.code, message=came.message[:_WORDS])
    if came.code in known.refusals and "duplicate" not in came.message.lower():
        return Verdict(said=Said.REJECTED, code=came.code, message=came.message[:_WORDS])
    return _doubt(came, came.message)


def _accepted(reply: Reply, client_order_id: str | None) -> Verdict:
    if client_order_id is not None:
        if not reply.exchange_order_id:
            return _doubt(reply, "the answer names no order")
        if reply.client_order_id and reply.client_order_id != client_order_id:
            return _doubt(reply, "the answer names another order")
    return Verdict(
        said=Said.ACCEPTED,
        exchange_order_id=reply.exchange_order_id,
        client_order_id=reply.client_order_id,
    )


def _doubt(reply: Reply, message: str) -> Verdict:
    return Verdict(said=Said.IN_DOUBT, code=reply.code, message=message[:_WORDS])


def _describe(error: BaseException) -> str:
    if isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ClientError):
        return "no answer in time"
    text = str(error)
    return f"{type(error).__name__}: {text}"[:_WORDS] if text else type(error).__name__
