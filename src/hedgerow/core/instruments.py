"""What is traded: its grid, its bounds, its fees."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class Instrument(msgspec.Struct, frozen=True):
    """One derivative as its exchange publishes it.

    Prices are in the quote currency. Amounts are contracts, as ccxt sends them; `contract_size` is base per contract.
    A bound that the exchange does not publish is `None`.
    """

    symbol: str  # ccxt's unified name: BTC/USDT:USDT
    exchange_symbol: str  # the exchange's spelling: BTCUSDT
    base: str
    quote: str
    settle: str
    contract_size: Decimal
    linear: bool
    price_tick: Decimal
    amount_step: Decimal
    min_amount: Decimal
    max_amount: Decimal | None
    max_market_amount: Decimal | None
    min_notional: Decimal | None
    min_price: Decimal | None
    max_price: Decimal | None
    max_leverage: Decimal | None
    maker_fee: Decimal
    taker_fee: Decimal

    def notional(self, amount: Decimal, price: Decimal) -> Decimal:
        """Value of `amount` contracts at `price`, in the settle currency."""
        base = amount * self.contract_size
        return base * price if self.linear else base / price
