"""Bybit's private rows, as reports.

Pages: https://bybit-exchange.github.io/docs/v5/websocket/private/order, …/execution, …/position, …/wallet and their
REST twins …/order/open-order, …/order/execution, …/position, …/account/wallet-balance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from hedgerow.core.commands import PositionSide, Side
from hedgerow.core.decimals import ZERO
from hedgerow.core.instruments import Instrument
from hedgerow.core.reports import Balance, FillReport, OrderReport, PositionReport, ReportedStatus, Source
from hedgerow.exchange.bybit import words
from hedgerow.exchange.dialect import Row
from hedgerow.exchange.wire_numbers import UnreadableError, read_amount, read_ms, read_number, read_price

_T = TypeVar("_T")
_SAYS_WHY: Final = frozenset({ReportedStatus.CANCELED, ReportedStatus.REJECTED, ReportedStatus.EXPIRED})


def _word(table: Mapping[Any, _T], row: Row, field: str) -> _T:
    word = row.get(field)
    try:
        return table[word]
    except KeyError:
        raise UnreadableError(f"{field}: unknown word {str(word)[:40]!r}") from None


def _id(row: Row, field: str) -> str:
    text = row.get(field)
    if not isinstance(text, str) or not text:
        raise UnreadableError(f"{field}: not an id")
    return text


def _text(row: Row, field: str) -> str:
    """Empty where there is none."""
    text = row.get(field) or ""
    if not isinstance(text, str):
        raise UnreadableError(f"{field}: not a text")
    return text


def order_report(row: Row, instrument: Instrument, source: Source) -> OrderReport:
    status = _word(words.STATUS, row, "orderStatus")
    time_in_force, post_only = _word(words.READ_TIME_IN_FORCE, row, "timeInForce")
    trigger_price = read_price(row.get("triggerPrice"))
    conditional = trigger_price is not None
    link_id = _text(row, "orderLinkId")
    origin, role = words.origin_and_role(_text(row, "stopOrderType"), _text(row, "createType"), link_id)
    why = words.reason(_text(row, "rejectReason"), _text(row, "cancelType")) if status in _SAYS_WHY else None
    return OrderReport(
        symbol=instrument.symbol,
        exchange_order_id=_id(row, "orderId"),
        client_order_id=link_id,
        side=_word(words.READ_SIDE, row, "side"),
        type=_word(words.READ_ORDER_TYPE, row, "orderType"),
        amount=read_amount(row.get("qty")),
        status=status,
        filled=read_amount(row.get("cumExecQty")),
        updated_ms=read_ms(row.get("updatedTime")),
        created_ms=read_ms(row.get("createdTime")),
        source=source,
        price=read_price(row.get("price")) if row.get("orderType") == "Limit" else None,
        average=read_price(row.get("avgPrice")),
        trigger_price=trigger_price,
        trigger_by=words.READ_TRIGGER_BY.get(row.get("triggerBy") or "") if conditional else None,
        trigger_ascending={1: True, 2: False}.get(read_ms(row.get("triggerDirection"))) if conditional else None,
        take_profit=read_price(row.get("takeProfit")),
        stop_loss=read_price(row.get("stopLoss")),
        time_in_force=time_in_force,
        post_only=post_only,
        reduce_only=bool(row.get("reduceOnly")),
        position_side=_word(words.READ_POSITION_INDEX, {"positionIdx": row.get("positionIdx") or 0}, "positionIdx"),
        origin=origin,
        role=role,
        reason=why,
    )


def fill_report(row: Row, instrument: Instrument, source: Source) -> FillReport | None:
    """An execution; `None` for funding and the like, which move money only. An unknown type counts as a trade."""
    kind = words.FILL_KIND.get(row.get("execType") or "Trade", words.FILL_KIND["Trade"])
    if kind is None:
        return None
    maker = row.get("isMaker")
    return FillReport(
        symbol=instrument.symbol,
        trade_id=_id(row, "execId"),
        exchange_order_id=_id(row, "orderId"),
        client_order_id=_text(row, "orderLinkId"),
        side=_word(words.READ_SIDE, row, "side"),
        amount=read_amount(row.get("execQty")),
        price=read_amount(row.get("execPrice")),
        fee=read_amount(row.get("execFee")),
        fee_currency=_text(row, "feeCurrency") or instrument.settle,
        time_ms=read_ms(row.get("execTime")),
        source=source,
        liquidity=None if maker is None else "maker" if maker else "taker",
        kind=kind,
    )


def position_report(row: Row, instrument: Instrument, source: Source, margin_mode: str | None) -> PositionReport:
    """One leg. A flat leg has no side in one-way mode, and keeps its own in hedge mode.

    A unified account's margin mode is the account's: the row's `tradeMode` is always 0 there.
    """
    amount = read_amount(row.get("size"))
    leg = _word(words.READ_POSITION_INDEX, {"positionIdx": row.get("positionIdx") or 0}, "positionIdx")
    return PositionReport(
        symbol=instrument.symbol,
        side=leg if leg is not None else _net_side(row) if amount else None,
        amount=amount,
        updated_ms=read_ms(row.get("updatedTime")),
        source=source,
        entry=read_price(row.get("entryPrice", row.get("avgPrice"))),
        mark=read_price(row.get("markPrice")),
        liquidation_price=read_price(row.get("liqPrice")),
        margin=read_number(row.get("positionIM")) if amount else ZERO,
        maintenance_margin=read_number(row.get("positionMM")) if amount else ZERO,
        leverage=read_price(row.get("leverage")),
        margin_mode=margin_mode,
        take_profit=read_price(row.get("takeProfit")),
        stop_loss=read_price(row.get("stopLoss")),
        hedged=leg is not None,
    )


def _net_side(row: Row) -> PositionSide:
    return PositionSide.LONG if _word(words.READ_SIDE, row, "side") is Side.BUY else PositionSide.SHORT


def balances(row: Row) -> list[Balance]:
    """The currencies of one unified wallet. What a currency has free is its equity less what its margins hold."""
    return [_balance(coin) for coin in row.get("coin") or ()]


def _balance(coin: Row) -> Balance:
    equity = read_amount(coin.get("equity"))
    position_margin = read_amount(coin.get("totalPositionIM"))
    order_margin = read_amount(coin.get("totalOrderIM"))
    held = position_margin + order_margin + read_amount(coin.get("locked"))
    return Balance(
        currency=_id(coin, "coin"),
        wallet=read_amount(coin.get("walletBalance")),
        equity=equity,
        available=max(ZERO, equity - held),
        initial_margin=position_margin + order_margin,
        maintenance_margin=read_amount(coin.get("totalPositionMM")),
        unrealised_pnl=read_amount(coin.get("unrealisedPnl")),
    )
