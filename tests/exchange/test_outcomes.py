"""What an answer proves: every code of the list, and the law that all else is in doubt."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.exchange import Said
from hedgerow.exchange.bybit import frames
from hedgerow.exchange.dialect import Reply
from hedgerow.exchange.limiter import TooBusyError
from hedgerow.exchange.outcomes import LISTS, NoAnswerError, NotHandedOverError, SocketLostError, classify
from tests.exchange.bybit.frames import published

BYBIT = LISTS["bybit"]
CREATED = {"orderId": "e1", "orderLinkId": "hg1"}


def reply(code: str, message: str = "", **carried: str) -> Reply:
    return Reply(
        code=code,
        message=message,
        result=carried,
        exchange_order_id=carried.get("orderId"),
        client_order_id=carried.get("orderLinkId"),
    )


@pytest.mark.parametrize("code", sorted(BYBIT.refusals))
def test_every_code_of_the_list_is_a_rejection(code: str) -> None:
    verdict = classify("bybit", reply(code, "words"), client_order_id="hg1")
    assert (verdict.said, verdict.code, verdict.message) == (Said.REJECTED, code, "words")


@given(st.integers(min_value=-(10**7), max_value=10**7).map(str))
def test_every_other_code_leaves_an_order_in_doubt(code: str) -> None:
    if code not in BYBIT.refusals and code != BYBIT.accepted:
        verdict = classify("bybit", reply(code, **CREATED), client_order_id="hg1")
        assert (verdict.said, verdict.code) == (Said.IN_DOUBT, code)


@pytest.mark.parametrize(
    "code", ["10000", "10016", "110072", "110030", "10014", "20006", "110079", "429", "10429", "-1"]
)
def test_codes_after_which_the_order_may_live(code: str) -> None:
    assert code not in BYBIT.refusals
    assert classify("bybit", reply(code), client_order_id="hg1").said is Said.IN_DOUBT


def test_a_duplicate_is_in_doubt_whatever_its_code() -> None:
    verdict = classify("bybit", reply("10001", "OrderLinkedID is Duplicate"), client_order_id="hg1")
    assert verdict.said is Said.IN_DOUBT


def test_an_order_is_accepted_by_an_id() -> None:
    verdict = classify("bybit", reply("0", **CREATED), client_order_id="hg1")
    assert (verdict.said, verdict.exchange_order_id) == (Said.ACCEPTED, "e1")
    assert classify("bybit", reply("0"), client_order_id="hg1").said is Said.IN_DOUBT
    assert classify("bybit", reply("0", orderId=""), client_order_id="hg1").said is Said.IN_DOUBT


def test_an_answer_about_another_order_is_no_answer() -> None:
    verdict = classify("bybit", reply("0", orderId="e1", orderLinkId="hg2"), client_order_id="hg1")
    assert verdict.said is Said.IN_DOUBT


@pytest.mark.parametrize("code", sorted(BYBIT.unchanged))
def test_a_state_that_is_so_already_is_accepted_but_never_an_order(code: str) -> None:
    assert classify("bybit", reply(code)).said is Said.ACCEPTED
    assert classify("bybit", reply(code), client_order_id="hg1").said is Said.IN_DOUBT


def test_without_a_list_nothing_is_rejected() -> None:
    assert classify("elsewhere", reply("10001")).said is Said.IN_DOUBT


def _unreachable() -> aiohttp.ClientConnectorError:
    key: Any = aiohttp.client_reqrep.ConnectionKey("localhost", 1, False, True, None, None, None)
    return aiohttp.ClientConnectorError(key, OSError(111, "Connection refused"))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NotHandedOverError("not up"), Said.NOT_SENT),
        (TooBusyError("no room"), Said.NOT_SENT),
        (_unreachable(), Said.NOT_SENT),
        (aiohttp.ConnectionTimeoutError("no route"), Said.NOT_SENT),
        (SocketLostError("gone"), Said.IN_DOUBT),
        (NoAnswerError("HTML"), Said.IN_DOUBT),
        (TimeoutError(), Said.IN_DOUBT),
        (aiohttp.SocketTimeoutError("slow"), Said.IN_DOUBT),
        (aiohttp.ServerDisconnectedError(), Said.IN_DOUBT),
        (aiohttp.ClientOSError(104, "reset"), Said.IN_DOUBT),
        (aiohttp.ClientPayloadError("cut short"), Said.IN_DOUBT),
        (ConnectionResetError(), Said.IN_DOUBT),
        (asyncio.CancelledError(), Said.IN_DOUBT),
        (ValueError("a bug"), Said.IN_DOUBT),
    ],
)
def test_what_happened_instead_of_an_answer(error: BaseException, said: Said) -> None:
    assert classify("bybit", error, client_order_id="hg1").said is said


GOOD = json.dumps({"retCode": 0, "retMsg": "OK", "result": CREATED, "time": 1}).encode()


@given(status=st.integers(200, 599), cut=st.integers(min_value=0, max_value=len(GOOD) - 1))
def test_a_body_cut_short_is_never_an_answer(status: int, cut: int) -> None:
    assert frames.read_reply(status, GOOD[:cut]) is None


@given(status=st.integers(300, 599))
def test_success_comes_with_a_2xx_only(status: int) -> None:
    assert frames.read_reply(200, GOOD) is not None
    assert frames.read_reply(status, GOOD) is None


@given(status=st.integers(500, 599), code=st.sampled_from(sorted(BYBIT.refusals)))
def test_a_5xx_never_rejects(status: int, code: str) -> None:
    assert frames.read_reply(status, json.dumps({"retCode": int(code), "retMsg": "", "result": {}}).encode()) is None


@given(body=st.binary(max_size=60), status=st.sampled_from([200, 400, 403, 404, 502]))
def test_noise_is_no_answer(body: bytes, status: int) -> None:
    assert frames.read_reply(status, body) is None


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'"0"', b"<html></html>", b"{}", b'{"retCode":"0"}', b'{"retCode":null}']
)
def test_what_is_no_envelope_is_no_answer(body: bytes) -> None:
    assert frames.read_reply(200, body) is None


def test_the_published_acknowledgement() -> None:
    message = published("order_entry")["created"]
    assert frames.answers(message) == "test-005"
    read = frames.read_entry_reply(message)
    assert read is not None
    verdict = classify("bybit", read, client_order_id="hg1")
    assert (verdict.said, verdict.exchange_order_id) == (Said.ACCEPTED, "a4c1718e-fe53-4659-a118-1f6ecce04ad9")


def test_haste_holds_the_lane() -> None:
    hasty = frames.read_reply(200, b'{"retCode":10006,"retMsg":"Too many visits!","result":{}}')
    assert hasty is not None
    assert hasty.hold_ms
    assert classify("bybit", hasty, client_order_id="hg1").said is Said.REJECTED
