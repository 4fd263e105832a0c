"""Commands over real sockets: accepted, rejected, in doubt, not sent; and never two creates for one order."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from hedgerow.core.commands import OrderTerms, PositionSide, Side, TimeInForce
from hedgerow.core.records import Transport
from hedgerow.exchange import Amendment, ExchangeFault, OrderRef, Said, Timing
from hedgerow.exchange.ccxt_connection import CcxtConnection
from tests.exchange.desks import (
    BTC,
    HASTY,
    creates,
    limit_order,
    make,
    market_order,
    now_ms,
    opened,
    place,
    timing,
)
from tests.simulator.running import Running, until

BOTH = pytest.mark.parametrize("transport", list(Transport))


def prepared(desk: CcxtConnection, transport: Transport, terms: OrderTerms, name: str = "hg1") -> Any:
    return desk.trading.prepare_order(terms, name, timing(desk), transport)


@BOTH
async def test_an_order_is_accepted_with_the_exact_numbers(
    desk: CcxtConnection, server: Running, account: str, transport: Transport
) -> None:
    answer = await prepared(desk, transport, limit_order("50000.10", "0.010")).send()
    assert (answer.said, answer.client_order_id) == (Said.ACCEPTED, "hg1")
    assert answer.sent_ms <= answer.answered_ms
    [order] = await desk.reports.open_orders()
    assert (order.exchange_order_id, order.price, order.amount) == (
        answer.exchange_order_id,
        Decimal("50000.10"),
        Decimal("0.010"),
    )
    assert creates(server, account) == {"hg1": 1}


@BOTH
@pytest.mark.parametrize(
    "terms",
    [
        market_order(take_profit=Decimal(90000), stop_loss=Decimal(30000)),
        limit_order(post_only=True),
        limit_order(time_in_force=TimeInForce.IOC),
        market_order(side=Side.SELL, trigger_price=Decimal(40000), trigger_ascending=False),
        limit_order("90000", trigger_price=Decimal(90000), trigger_ascending=True),
    ],
)
async def test_every_kind_of_order_is_accepted(desk: CcxtConnection, transport: Transport, terms: OrderTerms) -> None:
    answer = await prepared(desk, transport, terms).send()
    assert answer.said is Said.ACCEPTED, answer


@BOTH
@pytest.mark.parametrize(
    ("terms", "code"),
    [
        (limit_order("50000.15"), "10001"),
        (limit_order(amount="0.0001"), "10001"),
        (limit_order(amount="1000"), "110007"),
        (market_order(reduce_only=True), "110017"),
    ],
)
async def test_a_refusal_is_a_rejection_with_the_exchanges_words(
    desk: CcxtConnection, transport: Transport, terms: OrderTerms, code: str
) -> None:
    answer = await prepared(desk, transport, terms).send()
    assert (answer.said, answer.code) == (Said.REJECTED, code)
    assert answer.message


@BOTH
async def test_a_duplicate_is_in_doubt(desk: CcxtConnection, transport: Transport) -> None:
    await prepared(desk, Transport.REST, limit_order()).send()
    again = await prepared(desk, transport, limit_order()).send()
    assert (again.said, again.code) == (Said.IN_DOUBT, "110072")


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "reply_lost"},
        {"kind": "reply_delayed", "ms": 1500},
        {"kind": "reply_status", "status": 500},
        {"kind": "reply_status", "status": 502, "body": '{"retCode":10001,"retMsg":"params error","result":{}}'},
        {"kind": "reply_status", "status": 524, "body": "a timeout occurred"},
        {"kind": "reply_status", "status": 200, "body": "{}"},
        {"kind": "reply_html"},
        {"kind": "reply_cut_short"},
    ],
)
async def test_over_rest_what_is_no_answer_leaves_the_order_in_doubt(
    desk: CcxtConnection, server: Running, account: str, fault: dict[str, Any]
) -> None:
    server.fault(target="/v5/order/create", account=account, **fault)
    answer = await prepared(desk, Transport.REST, limit_order()).send()
    assert (answer.said, answer.exchange_order_id) == (Said.IN_DOUBT, None)
    assert answer.message
    assert creates(server, account) == {"hg1": 1}  # it lives, and was sent once


@pytest.mark.parametrize(
    "fault",
    [{"kind": "reply_lost"}, {"kind": "reply_delayed", "ms": 1500}, {"kind": "socket_cut"}, {"kind": "socket_silent"}],
)
async def test_over_websocket_no_answer_leaves_the_order_in_doubt_and_entry_comes_back(
    desk: CcxtConnection, server: Running, account: str, fault: dict[str, Any]
) -> None:
    server.fault(target="order.create", account=account, **fault)
    answer = await prepared(desk, Transport.WEBSOCKET, limit_order()).send()
    assert (answer.said, answer.exchange_order_id) == (Said.IN_DOUBT, None)
    assert creates(server, account) == {"hg1": 1}
    answer = await prepared(desk, Transport.REST, limit_order(), "hg2").send()
    assert answer.said is Said.ACCEPTED

    async def over_websocket() -> bool:
        if desk.trading.entry_transport is not Transport.WEBSOCKET:
            return False
        name = f"hg{now_ms()}"
        return (await prepared(desk, Transport.WEBSOCKET, limit_order(), name).send()).said is Said.ACCEPTED

    async with asyncio.timeout(10):
        while not await over_websocket():
            await asyncio.sleep(0.02)


@BOTH
async def test_after_its_deadline_nothing_is_sent(
    desk: CcxtConnection, server: Running, account: str, transport: Transport
) -> None:
    start = desk.trading.exchange_time_ms()
    late = desk.trading.prepare_order(limit_order(), "hg1", Timing(start - 6_000, start), transport)
    answer = await late.send()
    assert (answer.said, answer.message) == (Said.NOT_SENT, "NotHandedOverError: its deadline had passed")
    assert creates(server, account) == {}


@BOTH
async def test_a_request_that_was_held_up_arrives_expired(server: Running, account: str, transport: Transport) -> None:
    """Our clock is set back after it was measured: we think that there is time left; the exchange knows better."""
    behind = 0
    async with opened(server, account, clock=lambda: now_ms() - behind) as desk:
        order = prepared(desk, transport, limit_order())
        held_up = desk.trading.prepare_order(
            limit_order(), "hg2", Timing(now_ms() - 60_000, now_ms() - 55_000), transport
        )
        behind = 58_000
        answer = await held_up.send()
        assert (answer.said, answer.code) == (Said.REJECTED, "10002")
        behind = 0
        assert (await order.send()).said is Said.ACCEPTED
    assert creates(server, account).get("hg1") == 1


@BOTH
async def test_a_prepared_order_cannot_be_sent_twice(
    desk: CcxtConnection, server: Running, account: str, transport: Transport
) -> None:
    order = prepared(desk, transport, limit_order())
    await order.send()
    with pytest.raises(AssertionError, match="sent once"):
        await order.send()
    assert creates(server, account) == {"hg1": 1}


async def test_preparing_sends_nothing(desk: CcxtConnection, server: Running, account: str) -> None:
    for transport in Transport:
        prepared(desk, transport, limit_order())
    await desk.trading.cancel_all(None, timing(desk))
    assert creates(server, account) == {}


@BOTH
async def test_a_caller_that_is_cancelled_does_not_recall_the_order(
    desk: CcxtConnection, server: Running, account: str, transport: Transport
) -> None:
    target = "order.create" if transport is Transport.WEBSOCKET else "/v5/order/create"
    server.fault("reply_delayed", target, account=account, ms=300)
    sending = asyncio.create_task(prepared(desk, transport, limit_order()).send())
    await until(lambda: creates(server, account) == {"hg1": 1})
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert creates(server, account) == {"hg1": 1}
    assert (await prepared(desk, transport, limit_order(), "hg2").send()).said is Said.ACCEPTED


@BOTH
async def test_with_the_exchange_gone_nothing_was_sent(transport: Transport) -> None:
    server = Running("--seed", "7")
    account = server.account()
    connection = make(server, account, patience=HASTY)
    await connection.open()
    try:
        order = prepared(connection, transport, limit_order())
        server.stop()
        await until(lambda: connection.trading.entry_transport is Transport.REST)
        answer = await order.send()
        assert answer.said is Said.NOT_SENT, answer
    finally:
        await connection.close()
        server.stop()


async def test_many_at_once_each_get_their_own_answer(desk: CcxtConnection, server: Running, account: str) -> None:
    names = [f"hg{number}" for number in range(64)]
    answers = await asyncio.gather(*(place(desk, limit_order(amount="0.001"), name) for name in names))
    assert [answer.client_order_id for answer in answers] == names
    assert {answer.said for answer in answers} == {Said.ACCEPTED}
    assert creates(server, account) == dict.fromkeys(names, 1)


@pytest.mark.parametrize("up", [True, False])
async def test_amend_and_cancel(desk: CcxtConnection, server: Running, account: str, up: bool) -> None:
    if not up:
        desk = make(server, account, sends_orders=False)
        await desk.open()
    assert desk.trading.entry_transport is (Transport.WEBSOCKET if up else Transport.REST)
    placed = await place(desk, limit_order(), "hg1")
    order = OrderRef(symbol=BTC, exchange_order_id=placed.exchange_order_id or "", client_order_id="hg1")
    amended = await desk.trading.amend(order, Amendment(price=Decimal("49999.9")), timing(desk))
    assert amended.said is Said.ACCEPTED
    assert [open_order.price for open_order in await desk.reports.open_orders()] == [Decimal("49999.9")]
    canceled = await desk.trading.cancel(order, timing(desk))
    assert canceled.said is Said.ACCEPTED
    again = await desk.trading.cancel(order, timing(desk))
    assert (again.said, again.code) == (Said.REJECTED, "110001")
    if not up:
        await desk.close()


async def test_cancel_all(desk: CcxtConnection) -> None:
    for name in ("hg1", "hg2"):
        await place(desk, limit_order(), name)
    assert (await desk.trading.cancel_all(BTC, timing(desk))).said is Said.ACCEPTED
    assert (await desk.trading.cancel_all(None, timing(desk))).said is Said.ACCEPTED
    assert await desk.reports.open_orders() == []


async def test_protection_and_leverage(desk: CcxtConnection) -> None:
    await place(desk, market_order(), "hg1")
    protect = desk.trading.protect
    answer = await protect(BTC, PositionSide.LONG, Decimal(90000), Decimal(30000), "mark", timing(desk))
    assert answer.said is Said.ACCEPTED
    answer = await protect(BTC, PositionSide.LONG, None, Decimal(0), None, timing(desk))
    assert answer.said is Said.ACCEPTED
    [position] = await desk.reports.positions()
    assert (position.take_profit, position.stop_loss) == (Decimal(90000), None)
    for _ in range(2):  # the second changes nothing, and has reached its aim
        assert (await desk.trading.set_leverage(BTC, Decimal(20), timing(desk))).said is Said.ACCEPTED
    [position] = await desk.reports.positions()
    assert position.leverage == Decimal(20)
    answer = await desk.trading.set_leverage(BTC, Decimal(5000), timing(desk))
    assert (answer.said, answer.code) == (Said.REJECTED, "110013")


async def test_margin_terms_are_told_for_a_symbol_that_was_never_traded(desk: CcxtConnection) -> None:
    terms = await desk.trading.margin_terms(BTC)
    assert terms.margin_mode == "cross"
    assert [(tier.maintenance_rate, tier.max_leverage) for tier in terms.tiers] == [(Decimal("0.005"), 100)]
    now_ms = desk.trading.exchange_time_ms()
    assert (await desk.trading.set_leverage(BTC, Decimal(7), Timing(now_ms, now_ms + 5_000))).said is Said.ACCEPTED
    assert (await desk.trading.margin_terms(BTC)).leverage == 7


@pytest.mark.parametrize("body", ["<html>", '{"retCode":0,"retMsg":"OK","result":{"list":[{"id":1}]}}'])
async def test_margin_terms_that_are_not_told_are_a_fault(desk: CcxtConnection, server: Running, body: str) -> None:
    server.fault("reply_status", "/v5/market/risk-limit", status=200, body=body)
    with pytest.raises(ExchangeFault):
        await desk.trading.margin_terms(BTC)
