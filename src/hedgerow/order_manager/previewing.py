"""What an order would be: its terms beside what the account holds, and how that is margined."""

from __future__ import annotations

from decimal import Decimal

from hedgerow.clock import Clock
from hedgerow.core import preview as previews
from hedgerow.core.decimals import ZERO
from hedgerow.core.positions import Position
from hedgerow.exchange import ExchangeConnection
from hedgerow.order_manager.live import LiveView
from hedgerow.order_manager.margins import Margins
from hedgerow.order_manager.marks import Marks
from hedgerow.order_manager.placing import Checked
from hedgerow.order_manager.reading import Reading, valued


class Previewing:
    def __init__(self, *, live: LiveView, marks: Marks, margins: Margins, reading: Reading, clock: Clock) -> None:
        self._live = live
        self._marks = marks
        self._margins = margins
        self._reading = reading
        self._clock = clock

    async def preview(self, checked: Checked) -> previews.Preview:
        """Of an order that passed the first checks; what cannot be known soon is left open."""
        terms, instrument = checked.terms, checked.instrument
        margin = await self._margins.of(terms.account, terms.symbol, checked.connection.trading)
        held = await self._reading.balances(terms.account)
        positions = [leg for leg in self._live.positions() if leg.account == terms.account and leg.size]
        legs = [leg for leg in positions if leg.symbol == terms.symbol]
        others = [leg for leg in positions if leg.symbol != terms.symbol]
        leverage = next((leg.leverage for leg in legs), margin.leverage if margin else self._live.leverage(terms))
        return previews.preview(
            terms,
            instrument,
            mark=checked.mark.price if checked.mark else None,
            mark_age_ms=self._clock.now_ms() - checked.mark.time_ms if checked.mark else 0,
            leverage=leverage,
            balances=held[0].balances if held else (),
            positions=legs,
            rules=checked.rules,
            margin_mode=next((leg.margin_mode for leg in legs), margin.margin_mode if margin else None),
            tiers=margin.tiers if margin else (),
            others=sum((self._added(leg, instrument.settle, checked.connection) for leg in others), ZERO),
            denial=checked.denial,
        )

    def _added(self, leg: Position, settle: str, connection: ExchangeConnection) -> Decimal:
        """What a position adds to what is free: its PnL at the newest mark, less what keeps it."""
        instrument = connection.trading.instruments.get(leg.symbol)
        if instrument is None or instrument.settle != settle:
            return ZERO
        self._marks.watch(leg.account, leg.symbol, connection.market)  # until it tells, the position's own mark counts
        worth = valued(leg, instrument, self._marks.get(leg.account, leg.symbol))
        return (worth.unrealised_pnl or ZERO) - (leg.maintenance_margin or ZERO)
