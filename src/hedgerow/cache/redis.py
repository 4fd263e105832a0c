"""The caches in Redis, shared by every order_manager and order_resolver. Values are JSON that any client can read.

    orders:{order_id}           hash: epoch, offset, data (the order); expires after the order's end
    orders                      hash: the living orders' ids, each with its account
    positions:{symbol}:{side}   hash: the position of each account; no field where it is flat
    positions                   set: `{symbol}:{side}` where anybody has a position
    versions:{symbol}:{side}    hash: `epoch:offset` of each account, of flat positions too
    balances:{account}          hash: epoch, offset, data (the balances)
    applied:{partition}         string: the marker of a partition

A prefix in front of them keeps several desks apart in one Redis. Scripts touch keys of several slots: this is for one
Redis with its replicas, not for Redis Cluster.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final, TypeVar

import msgspec
from redis.asyncio import Redis
from redis.commands.core import AsyncScript

from hedgerow.cache import Applied, CacheUnavailable, Version, redis_scripts
from hedgerow.cache.redis_link import RedisLink
from hedgerow.core.codec import to_json
from hedgerow.core.orders import Order
from hedgerow.core.positions import Position
from hedgerow.core.reports import Balance

_MANY: Final = 200  # values in one call: Redis serves nobody else meanwhile, a millisecond or two
_SCANNED: Final = 1_000
_FLAT_KEPT_S: Final = 86_400  # how late a write may come and still not bring a flat position back
_FAMILIES: Final = rb"(orders|positions)(:|\Z)|(versions|balances|applied):"
_order: Final = msgspec.json.Decoder(Order)
_position: Final = msgspec.json.Decoder(Position)


class _HeldBalances(msgspec.Struct, frozen=True):
    updated_ms: int
    balances: tuple[Balance, ...]


_balances: Final = msgspec.json.Decoder(_HeldBalances)
_applied: Final = msgspec.json.Decoder(Applied)
T = TypeVar("T")
Value = bytes | str | int


class RedisCache:
    """`Cache` on Redis.

    Nothing is connected before the first call, so a Redis that is away delays nobody's start.

    Args:
        url: of the server (see `RedisLink`).
        ended_s: for how many seconds an order stays after its end.
        prefix: in front of every key.
        deadline_s: for one round trip; a call on many values makes several.
        look_again_s: how often a Redis that went away is looked for.

    Raises:
        ValueError: the URL is none of Redis.
    """

    def __init__(
        self,
        url: str,
        *,
        ended_s: int = 3_600,
        prefix: str = "",
        deadline_s: float = 0.75,
        look_again_s: float = 1.0,
    ) -> None:
        link = self._link = RedisLink(url, deadline_s=deadline_s, look_again_s=look_again_s)
        self._ended_s = ended_s
        self._prefix = prefix
        register = link.client.register_script  # runs by its digest, and loads itself where Redis does not know it
        self._put_orders = register(redis_scripts.PUT_ORDERS)
        self._put_positions = register(redis_scripts.PUT_POSITIONS)
        self._put_balances = register(redis_scripts.PUT_BALANCES)
        self._remove_orders = register(redis_scripts.REMOVE_ORDERS)
        self._put_applied = register(redis_scripts.PUT_APPLIED)
        self._read_values = register(redis_scripts.READ_VALUES)
        self._read_legs = register(redis_scripts.READ_LEGS)

    async def close(self) -> None:
        await self._link.close()

    def _key(self, *names: str) -> str:
        return self._prefix + ":".join(names)

    async def _run(self, script: AsyncScript, keys: Sequence[str], values: Sequence[Value] = ()) -> Any:
        return await self._link.ask(lambda _: script(keys=keys, args=values))

    # orders

    async def put_orders(self, orders: Sequence[tuple[Version, Order]]) -> None:
        """While Redis works at some, the next are made ready: that halves the time of a fill."""
        under_way: asyncio.Task[Any] | None = None
        try:
            for some in _chunks(orders):
                keys, values = self._orders_to_put(some)
                if under_way is not None:
                    await under_way
                under_way = asyncio.create_task(self._run(self._put_orders, keys, values))
                await asyncio.sleep(0)  # it is sent before the next are made ready
            if under_way is not None:
                await under_way
        finally:
            if under_way is not None and not under_way.done():
                under_way.cancel()
                await asyncio.gather(under_way, return_exceptions=True)

    def _orders_to_put(self, orders: Sequence[tuple[Version, Order]]) -> tuple[list[str], list[Value]]:
        keys = [self._key("orders"), *(self._key("orders", order.order_id) for _, order in orders)]
        values: list[Value] = [self._ended_s, len(self._key("orders", ""))]
        for (epoch, offset), order in orders:
            account = "" if order.ended else order.account
            values.append(b"%d:%d:%b\n%b" % (epoch, offset, account.encode(), to_json(order)))
        return keys, values

    async def living(self) -> dict[str, str]:
        found: dict[bytes, bytes] = {}
        at = 0
        while True:
            at, more = await self._link.ask(partial(_scan_index, index=self._key("orders"), at=at))
            found.update(more)
            if not at:
                return {order_id.decode(): account.decode() for order_id, account in found.items()}

    async def find_orders(self, order_ids: Sequence[str]) -> list[tuple[Version, Order]]:
        found: list[tuple[Version, Order]] = []
        for some in _chunks(order_ids):
            rows = await self._run(self._read_values, [self._key("orders", order_id) for order_id in some])
            found += [(_version(row), _read(_order, row[2])) for row in rows if row[2] is not None]
        return found

    async def remove_orders(self, order_ids: Sequence[str]) -> None:
        for some in _chunks(order_ids):
            keys = [self._key("orders"), *(self._key("orders", order_id) for order_id in some)]
            await self._run(self._remove_orders, keys, some)

    # positions and balances

    async def put_positions(self, positions: Sequence[tuple[Version, Position]]) -> None:
        for some in _chunks(positions):
            keys = [self._key("positions")]
            values: list[Value] = [_FLAT_KEPT_S]
            for version, position in some:
                leg = f"{position.symbol}:{position.side.value}"
                flat = not position.amount and not position.discrepancy
                keys += [self._key("positions", leg), self._key("versions", leg)]
                values += [leg, position.account, version.epoch, version.offset, b"" if flat else to_json(position)]
            await self._run(self._put_positions, keys, values)

    async def positions(self) -> list[tuple[Version, Position]]:
        index = self._key("positions")
        members: Any = await self._link.ask(lambda redis: redis.smembers(index))
        legs = [leg.decode() for leg in members]
        found: list[tuple[Version, Position]] = []
        for some in _chunks(legs):
            keys = [self._key(family, leg) for leg in some for family in ("positions", "versions")]
            rows = iter(await self._run(self._read_legs, keys))
            for held, versions in zip(rows, rows, strict=True):
                version_of = dict(_pairs(versions))
                found += [
                    (_version(version_of[account].split(b":")), _read(_position, data))
                    for account, data in _pairs(held)
                ]
        return found

    async def put_balances(self, account: str, version: Version, balances: Sequence[Balance], updated_ms: int) -> None:
        held = _HeldBalances(updated_ms, tuple(balances))
        values: list[Value] = [version.epoch, version.offset, to_json(held)]
        await self._run(self._put_balances, [self._key("balances", account)], values)

    async def balances(self, account: str) -> tuple[Version, list[Balance], int] | None:
        [row] = await self._run(self._read_values, [self._key("balances", account)])
        if row[2] is None:
            return None
        held = _read(_balances, row[2])
        return _version(row), list(held.balances), held.updated_ms

    # what the cache is made of

    async def life(self) -> str:
        """The run id: a server gets another at each start, and a replica has its own."""
        told = await self._link.ask(lambda redis: redis.info("server"))
        return str(told.get("run_id", ""))

    async def applied(self, partition: int) -> Applied | None:
        key = self._key("applied", str(partition))
        text: Any = await self._link.ask(lambda redis: redis.get(key))
        return None if text is None else _read(_applied, text)

    async def put_applied(self, partition: int, applied: Applied, *, instead_of: Applied | None) -> bool:
        before = b"" if instead_of is None else _marker(instead_of)
        return bool(
            await self._run(self._put_applied, [self._key("applied", str(partition))], [before, _marker(applied)])
        )

    async def clear(self) -> None:
        """Remove every key of this prefix's families; others in this Redis stay."""
        families = re.compile(re.escape(self._prefix.encode()) + b"(?:" + _FAMILIES + b")")
        at = 0
        while True:
            at, keys = await self._link.ask(partial(_scan, at=at))
            if ours := [key for key in keys if families.match(key)]:
                await self._link.ask(partial(_unlink, keys=ours))
            if not at:
                return


async def _scan_index(redis: Redis, *, index: str, at: int) -> tuple[int, dict[bytes, bytes]]:
    told: Any = await redis.hscan(index, at, count=_SCANNED)
    return int(told[0]), told[1]


async def _scan(redis: Redis, *, at: int) -> tuple[int, list[bytes]]:
    told: Any = await redis.scan(at, count=_SCANNED)
    return int(told[0]), told[1]


async def _unlink(redis: Redis, *, keys: Sequence[bytes]) -> None:
    await redis.unlink(*keys)


def _chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    return (values[at : at + _MANY] for at in range(0, len(values), _MANY))


def _pairs(flat: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """A hash as Redis tells it: field, value, field, value …"""
    return zip(flat[::2], flat[1::2], strict=True)


def _version(texts: Sequence[bytes]) -> Version:
    return Version(int(texts[0]), int(texts[1]))


def _read(decoder: msgspec.json.Decoder[T], text: bytes) -> T:
    """Raises CacheUnavailable for what is not ours, or of another release: history is asked instead."""
    try:
        return decoder.decode(text)
    except msgspec.DecodeError as error:
        raise CacheUnavailable(f"Redis holds what cannot be read: {error}") from None


def _marker(applied: Applied) -> bytes:
    """Always the same text for the same marker: Redis compares it as it stands."""
    return to_json(msgspec.structs.replace(applied, offsets=dict(sorted(applied.offsets.items()))))
