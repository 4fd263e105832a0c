"""Evidence over real sockets: the private stream through every fault, and lists read to their end."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
import structlog.testing

from hedgerow.core.commands import PositionSide, Side
from hedgerow.core.reports import (
    BalanceReport,
    FillReport,
    OrderReport,
    Origin,
    PositionReport,
    ReportedStatus,
    Source,
    StreamDown,
    StreamUp,
)
from hedgerow.exchange import ExchangeFault, OrderRef, Said
from hedgerow.exchange.ccxt_connection import CcxtConnection
from hedgerow.exchange.dialect import Listing
from hedgerow.exchange.reports import CcxtReports
from tests.exchange.desks import BTC, HASTY, limit_order, listening, market_order, now_ms, opened, place, timing
from tests.simulator.running import Running

OURS = OrderRef(symbol=BTC, exchange_order_id="", client_order_id="hg1")


async def test_the_stream_tells_of_an_order_its_fill_the_position_and_the_wallet(desk: CcxtConnection) -> None:
    async with listening(desk.reports) as stream:
        assert isinstance(stream.heard[0], StreamUp)
        answer = await place(desk, market_order(), "hg1")
        await stream.until(lambda: stream.of(BalanceReport) and stream.of(PositionReport))
        fills: list[FillReport] = stream.of(FillReport)
        assert sum(fill.amount for fill in fills) == Decimal("0.01")
        assert {(fill.client_order_id, fill.exchange_order_id) for fill in fills} == {("hg1", answer.exchange_order_id)}
        last: OrderReport = stream.of(OrderReport)[-1]
        assert (last.status, last.filled, last.source) == (
            ReportedStatus.FILLED,
            Decimal("0.01"),
            Source.STREAM,
        )
        position: PositionReport = stream.of(PositionReport)[-1]
        assert (position.side, position.amount, position.margin_mode) == (
            PositionSide.LONG,
            Decimal("0.01"),
            "cross",
        )
        assert desk.reports.heard_ms() > now_ms() - 2_000
    assert desk.reports.heard_ms() == 0


async def test_orders_from_elsewhere_and_children_are_told(desk: CcxtConnection, server: Running, account: str) -> None:
    async with listening(desk.reports) as stream:
        order = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01"}
        server.control("POST", "orders", account=account, order=order | {"price": "50000"})
        await stream.until(lambda: [each for each in stream.of(OrderReport) if not each.client_order_id])
        await place(desk, market_order(stop_loss=Decimal(30000)), "hg1")
        await stream.until(lambda: [each for each in stream.of(OrderReport) if each.origin is Origin.ATTACHED])
        child = next(each for each in stream.of(OrderReport) if each.origin is Origin.ATTACHED)
        assert (child.role, child.side, child.status) == ("stop_loss", Side.SELL, ReportedStatus.UNTRIGGERED)


@pytest.mark.parametrize("how", ["cut", "silent", "too slow"])
async def test_a_lost_stream_is_told_and_comes_back(
    desk: CcxtConnection, server: Running, account: str, how: str
) -> None:
    reports = CcxtReports(desk._link, most_waiting=0) if how == "too slow" else desk.reports  # type: ignore[arg-type]
    async with listening(reports) as stream:
        if how == "cut":
            server.control("POST", "sockets/cut", account=account, channel="private")
        else:
            if how == "silent":
                server.fault("socket_silent", "order", account=account)
            await place(desk, limit_order(), "hg1")
        await stream.until(lambda: len(stream.of(StreamUp)) == 2)
        kinds = [type(report) for report in stream.heard if isinstance(report, StreamUp | StreamDown)]
        assert kinds == [StreamUp, StreamDown, StreamUp]
        assert stream.of(StreamDown)[0].reason
        if how != "too slow":
            await place(desk, limit_order(), "hg2")
            await stream.until(lambda: "hg2" in [each.client_order_id for each in stream.of(OrderReport)])


async def test_a_broken_frame_is_said_once_and_skipped(desk: CcxtConnection) -> None:
    link = desk._link
    assert link is not None
    async with listening(desk.reports) as stream:
        connection = link.client.clients[link.socket_address("private")]
        with structlog.testing.capture_logs() as logs:
            for broken in (
                '{"topic":"order","data":[{"cut',
                "{",
                '{"topic":"order","data":[{"category":"linear"}]}',
            ) * 2:
                connection.handle_text_or_binary_message(broken)
            await place(desk, limit_order(), "hg1")
            await stream.until(lambda: stream.of(OrderReport))
        assert [log["event"] for log in logs] == ["exchange.frame_skipped", "exchange.report_skipped"]
        assert stream.of(StreamDown) == []


async def test_repeated_and_dropped_pushes_go_through_as_they_are(
    desk: CcxtConnection, server: Running, account: str
) -> None:
    async with listening(desk.reports) as stream:
        server.fault("push_repeated", "execution", account=account)
        await place(desk, market_order(amount="0.001"), "hg1")
        await stream.until(lambda: len(stream.of(FillReport)) == 2)
        assert stream.of(FillReport)[0] == stream.of(FillReport)[1]
        server.fault("push_dropped", "execution", account=account)
        await place(desk, market_order(amount="0.001"), "hg2")
        await stream.until(lambda: "hg2" in [each.client_order_id for each in stream.of(OrderReport)])
        await place(desk, market_order(amount="0.001"), "hg3")
        await stream.until(lambda: len(stream.of(FillReport)) == 3)
        assert "hg2" not in [fill.client_order_id for fill in stream.of(FillReport)]
    assert [fill.client_order_id for fill in await desk.reports.fills(0)] == ["hg1", "hg2", "hg3"]


async def test_an_instrument_that_is_new_is_looked_up(desk: CcxtConnection) -> None:
    link = desk._link
    assert link is not None
    async with listening(desk.reports) as stream:
        order = desk.trading.prepare_order(limit_order(), "hg1", timing(desk), desk.trading.entry_transport)
        link.listing = Listing()
        await order.send()
        await stream.until(lambda: stream.of(OrderReport))
        assert stream.of(OrderReport)[0].symbol == BTC


async def test_every_page_of_open_and_conditional_orders(desk: CcxtConnection) -> None:
    names = {f"hg{number}" for number in range(110)}
    answers = await asyncio.gather(*(place(desk, limit_order(amount="0.001"), name) for name in names))
    assert {answer.said for answer in answers} == {Said.ACCEPTED}
    stop = market_order(trigger_price=Decimal(30000), trigger_ascending=False, side=Side.SELL)
    await place(desk, stop, "hgstop")
    found = await desk.reports.open_orders()
    assert {order.client_order_id for order in found} == names | {"hgstop"}
    assert len(found) == 111
    [conditional] = [order for order in found if order.trigger_price is not None]
    assert (conditional.status, conditional.trigger_ascending) == (ReportedStatus.UNTRIGGERED, False)


async def test_every_page_of_fills_oldest_first_each_once(desk: CcxtConnection) -> None:
    since = desk.trading.exchange_time_ms() - 8 * 86_400_000  # two spans
    for start in range(0, 120, 30):
        await asyncio.gather(*(place(desk, market_order("0.001"), f"hg{start + each}") for each in range(30)))
    fills = await desk.reports.fills(since)
    assert {fill.client_order_id for fill in fills} == {f"hg{number}" for number in range(120)}
    assert len({fill.trade_id for fill in fills}) == len(fills)
    assert [fill.time_ms for fill in fills] == sorted(fill.time_ms for fill in fills)
    assert await desk.reports.fills(since, "ETH/USDT:USDT") == []
    assert await desk.reports.fills(since, BTC) == fills


async def test_positions_and_balances(desk: CcxtConnection) -> None:
    await place(desk, market_order(side=Side.SELL), "hg1")
    [position] = await desk.reports.positions()
    assert (position.symbol, position.side, position.amount, position.source) == (
        BTC,
        PositionSide.SHORT,
        Decimal("0.01"),
        Source.REST,
    )
    assert position.entry
    assert position.mark
    [balance] = await desk.reports.balances()
    assert balance.currency == "USDT"
    assert 0 < balance.available < balance.equity < Decimal(100_000)


async def test_an_order_is_found_with_its_fills_or_surely_not(desk: CcxtConnection) -> None:
    nothing = await desk.reports.find_order(OURS, desk.trading.exchange_time_ms())
    assert (nothing.reports, nothing.fills, nothing.complete) == ([], [], True)
    answer = await place(desk, market_order(), "hg1")
    await place(desk, market_order(), "hg2")
    found = await desk.reports.find_order(OURS, desk.trading.exchange_time_ms())
    assert found.complete
    assert {report.exchange_order_id for report in found.reports} == {answer.exchange_order_id}
    assert sum(fill.amount for fill in found.fills) == Decimal("0.01")
    by_their_id = OrderRef(symbol=BTC, exchange_order_id=answer.exchange_order_id or "", client_order_id="")
    assert (await desk.reports.find_order(by_their_id, 0)).reports


async def test_an_order_of_a_symbol_that_is_listed_no_more_is_a_fault_in_words(desk: CcxtConnection) -> None:
    gone = OrderRef(symbol="GONE/USDT:USDT", exchange_order_id="x", client_order_id="hg1")
    with pytest.raises(ExchangeFault, match="does not list GONE/USDT:USDT any more"):
        await desk.reports.find_order(gone, 0)


@pytest.mark.parametrize("place_asked", ["/v5/order/realtime", "/v5/order/history", "/v5/execution/list"])
@pytest.mark.parametrize("kind", ["reply_status", "reply_html", "reply_lost", "reply_cut_short"])
async def test_a_search_is_complete_only_if_every_place_answered_well(
    desk: CcxtConnection, server: Running, account: str, place_asked: str, kind: str
) -> None:
    await place(desk, market_order(), "hg1")
    server.fault(kind, place_asked, account=account, count=5)
    found = await desk.reports.find_order(OURS, desk.trading.exchange_time_ms())
    assert not found.complete
    assert found.reports or found.fills


async def test_a_list_with_a_page_missing_is_a_fault(desk: CcxtConnection, server: Running, account: str) -> None:
    await asyncio.gather(*(place(desk, limit_order(amount="0.001"), f"hg{number}") for number in range(60)))
    server.fault("reply_status", "/v5/order/realtime", account=account, skip=1, status=502)
    with pytest.raises(ExchangeFault, match="v5/order/realtime"):
        await desk.reports.open_orders()
    server.fault("reply_html", "/v5/execution/list", account=account)
    with pytest.raises(ExchangeFault, match="no answer of the exchange"):
        await desk.reports.fills(0)


async def test_the_stream_ends_with_the_connection(server: Running, account: str) -> None:
    async with opened(server, account, patience=HASTY) as connection, listening(connection.reports):
        await connection.close()


async def test_a_cancellation_while_it_hangs_up_is_not_lost(desk: CcxtConnection) -> None:
    async with listening(desk.reports):
        closing = asyncio.create_task(desk.reports.close())
        await asyncio.sleep(0)  # it waits for the socket's task to end
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
