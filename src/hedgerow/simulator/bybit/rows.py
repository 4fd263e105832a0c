"""The private rows: one order, execution, position or wallet, as REST lists and WebSocket pushes spell them.

https://bybit-exchange.github.io/docs/v5/order/open-order, .../order/execution, .../position, .../account/wallet-balance
https://bybit-exchange.github.io/docs/v5/websocket/private/order, .../execution, .../fast-execution, .../position and
.../wallet.
Numbers are text, and the empty text is none. Every order row has `tpslMode`: its absence means a spot order.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hedgerow.simulator.bybit.texts import short, text
from hedgerow.simulator.messages import Execution, Order, Position, Wallet

Row = dict[str, Any]

_ZERO = Decimal(0)
_ORDER_CONSTANTS: Row = {
    "blockTradeId": "",
    "isLeverage": "",
    "orderIv": "",
    "marketUnit": "",
    "slippageToleranceType": "UNKNOWN",
    "slippageTolerance": "",
    "ocoTriggerBy": "",
    "placeType": "",
    "smpType": "None",
    "smpGroup": 0,
    "smpOrderId": "",
    "feeCurrency": "",
    "category": "linear",
}


def order_row(order: Order) -> Row:
    filled = order.cum_exec_qty
    return {
        **_ORDER_CONSTANTS,
        "orderId": order.order_id,
        "orderLinkId": order.order_link_id,
        "symbol": order.symbol,
        "price": format(order.price, "f"),
        "qty": format(order.qty, "f"),
        "side": order.side,
        "positionIdx": order.position_idx,
        "orderStatus": order.status,
        "createType": order.create_type,
        "cancelType": order.cancel_type or "UNKNOWN",
        "rejectReason": order.reject_reason or "EC_NoError",
        "avgPrice": short(order.cum_exec_value / filled) if filled else "",
        "leavesQty": format(order.leaves_qty, "f"),
        "leavesValue": format(order.price * order.leaves_qty, "f"),
        "cumExecQty": format(filled, "f"),
        "cumExecValue": format(order.cum_exec_value, "f"),
        "cumExecFee": format(order.cum_exec_fee, "f"),
        "timeInForce": order.time_in_force,
        "orderType": order.order_type,
        "stopOrderType": order.stop_order_type,
        "triggerPrice": text(order.trigger_price),
        "takeProfit": text(order.take_profit),
        "stopLoss": text(order.stop_loss),
        "tpslMode": order.tpsl_mode,
        "tpLimitPrice": text(order.tp_limit_price),
        "slLimitPrice": text(order.sl_limit_price),
        "tpTriggerBy": order.tp_trigger_by or "",
        "slTriggerBy": order.sl_trigger_by or "",
        "triggerDirection": order.trigger_direction,
        "triggerBy": order.trigger_by or "",
        "lastPriceOnCreated": format(order.last_price_on_created, "f"),
        "reduceOnly": order.reduce_only,
        "closeOnTrigger": order.close_on_trigger,
        "createdTime": str(order.created_ms),
        "updatedTime": str(order.updated_ms),
    }


def execution_row(fill: Execution) -> Row:
    return {
        "category": "linear",
        "symbol": fill.symbol,
        "orderId": fill.order_id,
        "orderLinkId": fill.order_link_id,
        "side": fill.side,
        "orderPrice": format(fill.order_price, "f"),
        "orderQty": format(fill.order_qty, "f"),
        "leavesQty": format(fill.leaves_qty, "f"),
        "createType": fill.create_type,
        "orderType": fill.order_type,
        "stopOrderType": fill.stop_order_type or "UNKNOWN",
        "execFee": format(fill.fee, "f"),
        "execId": fill.exec_id,
        "execPrice": format(fill.price, "f"),
        "execQty": format(fill.qty, "f"),
        "execPnl": format(fill.exec_pnl, "f"),
        "execType": "Trade",
        "execValue": format(fill.value, "f"),
        "execTime": str(fill.time_ms),
        "feeCurrency": fill.fee_currency,
        "isMaker": fill.is_maker,
        "feeRate": format(fill.fee_rate, "f"),
        "tradeIv": "",
        "markIv": "",
        "markPrice": format(fill.mark_price, "f"),
        "indexPrice": "",
        "underlyingPrice": "",
        "blockTradeId": "",
        "closedSize": format(fill.closed_size, "f"),
        "extraFees": "",
        "isLeverage": "0",
        "seq": fill.seq,
    }


def fast_execution_row(fill: Execution) -> Row:
    """A maker's `orderLinkId` is always empty here: .../websocket/private/fast-execution"""
    return {
        "category": "linear",
        "symbol": fill.symbol,
        "execId": fill.exec_id,
        "execPrice": format(fill.price, "f"),
        "execQty": format(fill.qty, "f"),
        "orderId": fill.order_id,
        "isMaker": fill.is_maker,
        "orderLinkId": "" if fill.is_maker else fill.order_link_id,
        "side": fill.side,
        "execTime": str(fill.time_ms),
        "seq": fill.seq,
    }


def position_row(position: Position) -> Row:
    """An empty position's side is the empty text in a unified account."""
    return {**_position_fields(position), "avgPrice": short(position.avg_price)}


def _position_fields(position: Position) -> Row:
    return {
        "positionIdx": position.position_idx,
        "riskId": 1,
        "riskLimitValue": "2000000",
        "symbol": position.symbol,
        "side": position.side or "",
        "size": format(position.size, "f"),
        "positionValue": short(position.position_value),
        "tradeMode": 0,
        "positionStatus": "Normal",
        "autoAddMargin": 0,
        "adlRankIndicator": 2 if position.size else 0,
        "leverage": format(position.leverage, "f"),
        "positionBalance": short(position.position_im),
        "markPrice": format(position.mark_price, "f"),
        "liqPrice": text(position.liq_price),
        "bustPrice": "",
        "positionMM": short(position.position_mm),
        "positionMMByMp": short(position.position_mm),
        "positionIM": short(position.position_im),
        "positionIMByMp": short(position.position_im),
        "tpslMode": position.tpsl_mode or "Full",
        "takeProfit": text(position.take_profit),
        "stopLoss": text(position.stop_loss),
        "trailingStop": "0",
        "unrealisedPnl": short(position.unrealised_pnl),
        "curRealisedPnl": short(position.cur_realised_pnl),
        "cumRealisedPnl": short(position.cum_realised_pnl),
        "sessionAvgPrice": "",
        "createdTime": str(position.created_ms),
        "updatedTime": str(position.updated_ms),
        "seq": position.seq,
        "isReduceOnly": False,
        "mmrSysUpdatedTime": "",
        "leverageSysUpdatedTime": "",
    }


def position_push_row(position: Position) -> Row:
    """The stream says `entryPrice` where the list says `avgPrice`."""
    return {**_position_fields(position), "category": "linear", "entryPrice": short(position.avg_price)}


def wallet_row(wallet: Wallet) -> Row:
    margin = wallet.wallet_balance + wallet.unrealised_pnl
    initial = wallet.total_order_im + wallet.total_position_im
    equity, balance, pnl = short(wallet.equity), short(wallet.wallet_balance), short(wallet.unrealised_pnl)
    return {
        "accountType": "UNIFIED",
        "accountLTV": "0",
        "accountIMRate": _rate(initial, margin),
        "accountMMRate": _rate(wallet.total_position_mm, margin),
        "totalEquity": equity,
        "totalWalletBalance": balance,
        "totalMarginBalance": short(margin),
        "totalAvailableBalance": short(wallet.available_balance),
        "totalPerpUPL": pnl,
        "totalInitialMargin": short(initial),
        "totalMaintenanceMargin": short(wallet.total_position_mm),
        "coin": [
            {
                "coin": wallet.coin,
                "equity": equity,
                "usdValue": equity,
                "walletBalance": balance,
                "availableToWithdraw": "",
                "availableToBorrow": "",
                "borrowAmount": "0",
                "accruedInterest": "0",
                "totalOrderIM": short(wallet.total_order_im),
                "totalPositionIM": short(wallet.total_position_im),
                "totalPositionMM": short(wallet.total_position_mm),
                "unrealisedPnl": pnl,
                "cumRealisedPnl": short(wallet.cum_realised_pnl),
                "bonus": "0",
                "collateralSwitch": True,
                "marginCollateral": True,
                "locked": "0",
                "spotHedgingQty": "0",
            }
        ],
    }


def _rate(part: Decimal, whole: Decimal) -> str:
    return short(part / whole) if whole > _ZERO else "0"
