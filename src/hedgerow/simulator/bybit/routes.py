"""Every REST route of this exchange, in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from hedgerow.simulator.bybit import accounts, markets, orders, queries
from hedgerow.simulator.bybit.backend import Backend, Call
from hedgerow.simulator.bybit.replies import Answer

Handler = Callable[[Backend, Call], Answer]


class Route(msgspec.Struct, frozen=True):
    handler: Handler
    signed: bool
    stale: bool = False  # a read that the fault `stale_read` may answer from the past


def _public(handler: Handler) -> Route:
    return Route(handler, signed=False)


def _signed(handler: Handler) -> Route:
    return Route(handler, signed=True)


def _read(handler: Handler) -> Route:
    return Route(handler, signed=True, stale=True)


ROUTES: Mapping[tuple[str, str], Route] = MappingProxyType(
    {
        ("GET", "/v5/market/time"): _public(markets.server_time),
        ("GET", "/v5/market/instruments-info"): _public(markets.instruments),
        ("GET", "/v5/market/tickers"): _public(markets.tickers),
        ("GET", "/v5/market/orderbook"): _public(markets.orderbook),
        ("GET", "/v5/market/recent-trade"): _public(markets.recent_trades),
        ("GET", "/v5/market/kline"): _public(markets.candles),
        ("GET", "/v5/market/risk-limit"): _public(markets.risk_limits),
        ("GET", "/v5/market/funding/history"): _public(markets.funding_history),
        ("GET", "/v5/user/query-api"): _signed(accounts.api_key),
        ("GET", "/v5/account/info"): _signed(accounts.account_info),
        ("GET", "/v5/account/wallet-balance"): _read(accounts.wallet_balance),
        ("GET", "/v5/account/fee-rate"): _signed(accounts.fee_rate),
        ("GET", "/v5/asset/coin/query-info"): _signed(accounts.coins),
        ("POST", "/v5/account/set-margin-mode"): _signed(orders.set_margin_mode),
        ("GET", "/v5/position/list"): _read(queries.positions),
        ("GET", "/v5/position/closed-pnl"): _read(queries.closed_pnl),
        ("POST", "/v5/position/set-leverage"): _signed(orders.set_leverage),
        ("POST", "/v5/position/switch-mode"): _signed(orders.switch_position_mode),
        ("POST", "/v5/position/trading-stop"): _signed(orders.trading_stop),
        ("POST", "/v5/order/create"): _signed(orders.create),
        ("POST", "/v5/order/amend"): _signed(orders.amend),
        ("POST", "/v5/order/cancel"): _signed(orders.cancel),
        ("POST", "/v5/order/cancel-all"): _signed(orders.cancel_all),
        ("POST", "/v5/order/create-batch"): _signed(orders.create_batch),
        ("POST", "/v5/order/cancel-batch"): _signed(orders.cancel_batch),
        ("GET", "/v5/order/realtime"): _read(queries.realtime),
        ("GET", "/v5/order/history"): _read(queries.history),
        ("GET", "/v5/execution/list"): _read(queries.executions),
    }
)
