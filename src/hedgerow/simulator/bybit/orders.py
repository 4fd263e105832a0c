"""The POST routes, and the same in WebSocket order entry: a body in, an acknowledgement or a refusal out.

The acknowledgement says only that the exchange took it: "Please use websocket order stream to confirm the order
status" (https://bybit-exchange.github.io/docs/v5/order/create-order).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from hedgerow.simulator.bybit import bodies, commands, errors
from hedgerow.simulator.bybit.backend import Backend, Call
from hedgerow.simulator.bybit.replies import Answer, Listed
from hedgerow.simulator.messages import Command, Refusal


def create(backend: Backend, call: Call) -> Answer:
    """.../order/create-order"""
    body = bodies.decode(call.body, bodies.CreateBody)
    return body if isinstance(body, Refusal) else create_from(backend, call, body)


def create_from(backend: Backend, call: Call, body: bodies.CreateBody) -> Answer:
    """A closing market order of quantity "0" closes the whole position: .../order/create-order, `qty`."""
    if body.qty == "0" and body.reduce_only and body.close_on_trigger and body.symbol in backend.instruments:
        held = call.state.position(call.account, body.symbol)
        most = backend.instruments[body.symbol].max_market_order_qty
        body = msgspec.structs.replace(body, qty=format(min(held.size, most), "f"))
    refusal = commands.refused_category(body.category)
    return refusal if refusal is not None else _done(backend, commands.place(body, call.account))


def amend(backend: Backend, call: Call) -> Answer:
    """.../order/amend-order"""
    body = bodies.decode(call.body, bodies.AmendBody)
    return body if isinstance(body, Refusal) else amend_from(backend, call, body)


def amend_from(backend: Backend, call: Call, body: bodies.AmendBody) -> Answer:
    return commands.refused_category(body.category) or _done(backend, commands.amend(body, call.account))


def cancel(backend: Backend, call: Call) -> Answer:
    """.../order/cancel-order"""
    body = bodies.decode(call.body, bodies.CancelBody)
    return body if isinstance(body, Refusal) else cancel_from(backend, call, body)


def cancel_from(backend: Backend, call: Call, body: bodies.CancelBody) -> Answer:
    return commands.refused_category(body.category) or _done(backend, commands.cancel(body, call.account))


def _done(backend: Backend, command: Command | Refusal) -> Answer:
    if isinstance(command, Refusal):
        return command
    answer = backend.execute(command).answer
    if isinstance(answer, Refusal):
        return answer
    return {"orderId": answer.order_id, "orderLinkId": answer.order_link_id}


def cancel_all(backend: Backend, call: Call) -> Answer:
    """.../order/cancel-all"""
    body = bodies.decode(call.body, bodies.CancelAllBody)
    if isinstance(body, Refusal):
        return body
    command = commands.refused_category(body.category) or commands.cancel_all(body, call.account)
    if isinstance(command, Refusal):
        return command
    if body.settle_coin not in ("", "USDT"):
        return {"list": [], "success": "1"}
    answer = backend.execute(command).answer
    if isinstance(answer, Refusal):
        return answer
    gone = [{"orderId": order_id, "orderLinkId": link_id} for order_id, link_id in answer.cancelled]
    return {"list": gone, "success": "1"}


def create_batch(backend: Backend, call: Call) -> Answer:
    """.../order/batch-place: one list of orders, and one of their codes in `retExtInfo`."""
    batch = bodies.decode(call.body, bodies.CreateBatchBody)
    if isinstance(batch, Refusal):
        return batch
    return _batch(
        batch.category,
        batch.request,
        lambda body: create_from(backend, call, msgspec.structs.replace(body, category=batch.category)),
        lambda body: {"category": batch.category, "symbol": body.symbol, "createAt": str(call.now_ms)},
    )


def cancel_batch(backend: Backend, call: Call) -> Answer:
    """.../order/batch-cancel"""
    batch = bodies.decode(call.body, bodies.CancelBatchBody)
    if isinstance(batch, Refusal):
        return batch
    return _batch(
        batch.category,
        batch.request,
        lambda body: cancel_from(backend, call, msgspec.structs.replace(body, category=batch.category)),
        lambda body: {"category": batch.category, "symbol": body.symbol},
    )


def _batch(
    category: str,
    requests: list[Any],
    act: Callable[[Any], Answer],
    describe: Callable[[Any], dict[str, object]],
) -> Answer:
    refusal = commands.refused_category(category)
    if refusal is not None:
        return refusal
    if not 1 <= len(requests) <= bodies.BATCH_LIMIT:
        return errors.parameter("request", f"must hold 1 to {bodies.BATCH_LIMIT} orders")
    acknowledged, codes = [], []
    for body in requests:
        answer = act(body)
        row: dict[str, object] = {"orderId": "", "orderLinkId": body.order_link_id}
        if isinstance(answer, Refusal):
            codes.append({"code": answer.code, "msg": answer.message})
        else:
            assert isinstance(answer, dict)
            row = answer
            codes.append({"code": 0, "msg": "OK"})
        acknowledged.append({**describe(body), **row})
    return Listed({"list": acknowledged}, {"list": codes})


def set_leverage(backend: Backend, call: Call) -> Answer:
    """.../position/leverage"""
    body = bodies.decode(call.body, bodies.LeverageBody)
    if isinstance(body, Refusal):
        return body
    return _nothing_else(backend, commands.refused_category(body.category) or commands.leverage(body, call.account))


def trading_stop(backend: Backend, call: Call) -> Answer:
    """.../position/trading-stop"""
    body = bodies.decode(call.body, bodies.TradingStopBody)
    if isinstance(body, Refusal):
        return body
    return _nothing_else(backend, commands.refused_category(body.category) or commands.trading_stop(body, call.account))


def _nothing_else(backend: Backend, command: Command | Refusal) -> Answer:
    """Of the calls whose result is empty."""
    answer = command if isinstance(command, Refusal) else backend.execute(command).answer
    return answer if isinstance(answer, Refusal) else {}


def switch_position_mode(backend: Backend, call: Call) -> Answer:
    """.../position/position-mode: one-way it is, and one-way it stays."""
    body = bodies.decode(call.body, bodies.SwitchModeBody)
    if isinstance(body, Refusal):
        return body
    refusal = commands.refused_category(body.category)
    if refusal is not None:
        return refusal
    return errors.POSITION_MODE_NOT_MODIFIED if body.mode == 0 else errors.NO_HEDGE_MODE


def set_margin_mode(backend: Backend, call: Call) -> Answer:
    """.../account/set-margin-mode: cross (REGULAR_MARGIN) it is, and cross it stays."""
    body = bodies.decode(call.body, bodies.MarginModeBody)
    if isinstance(body, Refusal):
        return body
    return errors.MARGIN_MODE_NOT_MODIFIED if body.set_margin_mode == "REGULAR_MARGIN" else errors.MARGIN_MODE_FAILED
