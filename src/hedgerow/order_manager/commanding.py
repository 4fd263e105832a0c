"""The protocol of every command that is not an order: remember it, write the intent, act, write the outcome."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypedDict

import msgspec
import structlog

from hedgerow.core import ids
from hedgerow.core.orders import Order
from hedgerow.core.records import Answered, CameToNothing, CommandIntended, Nothing, Outcome, Stream, remembered_no
from hedgerow.core.refusals import Code, Refusal
from hedgerow.exchange import Answer, Said, Timing, Trading
from hedgerow.journal import JournalFault
from hedgerow.journal import Position as Spot
from hedgerow.order_manager.intents import IntentWriter
from hedgerow.order_manager.live import LiveView
from hedgerow.order_manager.owner import Owner
from hedgerow.order_manager.past import Past
from hedgerow.order_manager.placing import ANSWER_MARGIN_MS, READ_BACK_S, WINDOW_MS, Asked, key_reused
from hedgerow.order_manager.remembering import KnownCommand

_log = structlog.get_logger(__name__)
_REMEMBERED = 10_000


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What a command came to: `accepted` or `in_doubt`, or a refusal (ours or the exchange's).

    `recalled`: it is known from the log or from history alone, and whoever began it may not have come to its end.
    """

    command_id: str
    outcome: str
    refusal: Refusal | None = None
    order: Order | None = None
    orders: tuple[Order, ...] = ()
    note: str | None = None
    recalled: bool = False


Judge = Callable[[Spot], Refusal | None]
Act = Callable[[], Awaitable[Answer]]


class _Underway(msgspec.Struct, kw_only=True):
    """A command on its way.

    Attributes:
        handed_over: from then on the exchange may have it.
        told: whoever asked has an answer; nothing that was not handed over by then ever is.
    """

    account: str
    asked: Asked
    intent: CommandIntended
    order_id: str | None = None
    handed_over: bool = False
    told: bool = False


class Commanding:
    """Runs commands once each; the same key and body again get the same answer."""

    def __init__(self, *, live: LiveView, writer: IntentWriter, past: Past, owner: Owner, id_key: bytes) -> None:
        self._live = live
        self._writer = writer
        self._past = past
        self._owner = owner
        self._id_key = id_key
        self._running: OrderedDict[str, tuple[str, asyncio.Future[Done]]] = OrderedDict()

    def command_id(self, kind: str, account: str, asked: Asked) -> str:
        return ids.command_id(self._id_key, kind, account, asked.principal, asked.key)

    async def once(self, command_id: str, asked: Asked, run: Callable[[], Awaitable[Done]]) -> Done:
        """Run a command, or answer for it from memory or history.

        Raises:
            JournalFault: it is unknown whether the intent was written; nothing was sent.
        """
        if (running := self._running.get(command_id)) is not None:
            return await self._repeated(command_id, running, asked)
        if asked.key_given and (known := await self._known(command_id)) is not None:
            return self._remembered(command_id, known, asked)
        if self._owner.full:
            refusal = Refusal(Code.NOT_SENT, "too many commands are under way; nothing was sent, try again")
            return Done(command_id=command_id, outcome="denied", refusal=refusal)
        if (running := self._running.get(command_id)) is not None:
            return await self._repeated(command_id, running, asked)
        done: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._remember(command_id, asked.body_hash, done)
        self._owner.adopt(self._run(command_id, run, done))
        return await asyncio.shield(done)

    async def _run(self, command_id: str, run: Callable[[], Awaitable[Done]], done: asyncio.Future[Done]) -> None:
        try:
            done.set_result(await run())
        except BaseException as fault:
            self._running.pop(command_id, None)
            done.set_exception(fault if isinstance(fault, Exception) else JournalFault("the desk is stopping"))
            done.exception()  # seen: whoever waits gets it, and nobody has to
            if not isinstance(fault, Exception):
                raise

    def _remember(self, command_id: str, body_hash: str, done: asyncio.Future[Done]) -> None:
        self._running[command_id] = (body_hash, done)
        while len(self._running) > _REMEMBERED:
            self._running.popitem(last=False)

    async def _repeated(self, command_id: str, running: tuple[str, asyncio.Future[Done]], asked: Asked) -> Done:
        """The answer once more, with the order as it stands by now."""
        body_hash, done = running
        if body_hash != asked.body_hash:
            return _reused(command_id)
        answer = await asyncio.shield(done)
        order = None if answer.order is None else self._live.order(answer.order.order_id)
        return answer if order is None else msgspec.structs.replace(answer, order=order)

    async def _known(self, command_id: str) -> KnownCommand | None:
        """A command that some order_manager wrote, from the log or from history."""
        self._live.catch_up()
        known = self._live.command(command_id)
        if known is None and (row := await self._past.command(command_id)) is not None:
            came = msgspec.json.decode(row.answer, type=Answered | CameToNothing) if row.answer else None
            known = KnownCommand(row.body_hash, came)
        return known

    def _remembered(self, command_id: str, known: KnownCommand, asked: Asked) -> Done:
        if known.body_hash != asked.body_hash:
            return _reused(command_id)
        came = known.came
        order = self._live.order(came.order_id) if came is not None and came.order_id else None
        if isinstance(came, CameToNothing):
            return Done(command_id=command_id, outcome=came.how, refusal=came.refusal, order=order, recalled=True)
        outcome = came.outcome if came else Outcome.IN_DOUBT
        return Done(command_id=command_id, outcome=outcome, order=order, recalled=True)

    async def carry_out(
        self,
        account: str,
        asked: Asked,
        intent: CommandIntended,
        act: Act,
        *,
        order_id: str | None = None,
        judge: Judge | None = None,
    ) -> Done:
        """Write the intent, let the log's order judge it, act, and write down what came of it.

        Whoever asked is told at the deadline at the latest; what comes later is written down all the same.
        """
        underway = _Underway(account=account, asked=asked, intent=intent, order_id=order_id)
        return await self._in_time(underway, self._act(underway, act, judge))

    async def declare(self, account: str, asked: Asked, intent: CommandIntended) -> Done:
        """A command that is done once it is journaled: limits, trading state, the head of a group."""
        underway = _Underway(account=account, asked=asked, intent=intent, handed_over=True)
        return await self._in_time(underway, self._declare(underway))

    async def remember_denial(self, account: str, asked: Asked, intent: CommandIntended) -> Done:
        """Our no, journaled under its key: whoever asks again gets the same."""
        underway = _Underway(account=account, asked=asked, intent=intent)
        return await self._in_time(underway, self._deny(underway))

    async def _in_time(self, underway: _Underway, work: Coroutine[Any, Any, Done]) -> Done:
        task = self._owner.adopt(work)
        await asyncio.wait((task,), timeout=(WINDOW_MS + ANSWER_MARGIN_MS) / 1000)
        if task.done():
            return task.result()
        underway.told = True
        task.add_done_callback(lambda done: self._came_late(underway, done))
        command_id = underway.intent.command_id
        if underway.handed_over:
            return Done(command_id=command_id, outcome=Outcome.IN_DOUBT, order=self._order(underway))
        words = "the journal did not take the command and give it back by its deadline; nothing was sent"
        return Done(command_id=command_id, outcome=Nothing.NOT_SENT, refusal=Refusal(Code.NOT_SENT, words))

    def _came_late(self, underway: _Underway, done: asyncio.Task[Done]) -> None:
        """From now on repeats are answered as the log has it."""
        command_id = underway.intent.command_id
        self._running.pop(command_id, None)
        if not done.cancelled() and (fault := done.exception()) is not None:
            _log.error("command not concluded", command_id=command_id, fault=str(fault))

    async def _intended(self, underway: _Underway) -> Spot | Done:
        """Write the intent; where an earlier one has the same id this one is void, and the earlier one's answer holds.

        Every reader of the log judges alike.
        """
        account, asked, intent = underway.account, underway.asked, underway.intent
        place = await self._writer.intend(account, asked.principal, intent)
        await self._live.read_to(Stream.ORDER_INTENTS, place, READ_BACK_S)
        if self._live.exposure(account).repeat_of(place.offset) is None:
            return place
        refusal = Refusal(Code.REPEAT, "an earlier intent has the same key")
        body = CameToNothing(
            command_id=intent.command_id, how=Nothing.REPEAT, refusal=refusal, intent_offset=place.offset
        )
        self._owner.adopt(self._journaled(account, asked, body, Stream.ORDER_INTENTS))
        known = await self._known(intent.command_id)
        assert known is not None, intent.command_id
        return self._remembered(intent.command_id, known, asked)

    async def _act(self, underway: _Underway, act: Act, judge: Judge | None) -> Done:
        place = await self._intended(underway)
        if isinstance(place, Done):
            return place
        denial = judge(place) if judge else None
        if denial is not None:
            return self._nothing(underway, Nothing.DENIED, denial)
        if underway.told:
            refusal = Refusal(Code.NOT_SENT, "the journal was read back only after the command's deadline")
            return self._nothing(underway, Nothing.NOT_SENT, refusal)
        underway.handed_over = True
        answer = await act()
        match answer.said:
            case Said.REJECTED:
                refusal = Refusal(
                    Code.EXCHANGE_REJECTED,
                    "the exchange refused the command",
                    exchange_code=answer.code,
                    exchange_message=answer.message,
                )
                return self._nothing(underway, Nothing.REJECTED, refusal)
            case Said.NOT_SENT:
                refusal = Refusal(Code.NOT_SENT, answer.message or "the command never left the desk")
                return self._nothing(underway, Nothing.NOT_SENT, refusal)
            case Said.ACCEPTED | Said.IN_DOUBT:
                return self._answered(underway, answer)

    async def _deny(self, underway: _Underway) -> Done:
        place = await self._intended(underway)
        if isinstance(place, Done):
            return place
        no = remembered_no(underway.intent)
        assert no is not None, underway.intent
        order = self._live.order(no.order_id) if no.order_id else None
        return Done(command_id=no.command_id, outcome=no.how, refusal=no.refusal, order=order)

    async def _declare(self, underway: _Underway) -> Done:
        place = await self._intended(underway)
        if isinstance(place, Done):
            return place
        intent = underway.intent
        body = Answered(command_id=intent.command_id, command=_kind(intent), outcome=Outcome.ACCEPTED)
        self._owner.adopt(self._journaled(underway.account, underway.asked, body, Stream.ORDERS_EXECUTED))
        return Done(command_id=intent.command_id, outcome="accepted")

    def _order(self, underway: _Underway) -> Order | None:
        return self._live.order(underway.order_id) if underway.order_id else None

    def _answered(self, underway: _Underway, answer: Answer) -> Done:
        accepted = answer.said is Said.ACCEPTED
        body = Answered(
            command_id=underway.intent.command_id,
            command=_kind(underway.intent),
            outcome=Outcome.ACCEPTED if accepted else Outcome.IN_DOUBT,
            order_id=underway.order_id,
            exchange_order_id=answer.exchange_order_id,
            detail=None if accepted else ": ".join(part for part in (answer.code, answer.message) if part),
            sent_ms=answer.sent_ms,
            answered_ms=answer.answered_ms,
        )
        self._live.note_answer(body)
        self._owner.adopt(self._journaled(underway.account, underway.asked, body, Stream.ORDERS_EXECUTED))
        return Done(command_id=body.command_id, outcome=body.outcome, order=self._order(underway))

    def _nothing(self, underway: _Underway, how: Nothing, refusal: Refusal) -> Done:
        command_id = underway.intent.command_id
        body = CameToNothing(command_id=command_id, how=how, refusal=refusal, order_id=underway.order_id)
        self._live.note_nothing(body)
        self._owner.adopt(self._journaled(underway.account, underway.asked, body, Stream.ORDER_INTENTS))
        return Done(command_id=command_id, outcome=how, refusal=refusal, order=self._order(underway))

    async def _journaled(self, account: str, asked: Asked, body: Answered | CameToNothing, stream: Stream) -> None:
        try:
            await self._writer.conclude(account, asked.principal, body, stream=stream)
        except JournalFault as fault:
            _log.error("outcome not journaled", account=account, command_id=body.command_id, fault=str(fault))


def timing(trading: Trading) -> Timing:
    """A request's timestamp now, and its deadline, on the exchange's clock."""
    now_ms = trading.exchange_time_ms()
    return Timing(now_ms, now_ms + WINDOW_MS)


class Heading(TypedDict):
    """What every intent begins with."""

    command_id: str
    body_hash: str
    timestamp_ms: int
    deadline_ms: int
    idempotency_key: str | None


def heading(command_id: str, asked: Asked, when: Timing) -> Heading:
    return Heading(
        command_id=command_id,
        body_hash=asked.body_hash,
        timestamp_ms=when.timestamp_ms,
        deadline_ms=when.deadline_ms,
        idempotency_key=asked.key if asked.key_given else None,
    )


def _kind(intent: CommandIntended) -> str:
    return str(type(intent).__struct_config__.tag)


def _reused(command_id: str) -> Done:
    return Done(command_id=command_id, outcome="denied", refusal=key_reused())
