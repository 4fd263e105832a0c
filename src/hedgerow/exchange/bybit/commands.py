"""Our commands as Bybit's requests.

Pages: https://bybit-exchange.github.io/docs/v5/order/create-order, …/amend-order, …/cancel-order, …/cancel-all,
…/position/trading-stop, …/position/leverage and, for the frames, …/websocket/trade/guideline.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from hedgerow.core.commands import OrderTerms, OrderType, PositionSide, TriggerBy
from hedgerow.core.decimals import to_text
from hedgerow.core.instruments import Instrument
from hedgerow.exchange import Amendment, OrderRef, Timing
from hedgerow.exchange.bybit import words
from hedgerow.exchange.dialect import Call, Lane, Listing

_encode = msgspec.json.Encoder().encode


def create(instrument: Instrument, terms: OrderTerms, client_order_id: str) -> Call:
    """The order as its terms say, number by number. `trigger_by` is what every trigger of it watches."""
    params: dict[str, Any] = {
        "category": words.category(instrument),
        "symbol": instrument.exchange_symbol,
        "side": words.SIDE[terms.side],
        "orderType": words.ORDER_TYPE[terms.type],
        "qty": to_text(terms.amount),
        "orderLinkId": client_order_id,
    }
    if terms.type is OrderType.LIMIT:
        assert terms.price is not None, "a limit order has a price"
        params["price"] = to_text(terms.price)
        params["timeInForce"] = "PostOnly" if terms.post_only else terms.time_in_force.value
    if terms.position_side is not None:
        params["positionIdx"] = words.POSITION_INDEX[terms.position_side]
    if terms.reduce_only:
        params["reduceOnly"] = True
    _add_trigger(params, terms)
    _add_protection(params, terms)
    return Call(lane=Lane.CREATE, method="POST", path="v5/order/create", params=params, operation="order.create")


def _add_trigger(params: dict[str, Any], terms: OrderTerms) -> None:
    if terms.trigger_price is None:
        return
    assert terms.trigger_ascending is not None, "a conditional order knows its direction"
    params["triggerPrice"] = to_text(terms.trigger_price)
    params["triggerDirection"] = 1 if terms.trigger_ascending else 2
    params["triggerBy"] = words.TRIGGER_BY[terms.trigger_by or TriggerBy.LAST]


def _add_protection(params: dict[str, Any], terms: OrderTerms) -> None:
    if terms.take_profit is None and terms.stop_loss is None:
        return
    params["tpslMode"] = "Full"
    by = words.TRIGGER_BY[terms.trigger_by or TriggerBy.LAST]
    if terms.take_profit is not None:
        params["takeProfit"] = to_text(terms.take_profit)
        params["tpTriggerBy"] = by
    if terms.stop_loss is not None:
        params["stopLoss"] = to_text(terms.stop_loss)
        params["slTriggerBy"] = by


def _named(instrument: Instrument, order: OrderRef) -> dict[str, Any]:
    params = {"category": words.category(instrument), "symbol": instrument.exchange_symbol}
    if order.exchange_order_id:
        params["orderId"] = order.exchange_order_id
    else:
        params["orderLinkId"] = order.client_order_id
    return params


def amend(instrument: Instrument, order: OrderRef, amendment: Amendment) -> Call:
    changes = {
        "qty": amendment.amount,
        "price": amendment.price,
        "triggerPrice": amendment.trigger_price,
        "takeProfit": amendment.take_profit,
        "stopLoss": amendment.stop_loss,
    }
    params = _named(instrument, order)
    params.update({name: to_text(number) for name, number in changes.items() if number is not None})
    return Call(lane=Lane.AMEND, method="POST", path="v5/order/amend", params=params, operation="order.amend")


def cancel(instrument: Instrument, order: OrderRef) -> Call:
    params = _named(instrument, order)
    return Call(lane=Lane.CANCEL, method="POST", path="v5/order/cancel", params=params, operation="order.cancel")


def cancel_all(listing: Listing, symbol: str | None) -> list[Call]:
    """Every kind of order of one symbol, or of each settlement currency that the exchange has."""
    if symbol is not None:
        instrument = listing[symbol]
        scopes = [{"category": words.category(instrument), "symbol": instrument.exchange_symbol}]
    else:
        scopes = settlements(listing)
    return [Call(lane=Lane.CANCEL, method="POST", path="v5/order/cancel-all", params=scope) for scope in scopes]


def settlements(listing: Listing) -> list[dict[str, Any]]:
    """What has to be asked one by one to hear of everything: each linear settlement currency, and inverse."""
    instruments = listing.by_symbol.values()
    linear = sorted({each.settle for each in instruments if each.linear})
    scopes: list[dict[str, Any]] = [{"category": "linear", "settleCoin": coin} for coin in linear]
    return scopes + [{"category": "inverse"}] * any(not each.linear for each in instruments)


def protect(
    instrument: Instrument,
    side: PositionSide | None,
    take_profit: Decimal | None,
    stop_loss: Decimal | None,
    trigger_by: str | None,
) -> Call:
    params: dict[str, Any] = {
        "category": words.category(instrument),
        "symbol": instrument.exchange_symbol,
        "tpslMode": "Full",
        "positionIdx": words.POSITION_INDEX[side],
    }
    by = words.TRIGGER_BY[TriggerBy(trigger_by)] if trigger_by else words.TRIGGER_BY[TriggerBy.LAST]
    if take_profit is not None:
        params |= {"takeProfit": to_text(take_profit), "tpTriggerBy": by}
    if stop_loss is not None:
        params |= {"stopLoss": to_text(stop_loss), "slTriggerBy": by}
    return Call(lane=Lane.STATE, method="POST", path="v5/position/trading-stop", params=params)


def set_leverage(instrument: Instrument, leverage: Decimal) -> Call:
    text = to_text(leverage)
    params = {
        "category": words.category(instrument),
        "symbol": instrument.exchange_symbol,
        "buyLeverage": text,
        "sellLeverage": text,
    }
    return Call(lane=Lane.STATE, method="POST", path="v5/position/set-leverage", params=params)


def entry_frame(call: Call, request_id: str, timing: Timing) -> str:
    """The header's timestamp and window make a frame that was held up arrive expired."""
    frame = {
        "reqId": request_id,
        "header": {
            "X-BAPI-TIMESTAMP": str(timing.timestamp_ms),
            "X-BAPI-RECV-WINDOW": str(timing.deadline_ms - timing.timestamp_ms),
        },
        "op": call.operation,
        "args": [call.params],
    }
    return _encode(frame).decode()
