"""The way to Redis: every call has a deadline, and while Redis is away no call waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Awaitable, Callable, Iterator
from typing import Final, TypeVar

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from hedgerow.cache import CacheUnavailable

_log = structlog.get_logger(__name__)
_CONNECTIONS: Final = 8
T = TypeVar("T")


class RedisLink:
    """A few connections to one Redis, made as they are needed and again after they broke.

    A call that gets no answer opens the circuit: from then on every call fails at once, and a task of this link asks
    every `look_again_s` whether Redis is back.

    Args:
        url: `redis://[[user]:password@]host[:port][/db]`, `rediss://` over TLS, or `unix://`. It may hold a password,
            and is in no message.
        deadline_s: for one round trip, with connecting and waiting for a free connection.

    Raises:
        ValueError: the URL is none of these.
    """

    def __init__(self, url: str, *, deadline_s: float, look_again_s: float) -> None:
        self._deadline_s = deadline_s
        self._look_again_s = look_again_s
        self._client = Redis(connection_pool=_pool(url, deadline_s))
        self._fault: str | None = None
        self._looking: asyncio.Task[None] | None = None

    @property
    def client(self) -> Redis:
        """To register scripts with; what is asked goes through `ask`."""
        return self._client

    async def ask(self, work: Callable[[Redis], Awaitable[T]]) -> T:
        """One round trip, or few. It may be repeated on a new connection, so it has to be harmless when repeated.

        Raises:
            CacheUnavailable: no answer in time, none at all, or Redis refuses.
        """
        if self._fault is not None:
            raise CacheUnavailable(self._fault)
        with _heeding_cancellation():
            return await self._ask(work)

    async def _ask(self, work: Callable[[Redis], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(self._deadline_s):
                return await work(self._client)
        except (TimeoutError, RedisTimeoutError):
            raise self._lose(f"Redis does not answer within {self._deadline_s} s") from None
        except ReadOnlyError:
            # The master has become a replica: whoever connects anew may be led to the new master.
            await self._client.connection_pool.disconnect(inuse_connections=False)
            raise CacheUnavailable("Redis is a replica that nobody may write to") from None
        except ResponseError as refusal:
            raise CacheUnavailable(f"Redis refuses: {_refusal(refusal)}") from None
        except (RedisError, OSError) as fault:
            raise self._lose(_in_words(fault)) from None

    def _lose(self, reason: str) -> CacheUnavailable:
        if self._fault is None:
            self._fault = reason
            _log.warning("redis lost", reason=reason)
            self._looking = asyncio.create_task(self._look_again(), name="redis-circuit")
        return CacheUnavailable(reason)

    async def _look_again(self) -> None:
        while self._fault is not None:
            await asyncio.sleep(self._look_again_s)
            with contextlib.suppress(TimeoutError, RedisError, OSError):
                async with asyncio.timeout(self._deadline_s):
                    await self._client.ping()
                self._fault = None
        _log.info("redis is back")

    async def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        with contextlib.suppress(RedisError, OSError):
            await self._client.aclose()
            await self._client.connection_pool.disconnect()


@contextlib.contextmanager
def _heeding_cancellation() -> Iterator[None]:
    """Be canceled where the task was, whatever came of what is done within.

    redis-py writes within `asyncio.wait_for`, which in Python 3.11 forgets a cancellation that comes just when the
    write is done (https://github.com/python/cpython/issues/86296): whoever asks in a loop could never be stopped.
    """
    task = asyncio.current_task()
    assert task is not None, "a coroutine runs in a task"
    before = task.cancelling()
    try:
        yield
    finally:
        if task.cancelling() > before:
            raise asyncio.CancelledError


def _pool(url: str, deadline_s: float) -> BlockingConnectionPool:
    try:
        return BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=deadline_s,
            socket_timeout=deadline_s,
            socket_connect_timeout=deadline_s,
            protocol=2,
            # A connection that broke while it lay idle is replaced at once; the deadline bounds all of it.
            retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        )
    except ValueError:  # its words may quote the URL, and with it the password
        raise ValueError("the address of Redis is no redis://, rediss:// or unix:// URL") from None


def _in_words(fault: Exception) -> str:
    """What a person may read. Not the library's words: they could quote what was sent."""
    if isinstance(fault, AuthenticationError):
        return "Redis refuses the password"
    if isinstance(fault, BusyLoadingError):
        return "Redis is loading"
    if _comes_of(fault, ssl.SSLCertVerificationError):
        return "Redis shows a certificate that is not trusted"
    return "Redis cannot be reached"


def _comes_of(fault: BaseException | None, kind: type[BaseException]) -> bool:
    """The library wraps what the socket said."""
    return fault is not None and (isinstance(fault, kind) or _comes_of(fault.__cause__ or fault.__context__, kind))


def _refusal(refusal: ResponseError) -> str:
    """Its first word, such as `WRONGTYPE`: Redis quotes values after it."""
    if isinstance(refusal, OutOfMemoryError):
        return "its memory is full"
    if isinstance(refusal, NoPermissionError):
        return "its user may not do this"
    return (str(refusal).split() or ["unknown"])[0]
