"""How an account at Bybit is opened: ccxt's options, addresses, instruments, limits, and the account's own state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from hedgerow.core.instruments import Instrument
from hedgerow.exchange import Capabilities
from hedgerow.exchange.bybit import questions
from hedgerow.exchange.dialect import AccountState, Ask, Fees, Lane, Listing, Rate, Row
from hedgerow.exchange.wire_numbers import UnreadableError, read_amount, read_number

# https://bybit-exchange.github.io/docs/v5/rate-limit: 10 a second and lane for derivatives; 600 requests in 5 s an IP.
_RATES: Final = {
    Lane.CREATE: Rate(per_second=10, burst=10),
    Lane.AMEND: Rate(per_second=10, burst=10),
    Lane.CANCEL: Rate(per_second=10, burst=10),
    Lane.STATE: Rate(per_second=10, burst=10),
    Lane.QUERY: Rate(per_second=40, burst=20),
}
_MARGIN_MODES: Final = {"REGULAR_MARGIN": "cross", "ISOLATED_MARGIN": "isolated", "PORTFOLIO_MARGIN": "portfolio"}
_UNIFIED: Final = (3, 4, 5, 6)  # unifiedMarginStatus: https://bybit-exchange.github.io/docs/v5/acct-mode


def settings() -> dict[str, Any]:
    """Only derivatives are loaded, and nothing is probed: the account is unified, or `account_state` says so."""
    return {
        "has": {"fetchCurrencies": False},
        "options": {
            "fetchMarkets": {"types": ["linear", "inverse"]},
            "enableUnifiedMargin": False,
            "enableUnifiedAccount": True,
            "unifiedMarginStatus": 6,
            "adjustForTimeDifference": False,
        },
    }


def addresses(rest: str | None, websocket: str | None) -> dict[str, Any]:
    over: dict[str, Any] = {}
    if rest is not None:
        over |= dict.fromkeys(("public", "private", "v2", "spot", "futures"), rest)
    if websocket is not None:
        over["ws"] = {
            "public": {name: f"{websocket}/v5/public/{name}" for name in ("linear", "inverse", "spot", "option")},
            "private": {"contract": f"{websocket}/v5/private", "trade": f"{websocket}/v5/trade"},
        }
    return over


def socket_address(api: Row, wire: str) -> str:
    if wire == "trade":
        return str(api["ws"]["private"]["trade"])
    if wire == "private":
        return str(api["ws"]["private"]["contract"])
    return str(api["ws"]["public"][wire])


@cache
def capabilities(environment: str) -> Capabilities:
    """https://bybit-exchange.github.io/docs/v5/demo: demo trading has no order entry over WebSocket."""
    return Capabilities(
        websocket_orders=environment != "demo",
        amend=True,
        cancel_all=True,
        attached_protection=True,
        position_protection=True,
        conditional_orders=True,
        trigger_by=("last", "mark", "index"),
        post_only=True,
        reduce_only=True,
        time_in_force=("GTC", "IOC", "FOK"),
        hedge_mode=False,  # the exchange has it; accounts are traded in one-way mode, and `check` says so
        leverage=True,
        proves_absence=True,
    )


def rates(environment: str) -> Mapping[Lane, Rate]:
    return {} if environment == "simulation" else _RATES


async def log_in(client: Any, url: str) -> None:
    """ccxt's own handshake: https://bybit-exchange.github.io/docs/v5/ws/connect."""
    await client.authenticate(url)


def instrument(market: Row) -> Instrument | None:
    """https://bybit-exchange.github.io/docs/v5/market/instrument: ticks, steps and bounds are its own texts."""
    if not market.get("contract") or market.get("option"):
        return None
    raw = market["info"]
    prices, lots = raw["priceFilter"], raw["lotSizeFilter"]
    linear = bool(market["linear"])
    return Instrument(
        symbol=market["symbol"],
        exchange_symbol=raw["symbol"],
        base=market["base"],
        quote=market["quote"],
        settle=market["settle"],
        contract_size=read_amount("1"),
        linear=linear,
        price_tick=read_amount(prices["tickSize"]),
        amount_step=read_amount(lots["qtyStep"]),
        min_amount=read_amount(lots["minOrderQty"]),
        max_amount=read_number(lots.get("maxOrderQty")),
        max_market_amount=read_number(lots.get("maxMktOrderQty")),
        min_notional=read_number(lots.get("minNotionalValue")) if linear else None,
        min_price=read_number(prices.get("minPrice")),
        max_price=read_number(prices.get("maxPrice")),
        max_leverage=read_number(raw["leverageFilter"].get("maxLeverage")),
        maker_fee=read_amount(market.get("maker")),
        taker_fee=read_amount(market.get("taker")),
    )


def read_fees(rows: Sequence[Row]) -> dict[str, Fees]:
    return {
        row["symbol"]: Fees(maker=read_amount(row["makerFeeRate"]), taker=read_amount(row["takerFeeRate"]))
        for row in rows
        if row.get("symbol")
    }


async def account_state(ask: Ask, listing: Listing) -> AccountState:
    """https://bybit-exchange.github.io/docs/v5/user/apikey-info and …/account/account-info.

    Bybit does not tell the position mode; a symbol's position rows do: one of index 0, or two of index 1 and 2.
    """
    key = (await ask(questions.key())).result
    account = (await ask(questions.account())).result
    permissions = key.get("permissions")
    if not isinstance(permissions, dict) or "unifiedMarginStatus" not in account:
        raise UnreadableError("an account without permissions or margin status")
    may_withdraw = "Withdraw" in (permissions.get("Wallet") or ())
    warnings = []
    if account.get("unifiedMarginStatus") not in _UNIFIED:
        warnings.append("this is no unified trading account; Hedgerow trades unified accounts only")
    read_only = key.get("readOnly") == 1
    if read_only:
        warnings.append("the key is read-only: it cannot trade")
    if may_withdraw:
        warnings.append("the key may withdraw: make one that cannot")
    if not key.get("ips") or key.get("ips") == ["*"]:
        warnings.append("the key is not bound to an IP address")
    return AccountState(
        hedged=await _is_hedged(ask, listing),
        margin_mode=_MARGIN_MODES.get(str(account.get("marginMode")), "cross"),
        can_trade=not read_only,
        may_withdraw=may_withdraw,
        warnings=tuple(warnings),
    )


async def _is_hedged(ask: Ask, listing: Listing) -> bool:
    linear = [each for each in listing.by_symbol.values() if each.linear]
    if not linear:
        return False
    probe = next((each for each in linear if each.exchange_symbol == "BTCUSDT"), linear[0])
    rows = (await ask(questions.one_position(probe))).result.get("list") or ()
    return any(row.get("positionIdx") for row in rows)
