"""Commands to an exchange: over its order entry WebSocket where that is up, else over REST; each is sent once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Final

from hedgerow.core.commands import OrderTerms, PositionSide
from hedgerow.core.instruments import Instrument
from hedgerow.core.records import Transport
from hedgerow.core.risk_tiers import MarginTerms
from hedgerow.exchange import Amendment, Answer, Capabilities, ExchangeFault, OrderRef, Said, Timing
from hedgerow.exchange.dialect import Call, Lane, Reply
from hedgerow.exchange.kept_socket import KeptSocket
from hedgerow.exchange.link import Link
from hedgerow.exchange.outcomes import NoAnswerError, NotHandedOverError, classify
from hedgerow.exchange.wire_numbers import UnreadableError

_WORST: Final = (Said.IN_DOUBT, Said.REJECTED, Said.NOT_SENT, Said.ACCEPTED)

Deliver = Callable[[], Awaitable[Reply]]


class PreparedOrder:
    """A create request, built and signed. Sending it twice is a bug, and an assertion."""

    __slots__ = ("_client_order_id", "_deliver", "_spent", "_timing", "_trading", "transport")

    def __init__(
        self, trading: CcxtTrading, deliver: Deliver, client_order_id: str, timing: Timing, transport: Transport
    ) -> None:
        self._trading = trading
        self._deliver = deliver
        self._client_order_id = client_order_id
        self._timing = timing
        self._spent = False
        self.transport = transport

    async def send(self) -> Answer:
        assert not self._spent, "a prepared order is sent once"
        self._spent = True
        return await self._trading.submit(self._deliver, Lane.CREATE, self._timing, self._client_order_id)


class CcxtTrading:
    """The commands of one account. `entry` is its order entry WebSocket; `None` where the exchange has none."""

    def __init__(self, link: Link, entry: KeptSocket | None) -> None:
        self._link = link
        self._entry = entry
        self._answer_s = link.patience.answer_ms / 1000

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        return self._link.listing.by_symbol

    @property
    def capabilities(self) -> Capabilities:
        return self._link.dialect.capabilities(self._link.environment)

    def exchange_time_ms(self) -> int:
        return self._link.clock.now_ms()

    @property
    def entry_transport(self) -> Transport:
        return Transport.WEBSOCKET if self._entry is not None and self._entry.up else Transport.REST

    def prepare_order(
        self, terms: OrderTerms, client_order_id: str, timing: Timing, transport: Transport
    ) -> PreparedOrder:
        """Build and sign; no byte is sent.

        Raises:
            UnknownInstrumentError: no such symbol.
        """
        call = self._link.dialect.create(self._link.listing[terms.symbol], terms, client_order_id)
        deliver = self._delivery(call, timing, transport, client_order_id)
        return PreparedOrder(self, deliver, client_order_id, timing, transport)

    def _delivery(self, call: Call, timing: Timing, transport: Transport, request_id: str) -> Deliver:
        if transport is Transport.WEBSOCKET:
            frame = self._link.dialect.entry_frame(call, request_id, timing)
            return lambda: self._over_websocket(frame, request_id)
        signed = self._link.rest.sign(call, timing)
        return lambda: self._link.rest.deliver(signed, self._answer_s)

    async def _over_websocket(self, frame: str, request_id: str) -> Reply:
        if self._entry is None:
            raise NotHandedOverError("the exchange takes no orders over WebSocket")
        message = await self._entry.request(frame, request_id, self._answer_s)
        reply = self._link.dialect.read_entry_reply(message)
        if reply is None:
            raise NoAnswerError("a frame that is no answer of the exchange")
        return reply

    async def submit(self, deliver: Deliver, lane: Lane, timing: Timing, client_order_id: str | None = None) -> Answer:
        """Hand one command over, once, unless its time is over, and judge what comes back.

        Raises nothing but `CancelledError`: then nobody knows what became of it.
        """
        link = self._link
        sent_ms = link.now_ms()
        came: Reply | BaseException
        try:
            await link.limiter.admit(lane, self._time_left_ms(timing))
            self._time_left_ms(timing)
            sent_ms = link.now_ms()
            came = await deliver()
            if came.hold_ms is not None:
                link.limiter.hold(lane, came.hold_ms)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            came = error
        verdict = classify(link.dialect.exchange, came, client_order_id=client_order_id)
        return Answer(
            said=verdict.said,
            exchange_order_id=verdict.exchange_order_id,
            client_order_id=verdict.client_order_id,
            code=verdict.code,
            message=None if verdict.message is None else link.scrub(verdict.message),
            sent_ms=sent_ms,
            answered_ms=link.now_ms(),
        )

    def _time_left_ms(self, timing: Timing) -> int:
        left_ms = timing.deadline_ms - self._link.clock.now_ms()
        if left_ms <= 0:
            raise NotHandedOverError("its deadline had passed")
        return left_ms

    async def _command(self, call: Call, timing: Timing) -> Answer:
        entry = self._entry
        if call.operation is not None and entry is not None and entry.up:
            deliver = self._delivery(call, timing, Transport.WEBSOCKET, entry.request_id())
        else:
            deliver = self._delivery(call, timing, Transport.REST, "")
        return await self.submit(deliver, call.lane, timing)

    async def amend(self, order: OrderRef, amendment: Amendment, timing: Timing) -> Answer:
        return await self._command(self._link.dialect.amend(self._link.listing[order.symbol], order, amendment), timing)

    async def cancel(self, order: OrderRef, timing: Timing) -> Answer:
        return await self._command(self._link.dialect.cancel(self._link.listing[order.symbol], order), timing)

    async def cancel_all(self, symbol: str | None, timing: Timing) -> Answer:
        """Where the exchange has to be told in parts, the worst answer stands for all."""
        answers = [
            await self._command(call, timing) for call in self._link.dialect.cancel_all(self._link.listing, symbol)
        ]
        return min(answers, key=lambda answer: _WORST.index(answer.said))

    async def protect(
        self,
        symbol: str,
        side: PositionSide,
        take_profit: Decimal | None,
        stop_loss: Decimal | None,
        trigger_by: str | None,
        timing: Timing,
    ) -> Answer:
        """Set (a price), clear (zero) or leave (`None`) the take profit and the stop loss of a position."""
        hedged = self._link.state is not None and self._link.state.hedged
        call = self._link.dialect.protect(
            self._link.listing[symbol], side if hedged else None, take_profit, stop_loss, trigger_by
        )
        return await self._command(call, timing)

    async def set_leverage(self, symbol: str, leverage: Decimal, timing: Timing) -> Answer:
        return await self._command(self._link.dialect.set_leverage(self._link.listing[symbol], leverage), timing)

    async def margin_terms(self, symbol: str) -> MarginTerms:
        link, instrument = self._link, self._link.listing[symbol]
        tiers, legs = await asyncio.gather(
            link.rest.rows(link.dialect.risk_tiers(instrument)), link.rest.rows(link.dialect.position(instrument))
        )
        try:
            return MarginTerms(
                leverage=link.dialect.read_leverage(legs),
                margin_mode=link.margin_mode,
                tiers=link.dialect.read_risk_tiers(tiers),
            )
        except (UnreadableError, KeyError, TypeError) as error:
            raise ExchangeFault(f"{link.dialect.exchange}: {error}") from None
