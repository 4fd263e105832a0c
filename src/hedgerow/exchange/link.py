"""What the three sides of one account's connection share."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
import structlog

from hedgerow.core.instruments import Instrument
from hedgerow.exchange import ExchangeFault
from hedgerow.exchange.clock import ExchangeClock
from hedgerow.exchange.dialect import AccountState, Dialect, Listing, Row, UnknownInstrumentError
from hedgerow.exchange.limiter import Limiter
from hedgerow.exchange.rest import Rest
from hedgerow.exchange.wire_numbers import UnreadableError

_LOG = structlog.get_logger(__name__)
_T = TypeVar("_T")


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long an exchange may be silent.

    Attributes:
        keep_alive_ms: between two pings of a WebSocket; after two without a pong it is dead.
        answer_ms: for the answer to a command, which is then in doubt.
    """

    keep_alive_ms: int = 5_000
    answer_ms: int = 10_000


class Link:
    """One account at one exchange: how to reach it, and what is known of it."""

    def __init__(
        self,
        account: str,
        environment: str,
        dialect: Dialect,
        client: Any,
        *,
        clock: ExchangeClock,
        limiter: Limiter,
        now_ms: Callable[[], int],
        chance: random.Random,
        secrets: Sequence[str],
        patience: Patience,
    ) -> None:
        self.account = account
        self.environment = environment
        self.dialect = dialect
        self.client = client
        self.clock = clock
        self.limiter = limiter
        self.now_ms = now_ms
        self.chance = chance
        self.patience = patience
        self._secrets = sorted((secret for secret in secrets if len(secret) > 3), key=len, reverse=True)
        self.rest = Rest(client, dialect, clock, limiter, self.scrub)
        self.listing = Listing()
        self.state: AccountState | None = None
        self._loading = asyncio.Lock()

    def scrub(self, text: str) -> str:
        """The text without any secret of this account: exchanges echo keys in their complaints."""
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return text

    @property
    def margin_mode(self) -> str | None:
        return None if self.state is None else self.state.margin_mode

    def socket_address(self, wire: str) -> str:
        api = self.client.urls["api"]
        return str(self.client.implode_hostname(self.dialect.socket_address(api, wire)))

    async def load_listing(self) -> None:
        """Ask for the instruments, and for what the account pays in fees.

        Raises:
            ExchangeFault: the exchange does not tell its instruments.
        """
        async with self._loading:
            try:
                markets = await self.client.fetch_markets()
            except Exception as error:
                text = self.scrub(f"{type(error).__name__}: {error}")
                raise ExchangeFault(f"{self.dialect.exchange} did not tell its instruments: {text[:300]}") from None
            found = [instrument for market in markets if (instrument := self._instrument(market)) is not None]
            self.listing = Listing(await self._with_fees(found))

    def _instrument(self, market: Row) -> Instrument | None:
        try:
            return self.dialect.instrument(market)
        except (UnreadableError, KeyError, TypeError, AttributeError) as error:
            _LOG.warning("exchange.instrument_skipped", symbol=str(market.get("symbol")), error=str(error))
            return None

    async def _with_fees(self, instruments: list[Instrument]) -> list[Instrument]:
        """ccxt's default fees stand where the account's own are not told."""
        try:
            rows = await self.rest.all_rows(self.dialect.fees(Listing(instruments)))
            fees = self.dialect.read_fees(rows)
        except (ExchangeFault, UnreadableError, KeyError, TypeError, AttributeError) as error:
            _LOG.warning("exchange.default_fees", account=self.account, error=str(error))
            return instruments
        return [
            msgspec.structs.replace(each, maker_fee=own.maker, taker_fee=own.taker)
            if (own := fees.get(each.exchange_symbol)) is not None
            else each
            for each in instruments
        ]

    async def read(self, read: Callable[[Listing], _T]) -> _T:
        """Read rows by the listing; where they name what it lacks, once more by a fresh one.

        Raises:
            UnknownInstrumentError, UnreadableError: even so.
        """
        try:
            return read(self.listing)
        except UnknownInstrumentError:
            await self.load_listing()
            return read(self.listing)
