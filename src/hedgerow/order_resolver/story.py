"""What history remembers of each command: a line in a timeline, and a row to answer repeats from."""

from __future__ import annotations

import msgspec

from hedgerow.core.codec import to_json
from hedgerow.core.records import Answered, CameToNothing, Intended, OrderIntended, Stream, remembered_no
from hedgerow.history import CommandRow, TimelineEntry
from hedgerow.journal import Entry
from hedgerow.journal.envelope import Envelope


def input_line(envelope: Envelope, stream: Stream, entry: Entry) -> TimelineEntry:
    """The timeline's line of one record of a command stream; its subject is the order, else the command."""
    body = envelope.body
    subject = str(getattr(body, "order_id", None) or getattr(body, "command_id", ""))
    return TimelineEntry(
        stream=stream,
        partition=entry.partition,
        offset=entry.offset,
        subject=subject,
        account=envelope.account,
        time_ms=envelope.time_ms,
        kind=str(type(body).__struct_config__.tag),
        body=entry.payload.decode(),
    )


def command_row(envelope: Envelope) -> CommandRow | None:
    """The row of a command that is not an order (an order remembers itself)."""
    body = envelope.body
    match body:
        case OrderIntended():
            return None
        case Intended():
            return _intended(envelope, body)
        case Answered() if body.order_id != body.command_id:
            return _row(envelope, body.command_id, body.command, "", body.outcome, answer=True)
        case CameToNothing() if body.order_id != body.command_id:
            return _row(envelope, body.command_id, "", "", body.how, answer=True)
        case _:
            return None


def _intended(envelope: Envelope, body: Intended) -> CommandRow:
    kind = str(type(body).__struct_config__.tag)
    row = _row(envelope, body.command_id, kind, body.body_hash, "pending")
    no = remembered_no(body)
    # Its outcome ranks no higher than an intent's: the no of a repeat must not outrank what came of the first.
    return row if no is None else msgspec.structs.replace(row, answer=to_json(no).decode())


def _row(
    envelope: Envelope, command_id: str, kind: str, body_hash: str, outcome: str, *, answer: bool = False
) -> CommandRow:
    text = to_json(envelope.body).decode()
    return CommandRow(
        command_id=command_id,
        account=envelope.account,
        kind=kind,
        body_hash=body_hash,
        time_ms=envelope.time_ms,
        outcome=outcome,
        body="" if answer else text,
        answer=text if answer else None,
    )
