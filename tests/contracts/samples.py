"""Orders, fills, positions and records to put into stores: whole ones, with money that floats would bend."""

from __future__ import annotations

from decimal import Decimal

from hedgerow.cache import Cache, Version
from hedgerow.core.commands import OrderType, PositionSide, Side
from hedgerow.core.fills import Fill, fill_id
from hedgerow.core.orders import Order, Status
from hedgerow.core.positions import Position
from hedgerow.core.reports import Balance, Origin
from hedgerow.history import CommandRow, Place, TimelineEntry

SYMBOL = "BTC/USDT:USDT"


async def living_orders(cache: Cache) -> list[tuple[Version, Order]]:
    """Every order that a cache holds for alive."""
    return await cache.find_orders(list(await cache.living()))


def order(number: int = 1, *, account: str = "sim", status: Status = Status.OPEN, **changes: object) -> Order:
    fields: dict[str, object] = {
        "order_id": f"order{number}",
        "account": account,
        "symbol": SYMBOL,
        "side": Side.BUY,
        "type": OrderType.LIMIT,
        "amount": Decimal("0.100"),
        "price": Decimal("60000.10"),
        "status": status,
        "origin": Origin.DESK,
        "created_ms": 1_000 + number,
        "updated_ms": 2_000 + number,
        "client_order_id": f"hg{number}",
        "client_order_ids": (f"hg{number}",),
        "exchange_order_id": f"x{number}",
        "exchange_order_ids": (f"x{number}",),
        "fees": {"USDT": Decimal("0.00000001")},
    }
    return Order(**(fields | changes))  # type: ignore[arg-type]


def fill(number: int = 1, *, account: str = "sim", order_id: str = "order1", **changes: object) -> Fill:
    fields: dict[str, object] = {
        "fill_id": fill_id(account, SYMBOL, f"t{number}", Side.BUY, "x1"),
        "sequence": number,
        "account": account,
        "symbol": SYMBOL,
        "order_id": order_id,
        "exchange_order_id": "x1",
        "trade_id": f"t{number}",
        "side": Side.BUY,
        "amount": Decimal("0.01"),
        "price": Decimal("60000.1"),
        "fee": Decimal("0.0330001"),
        "fee_currency": "USDT",
        "time_ms": 3_000 + number,
    }
    return Fill(**(fields | changes))  # type: ignore[arg-type]


def position(*, account: str = "sim", symbol: str = SYMBOL, amount: str = "0.01", version: int = 1) -> Position:
    return Position(
        account=account,
        symbol=symbol,
        side=PositionSide.LONG,
        amount=Decimal(amount),
        updated_ms=4_000,
        version=version,
        entry=Decimal("60000.10"),
    )


def balance(wallet: str = "100000.00000001") -> Balance:
    return Balance("USDT", Decimal(wallet), Decimal(wallet), Decimal(wallet))


def place(offset: int, *, stream: str = "orders_updated", partition: int = 0, epoch: int = 1) -> Place:
    return Place(stream, partition, offset, epoch)


def command(number: int = 1, *, outcome: str = "pending", answer: str | None = None) -> CommandRow:
    return CommandRow(
        command_id=f"command{number}",
        account="sim",
        kind="order_intended",
        body_hash="hash",
        time_ms=number,
        outcome=outcome,
        body='{"kind":"order_intended"}',
        answer=answer,
    )


def line(offset: int, *, subject: str = "order1", time_ms: int = 0) -> TimelineEntry:
    return TimelineEntry(
        stream="orders_updated",
        partition=0,
        offset=offset,
        subject=subject,
        account="sim",
        time_ms=time_ms,
        kind="report",
        body="{}",
    )
