"""One account's connection to one exchange through ccxt: opened once, closed once."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

import aiohttp
import structlog

from hedgerow.exchange import AccountCheck, ExchangeFault
from hedgerow.exchange.ccxt_client import make_client
from hedgerow.exchange.clock import ExchangeClock
from hedgerow.exchange.dialect import Dialect
from hedgerow.exchange.kept_socket import KeptSocket
from hedgerow.exchange.limiter import Limiter
from hedgerow.exchange.link import Link, Patience
from hedgerow.exchange.market import CcxtMarketData
from hedgerow.exchange.reports import CcxtReports
from hedgerow.exchange.trading import CcxtTrading
from hedgerow.exchange.wire_numbers import UnreadableError

_LOG = structlog.get_logger(__name__)
_MEASURE_EVERY_S: Final = 30.0  # this keeps one connection warm for orders over REST, too
_ENTRY_UP_S: Final = 3.0  # how long `open` waits for the order entry WebSocket; REST serves until it is up
_KEEP_ALIVE_S: Final = 60.0
_SIMULATION: Final = "simulation"  # an account that holds nothing needs no advice on its keys


class CcxtConnection:
    """The three sides of one account. `trading`, `reports` and `market` may be used once `open()` has returned."""

    def __init__(
        self,
        account: str,
        environment: str,
        dialect: Dialect,
        *,
        urls: Mapping[str, str],
        options: Mapping[str, str],
        credentials: Mapping[str, str],
        now_ms: Callable[[], int],
        chance: random.Random,
        patience: Patience,
        sends_orders: bool,
    ) -> None:
        self._account = account
        self._environment = environment
        self._dialect = dialect
        self._urls = urls
        self._options = options
        self._credentials = credentials
        self._now_ms = now_ms
        self._chance = chance
        self._patience = patience
        self._sends_orders = sends_orders
        self._session: aiohttp.ClientSession | None = None
        self._link: Link | None = None
        self._entry: KeptSocket | None = None
        self._entry_up = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._trading: CcxtTrading | None = None
        self._reports: CcxtReports | None = None
        self._market: CcxtMarketData | None = None

    @property
    def account(self) -> str:
        return self._account

    @property
    def trading(self) -> CcxtTrading:
        assert self._trading is not None, "the connection is open"
        return self._trading

    @property
    def reports(self) -> CcxtReports:
        assert self._reports is not None, "the connection is open"
        return self._reports

    @property
    def market(self) -> CcxtMarketData:
        assert self._market is not None, "the connection is open"
        return self._market

    async def open(self) -> None:
        try:
            await self._open()
        except (UnreadableError, LookupError) as error:
            await self.close()
            raise ExchangeFault(f"{self._dialect.exchange}: an answer does not read: {error}") from None
        except BaseException:
            await self.close()
            raise

    async def _open(self) -> None:
        link = self._make_link()
        await self._measure_clock(link)
        self._make_entry(link)  # its login is stamped with the exchange's clock
        await self._measure_clock(link)
        await link.load_listing()
        if not link.listing.by_symbol:
            raise ExchangeFault(f"{self._dialect.exchange} lists no derivatives")
        link.state = await self._dialect.account_state(link.rest.ask, link.listing)
        for warning in () if self._environment == _SIMULATION else link.state.warnings:
            _LOG.info("account.check", account=self._account, warning=warning)
        self._tasks.append(asyncio.create_task(self._keep_time(link), name=f"clock of {self._account}"))
        if self._entry is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_ENTRY_UP_S):
                    await self._entry_up.wait()
        self._trading = CcxtTrading(link, self._entry)
        self._reports = CcxtReports(link)
        self._market = CcxtMarketData(link)

    def _make_link(self) -> Link:
        clock = ExchangeClock(self._now_ms)
        connector = aiohttp.TCPConnector(limit=100, keepalive_timeout=_KEEP_ALIVE_S)
        self._session = aiohttp.ClientSession(connector=connector)
        client = make_client(
            self._dialect,
            environment=self._environment,
            urls=self._urls,
            options=self._options,
            credentials=self._credentials,
            clock=clock,
            session=self._session,
            keep_alive_ms=self._patience.keep_alive_ms,
        )
        self._link = Link(
            self._account,
            self._environment,
            self._dialect,
            client,
            clock=clock,
            limiter=Limiter(self._dialect.rates(self._environment), lambda: time.monotonic_ns() // 1_000_000),
            now_ms=self._now_ms,
            chance=self._chance,
            secrets=tuple(self._credentials.values()),
            patience=self._patience,
        )
        return self._link

    def _make_entry(self, link: Link) -> None:
        wanted = self._sends_orders and self._options.get("order_entry") != "rest"
        if not wanted or not self._dialect.capabilities(self._environment).websocket_orders:
            return
        self._entry = KeptSocket(
            link.client,
            self._dialect,
            link.socket_address("trade"),
            log_in=True,
            now_ms=self._now_ms,
            chance=self._chance,
            scrub=link.scrub,
            on_push=lambda topic, message: None,
            on_up=self._entry_up.set,
            on_down=lambda reason: _LOG.warning("entry.down", account=self._account, reason=reason),
        )
        self._tasks.append(asyncio.create_task(self._entry.run(), name=f"order entry of {self._account}"))

    async def _measure_clock(self, link: Link) -> None:
        sent_ms = self._now_ms()
        reply = await link.rest.ask(self._dialect.server_time())
        link.clock.measured(sent_ms, self._now_ms(), self._dialect.read_server_time(reply))

    async def _keep_time(self, link: Link) -> None:
        while True:
            await asyncio.sleep(_MEASURE_EVERY_S)
            try:
                await self._measure_clock(link)
            except (ExchangeFault, UnreadableError) as fault:
                _LOG.info("clock.not_measured", account=self._account, error=str(fault))

    async def check(self) -> AccountCheck:
        """What `accounts check` shows. The connection must be open.

        Raises:
            ExchangeFault: the exchange does not answer, or refuses the credentials.
        """
        assert self._link is not None, "the connection is open"
        link = self._link
        try:
            state = link.state = await self._dialect.account_state(link.rest.ask, link.listing)
        except UnreadableError as error:
            raise ExchangeFault(f"{self._dialect.exchange}: an answer does not read: {error}") from None
        return AccountCheck(
            hedged=state.hedged,
            margin_mode=state.margin_mode,
            can_trade=state.can_trade,
            may_withdraw=state.may_withdraw,
            clock_offset_ms=link.clock.offset_ms,
            round_trip_ms=link.clock.round_trip_ms or 0,
            entry_transport=self.trading.entry_transport,
            warnings=state.warnings,
        )

    async def close(self) -> None:
        if self._reports is not None:
            await self._reports.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        if self._entry is not None:
            await self._entry.stop()
        if self._market is not None:
            await self._market.close()
        if self._link is not None:
            await self._link.client.close()
        if self._session is not None:
            await self._session.close()
