"""The positions of one account: legs moved by fills, checked against complete reads of the exchange."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from hedgerow.core.commands import PositionSide
from hedgerow.core.decimals import ZERO
from hedgerow.core.fills import Fill
from hedgerow.core.instruments import Instrument
from hedgerow.core.position_fold import apply_fill, confirm, empty_leg, opening, pass_over, with_discrepancy
from hedgerow.core.positions import Position
from hedgerow.core.reports import PositionReport, Source

_Leg = tuple[str, PositionSide]
_SIDES = (PositionSide.LONG, PositionSide.SHORT)


class PositionBook:
    """Each call returns the legs that it changed, the ones that grew first.

    That order matters to who reads them one by one: a position that turned is never seen as flat.

    Attributes:
        since_ms: when the opening balance was read, on the exchange's clock; fills up to then are part of it.
    """

    def __init__(
        self,
        account: str,
        instruments: Mapping[str, Instrument],
        positions: Sequence[Position],
        since_ms: int,
    ) -> None:
        self.since_ms = since_ms
        self._account = account
        self._instruments = instruments
        self._legs: dict[_Leg, Position] = _by_leg(positions)
        self._suspects: dict[_Leg, tuple[Decimal, int]] = {}  # difference, and the last fill when it was seen

    def all(self) -> list[Position]:
        return list(self._legs.values())

    def fold(self, position: Position) -> None:
        """Take in a journaled position, unless a newer one is known."""
        key = (position.symbol, position.side)
        known = self._legs.get(key)
        if known is None or known.version < position.version:
            self._legs[key] = position

    def counted(self, fill: Fill) -> bool:
        """Whether a leg of the fill's instrument contains it already."""
        return fill.sequence <= self._last_fill(fill.symbol, fill.position_side)

    def apply(self, fill: Fill) -> tuple[list[Position], Decimal]:
        """Count a fill that is not counted yet; also says the gross PnL of what it closed."""
        long, short = self._pair(fill.symbol)
        if fill.time_ms <= self.since_ms:
            folded = pass_over(long, short, fill)
        else:
            folded = apply_fill(long, short, fill, self._instruments.get(fill.symbol))
        changed = self._keep([folded.long, folded.short])
        changed.sort(key=lambda leg: not leg.amount)
        return changed, folded.realised_pnl

    def opening(self, reports: Sequence[PositionReport], since_ms: int, now_ms: int) -> list[Position]:
        """Begin from what the exchange holds: a complete read."""
        self.since_ms = since_ms
        reported = {(report.symbol, report.side): report for report in reports if report.amount and report.side}
        begun = [
            opening(self._account, report, now_ms, self._legs.get((report.symbol, report.side)))
            for report in reported.values()
            if report.side is not None
        ]
        gone = [leg for key, leg in self._legs.items() if leg.amount and key not in reported]
        return self._keep([*begun, *(opening(self._account, _flat(leg), now_ms, leg) for leg in gone)])

    def report(self, report: PositionReport, now_ms: int) -> list[Position]:
        """One leg as the exchange pushed or answered it; in one-way mode it speaks for the other side too."""
        sides = (report.side,) if report.hedged and report.side is not None else _SIDES
        changed: list[Position | None] = []
        for side in sides:
            leg = self._legs.get((report.symbol, side))
            if leg is None and report.side is side and report.amount:
                leg = empty_leg(self._account, report.symbol, side, now_ms)
            if leg is not None and (report.side is side or leg.size or leg.leverage != report.leverage):
                changed.append(confirm(leg, report, now_ms))
        return self._keep(changed)

    def settled_read(self, reports: Sequence[PositionReport], now_ms: int) -> list[Position]:
        """A complete read: legs that it does not hold are flat.

        A difference to the fold that two such reads in a row show, with no fill counted between them, becomes a
        discrepancy; one that is gone clears it.
        """
        changed: dict[_Leg, Position] = {}
        held: dict[_Leg, Decimal] = {}
        for report in reports:
            changed |= _by_leg(self.report(report, now_ms))
            if report.side is not None:
                held[report.symbol, report.side] = report.amount
        for key, leg in list(self._legs.items()):
            if key not in held and leg.size:
                changed |= _by_leg(self._keep([confirm(leg, _flat(leg), now_ms)]))
        for key in list(self._legs):
            changed |= _by_leg(self._keep([self._judged(key, held.get(key, ZERO), now_ms)]))
        return list(changed.values())

    def _judged(self, key: _Leg, held: Decimal, now_ms: int) -> Position:
        leg = self._legs[key]
        difference = held - leg.amount
        if not difference:
            self._suspects.pop(key, None)
            return with_discrepancy(leg, None, now_ms)
        suspect = (difference, self._last_fill(leg.symbol, leg.side if leg.hedged else None))
        if self._suspects.get(key) == suspect:
            return with_discrepancy(leg, difference, now_ms)
        self._suspects[key] = suspect
        return leg

    def _last_fill(self, symbol: str, side: PositionSide | None) -> int:
        """The last fill counted into a leg, or, in one-way mode, into either side."""
        sides = _SIDES if side is None else (side,)
        return max((leg.last_fill for each in sides if (leg := self._legs.get((symbol, each)))), default=0)

    def _pair(self, symbol: str) -> tuple[Position | None, Position | None]:
        return self._legs.get((symbol, PositionSide.LONG)), self._legs.get((symbol, PositionSide.SHORT))

    def _keep(self, legs: Sequence[Position | None]) -> list[Position]:
        changed = []
        for leg in legs:
            if leg is not None and self._legs.get((leg.symbol, leg.side)) is not leg:
                self._legs[leg.symbol, leg.side] = leg
                changed.append(leg)
        return changed


def _by_leg(legs: Sequence[Position]) -> dict[_Leg, Position]:
    return {(leg.symbol, leg.side): leg for leg in legs}


def _flat(leg: Position) -> PositionReport:
    return PositionReport(
        symbol=leg.symbol,
        side=leg.side,
        amount=ZERO,
        updated_ms=leg.exchange_updated_ms,
        source=Source.REST,
        leverage=leg.leverage,
        margin_mode=leg.margin_mode,
        hedged=leg.hedged,
    )
