"""An exchange in memory behind the ports of `hedgerow.exchange`, scripted by the test.

What truly is there (orders, fills, positions) and what it says (answers, reads, pushes) are set apart, so that a test
can lose, delay and hide. It keeps the ports' promises: a request that arrives after its deadline does not take effect,
a create is sent once, and a list is complete or raises.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from hedgerow.clock import Clock
from hedgerow.core.commands import OrderTerms, PositionSide, Side
from hedgerow.core.reports import (
    Balance,
    FillReport,
    OrderReport,
    PositionReport,
    Report,
    ReportedStatus,
    Source,
    StreamDown,
    StreamUp,
)
from hedgerow.core.risk_tiers import MarginTerms, RiskTier
from hedgerow.exchange import (
    Answer,
    Capabilities,
    Channel,
    ExchangeFault,
    OrderRef,
    Said,
    Ticker,
    Timing,
)
from tests.core.evidence import INSTRUMENT

SYMBOL = INSTRUMENT.symbol
ETH = "ETH/USDT:USDT"
INSTRUMENTS = {
    SYMBOL: INSTRUMENT,
    ETH: msgspec.structs.replace(
        INSTRUMENT, symbol=ETH, exchange_symbol="ETHUSDT", base="ETH", price_tick=Decimal("0.01")
    ),
}
CAPABILITIES = Capabilities(
    websocket_orders=True,
    amend=True,
    cancel_all=True,
    attached_protection=True,
    position_protection=True,
    conditional_orders=True,
    trigger_by=("last", "mark", "index"),
    post_only=True,
    reduce_only=True,
    time_in_force=("GTC", "IOC", "FOK"),
    hedge_mode=False,
    leverage=True,
    proves_absence=True,
)
OPEN = (ReportedStatus.OPEN, ReportedStatus.PARTIALLY_FILLED, ReportedStatus.UNTRIGGERED)
_Command = Callable[[], str | None]


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to one command.

    Attributes:
        lands: whether it takes effect at all; `lands_s` how long it is on its way.
        said: what its sender gets to know, after `answer_s`.
    """

    lands: bool = True
    lands_s: float = 0.0
    said: Said = Said.ACCEPTED
    answer_s: float = 0.0
    code: str | None = None


LOST = Script(said=Said.IN_DOUBT)  # it took effect, and nobody was told
GONE = Script(lands=False, said=Said.IN_DOUBT)  # it never arrived, and nobody was told
REFUSED = Script(lands=False, said=Said.REJECTED, code="110007")


class ScriptedExchange:
    """One account's truth, and the script.

    Attributes:
        arrived: creates that came in, by client order id.
        commands: every other command that took effect: its name, then what it was about.
        instruments: what is listed.
        scripts: of the next commands, in order; then `usual`.
        pushes: whether the private stream tells of what happens.
        hidden: orders that reads do not show yet, by client order id.
        reads: how often each list was asked for.
    """

    def __init__(self, clock: Clock, *, offset_ms: int = 0, name: str = "sim") -> None:
        self.name = name
        self.clock = clock
        self.offset_ms = offset_ms
        self.arrived: Counter[str] = Counter()
        self.commands: list[tuple[Any, ...]] = []
        self.scripts: deque[Script] = deque()
        self.usual = Script()
        self.capabilities = CAPABILITIES
        self.instruments = dict(INSTRUMENTS)
        self.pushes = True
        self.stream_up = True
        self.hidden: set[str] = set()
        self.unreadable: set[str] = set()  # orders whose search raises, by client order id
        self.incomplete = 0  # so many of the next searches for an order do not read everything
        self.reads: Counter[str] = Counter()
        self.read_s: dict[str, float] = {}
        self.mark = Decimal(60_000)
        self.orders: dict[str, OrderReport] = {}
        self.fills: list[FillReport] = []
        self.positions: dict[tuple[str, PositionSide], PositionReport] = {}
        self.balances = [Balance("USDT", Decimal(100_000), Decimal(100_000), Decimal(100_000))]
        self.margin_terms = MarginTerms(
            leverage=Decimal(10),
            margin_mode="cross",
            tiers=(RiskTier(up_to=Decimal(2_000_000), maintenance_rate=Decimal("0.005")),),
        )
        self.connections: list[Any] = []
        self.opened = 0
        self.on_command: Callable[[str], None] = lambda _: None
        self._faults: dict[str, deque[ExchangeFault]] = {}
        self._silent_since: int | None = None
        self._numbers = 0

    # what the test does at the exchange

    def now_ms(self) -> int:
        return self.clock.now_ms() + self.offset_ms

    def fail(self, read: str, times: int = 1, words: str = "503") -> None:
        """The next reads of this name raise."""
        self._faults.setdefault(read, deque()).extend(ExchangeFault(words) for _ in range(times))

    def recover(self) -> None:
        """No read fails any more."""
        self._faults.clear()

    def by_client(self, client_order_id: str) -> OrderReport:
        return next(order for order in self.orders.values() if order.client_order_id == client_order_id)

    def place(self, client_order_id: str = "", **facts: Any) -> OrderReport:
        """An order that is there now, whoever placed it."""
        self._numbers += 1
        known: dict[str, Any] = {
            "symbol": SYMBOL,
            "exchange_order_id": f"{self.name}-x{self._numbers}",
            "client_order_id": client_order_id,
            "side": Side.BUY,
            "type": "limit",
            "amount": Decimal(1),
            "price": Decimal(60_000),
            "status": ReportedStatus.OPEN,
            "filled": Decimal(0),
            "updated_ms": self.now_ms(),
            "created_ms": self.now_ms(),
            "source": Source.REST,
        }
        return self._is_now(OrderReport(**(known | facts)))

    def change(self, order: OrderReport, **facts: Any) -> OrderReport:
        """The order as it stands from now on."""
        current = self.orders[order.exchange_order_id]
        return self._is_now(msgspec.structs.replace(current, **({"updated_ms": self.now_ms()} | facts)))

    def end(self, order: OrderReport, status: ReportedStatus = ReportedStatus.CANCELED, **facts: Any) -> OrderReport:
        return self.change(order, status=status, **facts)

    def _is_now(self, order: OrderReport) -> OrderReport:
        self.orders[order.exchange_order_id] = order
        self.push(order)
        return order

    def fill(self, order: OrderReport, amount: str, price: str | None = None, **facts: Any) -> FillReport:
        """An execution: told by itself, by the order, and in the position."""
        current = self.orders[order.exchange_order_id]
        self._numbers += 1
        known: dict[str, Any] = {
            "symbol": current.symbol,
            "trade_id": f"t{self._numbers}",
            "exchange_order_id": current.exchange_order_id,
            "client_order_id": current.client_order_id,
            "side": current.side,
            "amount": Decimal(amount),
            "price": Decimal(price) if price else current.price or self.mark,
            "fee": Decimal("0.1"),
            "fee_currency": "USDT",
            "time_ms": self.now_ms(),
            "source": Source.REST,
        }
        fill = FillReport(**(known | facts))
        self.fills.append(fill)
        self.push(fill)
        filled = current.filled + fill.amount
        status = ReportedStatus.FILLED if filled >= current.amount else ReportedStatus.PARTIALLY_FILLED
        self.change(current, filled=filled, status=status)
        self._move(fill)
        return fill

    def _move(self, fill: FillReport) -> None:
        """One-way: the net position follows the fill."""
        held = sum(
            (leg.amount if leg.side is PositionSide.LONG else -leg.amount)
            for (symbol, _), leg in self.positions.items()
            if symbol == fill.symbol
        )
        self.hold(fill.symbol, Decimal(held) + (fill.amount if fill.side is Side.BUY else -fill.amount), fill.price)

    def hold(self, symbol: str, size: Decimal, entry: Decimal | None = None) -> None:
        """The net position from now on, however it came about."""
        for side in PositionSide:
            self.positions.pop((symbol, side), None)
        if size:
            side = PositionSide.LONG if size > 0 else PositionSide.SHORT
            self.positions[symbol, side] = PositionReport(
                symbol=symbol,
                side=side,
                amount=abs(size),
                updated_ms=self.now_ms(),
                source=Source.REST,
                entry=entry,
                leverage=Decimal(10),
                margin_mode="cross",
            )

    def push(self, report: Report) -> None:
        """Tell it on the private stream, if that is up and tells anything."""
        if not (self.pushes and self.stream_up) or self._silent_since is not None:
            return
        if "source" in report.__struct_fields__:
            report = msgspec.structs.replace(report, source=Source.STREAM)
        self.tell(report)

    def tell(self, report: Report) -> None:
        for connection in self.connections:
            connection.heard.put_nowait(report)

    def hang_up(self, reason: str = "1006") -> None:
        self.stream_up = False
        self.tell(StreamDown(self.clock.now_ms(), reason))

    def come_back(self) -> None:
        self.stream_up, self._silent_since = True, None
        self.tell(StreamUp(self.clock.now_ms()))

    def fall_silent(self) -> None:
        """The private stream stays up and says nothing any more, not even a pong."""
        self._silent_since = self.clock.now_ms()

    def speak_again(self) -> None:
        self._silent_since = None

    @property
    def heard_ms(self) -> int:
        return self.clock.now_ms() if self._silent_since is None else self._silent_since

    def tick(self, mark: str | Decimal, symbol: str = SYMBOL) -> None:
        """A new mark, told to whoever watches."""
        self.mark = Decimal(mark)
        for connection in self.connections:
            for sink in connection.sinks.get((Channel.TICKER, symbol), ()):
                sink(self.ticker(symbol))

    def ticker(self, symbol: str) -> Ticker:
        return Ticker(symbol=symbol, last=self.mark, mark=self.mark, index=self.mark, bid=self.mark, ask=self.mark)

    # what the connections do

    async def read(self, name: str) -> None:
        self.reads[name] += 1
        await self.clock.sleep(self.read_s.get(name, 0))
        if self._faults.get(name):
            raise self._faults[name].popleft()

    async def command(self, name: str, timing: Timing, effect: _Command) -> Answer:
        """Carry a command out by the script, once."""
        sent_ms = self.clock.now_ms()
        if self.now_ms() >= timing.deadline_ms:
            return Answer(said=Said.NOT_SENT, message="its deadline had passed", sent_ms=sent_ms)
        self.on_command(name)
        script = self.scripts.popleft() if self.scripts else self.usual
        exchange_order_id = None
        if script.lands and script.lands_s:
            loop = asyncio.get_running_loop()
            loop.call_later(script.lands_s, self._land, timing, effect)
        elif script.lands:
            exchange_order_id = self._land(timing, effect)
        if script.answer_s:
            await self.clock.sleep(script.answer_s)
        accepted = script.said is Said.ACCEPTED
        return Answer(
            said=script.said,
            exchange_order_id=exchange_order_id if accepted else None,
            code=script.code,
            message=None if accepted else "no reply" if script.code is None else "refused",
            sent_ms=sent_ms,
            answered_ms=self.clock.now_ms(),
        )

    def _land(self, timing: Timing, effect: _Command) -> str | None:
        return effect() if self.now_ms() < timing.deadline_ms else None

    def create(self, terms: OrderTerms, client_order_id: str) -> str:
        self.arrived[client_order_id] += 1
        order = self.place(
            client_order_id,
            symbol=terms.symbol,
            side=terms.side,
            type=terms.type,
            amount=terms.amount,
            price=terms.price,
            reduce_only=terms.reduce_only,
            trigger_price=terms.trigger_price,
            take_profit=terms.take_profit,
            stop_loss=terms.stop_loss,
            status=ReportedStatus.OPEN if terms.trigger_price is None else ReportedStatus.UNTRIGGERED,
        )
        return order.exchange_order_id

    def find(self, ref: OrderRef) -> OrderReport | None:
        for order in self.orders.values():
            if ref.client_order_id and order.client_order_id == ref.client_order_id:
                return order
            if not ref.client_order_id and order.exchange_order_id == ref.exchange_order_id:
                return order
        return None

    def shown(self) -> list[OrderReport]:
        return [order for order in self.orders.values() if order.client_order_id not in self.hidden]
