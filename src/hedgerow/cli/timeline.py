"""An order's story in sentences: each intent, answer, change and fill, with its cause."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from hedgerow.cli import words
from hedgerow.core import records
from hedgerow.core.decimals import to_text
from hedgerow.core.orders import Order
from hedgerow.core.refusals import Refusal
from hedgerow.order_manager.schemas import TimelineLine

_body = msgspec.json.Decoder(records.Body)
_NOTHING = {
    records.Nothing.DENIED: "denied by the desk",
    records.Nothing.REJECTED: "rejected by the exchange",
    records.Nothing.NOT_SENT: "not sent",
    records.Nothing.REPEAT: "a repeat, void",
}
_CAUSES = {
    ("intent", "journal"): "the intent was written",
    ("answer", "journal"): "the exchange's answer",
    ("nothing", "journal"): "it came to nothing",
    ("report", "stream"): "the exchange reported it live",
    ("report", "rest"): "the exchange said so when asked",
    ("fill", "stream"): "a fill came in live",
    ("fill", "rest"): "a fill was fetched",
    ("proof", "rest"): "proven by asking the exchange",
}


class Told(msgspec.Struct, frozen=True):
    """One line of the story."""

    time_ms: int
    sentence: str


def tell(lines: list[TimelineLine]) -> list[Told]:
    """The story in the order it happened; a change says what changed since the one before."""
    told: list[Told] = []
    before: Order | None = None
    for line in lines:
        try:
            body = _body.decode(line.body)
        except msgspec.DecodeError:
            told.append(Told(line.time_ms, words.plain_word(line.kind)))
            continue
        told.append(Told(line.time_ms, _sentence(body, before)))
        if isinstance(body, records.OrderUpdated):
            before = body.order
    return told


def _sentence(body: records.Body, before: Order | None) -> str:
    match body:
        case records.OrderIntended():
            return _order_intended(body)
        case records.AmendIntended():
            denied = "" if body.denied is None else f"; denied by the desk: {_refusal(body.denied)}"
            return f"asked to amend: {_changes(body)}{denied}"
        case records.CancelIntended():
            return "asked to cancel"
        case records.CameToNothing():
            subject = "" if body.order_id is None or body.order_id == body.command_id else "the command was "
            return f"{subject}{_NOTHING[body.how]}: {_refusal(body.refusal)}"
        case records.Answered():
            return _answered(body)
        case records.OrderUpdated():
            return _updated(body, before)
        case records.FillBooked():
            fill = body.fill
            liquidity = f", {fill.liquidity}" if fill.liquidity else ""
            kind = "" if fill.kind == "trade" else f" ({fill.kind})"
            return (
                f"filled {to_text(fill.amount)} at {to_text(fill.price)}{kind}, "
                f"fee {to_text(fill.fee)} {fill.fee_currency}{liquidity}"
            )
    return words.plain_word(str(type(body).__struct_config__.tag))


def _order_intended(body: records.OrderIntended) -> str:
    if body.denied is not None:
        return f"asked for, and denied by the desk: {_refusal(body.denied)}"
    terms = body.terms
    price = "market" if terms.price is None else to_text(terms.price)
    return f"asked for: {terms.side} {to_text(terms.amount)} {terms.symbol} at {price}, to go by {body.transport}"


def _changes(body: records.AmendIntended) -> str:
    given = (
        ("amount", body.amount),
        ("price", body.price),
        ("trigger price", body.trigger_price),
        ("take profit", body.take_profit),
        ("stop loss", body.stop_loss),
    )
    return ", ".join(f"{name} {_level(value)}" for name, value in given if value is not None)


def _level(value: Decimal) -> str:
    return to_text(value) if value else "none"


def _answered(body: records.Answered) -> str:
    what = "" if body.command == "order_intended" else f"{words.plain_word(body.command.removesuffix('_intended'))}: "
    took = f" after {body.answered_ms - body.sent_ms} ms" if body.sent_ms and body.answered_ms else ""
    if body.outcome is records.Outcome.IN_DOUBT:
        return f"{what}in doubt{took}" + (f": {body.detail}" if body.detail else "")
    named = f" as {body.exchange_order_id}" if body.exchange_order_id and not what else ""
    return f"{what}the exchange took it{named}{took}"


def _updated(body: records.OrderUpdated, before: Order | None) -> str:
    order, cause = body.order, body.cause
    source = _CAUSES.get((cause.kind, cause.source), f"{words.plain_word(cause.kind)} from {cause.source}")
    note = f"; {cause.note}" if cause.note else ""
    reason = f"; {why}" if (why := words.why(order)) and (before is None or words.why(before) != why) else ""
    return f"{', '.join(_differences(order, before))} ({source}{note}{reason})"


def _differences(order: Order, before: Order | None) -> list[str]:
    said: list[str] = []
    if before is None or words.status(before).plain != words.status(order).plain:
        said.append(words.status(order).plain)
    if before is None:
        return [*said, words.progress(order)] if order.filled else said
    if before.filled != order.filled:
        said.append(words.progress(order))
    for name in ("amount", "price", "trigger_price", "take_profit", "stop_loss"):
        old, new = getattr(before, name), getattr(order, name)
        if old != new:
            said.append(f"{words.plain_word(name)} {words.number(old)} → {words.number(new)}")
    if before.fees != order.fees:
        said.append(f"fees {words.fees(order.fees)}")
    return said or [words.status(order).plain]


def _refusal(refusal: Refusal) -> str:
    said = " ".join(part for part in (refusal.exchange_code, refusal.exchange_message) if part)
    return refusal.message + (f" (exchange: {said})" if said else "")
