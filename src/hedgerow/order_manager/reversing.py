"""Reversing a position: closed first, then opened as large on the other side, both under one key."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hedgerow.core import closing
from hedgerow.core.commands import OrderTerms, PositionSide
from hedgerow.core.decimals import ZERO
from hedgerow.core.orders import Order
from hedgerow.core.positions import Position
from hedgerow.core.records import Outcome
from hedgerow.core.refusals import Refusal
from hedgerow.exchange import ExchangeConnection
from hedgerow.order_manager.accounts import Accounts
from hedgerow.order_manager.changing import delisted
from hedgerow.order_manager.commanding import Commanding, Done
from hedgerow.order_manager.groups import UNHAPPY, Groups, is_ours
from hedgerow.order_manager.live import LiveView
from hedgerow.order_manager.placing import Asked, Placing

_OTHER = "other/"
_NOTHING_OPENED = "nothing was opened on the other side"
_AGAIN = "look at it, and reverse again under another key"


class Reversing:
    def __init__(
        self, *, accounts: Accounts, live: LiveView, placing: Placing, commanding: Commanding, groups: Groups
    ) -> None:
        self._accounts = accounts
        self._live = live
        self._placing = placing
        self._commanding = commanding
        self._groups = groups

    async def reverse(self, account: str, symbol: str, side: PositionSide | None, asked: Asked) -> Done | Refusal:
        """Close a position reduce-only; once it is flat, open its size on the other side, at the market.

        The limits are asked about the second half before the first leaves. Resting orders stay as they are, and the
        position's take profit and stop loss end with it.
        """
        connection = self._accounts.connection(account)
        if isinstance(connection, Refusal):
            return connection
        command_id = self._commanding.command_id("reverse", account, asked)

        async def run() -> Done:
            position = await self._groups.position(account, symbol, side)
            if isinstance(position, Refusal):
                return Done(command_id=command_id, outcome="denied", refusal=position)
            if symbol not in connection.trading.instruments:
                return Done(command_id=command_id, outcome="denied", refusal=delisted(symbol))
            return await self._reverse(command_id, position, connection, asked)

        done = await self._groups.answered(command_id, account, symbol, asked, run, ("", _OTHER))
        if done.refusal is not None or not done.recalled:
            return done
        return msgspec.structs.replace(done, note=_how_far(done.orders))

    async def _reverse(self, command_id: str, position: Position, connection: ExchangeConnection, asked: Asked) -> Done:
        account, symbol = position.account, position.symbol
        instrument = connection.trading.instruments[symbol]
        opens = closing.turned(position, instrument)
        denial = await self._denial(opens)
        head = await self._groups.head(command_id, account, "reverse", symbol, connection, asked, denial)
        if not is_ours(head):
            return head
        closed = await self._groups.pieces(command_id, closing.close(position, None, None, instrument), asked)
        if closed.refusal is not None:
            return _explained(closed, f"the position was not closed, and {_NOTHING_OPENED}")
        if closed.outcome == Outcome.IN_DOUBT:
            return msgspec.structs.replace(closed, note=f"the close is in doubt, so {_NOTHING_OPENED}; {_AGAIN}")
        if await self._groups.wait_until_flat(account, symbol, position.side):
            return msgspec.structs.replace(closed, note=f"not flat in time, so {_NOTHING_OPENED}; {_AGAIN}")
        opened = await self._groups.pieces(command_id, opens, asked, half=_OTHER)
        opened = msgspec.structs.replace(opened, orders=closed.orders + opened.orders)
        if opened.refusal is not None:
            return _explained(opened, "the position is closed, and not all of it was opened on the other side")
        return msgspec.structs.replace(opened, note=_how_far(opened.orders))

    async def _denial(self, opens: Sequence[OrderTerms]) -> Refusal | None:
        """Our no to the second half, as far as it can be known while the first is there."""
        mark = None
        for terms in opens:
            checked = await self._placing.check(terms, quantise=False)
            refusal = checked if isinstance(checked, Refusal) else checked.denial
            if isinstance(checked, Refusal) or refusal is not None:
                return refusal
            mark = checked.mark
        return self._live.exposure(opens[0].account).foresee(opens, mark.price if mark else None)


def _explained(done: Done, words: str) -> Done:
    assert done.refusal is not None
    refusal = msgspec.structs.replace(done.refusal, message=f"{words}: {done.refusal.message}")
    return msgspec.structs.replace(done, refusal=refusal)


def _how_far(parts: Sequence[Order]) -> str:
    """By the parts that were sent; whoever sent them may have died on the way."""
    closed, opened = ZERO, ZERO
    for order in parts:
        if order.status not in UNHAPPY:
            closed += order.amount if order.reduce_only else ZERO
            opened += ZERO if order.reduce_only else order.amount
    if not closed:
        return "nothing was sent"
    if not opened:
        return f"only the close was sent: {_NOTHING_OPENED}; {_AGAIN}"
    if opened < closed:
        return "only a part was opened on the other side"
    return "reversed"
