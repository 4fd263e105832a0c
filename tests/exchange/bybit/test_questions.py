"""Our questions on Bybit's wire: spans, pages, and everything the account may hold."""

from __future__ import annotations

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hedgerow.exchange import OrderRef
from hedgerow.exchange.bybit import frames, questions
from tests.exchange.bybit.frames import BTC, LISTING

WEEK = 7 * 86_400_000
NOW = 1_800_000_000_000


@given(age=st.integers(min_value=-1000, max_value=60 * 86_400_000))
def test_spans_cover_everything_since_without_a_gap_and_none_is_too_long(age: int) -> None:
    since = NOW - age
    calls = questions.fills(LISTING, BTC.symbol, since, NOW)
    spans = [(call.params["startTime"], call.params["endTime"]) for call in calls]
    assert spans[0][0] == since
    assert spans[-1][1] >= NOW
    assert all(end - start < WEEK for start, end in spans)
    assert all(later[0] == earlier[1] + 1 for earlier, later in pairwise(spans))


def test_a_start_before_all_time_asks_only_for_what_is_kept() -> None:
    assert len(questions.fills(LISTING, BTC.symbol, 0, NOW)) <= 105


def test_open_orders_of_every_settlement_in_the_largest_pages() -> None:
    assert [dict(call.params) for call in questions.open_orders(LISTING)] == [
        {"category": "linear", "settleCoin": "USDC", "limit": 50},
        {"category": "linear", "settleCoin": "USDT", "limit": 50},
        {"category": "inverse", "limit": 50},
    ]


def test_an_order_is_looked_for_by_our_id_in_every_place() -> None:
    order = OrderRef(symbol=BTC.symbol, exchange_order_id="e", client_order_id="hg1")
    calls = questions.order_places(BTC, order, NOW - 1, NOW) + questions.order_fills(BTC, order, NOW - 1, NOW)
    assert [call.path for call in calls] == ["v5/order/realtime", "v5/order/history", "v5/execution/list"]
    assert all(call.params["orderLinkId"] == "hg1" and "orderId" not in call.params for call in calls)


def test_pages_go_on_until_the_cursor_or_the_rows_end() -> None:
    call = questions.open_orders(LISTING)[0]

    def page(cursor: str, rows: list[dict[str, str]]) -> bytes:
        return json.dumps({"retCode": 0, "result": {"list": rows, "nextPageCursor": cursor}}).encode()

    more = frames.read_reply(200, page("c1", [{}]))
    assert more is not None
    following = questions.next_page(call, more)
    assert following is not None
    assert following.params == {**call.params, "cursor": "c1"}
    for last in (page("", [{}]), page("c2", [])):
        reply = frames.read_reply(200, last)
        assert reply is not None
        assert questions.next_page(following, reply) is None
