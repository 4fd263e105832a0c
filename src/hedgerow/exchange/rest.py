"""HTTP to an exchange: ccxt signs, our own session sends, and the raw answer comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import aiohttp
import yarl

from hedgerow.exchange import ExchangeFault, KeyRefusedFault, Timing
from hedgerow.exchange.clock import ExchangeClock
from hedgerow.exchange.dialect import Call, Dialect, Lane, Reply, Row
from hedgerow.exchange.limiter import Limiter, TooBusyError
from hedgerow.exchange.outcomes import LISTS, NoAnswerError

_WINDOW_MS: Final = 5_000  # of a question
_WITHIN_S: Final = 10.0
_MOST_PAGES: Final = 2_000
_TURNED_AWAY: Final = (403, 418, 429)
_HOLD_MS: Final = 1_000  # where the exchange does not say how long


class Signed(NamedTuple):
    """A request, signed and not sent."""

    lane: Lane
    method: str
    url: yarl.URL
    headers: dict[str, str]
    body: bytes | None


class Rest:
    """One account's requests over HTTP. Nothing in here sends anything twice, or follows a redirect."""

    def __init__(
        self, client: Any, dialect: Dialect, clock: ExchangeClock, limiter: Limiter, scrub: Callable[[str], str]
    ) -> None:
        self._client = client
        self._dialect = dialect
        self._clock = clock
        self._limiter = limiter
        self._scrub = scrub

    def sign(self, call: Call, timing: Timing) -> Signed:
        """Build the request with this timestamp and window; no byte is sent."""
        with self._client.desk_stamped(timing):
            made = self._client.sign(
                call.path, ["private" if call.private else "public"], call.method, dict(call.params)
            )
        body = made["body"]
        return Signed(
            call.lane,
            call.method,
            yarl.URL(made["url"], encoded=True),
            made["headers"] or {},
            None if body is None else body.encode(),
        )

    async def deliver(self, request: Signed, within_s: float) -> Reply:
        """Send once and read the answer.

        Raises:
            NoAnswerError: what came is no answer of the exchange.
            TimeoutError, aiohttp.ClientError: nothing came.
        """
        session: aiohttp.ClientSession = self._client.session
        async with (
            asyncio.timeout(within_s),
            session.request(
                request.method, request.url, data=request.body, headers=request.headers, allow_redirects=False
            ) as response,
        ):
            if response.status in _TURNED_AWAY:
                self._limiter.hold(request.lane, _retry_after_ms(response.headers.get("Retry-After")))
            body = await response.read()
        reply = self._dialect.read_reply(response.status, body)
        if reply is None:
            raise NoAnswerError(f"HTTP {response.status} with {len(body)} bytes that are no answer of the exchange")
        return reply

    async def ask(self, call: Call) -> Reply:
        """Ask a question that may be asked again.

        Raises:
            ExchangeFault: there is no good answer; KeyRefusedFault where it is about the key.
        """
        try:
            await self._limiter.admit(call.lane)
            now_ms = self._clock.now_ms()
            reply = await self.deliver(self.sign(call, Timing(now_ms, now_ms + _WINDOW_MS)), _WITHIN_S)
        except TimeoutError:
            raise ExchangeFault(f"{self._dialect.exchange} did not answer {call.path} in time") from None
        except (aiohttp.ClientError, OSError, NoAnswerError, TooBusyError) as error:
            text = self._scrub(f"{type(error).__name__}: {error}")
            raise ExchangeFault(f"{self._dialect.exchange} did not answer {call.path}: {text[:300]}") from None
        if reply.hold_ms is not None:
            self._limiter.hold(Lane.QUERY, reply.hold_ms)
        known = LISTS[self._dialect.exchange]
        if reply.code != known.accepted:
            words = self._scrub(f"{reply.code} {reply.message}")
            kind = KeyRefusedFault if reply.code in known.of_the_key else ExchangeFault
            raise kind(f"{self._dialect.exchange} refused {call.path}: {words[:300]}")
        return reply

    async def rows(self, call: Call) -> list[Row]:
        """Every row of every page.

        Raises:
            ExchangeFault: a page is missing.
        """
        found: list[Row] = []
        asked: set[str] = set()
        page: Call | None = call
        while page is not None:
            if len(asked) == _MOST_PAGES or repr(page.params) in asked:
                raise ExchangeFault(f"{self._dialect.exchange}: the pages of {call.path} do not end")
            asked.add(repr(page.params))
            reply = await self.ask(page)
            found += self._dialect.rows(reply)
            page = self._dialect.next_page(page, reply)
        return found

    async def all_rows(self, calls: Sequence[Call]) -> list[Row]:
        """The rows of several questions, in their order."""
        return [row for call in calls for row in await self.rows(call)]


def _retry_after_ms(header: str | None) -> int:
    """https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3, in seconds; its dates are not used by exchanges."""
    return int(header) * 1000 if header is not None and header.isdecimal() and len(header) < 6 else _HOLD_MS
