"""Whether an order may go out: the limits, judged by the log's order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from hedgerow.core.commands import OrderTerms, PositionSide, Side
from hedgerow.core.decimals import ZERO, to_text
from hedgerow.core.exposure_entry import BEFORE_ALL, Entry, Leg, Pending, entry_of_order, entry_of_terms
from hedgerow.core.instruments import Instrument
from hedgerow.core.limit_checks import check, leverage_refusal, notional_of, order_refusal, state_refusal
from hedgerow.core.limits import AccountRules
from hedgerow.core.orders import Order
from hedgerow.core.positions import Position
from hedgerow.core.records import (
    AmendIntended,
    CameToNothing,
    Input,
    Intended,
    LeverageIntended,
    LimitsIntended,
    Nothing,
    OrderIntended,
    TradingStateIntended,
)
from hedgerow.core.refusals import Code, Refusal

__all__ = ["Exposure", "check", "notional_of"]

_NEXT: Final = 1 << 62  # the offset of an intent that is not written yet
_KEEP_COMMANDS: Final = 50_000
_KEEP_ASIDE: Final = 1_000
_ONE: Final = Decimal(1)
_Judged = OrderIntended | AmendIntended | LeverageIntended


class Exposure:
    """What one account's orders and positions may add up to, by the order of its intents.

    An order counts from its intent until it has ended and the position that contains its fills has been read: a
    position and its orders come by different streams, and until both agree the larger figure counts. What is known of
    the orders and positions at the start comes by `on_position`, then `on_order`.
    """

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        rules: AccountRules = AccountRules(),  # noqa: B008 (frozen)
        *,
        positions: Iterable[Position] = (),
        orders: Iterable[Order] = (),
    ) -> None:
        self._instruments = instruments
        self._rules = rules
        self._legs: dict[tuple[str, PositionSide], Position] = {}
        self._entries: dict[str, Entry] = {}
        self._waiting: dict[Leg, dict[str, Entry]] = {}  # whose fills no position has been read with
        self._sums: dict[tuple[Leg, Side], Decimal] = {}
        self._commands: dict[str, int] = {}
        self._repeats: dict[int, int] = {}
        self._judged: dict[int, tuple[_Judged, AccountRules]] = {}  # by offset, rising, with the rules in force there
        self._aside: deque[int] = deque()  # offsets in it that are no order's
        self._ended_first: dict[str, None] = {}  # orders whose end was read before their intent
        for position in positions:
            self.on_position(position)
        for order in orders:
            self.on_order(order)

    @property
    def rules(self) -> AccountRules:
        """In force at the end of what was read."""
        return self._rules

    def set_rules(self, rules: AccountRules) -> None:
        self._rules = rules

    # --- what the streams hold

    def on_intent(self, offset: int, principal: str | None, body: Input) -> None:
        """The next record of `order_intents`. `principal` is part of every command id already."""
        if isinstance(body, CameToNothing):
            self._on_nothing(body)
        elif isinstance(body, Intended):
            first = self._commands.setdefault(body.command_id, offset)
            if first != offset:
                self._repeats[offset] = first
                return
            _bound(self._commands)
            self._on_first(offset, body)

    def on_order(self, order: Order) -> None:
        entry = self._entries.get(order.order_id)
        if entry is None:
            entry = entry_of_order(order, self._commands.get(order.order_id, BEFORE_ALL))
        elif order.version <= entry.version:
            return
        before = entry.open_amount() if order.order_id in self._entries else ZERO
        entry.take(order, self._last_fill(entry.leg))
        self._keep(entry, before)

    def on_position(self, position: Position) -> None:
        key = (position.symbol, position.side)
        known = self._legs.get(key)
        if known is not None and known.version >= position.version:
            return
        self._legs[key] = position
        for leg in ((position.symbol, None), (position.symbol, position.side)):
            last_fill = self._last_fill(leg)
            for entry in list(self._waiting.get(leg, {}).values()):
                before = entry.open_amount()
                if entry.settle(last_fill):
                    self._keep(entry, before)

    # --- judging

    def repeat_of(self, offset: int) -> int | None:
        """The offset of the earlier intent that the one at `offset` repeats."""
        return self._repeats.get(offset)

    def judge(self, offset: int) -> Refusal | None:
        """Whether the limits hold for the intent at this offset. Later intents do not count against it.

        Raises:
            KeyError: no such intent was read, or it has come to its end already.
        """
        body, rules = self._judged[offset]
        if isinstance(body, LeverageIntended):
            return leverage_refusal(body.leverage, rules)
        if isinstance(body, AmendIntended):
            return self._judge_amend(offset, body, rules)
        terms = body.terms
        if terms.reduce_only:
            return None
        refusal = state_refusal(rules.state) or order_refusal(body.notional, rules)
        if refusal is not None:
            return refusal
        entry = self._entries[body.command_id]
        return self._open_orders_refusal(offset, rules) or self._position_refusal(
            offset, entry, self._contract_value(terms.symbol, body.mark, body.notional, terms.amount), rules
        )

    def foresee(self, orders: Sequence[OrderTerms], mark: Decimal | None) -> Refusal | None:
        """Whether the limits on several orders together would hold, were these the next intents.

        Args:
            orders: of one side of one instrument, none reduce-only; they increase their leg.
        """
        rules = self._rules
        own = entry_of_terms(BEFORE_ALL, "", orders[0])
        added = sum((terms.amount for terms in orders), ZERO)
        value = self._contract_value(own.leg[0], mark, None, added)
        return self._open_orders_refusal(_NEXT, rules, len(orders)) or self._position_refusal(
            _NEXT, own, value, rules, added
        )

    def rules_at(self, offset: int) -> AccountRules:
        """The rules in force for the intent at this offset. Raises KeyError as `judge`."""
        return self._judged[offset][1]

    # --- inside

    def _on_first(self, offset: int, body: Intended) -> None:
        if body.denied is not None:
            return
        if isinstance(body, LimitsIntended):
            self._rules = AccountRules(body.limits, self._rules.state)
        elif isinstance(body, TradingStateIntended):
            self._rules = AccountRules(self._rules.limits, body.state)
        elif isinstance(body, LeverageIntended):
            self._set_aside(offset, body)
        elif isinstance(body, AmendIntended):
            self._set_aside(offset, body)
            entry = self._entries.get(body.order_id)
            if entry is not None and body.amount is not None:
                before = entry.open_amount()
                entry.amends.append(Pending(offset, body.command_id, body.amount, body.deadline_ms))
                self._keep(entry, before)
        elif isinstance(body, OrderIntended) and body.command_id not in self._ended_first:
            self._judged[offset] = (body, self._rules)
            entry = self._entries.get(body.command_id)
            if entry is not None:  # its order was read first
                entry.offset = offset
            else:
                self._keep(entry_of_terms(offset, body.command_id, body.terms), ZERO)

    def _set_aside(self, offset: int, body: _Judged) -> None:
        self._judged[offset] = (body, self._rules)
        self._aside.append(offset)
        if len(self._aside) > _KEEP_ASIDE:
            self._judged.pop(self._aside.popleft(), None)

    def _on_nothing(self, body: CameToNothing) -> None:
        if body.how is Nothing.REPEAT or body.refusal.code in (Code.REPEAT, Code.KEY_REUSED):
            return
        offset = self._commands.get(body.command_id)
        if offset is not None:
            self._judged.pop(offset, None)
        entry = self._entries.get(body.order_id or body.command_id)
        if entry is None:
            return
        before = entry.open_amount()
        if body.command_id == entry.order_id:
            entry.ended = entry.ended or not entry.filled  # what was filled exists, whatever the answer said
        else:
            entry.amends = [amend for amend in entry.amends if amend.command_id != body.command_id]
        self._keep(entry, before)

    def _keep(self, entry: Entry, before: Decimal) -> None:
        """Keep the sums right after a change of an entry that counted for `before`; drop it once it is settled."""
        now = entry.open_amount()
        if now != before:
            key = (entry.leg, entry.side)
            self._sums[key] = self._sums.get(key, ZERO) + now - before
        if entry.settled:
            if entry.offset == BEFORE_ALL:
                self._ended_first[entry.order_id] = None
                _bound(self._ended_first)
            self._entries.pop(entry.order_id, None)
            self._judged.pop(entry.offset, None)
        elif entry.order_id not in self._entries:
            self._entries[entry.order_id] = entry
        if entry.waiting:
            self._waiting.setdefault(entry.leg, {})[entry.order_id] = entry
        else:
            self._waiting.get(entry.leg, {}).pop(entry.order_id, None)

    def _last_fill(self, leg: Leg) -> int:
        symbol, side = leg
        sides = (PositionSide.LONG, PositionSide.SHORT) if side is None else (side,)
        return max((self._legs[symbol, each].last_fill for each in sides if (symbol, each) in self._legs), default=0)

    def _judge_amend(self, offset: int, body: AmendIntended, rules: AccountRules) -> Refusal | None:
        entry = self._entries.get(body.order_id)
        if entry is None:
            return Refusal(Code.ORDER_ENDED, "The order has ended.")
        if not entry.increases or _only_shrinks(offset, body, entry):
            return None
        amount = entry.amount if body.amount is None else body.amount
        notional = body.notional
        refusal = state_refusal(rules.state) or (None if notional is None else order_refusal(notional, rules))
        if refusal is not None:
            return refusal
        value = self._contract_value(body.symbol, None, notional, amount)
        return self._position_refusal(offset, entry, value, rules)

    def _open_orders_refusal(self, offset: int, rules: AccountRules, more: int = 0) -> Refusal | None:
        limit = rules.limits.open_orders
        if limit is None or len(self._entries) + more <= limit:
            return None
        living = sum(1 for entry in self._entries.values() if not entry.ended and entry.offset <= offset)
        if living + more <= limit:
            return None
        return Refusal(Code.OPEN_ORDERS_LIMIT, f"The account may have {limit} open orders, and has that many.")

    def _position_refusal(
        self, offset: int, own: Entry, contract_value: Decimal | None, rules: AccountRules, more: Decimal = ZERO
    ) -> Refusal | None:
        """The worst case on the side of the order: its position with every order of that side filled."""
        limit = rules.limits.position_notional
        if limit is None or not own.increases:
            return None
        if contract_value is None:
            return Refusal(Code.MARK_STALE, "There is no price to judge the position limit by.")
        worst = (self._held(own) + self._sum_until(offset, own) + more) * contract_value
        if worst <= limit:
            return None
        return Refusal(
            Code.POSITION_NOTIONAL_LIMIT,
            f"With every open order filled the position would be worth {to_text(round(worst, 2))}; "
            f"the limit is {to_text(limit)}. A reduce-only order can still make a position smaller.",
        )

    def _sum_until(self, offset: int, own: Entry) -> Decimal:
        """Contracts of the orders on this side, by the intents up to `offset`."""
        total = self._sums.get((own.leg, own.side), ZERO)
        for later in reversed(self._judged):
            if later <= offset:
                break
            body, _ = self._judged[later]
            if isinstance(body, OrderIntended):
                entry = self._entries[body.command_id]
                if entry.leg == own.leg and entry.side is own.side:
                    total -= entry.open_amount()
            elif isinstance(body, AmendIntended):
                amended = self._entries.get(body.order_id)
                if amended is not None and amended.offset <= offset and amended.leg == own.leg:
                    total -= self._later_amends(amended, offset, later, own.side)
        return total

    @staticmethod
    def _later_amends(entry: Entry, offset: int, later: int, side: Side) -> Decimal:
        """What the amends after `offset` add; told once, at the last of them."""
        if entry.side is not side or not entry.amends or later != entry.amends[-1].offset:
            return ZERO
        return entry.open_amount() - entry.open_amount(until=offset + 1)

    def _held(self, own: Entry) -> Decimal:
        """Contracts held in the direction of the order; of fold and exchange the larger.

        A position against it gives no room: a reduce-only order, which is never refused, may take that away again.
        """
        symbol, side = own.leg
        ahead = side or (PositionSide.LONG if own.side is Side.BUY else PositionSide.SHORT)
        leg = self._legs.get((symbol, ahead))
        return ZERO if leg is None else leg.amount + max(leg.discrepancy or ZERO, ZERO)

    def _contract_value(
        self, symbol: str, mark: Decimal | None, notional: Decimal | None, amount: Decimal
    ) -> Decimal | None:
        instrument = self._instruments.get(symbol)
        if mark is not None and instrument is not None:
            return instrument.notional(_ONE, mark)
        return notional / amount if notional and amount else None


def _only_shrinks(offset: int, body: AmendIntended, entry: Entry) -> bool:
    """Whether an amend can only make the order smaller, whichever of the earlier amends on their way come first."""
    same_price = body.price in (None, entry.price) and body.trigger_price is None
    return same_price and (body.amount is None or body.amount <= entry.least_amount(offset))


def _bound(remembered: dict[str, Any]) -> None:
    if len(remembered) > _KEEP_COMMANDS:
        del remembered[next(iter(remembered))]
