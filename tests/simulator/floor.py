"""A trading floor for tests: an engine, two accounts with money, a house that quotes, and short words for commands."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeVar

from hedgerow.simulator.engine import Engine
from hedgerow.simulator.instruments import INSTRUMENTS
from hedgerow.simulator.messages import (
    Acknowledgement,
    AmendOrder,
    CancelAll,
    CancelOrder,
    Command,
    Event,
    OpenAccount,
    Order,
    OrderType,
    PlaceOrder,
    Position,
    Refusal,
    Result,
    SetIndex,
    SetLeverage,
    SetTradingStop,
    Side,
)

D = Decimal
BTC = "BTCUSDT"
BUY, SELL = Side.BUY, Side.SELL
EventT = TypeVar("EventT", bound=Event)


class Floor:
    """Accounts `ann` and `bob` with 100,000 USDT each, and `maker-m`, a house account. One millisecond a command."""

    def __init__(self, deposit: str = "100000") -> None:
        self.engine = Engine(INSTRUMENTS)
        self.now_ms = 1_700_000_000_000
        self.result = Result(Acknowledgement(), ())
        for name, house in (("ann", False), ("bob", False), ("maker-m", True)):
            self.do(OpenAccount(name, D(deposit), house))

    def do(self, command: Command) -> Result:
        self.now_ms += 1
        self.result = self.engine.handle(command, self.now_ms)
        return self.result

    def try_place(self, account: str, side: Side, qty: str, price: str | None = None, **more: Any) -> Result:
        symbol = more.pop("symbol", BTC)
        kind = OrderType.MARKET if price is None else OrderType.LIMIT
        limit = None if price is None else D(price)
        return self.do(PlaceOrder(account, symbol, side, kind, D(qty), limit, **more))

    def place(self, account: str, side: Side, qty: str, price: str | None = None, **more: Any) -> str:
        """The order id; the order must be accepted."""
        answer = self.try_place(account, side, qty, price, **more).answer
        assert isinstance(answer, Acknowledgement), answer
        return answer.order_id

    def quote(self, bid: str = "59990", ask: str = "60010", qty: str = "100") -> None:
        """The house's whole market becomes this one."""
        self.do(CancelAll("maker-m", BTC))
        self.place("maker-m", BUY, qty, bid)
        self.place("maker-m", SELL, qty, ask)

    def trade_at(self, price: str, qty: str = "0.001") -> None:
        """A house trade prints at this price, wherever the quotes were; then a wide market stands around it."""
        self.do(CancelAll("maker-m", BTC))
        low, high = str(D(price) - 10), str(D(price) + 10)
        self.place("maker-m", BUY, "100", low)
        self.place("maker-m", SELL, "100", high)
        self.place("maker-m", BUY, qty, price)
        self.place("maker-m", SELL, qty, price)

    def amend(self, account: str, order_id: str, **more: Any) -> Result:
        return self.do(AmendOrder(account, BTC, order_id, **more))

    def cancel(self, account: str, order_id: str) -> Result:
        return self.do(CancelOrder(account, BTC, order_id))

    def protect(self, account: str, **more: Any) -> Result:
        return self.do(SetTradingStop(account, BTC, **more))

    def index(self, price: str) -> Result:
        return self.do(SetIndex(BTC, D(price)))

    def leverage(self, account: str, leverage: str) -> Result:
        return self.do(SetLeverage(account, BTC, D(leverage)))

    def order(self, account: str, order_id: str) -> Order:
        order = self.engine.order(account, order_id=order_id)
        assert order is not None
        return order

    def position(self, account: str) -> Position:
        return self.engine.position(account, BTC)

    def events(self, kind: type[EventT]) -> list[EventT]:
        """Of the last command."""
        return [event for event in self.result.events if isinstance(event, kind)]

    def statuses(self, order_id: str) -> list[str]:
        """What the last command said of one order, in order."""
        return [event.status.value for event in self.events(Order) if event.order_id == order_id]

    @property
    def refused(self) -> int:
        """The last command's refusal code; it must have been refused, and have caused nothing."""
        assert isinstance(self.result.answer, Refusal), self.result
        assert not self.result.events
        return self.result.answer.code


def texts(levels: Sequence[tuple[Decimal, Decimal]]) -> list[tuple[str, str]]:
    return [(str(price), str(qty)) for price, qty in levels]
