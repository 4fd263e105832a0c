"""Bybit's published frames, and rows made from them; the instruments that they name."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from hedgerow.core.instruments import Instrument
from hedgerow.exchange.dialect import Listing

_FOLDER = Path(__file__).parents[2] / "simulator" / "bybit" / "published"


def published(name: str) -> dict[str, Any]:
    """A frame as the page that it names shows it."""
    read: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text())
    return read


def instrument(exchange_symbol: str, symbol: str, *, linear: bool = True) -> Instrument:
    base, rest = symbol.split("/")
    quote, settle = rest.split(":")
    return Instrument(
        symbol=symbol,
        exchange_symbol=exchange_symbol,
        base=base,
        quote=quote,
        settle=settle,
        contract_size=Decimal(1),
        linear=linear,
        price_tick=Decimal("0.10"),
        amount_step=Decimal("0.001"),
        min_amount=Decimal("0.001"),
        max_amount=None,
        max_market_amount=None,
        min_notional=None,
        min_price=None,
        max_price=None,
        max_leverage=Decimal(100),
        maker_fee=Decimal("0.0002"),
        taker_fee=Decimal("0.00055"),
    )


BTC = instrument("BTCUSDT", "BTC/USDT:USDT")
LISTING = Listing(
    [
        BTC,
        instrument("ETHUSDT", "ETH/USDT:USDT"),
        instrument("XRPUSDT", "XRP/USDT:USDT"),
        instrument("ETHPERP", "ETH/USDC:USDC"),
        instrument("BTCUSD", "BTC/USD:BTC", linear=False),
    ]
)


def order_row(**changes: Any) -> dict[str, Any]:
    """The published row of an open order, on a linear contract, one-way, with these changes."""
    row = published("order_realtime")["frame"]["result"]["list"][0]
    return {**row, "category": "linear", "positionIdx": 0, **changes}


def push(topic: str, *rows: dict[str, Any]) -> dict[str, Any]:
    return {"id": "1", "topic": topic, "creationTime": 1700000000000, "data": list(rows)}
