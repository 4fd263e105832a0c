"""Bybit's private rows, read into reports: the published frames, every status, every origin."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hedgerow.core.commands import OrderType, PositionSide, Side, TimeInForce, TriggerBy
from hedgerow.core.fills import FillKind
from hedgerow.core.reports import (
    BalanceReport,
    FillReport,
    Origin,
    PositionReport,
    ReportedStatus,
    Source,
)
from hedgerow.exchange.bybit import frames, rows
from hedgerow.exchange.dialect import UnknownInstrumentError
from hedgerow.exchange.wire_numbers import UnreadableError
from tests.exchange.bybit.frames import BTC, LISTING, order_row, published, push


def test_the_published_open_order() -> None:
    row = published("order_realtime")["frame"]["result"]["list"][0]
    report = frames.read_orders([row], LISTING, Source.REST)[0]
    assert report.symbol == "ETH/USDT:USDT"
    assert (report.exchange_order_id, report.client_order_id) == ("fd4300ae-7847-404e-b947-b46980a4d140", "test-000005")
    assert (report.side, report.type, report.status) == (Side.BUY, OrderType.LIMIT, ReportedStatus.OPEN)
    assert (str(report.amount), str(report.price), str(report.filled)) == ("0.1", "1600", "0")
    assert (report.take_profit, report.stop_loss) == (Decimal(2500), Decimal(1500))
    assert (report.average, report.trigger_price, report.trigger_by, report.trigger_ascending) == (None,) * 4
    assert (report.position_side, report.origin, report.reason) == (PositionSide.LONG, Origin.DESK, None)
    assert (report.created_ms, report.updated_ms) == (1684738540559, 1684738540561)


def test_the_published_push_of_an_option_is_none_of_ours() -> None:
    assert frames.read_push(published("push_order")["frame"], LISTING, "cross") == []


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("New", ReportedStatus.OPEN),
        ("PartiallyFilled", ReportedStatus.PARTIALLY_FILLED),
        ("Filled", ReportedStatus.FILLED),
        ("Cancelled", ReportedStatus.CANCELED),
        ("PartiallyFilledCanceled", ReportedStatus.CANCELED),
        ("Deactivated", ReportedStatus.CANCELED),
        ("Rejected", ReportedStatus.REJECTED),
        ("Untriggered", ReportedStatus.UNTRIGGERED),
        ("Triggered", ReportedStatus.TRIGGERED),
    ],
)
def test_every_status(word: str, status: ReportedStatus) -> None:
    assert rows.order_report(order_row(orderStatus=word), BTC, Source.STREAM).status is status


def test_an_unknown_status_is_not_guessed() -> None:
    with pytest.raises(UnreadableError, match="orderStatus: unknown word 'Lost'"):
        rows.order_report(order_row(orderStatus="Lost"), BTC, Source.STREAM)


@pytest.mark.parametrize(
    ("changes", "origin", "role"),
    [
        ({"createType": "CreateByUser"}, Origin.DESK, None),
        ({"createType": "CreateByClosing", "orderLinkId": ""}, Origin.DESK, None),
        ({"stopOrderType": "Stop", "createType": "CreateByStopOrder"}, Origin.DESK, None),
        ({"stopOrderType": "TakeProfit", "orderLinkId": ""}, Origin.ATTACHED, "take_profit"),
        ({"stopOrderType": "PartialTakeProfit", "orderLinkId": ""}, Origin.ATTACHED, "take_profit"),
        ({"stopOrderType": "StopLoss", "orderLinkId": ""}, Origin.ATTACHED, "stop_loss"),
        ({"stopOrderType": "PartialStopLoss", "orderLinkId": ""}, Origin.ATTACHED, "stop_loss"),
        ({"stopOrderType": "TrailingStop", "orderLinkId": ""}, Origin.ATTACHED, "trailing_stop"),
        ({"stopOrderType": "", "createType": "CreateByStopLoss", "orderLinkId": ""}, Origin.ATTACHED, "stop_loss"),
        ({"stopOrderType": "StopLoss", "orderLinkId": "somebody's"}, Origin.DESK, None),
        ({"createType": "CreateByLiq"}, Origin.LIQUIDATION, None),
        ({"createType": "CreateByTakeOver_PassThrough"}, Origin.LIQUIDATION, None),
        ({"createType": "CreateByAdl_PassThrough"}, Origin.ADL, None),
        ({"createType": "CreateBySettle"}, Origin.SETTLEMENT, None),
        ({"createType": "CreateByAdminClosing"}, Origin.EXTERNAL, None),
    ],
)
def test_origin_and_role(changes: dict[str, Any], origin: Origin, role: str | None) -> None:
    report = rows.order_report(order_row(**changes), BTC, Source.STREAM)
    assert (report.origin, report.role) == (origin, role)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"orderStatus": "Cancelled", "cancelType": "CancelByUser", "rejectReason": "EC_NoError"}, "CancelByUser"),
        (
            {"orderStatus": "Cancelled", "cancelType": "UNKNOWN", "rejectReason": "EC_PostOnlyWillTakeLiquidity"},
            "EC_PostOnlyWillTakeLiquidity",
        ),
        ({"orderStatus": "Cancelled", "cancelType": "UNKNOWN", "rejectReason": "EC_NoError"}, None),
        # a fill that overtook a cancel: the words are about the cancel
        (
            {"orderStatus": "Filled", "cancelType": "CancelByUser", "rejectReason": "EC_OrigClOrdIDDoesNotExist"},
            None,
        ),
    ],
)
def test_the_reason_of_an_end(changes: dict[str, Any], reason: str | None) -> None:
    assert rows.order_report(order_row(**changes), BTC, Source.STREAM).reason == reason


@pytest.mark.parametrize(("direction", "ascending"), [(1, True), (2, False), (0, None)])
def test_a_conditional_order(direction: int, ascending: bool | None) -> None:
    row = order_row(
        orderType="Market", price="0", triggerPrice="45000.5", triggerBy="MarkPrice", triggerDirection=direction
    )
    report = rows.order_report(row, BTC, Source.STREAM)
    assert (str(report.trigger_price), report.trigger_by) == ("45000.5", TriggerBy.MARK)
    assert (report.trigger_ascending, report.price) == (ascending, None)


def test_post_only_is_good_till_canceled() -> None:
    report = rows.order_report(order_row(timeInForce="PostOnly"), BTC, Source.STREAM)
    assert (report.time_in_force, report.post_only) == (TimeInForce.GTC, True)


def test_the_published_execution() -> None:
    report = frames.read_push(published("push_execution")["frame"], LISTING, "cross")[0]
    assert isinstance(report, FillReport)
    assert (report.symbol, report.side, report.trade_id) == (
        "XRP/USDT:USDT",
        Side.SELL,
        "7e2ae69c-4edf-5800-a352-893d52b446aa",
    )
    assert (str(report.amount), str(report.price), str(report.fee)) == ("25", "0.3374", "0.005061")
    assert (report.fee_currency, report.liquidity, report.kind) == ("USDT", "taker", FillKind.TRADE)
    assert report.time_ms == 1672364174443


def test_the_published_execution_list() -> None:
    found = published("execution_list")["frame"]["result"]["list"]
    report = frames.read_fills(found, LISTING, Source.REST)[0]
    assert (report.symbol, report.fee_currency, report.source) == ("ETH/USDC:USDC", "USDC", Source.REST)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Trade", FillKind.TRADE),
        ("BustTrade", FillKind.LIQUIDATION),
        ("AdlTrade", FillKind.ADL),
        ("Settle", FillKind.SETTLEMENT),
        ("Delivery", FillKind.SETTLEMENT),
        ("SomethingNew", FillKind.TRADE),
    ],
)
def test_every_kind_of_execution(word: str, kind: FillKind) -> None:
    row = {**published("push_execution")["frame"]["data"][0], "execType": word}
    report = rows.fill_report(row, BTC, Source.STREAM)
    assert report is not None
    assert report.kind is kind


def test_funding_is_no_fill() -> None:
    row = {**published("push_execution")["frame"]["data"][0], "execType": "Funding"}
    assert frames.read_push(push("execution", row), LISTING, "cross") == []


def test_the_published_push_of_a_flat_hedge_leg() -> None:
    report = frames.read_push(published("push_position")["frame"], LISTING, "cross")[0]
    assert isinstance(report, PositionReport)
    assert (report.side, report.amount, report.hedged) == (PositionSide.SHORT, Decimal(0), True)
    assert (report.entry, report.liquidation_price, report.take_profit) == (None, None, None)
    assert report.leverage == Decimal(10)


def test_the_published_position() -> None:
    found = published("position_list")["frame"]["result"]["list"]
    report = frames.read_positions(found, LISTING, Source.REST, "isolated")[0]
    assert (report.symbol, report.side, str(report.amount)) == ("BTC/USD:BTC", PositionSide.SHORT, "300")
    assert (str(report.entry), str(report.mark)) == ("27464.50441675", "28224.5")
    assert (report.margin, report.margin_mode) == (Decimal("0.00010923"), "isolated")


def test_a_flat_one_way_position_has_no_side() -> None:
    row = {**published("push_position")["frame"]["data"][0], "positionIdx": 0}
    report = rows.position_report(row, BTC, Source.STREAM, "cross")
    assert (report.side, report.amount, report.hedged) == (None, Decimal(0), False)


def test_the_published_wallet() -> None:
    report = frames.read_push(published("push_wallet")["frame"], LISTING, "cross")[0]
    assert isinstance(report, BalanceReport)
    balance = report.balances[0]
    assert (balance.currency, str(balance.wallet), str(balance.available)) == ("BTC", "0.00102964", "0.00102964")
    assert report.updated_ms == 1700034722104


def test_what_margins_hold_is_not_available() -> None:
    coin = {"coin": "USDT", "equity": "100", "walletBalance": "101", "totalOrderIM": "10", "totalPositionIM": "20.5"}
    balance = rows.balances({"coin": [coin]})[0]
    assert (balance.available, balance.initial_margin) == (Decimal("69.5"), Decimal("30.5"))


@pytest.mark.parametrize(
    "broken",
    [
        {"qty": "a lot"},
        {"qty": 0.1},
        {"qty": "NaN"},
        {"side": "Hold"},
        {"orderType": None},
        {"timeInForce": ""},
        {"positionIdx": 3},
        {"updatedTime": "yesterday"},
    ],
)
def test_a_row_that_does_not_read_is_refused_whole(broken: dict[str, Any]) -> None:
    with pytest.raises(UnreadableError):
        frames.read_push(push("order", order_row(), order_row(**broken)), LISTING, "cross")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("0.1"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=3,
)
FRAMES = {
    "order": order_row(),
    "execution": published("push_execution")["frame"]["data"][0],
    "position": published("push_position")["frame"]["data"][0],
    "wallet": published("push_wallet")["frame"]["data"][0],
}


@settings(max_examples=300)
@given(st.data())
def test_whatever_stands_in_a_field_is_read_or_refused(draw: st.DataObject) -> None:
    topic = draw.draw(st.sampled_from(sorted(FRAMES)))
    row = FRAMES[topic]
    changed = draw.draw(st.dictionaries(st.sampled_from(sorted(row)), JSON, max_size=3))
    try:
        reports = frames.read_push(push(topic, {**row, **changed}), LISTING, "cross")
    except (UnreadableError, UnknownInstrumentError):
        return
    for report in reports:
        assert msgspec.json.decode(msgspec.json.encode(report), type=type(report)) == report


@given(JSON)
def test_whatever_stands_for_the_rows_is_read_or_refused(rows_: object) -> None:
    with suppress(UnreadableError, UnknownInstrumentError):
        frames.read_push({"topic": "order", "data": rows_}, LISTING, "cross")


def test_a_missing_field_and_an_unknown_instrument_are_told_apart() -> None:
    row = order_row()
    del row["orderId"]
    with pytest.raises(UnreadableError, match="orderId"):
        frames.read_push(push("order", row), LISTING, "cross")
    with pytest.raises(UnknownInstrumentError, match="NEWUSDT"):
        frames.read_push(push("order", order_row(symbol="NEWUSDT")), LISTING, "cross")
