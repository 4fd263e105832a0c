"""Sending an order, once: check, write the intent, admit by the log's order, send, read and write the outcome."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable
from decimal import Decimal
from typing import Any

import msgspec
import structlog

from hedgerow.clock import Clock
from hedgerow.core import admission, ids, validation
from hedgerow.core.commands import OrderTerms
from hedgerow.core.decimals import ZERO
from hedgerow.core.instruments import Instrument
from hedgerow.core.limits import AccountRules
from hedgerow.core.orders import Order, Status
from hedgerow.core.records import Answered, CameToNothing, Nothing, OrderIntended, Outcome, Stream
from hedgerow.core.refusals import Code, Refusal
from hedgerow.exchange import Answer, ExchangeConnection, Prepared, Said, Timing
from hedgerow.journal import JournalFault
from hedgerow.journal import Position as Spot
from hedgerow.meters import Meters
from hedgerow.order_manager.accounts import Accounts
from hedgerow.order_manager.intents import IntentWriter
from hedgerow.order_manager.judging import judged_by_its_rules
from hedgerow.order_manager.live import LiveView
from hedgerow.order_manager.marks import Mark, Marks
from hedgerow.order_manager.offers import offers
from hedgerow.order_manager.owner import Owner
from hedgerow.order_manager.past import Past

_log = structlog.get_logger(__name__)
_NO_ORDER = (Code.MALFORMED, Code.MISSING)  # what cannot be meant is no order, not even a denied one
_CAME_TO_LITTLE = (Status.DENIED, Status.REJECTED, Status.NOT_PLACED, Status.IN_DOUBT)
WINDOW_MS = 5_000  # a request that arrives later than this after its timestamp is refused by the exchange
ANSWER_MARGIN_MS = 500  # beyond the deadline, for an answer that was given in time to arrive
READ_BACK_S = 60.0  # how long an intent is waited for in the log, so that it is concluded even if nobody waits


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A command as its client asked it: who, under which key, and the hash of what."""

    principal: str
    key: str
    key_given: bool
    body_hash: str


def body_hash(kind: str, body: bytes) -> str:
    """SHA-256 of a canonical request, to tell a repeat from another request under the same key."""
    return hashlib.sha256(kind.encode() + b"\n" + body).hexdigest()


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """An order that could be formed: its exact terms, and our no where there is one."""

    terms: OrderTerms
    connection: ExchangeConnection
    instrument: Instrument
    mark: Mark | None
    notional: Decimal
    rules: AccountRules
    denial: Refusal | None


class Sending(msgspec.Struct, kw_only=True, eq=False):
    """An order on its way.

    Attributes:
        written: the place that its intent is being written to.
        answer: what whoever asked is told, at the deadline at the latest.
        handed_over: from then on the exchange may have it.
        began_s, intended_s: when it was asked for, and when its intent went to the journal, for the meters.
    """

    intent: OrderIntended
    checked: Checked
    asked: Asked
    written: Awaitable[Spot]
    began_s: float
    intended_s: float
    answer: asyncio.Future[Order | Refusal]
    handed_over: bool = False

    @property
    def order_id(self) -> str:
        return self.intent.command_id


class Placing:
    def __init__(
        self,
        *,
        accounts: Accounts,
        live: LiveView,
        marks: Marks,
        writer: IntentWriter,
        past: Past,
        clock: Clock,
        id_key: bytes,
        owner: Owner,
        meters: Meters,
    ) -> None:
        self._accounts = accounts
        self._live = live
        self._marks = marks
        self._writer = writer
        self._past = past
        self._clock = clock
        self._id_key = id_key
        self._owner = owner
        self._meters = meters
        self._answers: dict[str, asyncio.Future[Order | Refusal]] = {}  # orders whose answer is awaited

    # checking

    async def check(self, terms: OrderTerms, *, quantise: bool) -> Checked | Refusal:
        """Whether the order can be formed at all, and whether the desk would deny it. Sends nothing."""
        account = self._accounts.get(terms.account)
        if isinstance(account, Refusal):
            return account
        instrument = account.instrument(terms.symbol)
        if isinstance(instrument, Refusal):
            return instrument
        connection = account.connection
        assert connection is not None
        rules = self._live.rules(terms.account)
        mark = await self._mark(terms, connection, rules.limits.mark_max_age_ms)
        price = mark.price if mark else None
        if quantise:
            terms = validation.quantised(terms, instrument)
        if price is not None:
            terms = validation.with_trigger_direction(terms, price)
        denial = validation.check_terms(terms, instrument, offers(connection.trading.capabilities), price)
        if denial is not None and denial.code in _NO_ORDER:
            return denial
        denial = denial or self._denial(terms, instrument, rules, mark)
        return Checked(
            terms=terms,
            connection=connection,
            instrument=instrument,
            mark=mark,
            notional=admission.notional_of(terms, instrument, price) or ZERO,
            rules=rules,
            denial=denial,
        )

    def _denial(
        self, terms: OrderTerms, instrument: Instrument, rules: AccountRules, mark: Mark | None
    ) -> Refusal | None:
        price, age_ms = (mark.price, self._clock.now_ms() - mark.time_ms) if mark else (None, 0)
        return admission.check(terms, instrument, rules, price, age_ms, self._live.leverage(terms))

    async def _mark(self, terms: OrderTerms, connection: ExchangeConnection, max_age_ms: int) -> Mark | None:
        mark = self._marks.get(terms.account, terms.symbol)
        if mark is not None and self._clock.now_ms() - mark.time_ms <= max_age_ms // 2:
            return mark
        return await self._marks.ensure(terms.account, terms.symbol, connection.market, max_age_ms // 2)

    # placing

    async def place(
        self, terms: OrderTerms, asked: Asked, *, quantise: bool = False, group: str | None = None
    ) -> Order | Refusal:
        """Place an order; the same principal, key and body always name the same order.

        Returns the order as it now stands (denied, rejected and in doubt are statuses of it), or a refusal where no
        order was made.

        Raises:
            JournalFault: it is unknown whether the intent was written; nothing was sent.
        """
        began_s = self._meters.now_s()
        order_id = ids.order_id(self._id_key, terms.account, asked.principal, asked.key)
        if asked.key_given and (known := await self._known(order_id)) is not None:
            return await self._repeated(known, asked)
        checked = await self.check(terms, quantise=quantise)
        if isinstance(checked, Refusal):
            return checked
        if self._owner.full:
            return Refusal(Code.NOT_SENT, "too many commands are under way; nothing was sent, try again")
        if (awaited := self._answers.get(order_id)) is not None:
            sent = await asyncio.shield(awaited)
            return sent if isinstance(sent, Refusal) else await self._repeated(sent, asked)
        # The write begins before anything else is done.
        sending = self._intended(order_id, checked, asked, group, began_s)
        self._answers[order_id] = sending.answer
        self._owner.adopt(self._finish(sending))
        return await asyncio.shield(sending.answer)

    async def _known(self, order_id: str) -> Order | None:
        """An order under this id, as far as has been read; a later one is judged by the log."""
        return self._live.order(order_id) or await self._past.order(order_id)

    async def _repeated(self, known: Order, asked: Asked) -> Order | Refusal:
        if known.body_hash != asked.body_hash:
            return key_reused()
        if (answer := self._answers.get(known.order_id)) is not None:
            return await asyncio.shield(answer)
        return self._live.order(known.order_id) or known

    def _intended(self, order_id: str, checked: Checked, asked: Asked, group: str | None, began_s: float) -> Sending:
        """Hand the intent to the journal."""
        trading = checked.connection.trading
        timestamp_ms = trading.exchange_time_ms()
        intent = OrderIntended(
            command_id=order_id,
            body_hash=asked.body_hash,
            timestamp_ms=timestamp_ms,
            deadline_ms=timestamp_ms + WINDOW_MS,
            idempotency_key=asked.key if asked.key_given else None,
            terms=checked.terms,
            client_order_id=ids.client_order_id(order_id),
            transport=trading.entry_transport,
            notional=checked.notional,
            mark=checked.mark.price if checked.mark else None,
            denied=checked.denial,
            group=group,
        )
        intended_s = self._meters.now_s()
        written = self._writer.intend(checked.terms.account, asked.principal, intent)
        answer: asyncio.Future[Order | Refusal] = asyncio.get_running_loop().create_future()
        return Sending(
            intent=intent,
            checked=checked,
            asked=asked,
            written=written,
            answer=answer,
            began_s=began_s,
            intended_s=intended_s,
        )

    async def _finish(self, sending: Sending) -> None:
        """Run the protocol to its end, whoever waits for the answer, and however long they do."""
        loop = asyncio.get_running_loop()
        too_late = loop.call_later((WINDOW_MS + ANSWER_MARGIN_MS) / 1000, self._tell_at_deadline, sending)
        try:
            self._tell(sending, await self._run_protocol(sending))
        except BaseException as fault:
            if sending.answer.done():
                _log.error("order not concluded", order_id=sending.order_id, fault=str(fault))
            else:
                seen = fault if isinstance(fault, Exception) else JournalFault("the desk is stopping")
                sending.answer.set_exception(seen)
                sending.answer.exception()  # seen: whoever waits gets it, and nobody has to
                self._measure(sending, "fault")
            if not isinstance(fault, Exception):
                raise
        finally:
            too_late.cancel()
            self._no_longer_awaited(sending)

    def _tell(self, sending: Sending, standing: Order | Refusal) -> None:
        """Tell whoever waits; from now on the order is answered for as it stands."""
        self._no_longer_awaited(sending)
        if not sending.answer.done():
            sending.answer.set_result(standing)
            self._measure(sending, _outcome(standing))

    def _measure(self, sending: Sending, outcome: str) -> None:
        self._meters.orders.add(outcome)
        self._meters.order_answered.add(self._meters.now_s() - sending.began_s, outcome)

    def _no_longer_awaited(self, sending: Sending) -> None:
        if self._answers.get(sending.order_id) is sending.answer:
            del self._answers[sending.order_id]

    def _tell_at_deadline(self, sending: Sending) -> None:
        """Nobody waits longer than this. What comes later is evidence all the same: the desk listens on."""
        if sending.handed_over:
            body = _answered(sending.order_id, Outcome.IN_DOUBT, detail="no answer by its deadline")
            self._tell(sending, self._live.note_answer(body) or self._standing(sending.order_id))
        else:
            words = "the journal did not take the order and give it back by its deadline; nothing was sent"
            self._tell(sending, Refusal(Code.NOT_SENT, words))

    async def _run_protocol(self, sending: Sending) -> Order | Refusal:
        """The request is built while the intent is being made durable; no byte leaves before it is."""
        intent, checked = sending.intent, sending.checked
        timing = Timing(intent.timestamp_ms, intent.deadline_ms)
        prepared = None
        try:
            if intent.denied is None:
                trading = checked.connection.trading
                prepared = trading.prepare_order(intent.terms, intent.client_order_id, timing, intent.transport)
        finally:
            place = await sending.written
            self._meters.journal_append.add(self._meters.now_s() - sending.intended_s, "order_manager")
        await self._live.read_to(Stream.ORDER_INTENTS, place, READ_BACK_S)
        return await self._admit_and_send(sending, place, prepared)

    async def _admit_and_send(self, sending: Sending, place: Spot, prepared: Prepared | None) -> Order | Refusal:
        """Every reader of the log judges alike: an earlier intent under the same key makes this one void."""
        order_id, account, asked = sending.order_id, sending.checked.terms.account, sending.asked
        exposure = self._live.exposure(account)
        if exposure.repeat_of(place.offset) is not None:
            await self._void(order_id, place, account, asked)
            standing = self._standing(order_id)
            return standing if standing.body_hash == asked.body_hash else key_reused()
        if prepared is None:
            return self._standing(order_id)
        checked = sending.checked
        denial = judged_by_its_rules(
            exposure,
            place,
            checked.rules,
            lambda rules: self._denial(checked.terms, checked.instrument, rules, checked.mark),
        )
        if denial is not None:
            return await self._nothing(order_id, account, asked, Nothing.DENIED, denial)
        if sending.answer.done():  # whoever asked was told so, whatever a clock may say by now
            refusal = Refusal(Code.NOT_SENT, "the journal was read back only after the order's deadline")
            return await self._nothing(order_id, account, asked, Nothing.NOT_SENT, refusal)
        sending.handed_over = True
        self._meters.order_handed.add(self._meters.now_s() - sending.began_s)
        return await self._conclude(order_id, account, asked, await prepared.send())

    async def _void(self, order_id: str, place: Spot, account: str, asked: Asked) -> None:
        refusal = Refusal(Code.REPEAT, "an earlier intent has the same key")
        body = CameToNothing(
            command_id=order_id, how=Nothing.REPEAT, refusal=refusal, order_id=order_id, intent_offset=place.offset
        )
        await self._writer.conclude(account, asked.principal, body, stream=Stream.ORDER_INTENTS)

    # outcomes

    async def _conclude(self, order_id: str, account: str, asked: Asked, answer: Answer) -> Order:
        match answer.said:
            case Said.REJECTED:
                refusal = Refusal(
                    Code.EXCHANGE_REJECTED,
                    "the exchange refused the order",
                    exchange_code=answer.code,
                    exchange_message=answer.message,
                )
                return await self._nothing(order_id, account, asked, Nothing.REJECTED, refusal)
            case Said.NOT_SENT:
                refusal = Refusal(Code.NOT_SENT, answer.message or "the order never left the desk")
                return await self._nothing(order_id, account, asked, Nothing.NOT_SENT, refusal)
            case Said.ACCEPTED | Said.IN_DOUBT as said:
                body = _answered(
                    order_id,
                    Outcome.ACCEPTED if said is Said.ACCEPTED else Outcome.IN_DOUBT,
                    exchange_order_id=answer.exchange_order_id,
                    detail=_detail(answer) if said is Said.IN_DOUBT else None,
                    sent_ms=answer.sent_ms,
                    answered_ms=answer.answered_ms,
                )
                order = self._live.note_answer(body)
                self._owner.adopt(self._journaled(account, asked, body, Stream.ORDERS_EXECUTED))
                return order or self._standing(order_id)

    async def _nothing(self, order_id: str, account: str, asked: Asked, how: Nothing, refusal: Refusal) -> Order:
        body = CameToNothing(command_id=order_id, how=how, refusal=refusal, order_id=order_id)
        order = self._live.note_nothing(body)
        # A no is written before it is told: until then the intent counts against the account's next orders.
        await self._journaled(account, asked, body, Stream.ORDER_INTENTS)
        return order or self._standing(order_id)

    async def _journaled(self, account: str, asked: Asked, body: Answered | CameToNothing, stream: Stream) -> None:
        """Write an outcome down; if that fails, the resolver finds an intent without outcome: in doubt."""
        try:
            await self._writer.conclude(account, asked.principal, body, stream=stream)
        except JournalFault as fault:
            _log.error("outcome not journaled", account=account, command_id=body.command_id, fault=str(fault))

    def _standing(self, order_id: str) -> Order:
        order = self._live.order(order_id)
        assert order is not None, order_id
        return order


def _outcome(result: Order | Refusal) -> str:
    """What came of an order, for the meters: an accepted one may have moved on already."""
    if isinstance(result, Refusal):
        return "refused"
    return result.status.value if result.status in _CAME_TO_LITTLE else "accepted"


def key_reused() -> Refusal:
    return Refusal(
        Code.KEY_REUSED,
        "this Idempotency-Key was used for another request; nothing was sent",
        field="Idempotency-Key",
    )


def _answered(order_id: str, outcome: Outcome, **facts: Any) -> Answered:
    return Answered(command_id=order_id, command="order_intended", outcome=outcome, order_id=order_id, **facts)


def _detail(answer: Answer) -> str:
    return ": ".join(part for part in (answer.code, answer.message) if part) or "no answer"
