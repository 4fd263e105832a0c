"""What a command came to, said and turned into an exit code."""

from __future__ import annotations

from hedgerow.cli import words
from hedgerow.cli.client import decode
from hedgerow.cli.command import Invocation
from hedgerow.cli.exits import FailedError, InDoubtError
from hedgerow.cli.order_views import standing
from hedgerow.core.orders import Order, Status
from hedgerow.core.records import Outcome
from hedgerow.order_manager.schemas import CommandResult

_FAILED = frozenset({Status.DENIED, Status.REJECTED, Status.NOT_PLACED})


def report(here: Invocation, raw: bytes, done: str) -> None:
    """Say what became of a command that the desk took.

    Raises:
        InDoubtError: nobody can say yet.
        FailedError: a part of it was refused.
    """
    result = decode(raw, CommandResult)
    orders = [*([] if result.order is None else [result.order]), *result.orders]
    if here.terminal.json:
        here.terminal.give(raw)
    else:
        for order in orders:
            here.terminal.say(f"{words.short_id(order.order_id)}  {words.terms(order)}: {standing(order)}")
    if result.outcome == Outcome.IN_DOUBT:
        note = f" {result.note}" if result.note else ""
        raise InDoubtError(f"In doubt: the exchange did not answer clearly; the desk finds out.{note}")
    if any(order.status in _FAILED for order in orders):
        raise FailedError("Not all of it was done.")
    if not here.terminal.json:
        here.terminal.say(f"{done} {result.note}" if result.note else done)


def end(order: Order) -> None:
    """Turn how an order stands into the way a command ends.

    Raises:
        FailedError: it was refused, or never placed.
        InDoubtError: nobody can say yet.
    """
    if order.status in _FAILED:
        raise FailedError(f"{words.short_id(order.order_id)}: {standing(order)}")
    if order.status is Status.IN_DOUBT:
        raise InDoubtError(f"In doubt; the desk finds out: hedgerow order {words.short_id(order.order_id)}")
