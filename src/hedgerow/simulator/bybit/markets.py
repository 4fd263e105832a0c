"""The public routes: https://bybit-exchange.github.io/docs/v5/market/time and the pages beside it."""

from __future__ import annotations

from collections.abc import Iterable

from hedgerow.simulator.bybit import errors, listings, pages
from hedgerow.simulator.bybit.backend import Backend, Call
from hedgerow.simulator.bybit.replies import Answer
from hedgerow.simulator.bybit.texts import levels
from hedgerow.simulator.messages import Instrument, Refusal

CATEGORIES = frozenset({"spot", "linear", "inverse", "option"})
_MOST_LEVELS = 500


def server_time(backend: Backend, call: Call) -> Answer:
    """.../market/time"""
    return {"timeSecond": str(call.now_ms // 1000), "timeNano": str(call.now_ms * 1_000_000)}


def instruments(backend: Backend, call: Call) -> Answer:
    """.../market/instrument: other categories and other states than Trading have no rows here."""
    category = _category(call)
    if isinstance(category, Refusal):
        return category
    limit = pages.size(call.query.get("limit", ""), 500, 1000)
    if isinstance(limit, Refusal):
        return limit
    listed = list(_matching(backend, call)) if category == "linear" else []
    if call.query.get("status", "Trading") != "Trading":
        listed = []
    found = pages.page(listed, lambda item: (0, item.symbol), limit, call.query.get("cursor", ""))
    if isinstance(found, Refusal):
        return found
    numbers = {symbol: number for number, symbol in enumerate(backend.instruments, start=1)}
    rows = [listings.instrument_row(item, numbers[item.symbol]) for item in found[0]]
    return {"category": category, "list": rows, "nextPageCursor": found[1]}


def tickers(backend: Backend, call: Call) -> Answer:
    """.../market/tickers"""
    category = _category(call)
    if isinstance(category, Refusal):
        return category
    listed = list(_matching(backend, call)) if category == "linear" else []
    if call.query.get("symbol") and not listed:
        return errors.NO_SYMBOL
    rows = [listings.listed_ticker_row(backend, item.symbol, call.now_ms) for item in listed]
    return {"category": category, "list": rows}


def orderbook(backend: Backend, call: Call) -> Answer:
    """.../market/orderbook: limit 1 to 500, 25 where none is given."""
    symbol = _symbol(backend, call)
    if isinstance(symbol, Refusal):
        return symbol
    limit = pages.size(call.query.get("limit", ""), 25, _MOST_LEVELS)
    if isinstance(limit, Refusal):
        return limit
    bids, asks = backend.market.depth(symbol, limit)
    update, seq = backend.book_seq(symbol)
    return {
        "s": symbol,
        "b": levels(bids),
        "a": levels(asks),
        "ts": call.now_ms,
        "u": update,
        "seq": seq,
        "cts": call.now_ms,
    }


def recent_trades(backend: Backend, call: Call) -> Answer:
    """.../market/recent-trade: the newest first, 500 where no limit is given."""
    symbol = _symbol(backend, call)
    if isinstance(symbol, Refusal):
        return symbol
    limit = pages.size(call.query.get("limit", ""), 500, 1000)
    if isinstance(limit, Refusal):
        return limit
    newest = sorted(backend.market.public_trades(symbol), key=lambda trade: (trade.time_ms, trade.seq), reverse=True)
    return {"category": "linear", "list": [listings.trade_row(trade) for trade in newest[:limit]]}


def candles(backend: Backend, call: Call) -> Answer:
    """.../market/kline: newest first, `start` and `end` included, 200 where no limit is given."""
    symbol = _symbol(backend, call)
    if isinstance(symbol, Refusal):
        return symbol
    minutes = listings.INTERVALS.get(call.query.get("interval", ""))
    if minutes is None:
        return errors.parameter("interval")
    limit = pages.size(call.query.get("limit", ""), 200, 1000)
    if isinstance(limit, Refusal):
        return limit
    first, last = call.query.get("start", "0"), call.query.get("end", str(call.now_ms))
    if not (first.isdecimal() and last.isdecimal()):
        return errors.parameter("start or end")
    found = [candle for candle in backend.candles(symbol, minutes) if int(first) <= candle.start_ms <= int(last)]
    newest = found[: -limit - 1 : -1]
    return {"symbol": symbol, "category": "linear", "list": [listings.candle_row(candle) for candle in newest]}


def risk_limits(backend: Backend, call: Call) -> Answer:
    """.../market/risk-limit"""
    category = _category(call)
    if isinstance(category, Refusal):
        return category
    listed = _matching(backend, call) if category == "linear" else ()
    return {
        "category": category,
        "list": [listings.risk_row(instrument) for instrument in listed],
        "nextPageCursor": "",
    }


def funding_history(backend: Backend, call: Call) -> Answer:
    """.../market/history-fund-rate: nothing is settled here, so there is none."""
    category = _category(call)
    return category if isinstance(category, Refusal) else {"category": category, "list": []}


def _category(call: Call) -> str | Refusal:
    category = call.query.get("category", "")
    if category in CATEGORIES:
        return category
    return errors.ILLEGAL_CATEGORY if category else errors.NO_CATEGORY


def _matching(backend: Backend, call: Call) -> Iterable[Instrument]:
    symbol, base = call.query.get("symbol", ""), call.query.get("baseCoin", "")
    if symbol:
        found = backend.instruments.get(symbol)
        return () if found is None else (found,)
    return (instrument for instrument in backend.instruments.values() if base in ("", instrument.base_coin))


def _symbol(backend: Backend, call: Call) -> str | Refusal:
    """Of a route for one symbol; its category defaults to linear on some pages and is required on others."""
    if call.query.get("category", "linear") != "linear":
        return errors.ILLEGAL_CATEGORY
    symbol = call.query.get("symbol", "")
    return symbol if symbol in backend.instruments else errors.NO_SYMBOL
