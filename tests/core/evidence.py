"""Intents, answers, reports and fills for the tests of the core."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from hedgerow.core.commands import OrderTerms, OrderType, PositionSide, Side
from hedgerow.core.fills import Fill, FillKind
from hedgerow.core.instruments import Instrument
from hedgerow.core.records import (
    AmendIntended,
    Answered,
    CameToNothing,
    CancelIntended,
    Nothing,
    OrderIntended,
    Outcome,
    Transport,
)
from hedgerow.core.refusals import Code, Refusal
from hedgerow.core.reports import FillReport, OrderReport, PositionReport, ReportedStatus, Source

ACCOUNT = "sim"
SYMBOL = "BTC/USDT:USDT"
KEY = b"0123456789abcdef"
D = Decimal

INSTRUMENT = Instrument(
    symbol=SYMBOL,
    exchange_symbol="BTCUSDT",
    base="BTC",
    quote="USDT",
    settle="USDT",
    contract_size=D(1),
    linear=True,
    price_tick=D("0.1"),
    amount_step=D("0.001"),
    min_amount=D("0.001"),
    max_amount=D(100),
    max_market_amount=D(50),
    min_notional=D(5),
    min_price=D("0.1"),
    max_price=D(1_999_999),
    max_leverage=D(100),
    maker_fee=D("0.0002"),
    taker_fee=D("0.00055"),
)
INVERSE = replace(INSTRUMENT, symbol="BTC/USD:BTC", settle="BTC", quote="USD", linear=False)


def terms(amount: str = "1", price: str | None = "60000", side: Side = Side.BUY, **more: Any) -> OrderTerms:
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    return OrderTerms(ACCOUNT, SYMBOL, side, kind, D(amount), None if price is None else D(price), **more)


def intent(name: str = "a", asked: OrderTerms | None = None, **more: Any) -> OrderIntended:
    asked = asked or terms()
    more.setdefault("notional", asked.amount * (asked.price or D(60000)))
    more.setdefault("mark", D(60000))
    return OrderIntended(
        command_id=name,
        body_hash="hash",
        timestamp_ms=1_000,
        deadline_ms=6_000,
        terms=asked,
        client_order_id=f"hg{name}",
        transport=Transport.WEBSOCKET,
        **more,
    )


def amend(name: str, order: str = "a", **more: Any) -> AmendIntended:
    return AmendIntended(
        command_id=name,
        body_hash="hash",
        timestamp_ms=2_000,
        deadline_ms=7_000,
        order_id=order,
        symbol=SYMBOL,
        client_order_id=f"hg{order}",
        exchange_order_id=f"x{order}",
        **more,
    )


def cancel(name: str, order: str = "a") -> CancelIntended:
    return CancelIntended(
        command_id=name,
        body_hash="hash",
        timestamp_ms=2_000,
        deadline_ms=7_000,
        order_id=order,
        symbol=SYMBOL,
        client_order_id=f"hg{order}",
        exchange_order_id=f"x{order}",
    )


def accepted(name: str = "a", **more: Any) -> Answered:
    return Answered(
        command_id=name,
        command="order_intended",
        outcome=Outcome.ACCEPTED,
        order_id=name,
        exchange_order_id=f"x{name}",
        **more,
    )


def in_doubt(name: str = "a") -> Answered:
    return Answered(
        command_id=name, command="order_intended", outcome=Outcome.IN_DOUBT, order_id=name, detail="no reply"
    )


def nothing(name: str = "a", how: Nothing = Nothing.REJECTED, **more: Any) -> CameToNothing:
    code = {Nothing.REPEAT: Code.REPEAT, Nothing.NOT_SENT: Code.NOT_SENT}.get(how, Code.EXCHANGE_REJECTED)
    return CameToNothing(command_id=name, how=how, refusal=Refusal(code, "no"), **more)


def report(
    name: str = "a",
    status: ReportedStatus = ReportedStatus.OPEN,
    filled: str | Decimal = "0",
    ms: int = 2_000,
    **more: Any,
) -> OrderReport:
    facts: dict[str, Any] = {
        "symbol": SYMBOL,
        "exchange_order_id": f"x{name}",
        "client_order_id": f"hg{name}",
        "side": Side.BUY,
        "type": OrderType.LIMIT,
        "amount": D(1),
        "price": D(60000),
        "status": status,
        "filled": D(filled),
        "updated_ms": ms,
        "created_ms": 1_500,
        "source": Source.STREAM,
    }
    return OrderReport(**(facts | more))


def fill(
    name: str = "a",
    trade: str = "t1",
    amount: str | Decimal = "0.4",
    price: str = "60000",
    ms: int = 2_000,
    **more: Any,
) -> FillReport:
    facts: dict[str, Any] = {
        "symbol": SYMBOL,
        "trade_id": trade,
        "exchange_order_id": f"x{name}",
        "client_order_id": f"hg{name}",
        "side": Side.BUY,
        "amount": D(amount),
        "price": D(price),
        "fee": D("0.5"),
        "fee_currency": "USDT",
        "time_ms": ms,
        "source": Source.STREAM,
    }
    return FillReport(**(facts | more))


def booked(
    sequence: int,
    side: Side = Side.BUY,
    amount: str | Decimal = "1",
    price: str | Decimal = "60000",
    order: str = "a",
    **more: Any,
) -> Fill:
    facts: dict[str, Any] = {
        "fill_id": f"f{sequence}",
        "sequence": sequence,
        "account": ACCOUNT,
        "symbol": SYMBOL,
        "order_id": order,
        "exchange_order_id": f"x{order}",
        "trade_id": f"t{sequence}",
        "side": side,
        "amount": D(amount),
        "price": D(price),
        "fee": D(0),
        "fee_currency": "USDT",
        "time_ms": 1_000 + sequence,
        "kind": FillKind.TRADE,
    }
    return Fill(**(facts | more))


def position(amount: str, ms: int = 2_000, **more: Any) -> PositionReport:
    size = D(amount)
    side = None if not size else PositionSide.LONG if size > 0 else PositionSide.SHORT
    facts: dict[str, Any] = {
        "symbol": SYMBOL,
        "side": side,
        "amount": abs(size),
        "updated_ms": ms,
        "source": Source.REST,
        "entry": D(60000) if size else None,
    }
    return PositionReport(**(facts | more))
