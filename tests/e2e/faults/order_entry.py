"""The answer to an order gets lost, late or mangled: it is in doubt, never sent again, and settled by evidence."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from tests.e2e.desk_client import DeskClient
from tests.e2e.desk_process import until
from tests.e2e.faults.scene import PRICE, Scene
from tests.e2e.side_by_side import named

ENTRY = "order.create"
CREATE = "/v5/order/create"
ETH = "ETH/USDT:USDT"


async def turns_out_open(scene: Scene) -> None:
    """One order in doubt, which the exchange has.

    Where the answer is waited for longer than the settling takes, it is settled by the time the client hears of it.
    """
    answer = await scene.desk.place("buy", "0.01", PRICE, key="doubt")
    assert (answer.status, answer.order["status"]) in ((202, "in_doubt"), (201, "open"))
    assert await scene.desk.becomes(answer.order["order_id"], "open")
    await scene.settles()
    assert scene.sent == [1]
    repeated = await scene.desk.place("buy", "0.01", PRICE, key="doubt")
    assert (repeated.status, repeated.order["order_id"]) == (201, answer.order["order_id"])
    assert scene.sent == [1]


async def turns_out_absent(scene: Scene) -> None:
    """One order in doubt, which the exchange never had: known only after the deadline and its margin."""
    answer = await scene.desk.place("buy", "0.01", PRICE, key="doubt")
    assert (answer.status, answer.order["status"]) in ((202, "in_doubt"), (422, "not_placed"))
    order = await scene.desk.becomes(answer.order["order_id"], "not_placed")
    assert order["updated_ms"] > order["deadline_ms"]
    await scene.settles()
    assert (scene.sent, scene.held) == ([], [])
    repeated = await scene.desk.place("buy", "0.01", PRICE, key="doubt")
    assert (repeated.status, repeated.body["code"]) == (422, "absent_at_exchange")
    assert scene.sent == []


async def reply_lost_after_it_was_taken(scene: Scene) -> None:
    scene.fault("reply_lost", ENTRY)
    scene.deaf()
    await turns_out_open(scene)


async def reply_lost_but_the_push_comes(scene: Scene) -> None:
    """The private stream tells before the patience is over."""
    scene.fault("reply_lost", ENTRY)
    answer = await scene.desk.place("buy", "0.01", PRICE)
    assert (answer.status, answer.order["status"]) == (201, "open")
    await scene.settles()
    assert scene.sent == [1]


async def dropped_before_it_was_taken(scene: Scene) -> None:
    scene.fault("reply_lost", ENTRY, executed=False)
    await turns_out_absent(scene)


async def reply_later_than_anybody_waits(scene: Scene) -> None:
    scene.fault("reply_delayed", ENTRY, ms=12_000)
    scene.deaf()
    await turns_out_open(scene)


async def socket_cut_after_it_was_taken(scene: Scene) -> None:
    scene.fault("socket_cut", ENTRY)
    scene.deaf()
    await turns_out_open(scene)


async def socket_cut_before_it_was_taken(scene: Scene) -> None:
    scene.fault("socket_cut", ENTRY, executed=False)
    await turns_out_absent(scene)


async def rest_reply_lost_after_it_was_taken(scene: Scene) -> None:
    await scene.by_rest()
    scene.fault("reply_lost", CREATE)
    scene.deaf()
    await turns_out_open(scene)


async def rest_dropped_before_it_was_taken(scene: Scene) -> None:
    await scene.by_rest()
    scene.fault("reply_lost", CREATE, executed=False)
    await turns_out_absent(scene)


async def rest_bad_gateway_though_it_was_taken(scene: Scene) -> None:
    await scene.by_rest()
    scene.fault("reply_status", CREATE, status=502)
    scene.deaf()
    await turns_out_open(scene)


async def rest_server_error_and_not_taken(scene: Scene) -> None:
    await scene.by_rest()
    scene.fault("reply_status", CREATE, status=500, executed=False)
    await turns_out_absent(scene)


async def rest_page_of_html(scene: Scene) -> None:
    await scene.by_rest()
    scene.fault("reply_html", CREATE)
    scene.deaf()
    await turns_out_open(scene)


async def rest_body_cut_short(scene: Scene) -> None:
    await scene.by_rest()
    scene.fault("reply_cut_short", CREATE)
    scene.deaf()
    await turns_out_open(scene)


async def rest_code_that_proves_nothing(scene: Scene) -> None:
    """10016 is "internal server error": ccxt calls it an error, and the order may live."""
    await scene.by_rest()
    body = '{"retCode":10016,"retMsg":"Internal server error","result":{},"retExtInfo":{},"time":1700000000000}'
    scene.fault("reply_status", CREATE, status=200, body=body)
    scene.deaf()
    await turns_out_open(scene)


async def a_market_order_filled_in_doubt(scene: Scene) -> None:
    scene.fault("reply_lost", ENTRY)
    scene.deaf()
    answer = await scene.desk.place("buy", "0.5", symbol=ETH)
    assert answer.status in (201, 202)
    await scene.desk.becomes(answer.order["order_id"], "filled")
    await scene.settles()
    assert scene.sent == [1]


async def reads_that_lag_behind_prove_nothing(scene: Scene) -> None:
    """The lists do not know the order yet: it stays in doubt until they do."""
    scene.fault("reply_lost", ENTRY)
    scene.deaf()
    scene.lists_lag(6_000, count=1_000)
    await turns_out_open(scene)
    lines = await scene.desk.timeline((await scene.desk.orders())[0]["order_id"])
    statuses = [each["body"]["order"]["status"] for each in lines if each["kind"] == "order_updated"]
    assert statuses == ["pending", "in_doubt", "open"]


async def a_wrong_proof_is_taken_back(scene: Scene) -> None:
    """The lists lag further behind than any margin: once they show the order, it lives again, and was sent once."""
    scene.fault("reply_lost", ENTRY)
    scene.deaf()
    scene.lists_lag(600_000, count=12)
    answer = await scene.desk.place("buy", "0.01", PRICE)
    await scene.desk.becomes(answer.order["order_id"], "not_placed")

    async def read_again() -> bool:
        """Each reconnect is a complete read."""
        scene.exchange.control("POST", "sockets/cut", account=scene.account.name, channel="private")
        try:
            return bool(await scene.desk.becomes(answer.order["order_id"], "open", within_s=2))
        except AssertionError:
            return False

    await until(read_again, within_s=60)
    await scene.settles()
    assert scene.sent == [1]


async def twenty_requests_under_one_key(scene: Scene) -> None:
    asked = (scene.desk.place("buy", "0.01", PRICE, key="twenty") for _ in range(20))
    answers = await asyncio.gather(*asked)
    assert {answer.status for answer in answers} == {201}
    assert len({answer.order["order_id"] for answer in answers}) == 1
    await scene.settles()
    assert scene.sent == [1]


async def twenty_requests_under_one_key_that_differ(scene: Scene) -> None:
    """One of the bodies wins; the others hear that the key is taken, whenever they came."""
    asked = (scene.desk.place("buy", f"0.0{n}", PRICE, key="differ") for n in range(10, 30))
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status for answer in answers) == [201] + [409] * 19
    await scene.settles()
    assert scene.sent == [1]


async def a_client_that_hangs_up(scene: Scene) -> None:
    """The desk owns the order from the moment it was asked: it is sent, answered and followed all the same."""
    scene.fault("reply_delayed", ENTRY, ms=1_500)
    async with client_of_its_own(scene) as leaving:
        asked = asyncio.ensure_future(leaving.place("buy", "0.01", PRICE, key="gone"))
        await until(lambda: scene.held)
        asked.cancel()
    (order,) = await scene.desk.orders()

    async def answered() -> bool:
        lines = await scene.desk.timeline(order["order_id"])
        return [each["body"]["outcome"] for each in lines if each["kind"] == "answered"] == ["accepted"]

    await until(answered)
    await scene.settles()
    again = await scene.desk.place("buy", "0.01", PRICE, key="gone")
    assert (again.status, again.order["order_id"], scene.sent) == (201, order["order_id"], [1])


def client_of_its_own(scene: Scene) -> DeskClient:
    """Another connection to the same desk."""
    return DeskClient(scene.desk.url, scene.desk.token, scene.account.name)


async def a_key_that_was_used_for_another_body(scene: Scene) -> None:
    first = await scene.desk.place("buy", "0.01", PRICE, key="once")
    other = await scene.desk.place("buy", "0.02", PRICE, key="once")
    assert (first.status, other.status) == (201, 409)
    assert (other.body["code"], other.body["field"]) == ("key_reused", "Idempotency-Key")
    await scene.settles()
    assert scene.sent == [1]


async def an_amend_in_doubt_is_read_back(scene: Scene) -> None:
    order = await scene.desk.placed("buy", "0.01", PRICE)
    await scene.desk.becomes(order["order_id"], "open")
    scene.fault("reply_lost", "order.amend")
    scene.deaf()
    answer = await scene.desk.amend(order["order_id"], price="50100")
    assert (answer.status, answer.body["outcome"]) == (202, "in_doubt")
    await scene.settles()
    after = await scene.desk.order(order["order_id"])
    assert (Decimal(after["price"]), after["amend_requested"]) == (50100, False)


async def an_amend_that_never_arrived_is_taken_back(scene: Scene) -> None:
    order = await scene.desk.placed("buy", "0.01", PRICE)
    await scene.desk.becomes(order["order_id"], "open")
    scene.fault("reply_lost", "order.amend", executed=False)
    answer = await scene.desk.amend(order["order_id"], price="50100")
    assert (answer.status, answer.body["outcome"]) == (202, "in_doubt")
    await scene.settles()
    after = await scene.desk.order(order["order_id"])
    assert (Decimal(after["price"]), after["amend_requested"]) == (50000, False)


async def a_cancel_in_doubt(scene: Scene) -> None:
    order = await scene.desk.placed("buy", "0.01", PRICE)
    await scene.desk.becomes(order["order_id"], "open")
    scene.fault("reply_lost", "order.cancel")
    scene.deaf()
    answer = await scene.desk.cancel(order["order_id"])
    assert (answer.status, answer.body["outcome"]) == (202, "in_doubt")
    await scene.desk.becomes(order["order_id"], "canceled")
    await scene.settles()


SCENES = named(
    reply_lost_after_it_was_taken,
    reply_lost_but_the_push_comes,
    dropped_before_it_was_taken,
    reply_later_than_anybody_waits,
    socket_cut_after_it_was_taken,
    socket_cut_before_it_was_taken,
    rest_reply_lost_after_it_was_taken,
    rest_dropped_before_it_was_taken,
    rest_bad_gateway_though_it_was_taken,
    rest_server_error_and_not_taken,
    rest_page_of_html,
    rest_body_cut_short,
    rest_code_that_proves_nothing,
    a_market_order_filled_in_doubt,
    reads_that_lag_behind_prove_nothing,
    a_wrong_proof_is_taken_back,
    twenty_requests_under_one_key,
    a_client_that_hangs_up,
    twenty_requests_under_one_key_that_differ,
    a_key_that_was_used_for_another_body,
    an_amend_in_doubt_is_read_back,
    an_amend_that_never_arrived_is_taken_back,
    a_cancel_in_doubt,
)
