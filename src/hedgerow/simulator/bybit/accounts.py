"""The signed GET routes about the account itself.

https://bybit-exchange.github.io/docs/v5/user/apikey-info, .../account/account-info, .../account/wallet-balance,
.../account/fee-rate, .../asset/coin-info
"""

from __future__ import annotations

from hedgerow.simulator.bybit import errors, listings, rows
from hedgerow.simulator.bybit.backend import Backend, Call
from hedgerow.simulator.bybit.commands import refused_category
from hedgerow.simulator.bybit.replies import Answer

UNIFIED_ACCOUNT_2_PRO = 6  # https://bybit-exchange.github.io/docs/v5/enum#unifiedmarginstatus
_NEVER = "1970-01-01T00:00:00Z"


def api_key(backend: Backend, call: Call) -> Answer:
    """.../user/apikey-info"""
    assert call.key is not None
    return {
        "id": call.key.account,
        "note": call.key.account,
        "apiKey": call.key.key,
        "readOnly": 0,
        "secret": "",
        "permissions": {
            "ContractTrade": ["Order", "Position"],
            "Spot": [],
            "Wallet": [],
            "Options": [],
            "Derivatives": ["DerivativesTrade"],
            "CopyTrading": [],
            "BlockTrade": [],
            "Exchange": [],
            "NFT": [],
            "Affiliate": [],
        },
        "ips": ["*"],
        "type": 1,
        "deadlineDay": -2,
        "expiredAt": _NEVER,
        "createdAt": _NEVER,
        "unified": 0,
        "uta": 1,
        "userID": 1,
        "inviterID": 0,
        "vipLevel": "No VIP",
        "mktMakerLevel": "0",
        "affiliateID": 0,
        "rsaPublicKey": "",
        "isMaster": True,
        "parentUid": "0",
        "kycLevel": "LEVEL_DEFAULT",
        "kycRegion": "",
    }


def account_info(backend: Backend, call: Call) -> Answer:
    return {
        "marginMode": "REGULAR_MARGIN",
        "updatedTime": str(call.now_ms),
        "unifiedMarginStatus": UNIFIED_ACCOUNT_2_PRO,
        "dcpStatus": "OFF",
        "timeWindow": 10,
        "smpGroup": 0,
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
    }


def wallet_balance(backend: Backend, call: Call) -> Answer:
    if call.query.get("accountType") != "UNIFIED":
        return errors.parameter("accountType", "only support UNIFIED")
    row = rows.wallet_row(call.state.wallet(call.account))
    wanted = call.query.get("coin", "")
    if wanted:
        row["coin"] = [coin for coin in row["coin"] if coin["coin"] in wanted.split(",")]
    return {"list": [row]}


def fee_rate(backend: Backend, call: Call) -> Answer:
    """The page's table requires a category; its examples, and ccxt, leave it out."""
    refusal = refused_category(call.query.get("category", "linear"))
    if refusal is not None:
        return refusal
    symbol = call.query.get("symbol", "")
    if symbol and symbol not in backend.instruments:
        return errors.NO_SYMBOL
    symbols = [symbol] if symbol else list(backend.instruments)
    return {
        "list": [
            {"symbol": name, "takerFeeRate": listings.TAKER_FEE, "makerFeeRate": listings.MAKER_FEE} for name in symbols
        ]
    }


def coins(backend: Backend, call: Call) -> Answer:
    names = sorted({coin for item in backend.instruments.values() for coin in (item.base_coin, item.settle_coin)})
    wanted = call.query.get("coin", "")
    return {"rows": [listings.coin_row(name) for name in names if wanted in ("", name)]}
