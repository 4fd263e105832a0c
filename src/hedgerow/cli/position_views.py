"""Positions as they are shown: the table, and the live table whose profit moves with the mark."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

import msgspec
from rich.console import RenderableType
from rich.text import Text

from hedgerow.cli import words
from hedgerow.cli.client import Client, decode
from hedgerow.cli.columns import Column, table
from hedgerow.cli.exits import CommandFault
from hedgerow.cli.screens import Start
from hedgerow.cli.terminal import Terminal
from hedgerow.core.commands import PositionSide
from hedgerow.core.positions import Position
from hedgerow.core.records import PositionUpdated
from hedgerow.exchange import Ticker
from hedgerow.journal.envelope import Envelope
from hedgerow.order_manager.schemas import InstrumentView, PositionsPage, PositionView

_Leg = tuple[str, str, PositionSide]
_Priced = tuple[str, str]


def columns(terminal: Terminal) -> list[Column[PositionView]]:
    return [
        Column("SYMBOL", lambda row: row.symbol),
        Column("SIDE", lambda row: row.side),
        Column("AMOUNT", lambda row: words.number(row.amount), right=True),
        Column("ENTRY", lambda row: words.number(row.entry), rank=2, right=True),
        Column("MARK", lambda row: words.number(row.mark), rank=3, right=True),
        Column("PNL", lambda row: words.gain(row.unrealised_pnl), right=True),
        Column("REALISED", lambda row: words.gain(row.realised_pnl), rank=6, right=True),
        Column("LIQ", lambda row: words.number(row.liquidation_price), rank=5, right=True),
        Column("LEVERAGE", lambda row: words.times(row.leverage), rank=7, right=True),
        Column("TP", lambda row: words.number(row.take_profit), rank=4, right=True),
        Column("SL", lambda row: words.number(row.stop_loss), rank=1, right=True),
        Column("ACCOUNT", lambda row: row.account, rank=8),
        Column("DIFFERS", lambda row: words.number(row.discrepancy), right=True, sparse=True),
        Column("UPDATED", lambda row: terminal.moment(row.updated_ms), rank=9),
    ]


def unrealised(
    side: PositionSide, amount: Decimal, entry: Decimal, mark: Decimal, contract_size: Decimal, *, linear: bool
) -> Decimal:
    """Profit of an open leg at a mark, in the settle currency."""
    sign = 1 if side is PositionSide.LONG else -1
    base = amount * contract_size
    if linear:
        return sign * base * (mark - entry)
    return sign * base * (1 / entry - 1 / mark)


class PositionsView:
    """The open legs of an account, or of all."""

    path = "/ws/positions"
    priced = True
    finished = False

    def __init__(self, terminal: Terminal, account: str | None, ask: Callable[[], Client]) -> None:
        self._ask = ask
        self._terminal = terminal
        self._account = account
        self._legs: dict[_Leg, PositionView] = {}
        self._marks: dict[_Priced, Ticker] = {}
        self._instruments: dict[_Priced, InstrumentView] = {}

    def begin(self, client: Client) -> Start:
        raw = client.get("/api/positions", {"account": self._account})
        page = decode(raw, PositionsPage)
        self._legs = {(leg.account, leg.symbol, leg.side): leg for leg in page.positions}
        for leg in page.positions:
            self._learn(leg.account, leg.symbol)
        return Start(page.cursor, [raw])

    def take(self, envelope: Envelope) -> bool:
        if not isinstance(envelope.body, PositionUpdated):
            return False
        position = envelope.body.position
        leg = (position.account, position.symbol, position.side)
        known = self._legs.get(leg)
        if self._account not in {None, position.account} or (known and known.version >= position.version):
            return False
        if not position.size and not position.discrepancy:
            return self._legs.pop(leg, None) is not None
        self._learn(position.account, position.symbol)
        self._legs[leg] = self._row(position, known)
        return True

    def _row(self, position: Position, known: PositionView | None) -> PositionView:
        shared = {name: getattr(position, name) for name in _SHARED}
        entry = position.exchange_entry if position.entry is None else position.entry
        row = PositionView(
            amount=position.size,
            entry=entry,
            mark=position.mark if known is None else known.mark,
            mark_ms=0 if known is None else known.mark_ms,
            base_amount=None,
            notional=None,
            unrealised_pnl=None,
            **shared,
        )
        return self._at_mark(row)

    def _at_mark(self, row: PositionView) -> PositionView:
        """The row with its profit at the freshest mark."""
        ticker = self._marks.get((row.account, row.symbol))
        mark = ticker.mark if ticker is not None and ticker.mark is not None else row.mark
        instrument = self._instruments.get((row.account, row.symbol))
        if mark is None or not mark or row.entry is None or not row.entry or instrument is None:
            return row
        profit = unrealised(
            row.side, row.amount, row.entry, mark, instrument.contract_size,
            linear=instrument.settle == instrument.quote,
        )  # fmt: skip
        mark_ms = row.mark_ms if ticker is None else ticker.time_ms
        return msgspec.structs.replace(row, mark=mark, mark_ms=mark_ms, unrealised_pnl=profit)

    def _learn(self, account: str, symbol: str) -> None:
        """Ask for an instrument, once; without it the profit is left out."""
        if (account, symbol) in self._instruments:
            return
        try:
            raw = self._ask().get("/api/instruments", {"account": account, "symbol": symbol})
        except CommandFault:
            return
        for instrument in decode(raw, list[InstrumentView]):
            self._instruments[instrument.account, instrument.symbol] = instrument

    def opening_lines(self) -> Iterable[str]:
        return [self._line(row) for row in self._sorted()] or ["No positions."]

    def line(self, envelope: Envelope) -> str:
        assert isinstance(envelope.body, PositionUpdated)
        position = envelope.body.position
        row = self._legs.get((position.account, position.symbol, position.side))
        when = self._terminal.moment(position.updated_ms)
        if row is None:
            return f"{when}  {position.account}  {position.symbol} {position.side}: flat"
        return self._line(row)

    def _line(self, row: PositionView) -> str:
        return (
            f"{self._terminal.moment(row.updated_ms)}  {row.account}  {row.symbol} {row.side} "
            f"{words.number(row.amount)} at {words.number(row.entry)}, mark {words.number(row.mark)}, "
            f"PnL {words.gain(row.unrealised_pnl).plain}, realised {words.gain(row.realised_pnl).plain}"
        )

    def json_line(self, envelope: Envelope, raw: bytes) -> bytes:
        return raw

    def picture(self, width: int, height: int) -> RenderableType:
        rows = self._sorted()[: max(1, height - 1)]
        return table(columns(self._terminal), rows, width) if rows else Text("No positions.")

    def _sorted(self) -> list[PositionView]:
        return sorted(self._legs.values(), key=lambda row: (row.account, row.symbol, row.side))

    def prices_wanted(self) -> Iterable[tuple[str, str]]:
        return {(account, symbol) for account, symbol, _ in self._legs}

    def take_mark(self, account: str, ticker: Ticker) -> None:
        self._marks[account, ticker.symbol] = ticker
        for leg, row in self._legs.items():
            if leg[:2] == (account, ticker.symbol):
                self._legs[leg] = self._at_mark(row)


_SHARED = (
    "account",
    "symbol",
    "side",
    "liquidation_price",
    "margin",
    "leverage",
    "margin_mode",
    "realised_pnl",
    "fees",
    "take_profit",
    "stop_loss",
    "discrepancy",
    "version",
    "updated_ms",
)
