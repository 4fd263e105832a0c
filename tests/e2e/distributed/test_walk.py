"""One walk along the design, arrow by arrow, on the real servers, seen with plain clients of Kafka and Redis."""

from __future__ import annotations

import json
from typing import Any

import redis

from onemachine.deployment import Deployment
from tests.e2e.desk_client import BTC, DeskClient
from tests.e2e.desk_process import until
from tests.e2e.distributed.witnesses import KafkaWitness, RedisWitness
from tests.e2e.feed_client import FeedClient
from tests.simulator.running import Controls

_LEG = f"positions:{BTC}:long"


async def test_an_order_is_seen_on_every_arrow_of_the_design(
    deployment: Deployment, exchange: Controls, managers: list[DeskClient]
) -> None:
    here, there = managers
    with KafkaWitness(deployment) as kafka:
        feeds = [await _feed(desk, path) for desk in managers for path in ("/ws/orders", "/ws/positions")]

        # POST at one order_manager: its intent, then orders_executed
        resting = await here.placed("buy", "0.010", "60000")
        order_id = resting["order_id"]
        with RedisWitness(deployment.engines.redis.url, lambda plain: _status(plain, order_id)) as cached:
            await until(lambda: kafka.records("orders_executed", _about(order_id)))
            [intent] = kafka.records("order_intents", _about(order_id))
            [executed] = kafka.records("orders_executed", _about(order_id))
            assert (intent["body"]["kind"], intent["account"]) == ("order_intended", "sim")
            assert intent["body"]["client_order_id"] == resting["client_order_id"]
            assert intent["time_ms"] <= executed["time_ms"]
            assert kafka.order_of("answered", "order_intended") == ["order_intended", "answered"]
            assert executed["body"]["exchange_order_id"] == resting["exchange_order_id"]

            # the resolver sets it in the cache, asks the exchange, and publishes each change
            await until(lambda: cached.values[-1:] == ["open"])
            await there.cancel(order_id)
            await until(lambda: cached.values[-1:] == ["canceled"])
        statuses = [each["body"]["order"]["status"] for each in kafka.records("orders_updated", _of(order_id))]
        assert (statuses[0], statuses[-1]) == ("pending", "canceled")
        assert _in_order(cached.values, statuses), (cached.values, statuses)

        # a fill: the position in the cache, on its topic, on both WebSockets
        with RedisWitness(deployment.engines.redis.url, lambda plain: plain.hget(_LEG, "sim")) as leg:
            bought = await there.placed("buy", "0.020")
            await here.becomes(bought["order_id"], "filled")
            await until(lambda: leg.values)
        position = json.loads(leg.values[-1])
        assert (position["symbol"], position["side"], position["amount"]) == (BTC, "long", "0.02")
        moved = kafka.records("positions_updated", lambda each: each["account"] == "sim")
        assert moved[-1]["body"]["position"]["amount"] == "0.02"
        for feed in feeds:
            stream = "orders_updated" if feed.body == "order" else "positions_updated"
            written = kafka.records(stream, lambda record, feed=feed: feed.body in record["body"])
            await until(lambda feed=feed, written=written: len(feed.events) >= len(written))
            assert feed.events == written, "each change, once, in the order of the log"

        # what the exchange refuses is an error, and was never executed
        refused = await here.place("buy", "0.010", "60000", reduce_only=True)
        assert refused.status == 422
        assert refused.body["exchange_code"]
        await until(lambda: kafka.records("order_intents", lambda each: each["body"].get("how") == "rejected"))
        assert not kafka.records("orders_executed", _about(refused.order["order_id"]))

        for feed in feeds:
            await feed.close()


async def test_a_socket_that_broke_goes_on_at_the_other_order_manager(
    deployment: Deployment, exchange: Controls, managers: list[DeskClient]
) -> None:
    here, there = managers
    with KafkaWitness(deployment) as kafka:
        tab = await _feed(here, "/ws/orders", client="tab-1")
        first = await here.placed("buy", "0.010", "60000")
        await until(lambda: _shown(tab, first["order_id"]) == "open")
        await tab.acknowledge()
        await until(lambda: tab.cursor is not None)
        tab.cut()
        while_away = [await here.placed("buy", "0.010", f"{60000 + n}") for n in range(5)]
        await there.cancel(first["order_id"])
        await there.becomes(first["order_id"], "canceled")

        # with its cursor: exactly what came after it
        tab.move_to(lambda: (there.url, there.token or ""))
        await tab.connect()
        assert await _complete(tab, kafka)
        assert _shown(tab, first["order_id"]) == "canceled"
        assert {each["order_id"] for each in while_away} <= set(tab.state)

        # by its name alone: from the place that it had acknowledged, at whichever order_manager
        named = FeedClient(lambda: (there.url, there.token or ""), "/ws/orders", client="tab-1")
        await named.connect()
        await until(lambda: len(named.events) >= len(kafka.records("orders_updated", _is_of_an_order)) - 3)
        assert named.events == tab.events[-len(named.events) :]
        await tab.close()
        await named.close()


def _about(order_id: str) -> Any:
    return lambda record: record["body"].get("order_id", record["body"].get("command_id")) == order_id


def _of(order_id: str) -> Any:
    return lambda record: record["body"].get("order", {}).get("order_id") == order_id


def _is_of_an_order(record: dict[str, Any]) -> bool:
    return "order" in record["body"]


def _status(plain: redis.Redis, order_id: str) -> str | None:
    data = plain.hget(f"orders:{order_id}", "data")
    return None if data is None else json.loads(data)["status"]


def _in_order(some: list[str], of: list[str]) -> bool:
    rest = iter(of)
    return all(each in rest for each in some)


async def _feed(desk: DeskClient, path: str, client: str | None = None) -> FeedClient:
    feed = FeedClient(lambda: (desk.url, desk.token or ""), path, client)
    await feed.connect()
    await until(lambda: feed.cursor is not None)
    return feed


def _shown(feed: FeedClient, order_id: str) -> str | None:
    order = feed.state.get(order_id)
    return None if order is None else order["status"]


async def _complete(feed: FeedClient, kafka: KafkaWitness) -> bool:
    """Wait until the feed has told what the log holds, each once."""

    def told() -> bool:
        written = [each["sequence"] for each in kafka.records("orders_updated", _is_of_an_order)]
        return [each["sequence"] for each in feed.events] == written

    await until(told)
    return True
