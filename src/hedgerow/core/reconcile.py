"""One order and its evidence: what an intent, an answer, a report, a fill or a proof makes of it.

Evidence may be late, repeated and in any order. Every function returns the same object where nothing changed, else a
changed copy with a higher version. The status moves by the table in `orders` and by nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from msgspec.structs import replace

from hedgerow.core.commands import OrderType
from hedgerow.core.decimals import ZERO, quotient
from hedgerow.core.fills import Fill, FillKind
from hedgerow.core.orders import ENDS, Order, Status, may_move
from hedgerow.core.records import (
    AmendIntended,
    Answered,
    CameToNothing,
    CancelIntended,
    Nothing,
    OrderIntended,
    Outcome,
)
from hedgerow.core.refusals import Code, Refusal
from hedgerow.core.reports import FillReport, OrderReport, Origin, ReportedStatus, Source

Proof = Callable[[Order, str, int], Order]
_STATUS_OF: Final[dict[ReportedStatus, Status]] = {
    ReportedStatus.UNTRIGGERED: Status.UNTRIGGERED,
    ReportedStatus.TRIGGERED: Status.OPEN,
    ReportedStatus.OPEN: Status.OPEN,
    ReportedStatus.PARTIALLY_FILLED: Status.PARTIALLY_FILLED,
    ReportedStatus.FILLED: Status.FILLED,
    ReportedStatus.CANCELED: Status.CANCELED,
    ReportedStatus.EXPIRED: Status.EXPIRED,
    ReportedStatus.REJECTED: Status.REJECTED,
}
_STATUS_OF_NOTHING: Final[dict[Nothing, tuple[Status, ...]]] = {
    # A denial that comes when the order was already in doubt still says that nothing was sent.
    Nothing.DENIED: (Status.DENIED, Status.NOT_PLACED),
    Nothing.REJECTED: (Status.REJECTED,),
    Nothing.NOT_SENT: (Status.NOT_PLACED,),
    Nothing.REPEAT: (),
}
_ORIGIN_OF_KIND: Final[dict[FillKind, Origin]] = {
    FillKind.TRADE: Origin.EXTERNAL,
    FillKind.LIQUIDATION: Origin.LIQUIDATION,
    FillKind.ADL: Origin.ADL,
    FillKind.SETTLEMENT: Origin.SETTLEMENT,
}
_UNANSWERED: Final = (Status.PENDING, Status.IN_DOUBT)
_FLAGS: Final = ("amend_requested", "cancel_requested")
_AMENDABLE: Final = ("amount", "price", "trigger_price", "take_profit", "stop_loss")
_DISPROVED: Final = (Status.IN_DOUBT, Status.REJECTED, Status.NOT_PLACED)  # where a life takes the words back


def from_intent(intended: OrderIntended, *, principal: str | None, time_ms: int) -> Order:
    """The order that an intent begins: pending, or denied where the no was known at once. Version 0."""
    terms = intended.terms
    return Order(
        order_id=intended.command_id,
        account=terms.account,
        symbol=terms.symbol,
        side=terms.side,
        type=terms.type,
        amount=terms.amount,
        status=Status.PENDING if intended.denied is None else Status.DENIED,
        origin=Origin.DESK,
        created_ms=time_ms,
        updated_ms=time_ms,
        version=0,
        price=terms.price,
        trigger_price=terms.trigger_price,
        trigger_by=terms.trigger_by,
        trigger_ascending=terms.trigger_ascending,
        take_profit=terms.take_profit,
        stop_loss=terms.stop_loss,
        time_in_force=terms.time_in_force,
        post_only=terms.post_only,
        reduce_only=terms.reduce_only,
        position_side=terms.position_side,
        remaining=terms.amount,
        client_order_id=intended.client_order_id,
        client_order_ids=(intended.client_order_id,),
        idempotency_key=intended.idempotency_key,
        body_hash=intended.body_hash,
        principal=principal,
        group=intended.group,
        transport=intended.transport,
        deadline_ms=intended.deadline_ms,
        refusal=intended.denied,
    )


def from_report(account: str, order_id: str, report: OrderReport, now_ms: int) -> Order:
    """An order that no intent explains, adopted as the exchange reports it. Version 0."""
    born = Order(
        order_id=order_id,
        account=account,
        symbol=report.symbol,
        side=report.side,
        type=report.type,
        amount=report.amount,
        status=Status.PENDING,  # whatever is reported leads on from here
        origin=Origin.EXTERNAL if report.origin is Origin.DESK else report.origin,
        created_ms=report.created_ms,
        updated_ms=now_ms,
        version=-1,
        role=report.role,
    )
    return reported(born, report, now_ms)


def from_fill(account: str, order_id: str, report: FillReport | Fill) -> Order:
    """An order of which nothing but a fill is known yet; its terms come with its first report. Version 0."""
    return Order(
        order_id=order_id,
        account=account,
        symbol=report.symbol,
        side=report.side,
        type=OrderType.MARKET,
        amount=ZERO,
        status=Status.OPEN,
        origin=_ORIGIN_OF_KIND[report.kind],
        created_ms=report.time_ms,
        updated_ms=report.time_ms,
        version=0,
        position_side=report.position_side,
    )


def answered(order: Order, answer: Answered, now_ms: int) -> Order:
    """The exchange's answer, or the lack of one. Of an amend or cancel only ids count: reports show the effect."""
    facts = _with_ids(order, answer.client_order_id or "", answer.exchange_order_id or "", newest=True)
    if answer.command_id == order.order_id:
        if answer.outcome is Outcome.ACCEPTED:
            facts |= _moved(order, Status.ACCEPTED)
        elif order.status is Status.PENDING:
            facts |= _moved(order, Status.IN_DOUBT)
            facts["reason"] = answer.detail
    return _changed(order, now_ms, facts)


def nothing(order: Order, record: CameToNothing, now_ms: int, flag: str | None = None) -> Order:
    """A command about this order had no effect. What the exchange reported of the order weighs more.

    Args:
        flag: of an amend or a cancel, the flag that it had set, if that is known; else both are taken back.
    """
    if record.how is Nothing.REPEAT or record.refusal.code in (Code.REPEAT, Code.KEY_REUSED):
        return order  # about the later intent, not about this order
    if record.command_id != order.order_id:
        return _changed(order, now_ms, dict.fromkeys(_FLAGS if flag is None else (flag,), False))
    if order.status not in _UNANSWERED:
        return order
    for status in _STATUS_OF_NOTHING[record.how]:
        if may_move(order.status, status):
            return _changed(order, now_ms, {"status": status, "refusal": record.refusal})
    return order


def requested(order: Order, intended: AmendIntended | CancelIntended, now_ms: int) -> Order:
    """An amend or a cancel is on its way, unless its effect is there already."""
    if order.ended:
        return order
    facts: dict[str, Any] = {"deadline_ms": max(order.deadline_ms, intended.deadline_ms)}
    if isinstance(intended, CancelIntended):
        facts["cancel_requested"] = True
    elif _shows(order, intended):
        return order
    else:
        facts["amend_requested"] = True
    return _changed(order, now_ms, facts)


def reported(order: Order, report: OrderReport, now_ms: int, read_ms: int | None = None) -> Order:
    """What the exchange says of the order.

    Terms and ids follow the newest report; `filled` follows the largest. The status only ever moves forward in the
    table, so that there an old report does no harm; between a rejection and a life the newer one wins.

    Args:
        read_ms: of a REST read, when it was begun, on the exchange's clock; our clock stands for it where it is `None`.
    """
    fresh = report.updated_ms >= order.exchange_updated_ms
    facts = _with_ids(order, report.client_order_id, report.exchange_order_id, newest=fresh)
    facts |= _moved(order, _led_to(order, report))
    if fresh:
        facts |= _terms(order, report)
        facts["exchange_updated_ms"] = report.updated_ms
        if report.reason:
            facts["reason"] = report.reason
    if report.filled >= order.filled:
        facts["filled"] = report.filled
        if report.average is not None and order.filled_by_fills < report.filled:
            facts["average"] = report.average
    if facts.get("status") is Status.REJECTED:
        words = report.reason or "the exchange rejected the order"
        facts["refusal"] = Refusal(Code.EXCHANGE_REJECTED, words, exchange_message=report.reason)
    # What stands after the deadline is the outcome of every request before it.
    settled = report.source is Source.REST and (now_ms if read_ms is None else read_ms) > order.deadline_ms
    if settled or any(name in facts and facts[name] != getattr(order, name) for name in _AMENDABLE):
        facts["amend_requested"] = False
    if settled:
        facts["cancel_requested"] = False
    return _changed(order, now_ms, facts)


def filled(order: Order, fill: Fill) -> Order:
    """Count one fill, which the caller has not counted before. Ended orders count late fills too.

    An order is filled when the exchange says so, not when the fills add up: an amend that is not reported yet may have
    made it larger.
    """
    by_fills = order.filled_by_fills + fill.amount
    total = max(order.filled, by_fills)
    cost = order.cost + fill.amount * fill.price
    facts = _with_ids(order, "", fill.exchange_order_id, newest=False)
    facts |= {"filled": total, "filled_by_fills": by_fills, "cost": cost}
    facts["last_fill"] = max(order.last_fill, fill.sequence)
    if fill.fee:
        facts["fees"] = order.fees | {fill.fee_currency: order.fees.get(fill.fee_currency, ZERO) + fill.fee}
    if by_fills >= total or order.average is None:
        facts["average"] = quotient(cost, by_fills)
    if order.origin is Origin.EXTERNAL:
        facts["origin"] = _ORIGIN_OF_KIND[fill.kind]
    if not order.exchange_updated_ms and order.origin is not Origin.DESK:
        facts["amount"] = max(order.amount, total)  # adopted from its fills: its terms are not known yet
    return _changed(order, fill.time_ms, facts)


def proven_absent(order: Order, note: str, now_ms: int) -> Order:
    """The exchange has no such order: proven, not guessed."""
    if order.status not in _UNANSWERED:
        return order
    return _changed(
        order, now_ms, {"status": Status.NOT_PLACED, "refusal": Refusal(Code.ABSENT_AT_EXCHANGE, note), "reason": note}
    )


def doubted(order: Order, note: str, now_ms: int) -> Order:
    """No answer came in time: nobody can say whether the exchange has it."""
    if order.status is not Status.PENDING:
        return order
    return _changed(order, now_ms, {"status": Status.IN_DOUBT, "reason": note})


def _led_to(order: Order, report: OrderReport) -> Status:
    """The status that a report speaks for; the order's own where it is out of date."""
    target = _STATUS_OF[report.status]
    newest = order.exchange_updated_ms
    if target is Status.REJECTED:
        if report.filled:
            return Status.CANCELED  # what was filled in part was not rejected
        return order.status if report.updated_ms < newest else target
    if order.status is Status.REJECTED and newest and report.updated_ms <= newest:
        return order.status  # an earlier stage of an order that was then rejected
    superseded = report.exchange_order_id in order.exchange_order_ids[:-1]
    return order.status if superseded and target in ENDS else target


def _terms(order: Order, report: OrderReport) -> dict[str, Any]:
    """The terms as the newest report has them. What an amend cannot change is taken of adopted orders only."""
    facts: dict[str, Any] = {
        "amount": report.amount,
        "take_profit": report.take_profit,
        "stop_loss": report.stop_loss,
        "trigger_price": order.trigger_price if report.trigger_price is None else report.trigger_price,
        "trigger_by": report.trigger_by or order.trigger_by,
    }
    kind = order.type if order.origin is Origin.DESK else report.type
    if kind is OrderType.LIMIT and report.price is not None:
        facts["price"] = report.price
    if order.origin is not Origin.DESK:
        facts |= {
            "origin": order.origin if report.origin is Origin.DESK else report.origin,
            "type": report.type,
            "created_ms": report.created_ms,
            "trigger_ascending": report.trigger_ascending,
            "time_in_force": report.time_in_force,
            "post_only": report.post_only,
            "reduce_only": report.reduce_only,
            "position_side": report.position_side,
            "role": report.role or order.role,
        }
    return facts


def _shows(order: Order, amend: AmendIntended) -> bool:
    """Whether the order already stands as the amend wants it."""
    for name in _AMENDABLE:
        wanted: Decimal | None = getattr(amend, name)
        if wanted is not None and (getattr(order, name) or ZERO) != wanted:
            return False
    return True


def _moved(order: Order, status: Status) -> dict[str, Any]:
    """The move to `status`, where the table has it; evidence takes back what a doubt or a no had said."""
    if status is order.status or not may_move(order.status, status):
        return {}
    if order.status in _DISPROVED:
        return {"status": status, "refusal": None, "reason": None}
    return {"status": status}


def _with_ids(order: Order, client_order_id: str, exchange_order_id: str, *, newest: bool) -> dict[str, Any]:
    """Every id that the order goes by, and the current ones."""
    facts: dict[str, Any] = {}
    for name, value in (("client_order_id", client_order_id), ("exchange_order_id", exchange_order_id)):
        known: tuple[str, ...] = getattr(order, name + "s")
        if not value or value == getattr(order, name):
            continue
        if value not in known:
            # The last one is the current one.
            facts[name + "s"] = (*known, value) if newest or not known else (*known[:-1], value, known[-1])
        elif newest:
            facts[name + "s"] = (*(other for other in known if other != value), value)
        if newest or not known:
            facts[name] = value
    return facts


def _changed(order: Order, now_ms: int, facts: dict[str, Any]) -> Order:
    """The order with these facts and what follows from them; the one place where versions rise."""
    different = {name: value for name, value in facts.items() if getattr(order, name) != value}
    if not different:
        return order
    after: Order = replace(order, **different, version=order.version + 1, updated_ms=max(order.updated_ms, now_ms))
    follows = _what_follows(after)
    return replace(after, **follows) if follows else after


def _what_follows(order: Order) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    status = order.status
    if order.filled and may_move(status, Status.PARTIALLY_FILLED):
        status = Status.PARTIALLY_FILLED  # whatever was filled works, or worked, at the exchange
        facts |= _moved(order, status)
    remaining = order.amount - order.filled if order.filled < order.amount else ZERO
    if remaining != order.remaining:
        facts["remaining"] = remaining
    if status in ENDS and (order.cancel_requested or order.amend_requested):
        facts |= dict.fromkeys(_FLAGS, False)
    amend_requested = order.amend_requested and status not in ENDS
    overfilled = order.filled > order.amount and not amend_requested
    ghost = status is Status.DENIED and bool(order.exchange_order_ids)
    if order.quarantined != (overfilled or ghost):
        facts["quarantined"] = overfilled or ghost
    return facts
