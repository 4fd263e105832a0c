"""Orders, positions and the rest, as a desk would answer them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hedgerow.core import records
from hedgerow.core.commands import OrderType, PositionSide, Side
from hedgerow.core.fills import Fill
from hedgerow.core.limits import Limits, TradingState
from hedgerow.core.orders import Order, Status
from hedgerow.core.positions import Position
from hedgerow.core.reports import Origin
from hedgerow.exchange import Ticker
from hedgerow.journal.envelope import Envelope, Environment
from hedgerow.order_manager.schemas import AccountView, InstrumentView, OrdersPage, PositionView, RulesView

NOW_MS = 1_735_740_000_000  # 2025-01-01 14:00:00 UTC
ORDER_ID = "b7k2m9xaqqqqqqqqqqqqqqqqqq"
SYMBOL = "BTC/USDT:USDT"


def order(**changes: Any) -> Order:
    values: dict[str, Any] = {
        "order_id": ORDER_ID,
        "account": "sim",
        "symbol": SYMBOL,
        "side": Side.BUY,
        "type": OrderType.LIMIT,
        "amount": Decimal("0.01"),
        "price": Decimal(60_000),
        "remaining": Decimal("0.01"),
        "status": Status.OPEN,
        "origin": Origin.DESK,
        "created_ms": NOW_MS - 5_000,
        "updated_ms": NOW_MS - 4_000,
        "version": 2,
    }
    return Order(**{**values, **changes})


def filled(**changes: Any) -> Order:
    return order(
        **{
            "status": Status.FILLED,
            "filled": Decimal("0.01"),
            "remaining": Decimal(0),
            "average": Decimal("59999.9"),
            "fees": {"USDT": Decimal("0.33")},
            "version": 5,
            **changes,
        }
    )


def orders_page(*orders: Order, cursor: str = "c0", following: str | None = None) -> OrdersPage:
    return OrdersPage(cursor=cursor, orders=list(orders), next=following)


def envelope(body: records.Body, account: str = "sim") -> Envelope:
    return Envelope(
        journal="j",
        account=account,
        environment=Environment.SIMULATION,
        writer="order_resolver",
        epoch=1,
        sequence=1,
        time_ms=NOW_MS,
        body=body,
    )


def updated(value: Order) -> Envelope:
    cause = records.Cause(kind="report", source="stream")
    return envelope(records.OrderUpdated(order=value, cause=cause), value.account)


def account(name: str = "sim", **changes: Any) -> AccountView:
    values: dict[str, Any] = {
        "name": name,
        "exchange": "bybit",
        "environment": "simulation",
        "ready": True,
        "trading_state": TradingState.ACTIVE,
        "followed": True,
        "followed_ms": NOW_MS - 2_000,
        "capabilities": None,
    }
    return AccountView(**{**values, **changes})


def position_view(**changes: Any) -> PositionView:
    values: dict[str, Any] = {
        "account": "sim",
        "symbol": SYMBOL,
        "side": PositionSide.LONG,
        "amount": Decimal("0.01"),
        "base_amount": Decimal("0.01"),
        "entry": Decimal(60_000),
        "mark": Decimal(60_500),
        "mark_ms": NOW_MS,
        "notional": Decimal(605),
        "liquidation_price": Decimal(55_000),
        "margin": Decimal(60),
        "leverage": Decimal(10),
        "margin_mode": "cross",
        "unrealised_pnl": Decimal(5),
        "realised_pnl": Decimal("-1.25"),
        "fees": {"USDT": Decimal("0.33")},
        "take_profit": Decimal(66_000),
        "stop_loss": None,
        "discrepancy": None,
        "version": 3,
        "updated_ms": NOW_MS - 1_000,
    }
    return PositionView(**{**values, **changes})


def position(**changes: Any) -> Position:
    values: dict[str, Any] = {
        "account": "sim",
        "symbol": SYMBOL,
        "side": PositionSide.LONG,
        "amount": Decimal("0.02"),
        "updated_ms": NOW_MS,
        "version": 4,
        "entry": Decimal(60_000),
    }
    return Position(**{**values, **changes})


def position_updated(value: Position) -> Envelope:
    cause = records.Cause(kind="fill", source="stream")
    return envelope(records.PositionUpdated(position=value, cause=cause), value.account)


def instrument(**changes: Any) -> InstrumentView:
    values: dict[str, Any] = {
        "account": "sim",
        "symbol": SYMBOL,
        "exchange_symbol": "BTCUSDT",
        "base": "BTC",
        "quote": "USDT",
        "settle": "USDT",
        "contract_size": Decimal(1),
        "price_tick": Decimal("0.1"),
        "amount_step": Decimal("0.001"),
        "min_amount": Decimal("0.001"),
        "max_amount": Decimal(1190),
        "max_market_amount": Decimal(500),
        "min_notional": Decimal(5),
        "max_leverage": Decimal(100),
        "maker_fee": Decimal("0.0002"),
        "taker_fee": Decimal("0.00055"),
    }
    return InstrumentView(**{**values, **changes})


def fill(**changes: Any) -> Fill:
    values: dict[str, Any] = {
        "fill_id": "f",
        "sequence": 1,
        "account": "sim",
        "symbol": SYMBOL,
        "order_id": ORDER_ID,
        "exchange_order_id": "x-1",
        "trade_id": "t-1",
        "side": Side.BUY,
        "amount": Decimal("0.01"),
        "price": Decimal("59999.9"),
        "fee": Decimal("0.33"),
        "fee_currency": "USDT",
        "time_ms": NOW_MS - 3_000,
        "liquidity": "taker",
    }
    return Fill(**{**values, **changes})


def rules(**changes: Any) -> RulesView:
    return RulesView(**{"account": "sim", "limits": Limits(), "trading_state": TradingState.ACTIVE, **changes})


def quote(mark: str, symbol: str = SYMBOL) -> dict[str, Any]:
    ticker = Ticker(
        symbol=symbol, last=Decimal(mark), mark=Decimal(mark), index=None, bid=None, ask=None, time_ms=NOW_MS
    )
    return {"channel": "ticker", "account": "sim", "symbol": symbol, "item": ticker}
