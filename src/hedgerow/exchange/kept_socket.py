"""One WebSocket of an exchange, kept up for ever: dialled, logged in, subscribed; and again after every loss."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeVar

import structlog

from hedgerow.exchange import ExchangeFault
from hedgerow.exchange.dialect import Dialect
from hedgerow.exchange.outcomes import NotHandedOverError, SocketLostError

_LOG = structlog.get_logger(__name__)
_T = TypeVar("_T")
_COME_UP_S: Final = 10.0
_ACKNOWLEDGE_S: Final = 10.0
_GOOD_BYE_S: Final = 1.0
_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 15.0
_STEADY_MS: Final = 5_000  # up for this long, a loss starts the pauses anew
_TOPICS_A_FRAME: Final = 50
_MOST_WAITING: Final = 10_000  # requests


class KeptSocket:
    """A socket over ccxt's connection to one address.

    Its owner runs `run()` in a task of its own and ends it by `stop()`. `topics` is what should be subscribed; what
    changes while it is up is subscribed or left at once.
    """

    def __init__(
        self,
        client: Any,
        dialect: Dialect,
        url: str,
        *,
        log_in: bool,
        now_ms: Callable[[], int],
        chance: random.Random,
        scrub: Callable[[str], str],
        on_push: Callable[[str, Mapping[str, Any]], None],
        on_up: Callable[[], None],
        on_down: Callable[[str], None],
        strict: bool = True,
    ) -> None:
        """`strict`: a refused subscription is a failure of the socket, and not only of the topic."""
        self._exchange = client
        self._dialect = dialect
        self._url = url
        self._log_in = log_in
        self._now_ms = now_ms
        self._chance = chance
        self._scrub = scrub
        self._on_push, self._on_up, self._on_down = on_push, on_up, on_down
        self._strict = strict
        self._connection: Any = None  # ccxt's client of this address
        self._lost: asyncio.Future[str] | None = None
        self._stirred = asyncio.Event()
        self._pending: dict[str, asyncio.Future[Mapping[str, Any]]] = {}
        self._topics: set[str] = set()
        self._subscribed: set[str] = set()
        self._stale: set[str] = set()
        self._count = 0
        self._prefix = f"d{chance.getrandbits(40):010x}-"  # an exchange may remember the ids of an earlier connection
        self._told_down = False
        self._complained = False
        self.up = False
        self.heard_ms = 0
        client.desk_takers[url] = self

    # what the owner asks

    async def run(self) -> None:
        """Keep the socket up until cancelled."""
        failures = 0
        while True:
            up_at_ms: int | None = None
            try:
                async with asyncio.timeout(_COME_UP_S):
                    await self._come_up()
                up_at_ms = self._now_ms()
                self._say_up()
                reason = await self._stay_up()
            except Exception as error:
                reason = f"{type(error).__name__}: {error}".removesuffix(": ")
            self._say_down(self._scrub(reason)[:300])
            steady = up_at_ms is not None and self._now_ms() - up_at_ms >= _STEADY_MS
            failures = 0 if steady else failures + 1
            await asyncio.sleep(self._pause(failures))

    async def stop(self) -> None:
        """Close politely; `run()` must have been cancelled."""
        connection, self._connection = self._connection, None
        self._exchange.desk_takers.pop(self._url, None)
        self._fail_pending("closed by us")
        self.up = False
        if connection is not None:
            self._exchange.clients.pop(self._url, None)
            with suppress(Exception):
                async with asyncio.timeout(_GOOD_BYE_S):
                    await connection.close()
            _cut(connection)

    def want(self, topic: str) -> None:
        self._topics.add(topic)
        self._stirred.set()

    def leave(self, topic: str) -> None:
        self._topics.discard(topic)
        self._stirred.set()

    def renew(self, topic: str) -> None:
        """Leave and subscribe anew, for a fresh snapshot."""
        self._stale.add(topic)
        self._stirred.set()

    def drop(self, reason: str) -> None:
        """Give this connection up and dial again."""
        if self._connection is not None:
            self.lost(self._connection, reason)

    def request_id(self) -> str:
        """A name for a request that no other has."""
        self._count += 1
        return f"{self._prefix}{self._count}"

    async def request(self, frame: str, request_id: str, within_s: float) -> Mapping[str, Any]:
        """Send one frame, once, and wait for the frame that answers it.

        Raises:
            NotHandedOverError: the socket was not up; nothing was written.
            SocketLostError: it went away before the answer.
            TimeoutError: no answer in time.
        """
        if not self.up:
            raise NotHandedOverError("the exchange's WebSocket is not up")
        return await self._request(frame, request_id, within_s)

    async def _request(self, frame: str, request_id: str, within_s: float) -> Mapping[str, Any]:
        connection = self._connection
        if connection is None or connection.closed():
            raise NotHandedOverError("the exchange's WebSocket is closed")
        if len(self._pending) >= _MOST_WAITING:
            raise NotHandedOverError("too many requests wait for an answer")
        assert request_id not in self._pending, "a request id is used once"
        answer: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        self._pending[request_id] = answer
        try:
            async with asyncio.timeout(within_s):
                await connection.connection.send_str(frame)
                return await answer
        finally:
            self._pending.pop(request_id, None)

    # what ccxt tells

    def heard(self) -> None:
        self.heard_ms = self._now_ms()

    def take(self, message: Mapping[str, Any]) -> bool:
        topic = self._dialect.topic(message)
        if topic is not None:
            self._on_push(topic, message)
            return True
        request_id = self._dialect.answers(message)
        if request_id is None:
            return False
        waiting = self._pending.get(request_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(message)
        return True

    def broken(self, error: Exception) -> None:
        """Say it once a connection, and live on."""
        if not self._complained:
            self._complained = True
            _LOG.warning("exchange.frame_skipped", url=self._url, error=type(error).__name__)

    def lost(self, client: object, reason: str) -> None:
        if client is self._connection and self._lost is not None and not self._lost.done():
            self._lost.set_result(reason)
            self._stirred.set()

    # the life of one connection

    async def _come_up(self) -> None:
        self._lost = asyncio.get_running_loop().create_future()
        self._subscribed.clear()
        self._complained = False
        connection = self._connection = self._exchange.client(self._url)
        await self._unless_lost(connection.connect(self._exchange.session))
        if self._log_in:
            await self._unless_lost(self._dialect.log_in(self._exchange, self._url))
        await self._settle_topics()

    async def _unless_lost(self, awaitable: Awaitable[_T]) -> _T:
        assert self._lost is not None, "a connection is being made"
        task = asyncio.ensure_future(awaitable)
        try:
            both: set[asyncio.Future[Any]] = {task, self._lost}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise SocketLostError(self._lost.result())
        finally:
            task.cancel()

    async def _stay_up(self) -> str:
        assert self._lost is not None, "a connection is up"
        while not self._lost.done():
            await self._stirred.wait()
            self._stirred.clear()
            if not self._lost.done():
                await self._settle_topics()
        return self._lost.result()

    async def _settle_topics(self) -> None:
        gone = sorted((self._subscribed - self._topics) | (self._subscribed & self._stale))
        self._stale.clear()
        if gone:
            await self._tell(gone, leave=True)
        fresh = sorted(self._topics - self._subscribed)
        for start in range(0, len(fresh), _TOPICS_A_FRAME):
            await self._tell(fresh[start : start + _TOPICS_A_FRAME], leave=False)

    async def _tell(self, topics: list[str], *, leave: bool) -> None:
        request_id = self.request_id()
        frame = self._dialect.subscribe_frame(topics, request_id, leave=leave)
        request = self._request(frame, request_id, _ACKNOWLEDGE_S)
        answer = await self._unless_lost(request)
        if leave:
            self._subscribed.difference_update(topics)
            return
        self._subscribed.update(topics)
        if not self._dialect.subscribed(answer):
            if self._strict:
                raise ExchangeFault(f"the exchange refused the subscription to {', '.join(topics)}")
            _LOG.warning("exchange.subscription_refused", url=self._url, topics=topics)

    def _say_up(self) -> None:
        self.up = True
        self.heard()
        self._told_down = False
        self._on_up()

    def _say_down(self, reason: str) -> None:
        self.up = False
        connection, self._connection = self._connection, None
        if connection is not None:
            if self._exchange.clients.get(self._url) is connection:
                del self._exchange.clients[self._url]
            _cut(connection)
        self._fail_pending(reason)
        if not self._told_down:
            self._told_down = True
            self._on_down(reason)

    def _fail_pending(self, reason: str) -> None:
        for waiting in self._pending.values():
            if not waiting.done():
                waiting.set_exception(SocketLostError(reason))

    def _pause(self, failures: int) -> float:
        longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * (1 << min(failures, 10)))
        return longest * self._chance.uniform(0.5, 1.0)


def _cut(connection: Any) -> None:
    """Close ccxt's socket at once.

    aiohttp's `close()` waits ten seconds for a peer that is silent; its response closes the transport.
    """
    if connection.ping_looper is not None:
        connection.ping_looper.cancel()
    socket = connection.connection
    if socket is not None and not socket.closed:
        socket._response.close()
