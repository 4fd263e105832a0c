"""The resolver's fold of one account: intents, answers and reports in, changes of orders and positions out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from hedgerow.core import ids, reconcile
from hedgerow.core.balances import BalanceFold
from hedgerow.core.changes import Changes
from hedgerow.core.counted_fills import CountedFills
from hedgerow.core.fills import Fill, fill_id
from hedgerow.core.instruments import Instrument
from hedgerow.core.limits import AccountRules
from hedgerow.core.order_index import KEEP_ENDED, OrderIndex
from hedgerow.core.orders import Order, Status
from hedgerow.core.position_book import PositionBook
from hedgerow.core.positions import Position
from hedgerow.core.records import (
    AmendIntended,
    Answered,
    CameToNothing,
    CancelIntended,
    Cause,
    CommandIntended,
    Intended,
    LimitsIntended,
    OrderIntended,
    OrderUpdated,
    PositionUpdated,
    TradingStateIntended,
)
from hedgerow.core.refusals import Refusal
from hedgerow.core.reports import BalanceReport, FillReport, OrderReport, Origin, PositionReport, Report

_WORKING: Final = frozenset({Status.ACCEPTED, Status.UNTRIGGERED, Status.OPEN, Status.PARTIALLY_FILLED})
_UNSETTLED: Final = frozenset({Status.PENDING, Status.IN_DOUBT})
_FLAG_OF: Final[dict[type[CommandIntended], str]] = {
    AmendIntended: "amend_requested",
    CancelIntended: "cancel_requested",
}
_KEEP_COMMANDS: Final = 50_000
_KEEP_EARLY: Final = 10_000


class AccountBook:
    """Every order and position of one account as the evidence so far has it.

    It remembers living orders and the newest ended ones. Of an order or a fill that it does not know (`knows`,
    `must_ask`), history is asked first, and what history says is given by `fold_order` and `learn_fills`.

    At start: the state from history, then `fold_fill`, `fold_order`, `fold_position` for what the journal holds beyond
    it, in any order and as often as they come, then `finish`.
    """

    def __init__(
        self,
        account: str,
        id_key: bytes,
        instruments: Mapping[str, Instrument] | None = None,
        *,
        orders: Iterable[Order] = (),
        positions: Sequence[Position] = (),
        last_fill: int = 0,
        since_ms: int | None = None,
        rules: AccountRules = AccountRules(),  # noqa: B008 (frozen)
        keep_ended: int = KEEP_ENDED,
    ) -> None:
        self.account = account
        self.rules = rules
        self.last_fill = last_fill
        self._id_key = id_key
        self._orders = OrderIndex(keep_ended)
        self._positions = PositionBook(account, instruments or {}, positions, since_ms or 0)
        self._fills = CountedFills()
        self._balances = BalanceFold()
        self._commands: dict[str, str | None] = {}  # read so far, and the flag that each set on its order
        self._early: dict[str, list[Answered]] = {}  # answers read before their intents: two streams
        self._unfinished: list[Fill] = []  # journaled, while their orders and positions may not be
        for order in orders:
            self._orders.put(order)

    # --- the journal's inputs

    def intent(self, body: CommandIntended, principal: str | None, time_ms: int) -> Changes:
        """A command was written. One with the id of an earlier one is void."""
        if body.command_id in self._commands:
            return Changes()
        self._commands[body.command_id] = _FLAG_OF.get(type(body))
        if len(self._commands) > _KEEP_COMMANDS:
            del self._commands[next(iter(self._commands))]
        changes = Changes()
        match body:
            case OrderIntended():
                self._intend(body, principal, time_ms, changes)
            case Intended(denied=Refusal()):
                pass  # it only remembers the no
            case AmendIntended() | CancelIntended():
                order = self._orders.get(body.order_id)
                if order is not None:
                    cause = Cause(kind="intent", source="journal", command_id=body.command_id)
                    self._note(changes, order, reconcile.requested(order, body, time_ms), cause)
            case LimitsIntended():
                self.rules = replace(self.rules, limits=body.limits)
            case TradingStateIntended():
                self.rules = replace(self.rules, state=body.state)
            case _:
                pass  # its effects come as reports
        return changes

    def nothing(self, body: CameToNothing, time_ms: int) -> Changes:
        """An intent had no effect."""
        changes = Changes()
        order = self._orders.get(body.order_id or body.command_id)
        if order is not None:
            cause = Cause(kind="nothing", source="journal", command_id=body.command_id, note=body.refusal.message)
            flag = self._commands.get(body.command_id)
            self._note(changes, order, reconcile.nothing(order, body, time_ms, flag), cause)
        return changes

    def answer(self, body: Answered, time_ms: int) -> Changes:
        """The exchange took a command, or may have. It may be read before its intent, and then waits for it."""
        changes = Changes()
        order = self._orders.get(body.order_id or body.command_id)
        if order is not None:
            self._answer(changes, order, body, time_ms)
        elif body.order_id in (None, body.command_id):
            self._early.setdefault(body.command_id, []).append(body)
            if len(self._early) > _KEEP_EARLY:
                del self._early[next(iter(self._early))]
        return changes

    # --- the exchange's evidence

    def knows(self, report: OrderReport | FillReport) -> bool:
        """Whether the report is about an order in memory."""
        return self._match(report) is not None

    def must_ask(self, report: FillReport) -> str | None:
        """The fill's id, where memory alone cannot say whether it was counted: ask history, then `learn_fills`."""
        key = fill_id(self.account, report.symbol, report.trade_id, report.side, report.exchange_order_id)
        order = self._match(report)
        if order is None:
            return None if key in self._fills else key
        return None if self._fills.is_whole(order.order_id) or self._fills.counted(order.order_id, key) else key

    def learn_fills(self, fill_ids: Iterable[str]) -> None:
        """These fills were counted before, says history."""
        self._fills.learn(fill_ids)

    def report(self, report: Report, now_ms: int, adopt: bool, read_ms: int | None = None) -> Changes:
        """Evidence, late or repeated or not.

        Args:
            adopt: whether an order that no intent explains becomes one of ours, which holds once the intents have been
                read to their end; otherwise a report about it changes nothing, and is to be given again.
            read_ms: of a REST read, when it was begun, on the exchange's clock.
        """
        changes = Changes()
        match report:
            case OrderReport():
                self._report_order(changes, report, now_ms, adopt, read_ms)
            case FillReport():
                self._report_fill(changes, report, now_ms, adopt)
            case PositionReport():
                cause = Cause(kind="report", source=report.source, exchange_ms=report.updated_ms)
                self._moved(changes, self._positions.report(report, now_ms), cause)
            case BalanceReport():
                changes.balances = self._balances.report(report)
            case _:
                pass  # the stream's state is not the account's
        return changes

    def doubt(self, order_id: str, note: str, now_ms: int) -> Changes:
        """No answer came until the deadline."""
        cause = Cause(kind="answer", source="journal", note=note)
        return self._judge(order_id, note, now_ms, reconcile.doubted, cause)

    def prove_absent(self, order_id: str, note: str, now_ms: int) -> Changes:
        """The exchange has no such order: the deadline has passed, and complete reads say no."""
        cause = Cause(kind="proof", source="rest", note=note)
        return self._judge(order_id, note, now_ms, reconcile.proven_absent, cause)

    def opening(self, positions: Sequence[PositionReport], since_ms: int, now_ms: int) -> Changes:
        """The account's first complete read of positions, made at `since_ms` on the exchange's clock."""
        changes = Changes()
        cause = Cause(kind="report", source="rest", exchange_ms=since_ms, note="opening balance")
        self._moved(changes, self._positions.opening(positions, since_ms, now_ms), cause)
        return changes

    def settled_read(self, positions: Sequence[PositionReport], now_ms: int) -> Changes:
        """A complete read of positions, made when nothing was known to be on its way."""
        changes = Changes()
        cause = Cause(kind="report", source="rest", note="complete read")
        self._moved(changes, self._positions.settled_read(positions, now_ms), cause)
        return changes

    def missing(self, open_reports: Iterable[OrderReport], now_ms: int) -> list[Order]:
        """Orders that work, as far as we know, but that a complete list of open orders does not hold.

        Args:
            now_ms: our clock when the read was begun; orders that changed since are not judged by it.
        """
        seen = {order.order_id for report in open_reports if (order := self._match(report)) is not None}
        return [
            order
            for order in self._orders.living()
            if order.status in _WORKING and order.updated_ms <= now_ms and order.order_id not in seen
        ]

    # --- a start

    def fold_order(self, order: Order) -> None:
        """Take in an order from the journal or from history, unless a newer version is known."""
        known = self._orders.get(order.order_id)
        if known is None or known.version < order.version:
            self._put(order)

    def fold_fill(self, fill: Fill) -> None:
        """Take in a fill from the journal; `finish` counts it where its order or position do not contain it yet."""
        if not self._fills.counted(fill.order_id, fill.fill_id):
            self._fills.add(fill.order_id, fill.fill_id)
            self.last_fill = max(self.last_fill, fill.sequence)
            self._unfinished.append(fill)

    def fold_position(self, position: Position) -> None:
        """Take in a position from the journal, unless a newer version is known."""
        self._positions.fold(position)

    def lacking(self) -> list[str]:
        """Orders of folded fills that are not in memory: history may have them, or an intent yet to be read."""
        orders = {fill.order_id: None for fill in self._unfinished if self._orders.get(fill.order_id) is None}
        return list(orders)

    def finish(self, now_ms: int) -> Changes:
        """Make what a crash between the appends left out. Fills of orders whose intents are still to be read wait."""
        changes = Changes()
        waiting = []
        cause = Cause(kind="restart", source="journal")
        for fill in sorted(self._unfinished, key=lambda fill: fill.sequence):
            if not self._positions.counted(fill):
                legs, _ = self._positions.apply(fill)
                self._moved(changes, legs, cause)
            order = self._orders.get(fill.order_id) or self._adopted_by(fill)
            if order is None:
                waiting.append(fill)
            elif order.last_fill < fill.sequence:
                self._note(changes, order, reconcile.filled(order, fill), cause)
        self._unfinished = waiting
        return changes

    # --- views

    @property
    def since_ms(self) -> int:
        """When the opening balance was read, on the exchange's clock; 0 where it was not yet."""
        return self._positions.since_ms

    def order(self, order_id: str) -> Order | None:
        return self._orders.get(order_id)

    def find(self, client_order_id: str = "", exchange_order_id: str = "", symbol: str = "") -> Order | None:
        """By an id that it goes or went by; an exchange's id needs the symbol."""
        found = self._orders.by_client(client_order_id) if client_order_id else None
        return found or self._orders.by_exchange(symbol, exchange_order_id)

    def living(self) -> list[Order]:
        return self._orders.living()

    def doubts(self) -> list[Order]:
        """Orders of which nobody knows yet whether the exchange has them."""
        return [order for order in self._orders.living() if order.status in _UNSETTLED]

    def gaps(self) -> list[Order]:
        """Orders of which the exchange reported more than the fills counted so far: executions are to be fetched."""
        return self._orders.gaps()

    def positions(self) -> list[Position]:
        return self._positions.all()

    # --- inside

    def _intend(self, body: OrderIntended, principal: str | None, time_ms: int, changes: Changes) -> None:
        if self._orders.get(body.command_id) is not None:
            return  # folded from the journal already
        order = reconcile.from_intent(body, principal=principal, time_ms=time_ms)
        self._fills.begin(order.order_id)
        self._note(changes, None, order, Cause(kind="intent", source="journal", command_id=body.command_id))
        for answer in self._early.pop(order.order_id, ()):
            self._answer(changes, self._order(order.order_id), answer, time_ms)
        if self._unfinished:
            changes.extend(self.finish(time_ms))

    def _answer(self, changes: Changes, order: Order, body: Answered, time_ms: int) -> None:
        cause = Cause(kind="answer", source="journal", command_id=body.command_id, note=body.detail)
        self._note(changes, order, reconcile.answered(order, body, time_ms), cause)

    def _report_order(
        self, changes: Changes, report: OrderReport, now_ms: int, adopt: bool, read_ms: int | None
    ) -> None:
        cause = Cause(kind="report", source=report.source, exchange_ms=report.updated_ms, note=report.reason)
        order = self._match(report)
        if order is not None:
            after = reconcile.reported(order, report, now_ms, read_ms)
            self._note(changes, order, after if after is order else self._with_parent(after, report), cause)
        elif adopt:
            born = reconcile.from_report(self.account, self._adopted_id(report), report, now_ms)
            if not born.ended or report.updated_ms > self.since_ms:
                self._note(changes, None, self._with_parent(born, report), cause)

    def _report_fill(self, changes: Changes, report: FillReport, now_ms: int, adopt: bool) -> None:
        order = self._match(report)
        key = fill_id(self.account, report.symbol, report.trade_id, report.side, report.exchange_order_id)
        if order is None:
            if not adopt or report.time_ms <= self.since_ms or key in self._fills:
                return
            order = reconcile.from_fill(self.account, self._adopted_id(report), report)
        elif self._fills.counted(order.order_id, key):
            return
        self.last_fill += 1
        fill = _fill_from(report, key, self.last_fill, order)
        legs, pnl = self._positions.apply(fill)
        fill = replace(fill, realised_pnl=pnl) if pnl else fill
        self._fills.add(order.order_id, key)
        changes.fills.append(fill)
        cause = Cause(kind="fill", source=report.source, exchange_ms=report.time_ms)
        after = reconcile.filled(order, fill)
        self._note(changes, order, after, cause)
        self._moved(changes, legs, cause)

    def _adopted_id(self, report: OrderReport | FillReport | Fill) -> str:
        return ids.adopted_order_id(self._id_key, self.account, report.symbol, report.exchange_order_id)

    def _adopted_by(self, fill: Fill) -> Order | None:
        """The order that a journaled fill adopted; a fill of the desk's own order waits for its intent instead."""
        if fill.order_id != self._adopted_id(fill):
            return None
        return reconcile.from_fill(self.account, fill.order_id, fill)

    def _with_parent(self, order: Order, report: OrderReport) -> Order:
        if report.role is None or order.parent_id is not None or order.origin is not Origin.ATTACHED:
            return order
        parent = self._orders.parent_of(report)
        return order if parent is None else replace(order, parent_id=parent.order_id)

    def _match(self, report: OrderReport | FillReport) -> Order | None:
        return self._orders.match(report.symbol, report.side, report.exchange_order_id, report.client_order_id)

    def _judge(self, order_id: str, note: str, now_ms: int, judge: reconcile.Proof, cause: Cause) -> Changes:
        changes = Changes()
        order = self._orders.get(order_id)
        if order is not None:
            self._note(changes, order, judge(order, note, now_ms), cause)
        return changes

    def _order(self, order_id: str) -> Order:
        order = self._orders.get(order_id)
        assert order is not None, order_id
        return order

    def _note(self, changes: Changes, before: Order | None, after: Order, cause: Cause) -> None:
        """Keep and publish a changed order; a new one begins with version 1."""
        if after is before:
            return
        after = after if after.version else replace(after, version=1)
        self._put(after)
        changes.orders.append(OrderUpdated(order=after, cause=cause))

    def _put(self, order: Order) -> None:
        let_go = self._orders.put(order)
        if let_go is not None:
            self._fills.forget(let_go)

    def _moved(self, changes: Changes, legs: Iterable[Position], cause: Cause) -> None:
        changes.positions += [PositionUpdated(position=leg, cause=cause) for leg in legs]


def _fill_from(report: FillReport, key: str, sequence: int, order: Order) -> Fill:
    return Fill(
        fill_id=key,
        sequence=sequence,
        account=order.account,
        symbol=report.symbol,
        order_id=order.order_id,
        exchange_order_id=report.exchange_order_id,
        trade_id=report.trade_id,
        side=report.side,
        amount=report.amount,
        price=report.price,
        fee=report.fee,
        fee_currency=report.fee_currency,
        time_ms=report.time_ms,
        liquidity=report.liquidity,
        kind=report.kind,
        position_side=report.position_side or order.position_side,
    )
