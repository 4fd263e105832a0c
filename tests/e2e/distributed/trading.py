"""One account that is traded at every order_manager of a distributed desk, and everybody who looks on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import redis
from prometheus_client.parser import text_string_to_metric_families
from websockets.exceptions import InvalidHandshake

from hedgerow.core.codec import to_json
from hedgerow.history import OrderFilter
from hedgerow.history.sql import SqlHistory
from hedgerow.journal.partitions import partition_of
from hedgerow.vault import Credentials, ExchangeAccount, Secret
from hedgerow.vault.sql import SqlVault
from onemachine.deployment import Deployment, ExchangeKey
from onemachine.service import Service
from tests.e2e.agreement import agree, is_the_fold, records_are_sound
from tests.e2e.desk_client import DeskClient
from tests.e2e.desk_process import until
from tests.e2e.distributed.witnesses import KafkaWitness
from tests.e2e.feed_client import FeedClient
from tests.simulator.running import Controls

AGREE_S = 60.0
_AGAIN_S = 0.05
_PACE_S = 0.1  # a machine that runs all of it has to keep up with the orders


class Tab:
    """A feed of one order_manager that comes back with its cursor whenever its socket breaks."""

    def __init__(self, desk: DeskClient, path: str) -> None:
        self.feed = FeedClient(lambda: (desk.url, desk.token or ""), path)
        self._watching: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self._watching = asyncio.create_task(self._watch())
        await until(lambda: self.feed.cursor is not None, 20)

    async def _watch(self) -> None:
        while True:
            with contextlib.suppress(OSError, InvalidHandshake, TimeoutError, EOFError):
                await self.feed.connect()
                code = await self.feed.ended()
                assert code != 4410, f"a cursor was refused: {self.feed.problem}"
            await asyncio.sleep(_AGAIN_S)

    async def close(self) -> None:
        assert self._watching is not None
        if self._watching.done():
            self._watching.result()  # what was wrong with a frame
        self._watching.cancel()
        await asyncio.wait([self._watching])
        await self.feed.close()


class Trading:
    """
    Attributes:
        desks: a client of each order_manager, of the one account.
        kafka: has read every topic from its beginning.
    """

    def __init__(self, deployment: Deployment, account: str, token: str) -> None:
        self.deployment = deployment
        self.account = account
        self.exchange = Controls(deployment.exchange_url)
        self.desks = [DeskClient(url, token, account) for url in deployment.manager_urls]
        self.orders = [Tab(desk, "/ws/orders") for desk in self.desks]
        self.positions = [Tab(desk, "/ws/positions") for desk in self.desks]
        self.kafka = KafkaWitness(deployment)
        self.partition = partition_of(account, int(deployment.environment["HEDGEROW_KAFKA_PARTITIONS"]))
        self._http = httpx.AsyncClient(timeout=2, trust_env=False)

    async def __aenter__(self) -> Trading:
        await add_account(self.deployment, self.account)
        self.kafka.__enter__()
        for tab in self._tabs:
            await tab.open()
        for desk in self.desks:
            await desk.followed(60)
        return self

    async def __aexit__(self, *_: object) -> None:
        for tab in self._tabs:
            await tab.close()
        for desk in self.desks:
            await desk.__aexit__()
        await self._http.aclose()
        self.kafka.__exit__()

    @property
    def _tabs(self) -> list[Tab]:
        return [*self.orders, *self.positions]

    def fault(self, kind: str, target: str, **more: Any) -> None:
        """At this account of the exchange only."""
        self.exchange.fault(kind, target, account=self.account, **more)

    async def becomes(self, desk: DeskClient, order_id: str, *statuses: str, within_s: float = 20.0) -> dict[str, Any]:
        """The order at one order_manager, which may not have heard of it yet, once it has one of these statuses."""

        async def known() -> bool:
            return (await desk.call("GET", f"/api/orders/{order_id}")).status == 200

        await until(known, within_s)
        return await desk.becomes(order_id, *statuses, within_s=within_s)

    # who follows what

    async def partitions(self, resolver: Service) -> dict[int, int]:
        """The partitions that a resolver follows by its own word, with their epochs; none where it does not answer."""
        if not resolver.running:
            return {}
        try:
            answer = await self._http.get(self.deployment.ops_url(resolver, "/metrics"))
        except httpx.TransportError:
            return {}
        return {
            int(sample.labels["partition"]): int(sample.value)
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
            if sample.name == "hedgerow_partition_epoch" and sample.value
        }

    async def owner(self, *, but: Service | None = None) -> Service:
        """The resolver that follows the account; `but`: another one than this."""

        async def found() -> Service | None:
            for resolver in self.deployment.resolvers:
                if resolver is not but and self.partition in await self.partitions(resolver):
                    return resolver
            return None

        owner: Service = await until(found, 40)
        return owner

    async def shared_out(self) -> None:
        """Wait until every resolver has a share of the partitions, and each partition one owner, with its own epoch."""
        every = set(range(int(self.deployment.environment["HEDGEROW_KAFKA_PARTITIONS"])))

        async def so() -> bool:
            held = [await self.partitions(resolver) for resolver in self.deployment.resolvers]
            return all(held) and sorted(n for each in held for n in each) == sorted(every)

        await until(so, 60)

    def deliver_again(self, *topics: str, epoch: int | None = None) -> None:
        """All records of the account once more; with another epoch where one is given."""
        key = self.account.encode()
        again = [each for topic in topics for each in self.kafka.messages(topic) if each.key == key]
        self.kafka.deliver_again(again, epoch=epoch)

    # whether all tell the same story

    async def settles(self, *, copies: bool = False) -> None:
        """Exchange, journal, history, caches and every client agree; `copies`: records were delivered twice."""
        for desk in self.desks:
            await agree(desk, self.exchange, within_s=AGREE_S)
        for desk, orders, positions in zip(self.desks, self.orders, self.positions, strict=True):
            await _comes(lambda d=desk, o=orders, p=positions: self._tab_differences(d, o, p))
        if not copies:
            self._each_event_once()
        history = await SqlHistory.open(self.deployment.database)
        try:
            await _comes(lambda: self._log_differences(history))
            await _comes(lambda: self._cache_differences(history))
        finally:
            await history.close()
        records_are_sound(self.kafka.envelopes, self.account, self.exchange)
        keys = Counter(each["idempotency_key"] for each in await self.desks[0].orders())
        assert all(count == 1 for key, count in keys.items() if key is not None), f"two orders of one key: {keys}"

    async def _tab_differences(self, desk: DeskClient, orders: Tab, positions: Tab) -> str | None:
        shown = {order["order_id"]: order for order in await desk.orders()}
        told = {name: each for name, each in orders.feed.state.items() if each["account"] == self.account}
        if told != shown:
            differing = [name for name in {*shown, *told} if told.get(name) != shown.get(name)]
            return f"at {desk.url}: " + "\n".join(f"{told.get(n)} told, {shown.get(n)} shown" for n in differing[:3])
        legs = {(each["symbol"], each["side"]): each["version"] for each in await desk.positions()}
        open_legs = {
            (each["symbol"], each["side"]): each["version"]
            for each in positions.feed.state.values()
            if each["account"] == self.account and (each["symbol"], each["side"]) in legs
        }
        return None if open_legs == legs else f"at {desk.url}: {open_legs} told, {legs} shown"

    def _each_event_once(self) -> None:
        for tab in self._tabs:
            bodies = [event["body"][tab.feed.body] for event in tab.feed.events]
            told = Counter((tab.feed._key(body), body["version"]) for body in bodies)
            twice = [name for name, count in told.items() if count > 1]
            assert not twice, f"a client was told twice of {twice}"

    async def _log_differences(self, history: SqlHistory) -> str | None:
        """The journal's reader and history may still be on their way."""
        try:
            await is_the_fold(history, self.kafka.envelopes, self.account)
        except AssertionError as fault:
            return f"history and journal differ: {fault}"
        return None

    async def _cache_differences(self, history: SqlHistory) -> str | None:
        kept, _ = await history.orders(OrderFilter(account=self.account, limit=10_000))
        living = {order.order_id: json.loads(to_json(order)) for order in kept if not order.ended}
        held = {
            f"{each.symbol}:{each.side}": json.loads(to_json(each))
            for each in (await history.positions())[0]
            if each.account == self.account and (each.amount or each.discrepancy)
        }
        with redis.Redis.from_url(self.deployment.engines.redis.url, decode_responses=True) as plain:
            ids: Any = plain.hgetall("orders")
            legs: Any = plain.smembers("positions")
            cached = {
                order_id: json.loads(plain.hget(f"orders:{order_id}", "data") or "null")  # type: ignore[arg-type]
                for order_id, account in ids.items()
                if account == self.account
            }
            positions = {leg: plain.hget(f"positions:{leg}", self.account) for leg in legs}
        cached_legs = {leg: json.loads(text) for leg, text in positions.items() if text}  # type: ignore[arg-type]
        if (cached, cached_legs) == (living, held):
            return None
        return f"cached {sorted(cached)} {cached_legs}, in history {sorted(living)} {held}"


async def _comes(look: Any, within_s: float = 30.0) -> None:
    """Wait until a look finds no difference; fail with the last one."""
    last: list[str | None] = [None]

    async def same() -> bool:
        last[0] = await look()
        return last[0] is None

    try:
        await until(same, within_s)
    except AssertionError:
        raise AssertionError(last[0]) from None


async def add_account(deployment: Deployment, name: str) -> None:
    """A new account with money at the exchange, in the desk's vault: its processes notice by themselves."""
    key = ExchangeKey.new(name)
    url = deployment.exchange_url
    Controls(url).control("POST", "keys", key=key.key, secret=key.secret, account=name)
    account = ExchangeAccount(
        name=name,
        exchange="bybit",
        environment="simulation",
        urls={"rest": url, "ws": url.replace("http", "ws", 1)},
        created_ms=time.time_ns() // 1_000_000,
    )
    vault = await SqlVault.open(deployment.database, Path(deployment.environment["HEDGEROW_KEY_FILE"]))
    try:
        await vault.add_account(account, Credentials({"apiKey": Secret(key.key), "secret": Secret(key.secret)}))
    finally:
        await vault.close()


class Traffic:
    """Orders at all order_managers, one after the other in a few lanes; asked for again, elsewhere, until answered.

    Attributes:
        order_of: the order of each key that was answered.
        refused: why orders came to nothing, or had to be asked for again.
    """

    def __init__(self, trading: Trading, name: str, lanes: int = 3) -> None:
        self._trading = trading
        self._name = name
        self._lanes = lanes
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []
        self.order_of: dict[str, str] = {}
        self.refused: Counter[str] = Counter()

    async def more(self, count: int = 6, within_s: float = 60.0) -> None:
        """Wait until so many more orders have been answered."""
        wanted = len(self.order_of) + count
        await until(lambda: len(self.order_of) >= wanted or any(task.done() for task in self._tasks), within_s)

    async def _lane(self, lane: int) -> None:
        number = 0
        while not self._stopping:
            number += 1
            await self._order(lane + number, f"{self._name} {lane} {number}")
            await asyncio.sleep(_PACE_S)

    async def _order(self, number: int, key: str) -> None:
        """In turn: a purchase, a sale, an order that rests, and one that is canceled at the other order_manager."""
        desks = self._trading.desks
        side = "sell" if number % 4 == 1 else "buy"
        price = str(50_000 + number) if number % 4 >= 2 else None
        order = await self._answered(number, key, side, price)
        if number % 4 == 3 and order["status"] == "open":
            with contextlib.suppress(httpx.TransportError, TimeoutError):
                async with asyncio.timeout(8):
                    await desks[(number + 1) % len(desks)].cancel(order["order_id"])

    async def _answered(self, number: int, key: str, side: str, price: str | None) -> dict[str, Any]:
        began = time.monotonic()
        while True:
            assert time.monotonic() < began + 90, f"{key} was never answered: {self.refused}"
            order = await self._asked(number, key, side, price)
            if order is not None:
                known = self.order_of.setdefault(key, order["order_id"])
                assert known == order["order_id"], f"{key} is two orders"
                return order
            number += 1
            await asyncio.sleep(_AGAIN_S)

    async def _asked(self, number: int, key: str, side: str, price: str | None) -> dict[str, Any] | None:
        """The order; none where no order_manager answers for it yet."""
        desk = self._trading.desks[number % len(self._trading.desks)]
        try:
            async with asyncio.timeout(8):
                answer = await desk.place(side, "0.001", price, key=key)
        except (httpx.TransportError, TimeoutError) as fault:
            self.refused[type(fault).__name__] += 1
            return None
        assert answer.status in (201, 202, 422, 503), answer
        if answer.status >= 400:
            self.refused[f"{answer.status} {answer.body['code']}"] += 1
        order: dict[str, Any] | None = answer.body if answer.status < 400 else answer.body.get("order")
        return order

    async def __aenter__(self) -> Traffic:
        self._tasks = [asyncio.create_task(self._lane(lane)) for lane in range(self._lanes)]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stopping = True
        if kind is not None:
            for task in self._tasks:
                task.cancel()
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        if kind is None:
            for fault in ended:
                if isinstance(fault, BaseException):
                    raise fault
