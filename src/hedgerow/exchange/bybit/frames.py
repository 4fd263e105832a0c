"""Bybit's envelopes: what came over HTTP or a WebSocket, told apart and opened.

Pages: https://bybit-exchange.github.io/docs/v5/guide, …/ws/connect, …/websocket/trade/guideline.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import msgspec

from hedgerow.core.instruments import Instrument
from hedgerow.core.reports import Balance, BalanceReport, FillReport, OrderReport, PositionReport, Report, Source
from hedgerow.exchange.bybit import rows as raw
from hedgerow.exchange.dialect import Listing, Reply, Row
from hedgerow.exchange.wire_numbers import UnreadableError, read_ms

_T = TypeVar("_T")
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
_ENTRY: Final = frozenset({"order.create", "order.amend", "order.cancel"})
_SUBSCRIPTIONS: Final = frozenset({"subscribe", "unsubscribe"})
_NOT_OURS: Final = ("spot", "option")
_TOO_HASTY: Final = frozenset({"10006", "10018", "20003"})
_HOLD_MS: Final = 1000  # where the exchange does not say how long


def read_reply(status: int, body: bytes) -> Reply | None:
    """The envelope `{retCode, retMsg, result, retExtInfo, time}`.

    A redirect or a 5xx is never an answer, whatever it carries; and success comes with a 2xx only.
    """
    if 300 <= status < 400 or status >= 500:
        return None
    try:
        envelope = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    reply = _reply(envelope, "result") if isinstance(envelope, dict) else None
    return None if reply is not None and reply.code == "0" and status >= 400 else reply


def read_entry_reply(message: Row) -> Reply | None:
    """The envelope of the order entry WebSocket: `{reqId, retCode, retMsg, op, data, header, connId}`."""
    return _reply(message, "data")


def _reply(envelope: Row, carried: str) -> Reply | None:
    code = envelope.get("retCode")
    if not isinstance(code, int):
        return None
    result = envelope.get(carried)
    result = result if isinstance(result, dict) else {}
    time_ms = envelope.get("time")
    return Reply(
        code=str(code),
        message=str(envelope.get("retMsg") or ""),
        result=result,
        exchange_order_id=_text(result.get("orderId")),
        client_order_id=_text(result.get("orderLinkId")),
        time_ms=time_ms if isinstance(time_ms, int) else None,
        hold_ms=_HOLD_MS if str(code) in _TOO_HASTY else None,
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def subscribe_frame(topics: Sequence[str], request_id: str, *, leave: bool = False) -> str:
    op = "unsubscribe" if leave else "subscribe"
    return _encode({"op": op, "req_id": request_id, "args": topics}).decode()


def subscribed(message: Row) -> bool:
    return message.get("success") is True


def answers(message: Row) -> str | None:
    op = message.get("op")
    if op in _ENTRY:
        return str(message.get("reqId") or "")
    return str(message.get("req_id") or "") if op in _SUBSCRIPTIONS else None


def topic(message: Row) -> str | None:
    return message.get("topic")


def rows(reply: Reply) -> list[Row]:
    found = reply.result.get("list")
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise UnreadableError("an answer without rows")
    return found


def read_push(message: Row, listing: Listing, margin_mode: str | None) -> list[Report]:
    """Rows of spot and options are none of ours; the topics bring them too."""
    data = message.get("data")
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise UnreadableError("a push without rows")
    if message["topic"] == "wallet":
        held = tuple(read_balances(data))
        return [BalanceReport(balances=held, updated_ms=read_ms(message.get("creationTime")), source=Source.STREAM)]
    derivatives = [row for row in data if row.get("category") not in _NOT_OURS]
    match message["topic"]:
        case "order":
            return [*read_orders(derivatives, listing, Source.STREAM)]
        case "execution":
            return [*read_fills(derivatives, listing, Source.STREAM)]
        case "position":
            return [*read_positions(derivatives, listing, Source.STREAM, margin_mode)]
        case unknown:
            raise UnreadableError(f"unknown topic {str(unknown)[:40]!r}")


def read_orders(found: Sequence[Row], listing: Listing, source: Source) -> list[OrderReport]:
    return _read(found, listing, lambda row, instrument: raw.order_report(row, instrument, source))


def read_fills(found: Sequence[Row], listing: Listing, source: Source) -> list[FillReport]:
    return _read(found, listing, lambda row, instrument: raw.fill_report(row, instrument, source))


def read_positions(
    found: Sequence[Row], listing: Listing, source: Source, margin_mode: str | None
) -> list[PositionReport]:
    return _read(found, listing, lambda row, instrument: raw.position_report(row, instrument, source, margin_mode))


def read_balances(found: Sequence[Row]) -> list[Balance]:
    try:
        return [balance for wallet in found for balance in raw.balances(wallet)]
    except (KeyError, TypeError, AttributeError) as error:
        raise UnreadableError(f"a wallet that does not read: {error}") from None


def _read(found: Sequence[Row], listing: Listing, read: Callable[[Row, Instrument], _T | None]) -> list[_T]:
    try:
        reports = [read(row, listing.of_wire(row["symbol"])) for row in found]
    except (KeyError, TypeError, AttributeError) as error:
        raise UnreadableError(f"a row that does not read: {error}") from None
    return [report for report in reports if report is not None]
