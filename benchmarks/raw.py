"""ccxt as it comes, its addresses pointed at the simulated exchange."""

from __future__ import annotations

from typing import Any


def settings(url: str, key: str, secret: str) -> dict[str, Any]:
    """What a careful user sets: no rate limiter, a unified account named so, linear contracts only."""
    sockets = url.replace("http", "ws", 1)
    return {
        "apiKey": key,
        "secret": secret,
        "enableRateLimit": False,
        "has": {"fetchCurrencies": False},
        "urls": {
            "api": {
                "public": url,
                "private": url,
                "ws": {
                    "public": {"linear": f"{sockets}/v5/public/linear"},
                    "private": {"contract": f"{sockets}/v5/private", "trade": f"{sockets}/v5/trade"},
                },
            }
        },
        "options": {
            "fetchMarkets": {"types": ["linear"]},
            "enableUnifiedMargin": False,
            "enableUnifiedAccount": True,
            "unifiedMarginStatus": 6,
        },
    }
