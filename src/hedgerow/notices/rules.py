"""What is worth a notice: from one record of a stream to one notice or none. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from hedgerow.core.decimals import to_text
from hedgerow.core.instruments import Instrument
from hedgerow.core.orders import Order, Status
from hedgerow.core.records import Cause, OrderUpdated, PositionUpdated
from hedgerow.core.reports import Origin
from hedgerow.journal.envelope import Envelope
from hedgerow.notices import Account, Kind, Notice, wording

_COUNTS: Final = frozenset({"fill", "restart"})  # causes that count a fill into an order
_SEIZED: Final = {Origin.LIQUIDATION: "liquidated", Origin.ADL: "auto-deleveraged"}

InstrumentOf = Callable[[str, str], Instrument | None]
Told = tuple[Kind, str] | None


class Case(NamedTuple):
    """One order as a rule sees it."""

    order: Order
    cause: Cause
    instrument: Instrument | None

    @property
    def by_a_fill(self) -> bool:
        return self.cause.kind in _COUNTS and bool(self.order.last_fill)


def _filled(case: Case) -> Told:
    if not case.by_a_fill:
        return None
    traded = wording.traded(case.order, case.instrument)
    if case.order.origin in _SEIZED:
        return Kind.LIQUIDATION, f"{_SEIZED[case.order.origin]}: {traded}"
    protecting = wording.role(case.order)
    if protecting is not None:
        return Kind.STOP, f"{protecting}: {traded}"
    return Kind.FILL, traded


def _doubted(case: Case) -> Told:
    if case.order.status is not Status.IN_DOUBT:
        return None
    wanted = wording.wanted(case.order, case.instrument)
    return Kind.IN_DOUBT, f"in doubt: {wanted}. The desk is finding out whether the exchange has it"


def _never_there(case: Case) -> Told:
    if case.order.status is not Status.NOT_PLACED or case.cause.kind != "proof":
        return None
    return Kind.IN_DOUBT, f"no longer in doubt: {wording.wanted(case.order, case.instrument)} was never placed"


def _rejected(case: Case) -> Told:
    if case.order.status is not Status.REJECTED:
        return None
    protecting = wording.role(case.order)
    kind = Kind.REJECTED if protecting is None else Kind.STOP
    what = f"{protecting or 'order'} rejected: {wording.wanted(case.order, case.instrument)}"
    return kind, f"{what}. {wording.words_of(case.order)}"


def _quarantined(case: Case) -> Told:
    if not case.order.quarantined:
        return None
    wanted = wording.wanted(case.order, case.instrument)
    return Kind.DISCREPANCY, f"{wanted}: what the exchange says of it does not fit together. Look at it there"


ORDER_RULES: Final[tuple[tuple[str, Callable[[Case], Told]], ...]] = (
    ("fill", _filled),
    ("in_doubt", _doubted),
    ("not_placed", _never_there),
    ("rejected", _rejected),
    ("quarantined", _quarantined),
)
"""The first that has something to tell; the name is the beginning of the notice's key."""


def notice_of(envelope: Envelope, account: Account, instrument_of: InstrumentOf) -> Notice | None:
    """The notice that a record is worth."""
    match envelope.body:
        case OrderUpdated(order=order, cause=cause):
            instrument = instrument_of(order.account, order.symbol)
            return _of_order(Case(order, cause, instrument), account, envelope.time_ms)
        case PositionUpdated() as body:
            return _of_position(body, account, instrument_of, envelope.time_ms)
        case _:
            return None


def _of_order(case: Case, account: Account, time_ms: int) -> Notice | None:
    for name, rule in ORDER_RULES:
        told = rule(case)
        if told is not None:
            kind, text = told
            return Notice(
                kind=kind,
                key="|".join((name, case.order.order_id, *([str(case.order.last_fill)] if case.by_a_fill else ()))),
                text=f"{wording.label(account)}: {text}",
                time_ms=min(time_ms, _happened_ms(case) or time_ms),
                group=case.order.order_id if case.by_a_fill else None,
                more=case.by_a_fill and case.order.filled_by_fills < case.order.amount,
            )
    return None


def _happened_ms(case: Case) -> int:
    """On the exchange's clock; 0 where it had no part in it."""
    if case.cause.kind == "restart":
        return case.order.exchange_updated_ms
    return case.cause.exchange_ms or 0


def _of_position(body: PositionUpdated, account: Account, instrument_of: InstrumentOf, time_ms: int) -> Notice | None:
    position, amount = body.position, body.position.discrepancy
    if amount is None:
        return None
    text = wording.difference(position, amount, instrument_of(position.account, position.symbol))
    return Notice(
        kind=Kind.DISCREPANCY,
        key=f"discrepancy|{position.account}|{position.symbol}|{position.side}|{to_text(amount)}",
        text=f"{wording.label(account)}: {text}",
        time_ms=time_ms,
    )
