"""Every call with a body, as it would be right."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from hedgerow.order_manager import schemas
from tests.e2e.desk_client import BTC

ETH = "ETH/USDT:USDT"


class Call(NamedTuple):
    method: str
    path: str
    schema: type[msgspec.Struct]
    terms: dict[str, Any]

    def at(self, order_id: str) -> str:
        return self.path.replace("{order_id}", order_id)

    def body(self, account: str) -> dict[str, Any]:
        fields = {field.name for field in msgspec.structs.fields(self.schema)}
        return ({"account": account} if "account" in fields else {}) | self.terms


_ORDER = {"symbol": BTC, "side": "buy", "type": "limit", "amount": "0.01", "price": "50000"}
_NEW_ACCOUNT = {
    "name": "new",
    "exchange": "bybit",
    "environment": "simulation",
    "credentials": {"apiKey": "canarykeynew", "secret": "canarysecretnew"},
    "urls": {"rest": "http://127.0.0.1:9", "ws": "ws://127.0.0.1:9"},
}
CALLS = {
    "place": Call("POST", "/api/orders", schemas.PlaceOrderBody, _ORDER),
    "preview": Call("POST", "/api/orders/preview", schemas.PlaceOrderBody, _ORDER),
    "amend": Call("PATCH", "/api/orders/{order_id}", schemas.AmendOrderBody, {"price": "50100"}),
    "close": Call("POST", "/api/positions/close", schemas.ClosePositionBody, {"symbol": ETH}),
    "protect": Call("PUT", "/api/positions/protection", schemas.ProtectionBody, {"symbol": ETH, "stop_loss": "2000"}),
    "flatten": Call("POST", "/api/flatten", schemas.FlattenBody, {}),
    "leverage": Call("PUT", "/api/leverage", schemas.LeverageBody, {"symbol": BTC, "leverage": "5"}),
    "limits": Call("PUT", "/api/limits", schemas.LimitsBody, {"open_orders": 7}),
    "trading_state": Call("PUT", "/api/trading-state", schemas.TradingStateBody, {"state": "active"}),
    "add_account": Call("POST", "/api/accounts", schemas.AddAccountBody, _NEW_ACCOUNT),
    "create_token": Call("POST", "/api/tokens", schemas.CreateTokenBody, {"name": "new", "scope": "read"}),
}
