"""No secret of an account ever shows: not in a log, an answer, a fault or a representation."""

from __future__ import annotations

import asyncio
import logging
import random
import traceback

import pytest
import structlog.testing

from hedgerow.core.records import Transport
from hedgerow.exchange import ExchangeFault
from hedgerow.exchange.connect import connect
from tests.exchange.desks import HASTY, account_at, credentials, limit_order, listening, now_ms, place, timing
from tests.simulator.running import Running

KEY, SECRET = "canary-key-5319", "canary-secret-8642"


def test_the_canary_can_die(caplog: pytest.LogCaptureFixture) -> None:
    """The search below would find a secret, were there one."""
    logging.getLogger("ccxt").warning("leaked %s", SECRET)
    assert SECRET in caplog.text


async def test_nothing_shows_through_all_kinds_of_failure(
    server: Running, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    server.control("POST", "keys", key=KEY, secret=SECRET, account="canary")
    seen: list[str] = []
    desk = connect(
        account_at(server.url), credentials(KEY, SECRET), now_ms=now_ms, chance=random.Random(1), patience=HASTY
    )
    with structlog.testing.capture_logs() as logs:
        await desk.open()
        async with listening(desk.reports) as stream:
            echo = f'{{"retCode":10004,"retMsg":"error sign! origin_string[1{KEY}5000]","result":{{}}}}'
            for transport, kind in ((Transport.REST, "reply_status"), (Transport.WEBSOCKET, "socket_cut")):
                target = "/v5/order/create" if transport is Transport.REST else "order.create"
                server.fault(kind, target, account="canary", status=200, body=echo)
                order = desk.trading.prepare_order(limit_order(), f"hg{kind}", timing(desk), transport)
                answer = await order.send()
                seen += [repr(answer), repr(order), repr(desk)]
            server.fault("reply_status", "/v5/position/list", account="canary", status=200, body=echo)
            with pytest.raises(ExchangeFault) as fault:
                await desk.reports.positions()
            seen.append("".join(traceback.format_exception(fault.value)))
            server.control("POST", "sockets/cut", account="canary")
            await stream.until(lambda: len(stream.heard) >= 3)
            await place(desk, limit_order(), "hg9")
            seen += [repr(report) for report in stream.heard]
        await desk.close()
    wrong = connect(
        account_at(server.url), credentials(KEY, SECRET + "!"), now_ms=now_ms, chance=random.Random(1), patience=HASTY
    )
    with structlog.testing.capture_logs() as more, pytest.raises(ExchangeFault) as refused:
        async with asyncio.timeout(10):
            await wrong.open()
    seen.append("".join(traceback.format_exception(refused.value)))
    printed = capfd.readouterr()
    everything = "\n".join([*seen, repr(logs), repr(more), caplog.text, printed.out, printed.err])
    assert "error sign" in everything  # the words came through
    assert KEY not in everything
    assert SECRET not in everything
