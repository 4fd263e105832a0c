"""The protocol of every command that is not an order: remember it, write the intent, act, write the outcome."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TypedDict

import msgspec
import structlog

from hedgerow.core import ids
from hedgerow.core.orders import Order
from hedgerow.core.records import Answered, CameToNothing, CommandIntended, Nothing, Outcome, Stream
from hedgerow.core.refusals import Code, Refusal
from hedgerow.exchange import Answer, Said, Timing, Trading
from hedgerow.history import CommandRow, History
from hedgerow.journal import JournalFault
from hedgerow.journal import Position as Spot
from hedgerow.order_manager.intents import IntentWriter
from hedgerow.order_manager.live import LiveView
from hedgerow.order_manager.owner import Owner
from hedgerow.order_manager.placing import WINDOW_MS, Asked

_log = structlog.get_logger(__name__)
_REMEMBERED = 10_000


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What a command came to: `accepted` or `in_doubt`, or a refusal (ours or the exchange's)."""

    command_id: str
    outcome: str
    refusal: Refusal | None = None
    order: Order | None = None
    orders: tuple[Order, ...] = ()
    note: str | None = None


Judge = Callable[[Spot], Refusal | None]
Act = Callable[[], Awaitable[Answer]]


class Commanding:
    """Runs commands once each; the same key and body again get the same answer."""

    def __init__(self, *, live: LiveView, writer: IntentWriter, history: History, owner: Owner, id_key: bytes) -> None:
        self._live = live
        self._writer = writer
        self._history = history
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
        if (known := self._running.get(command_id)) is not None:
            return _reused(command_id) if known[0] != asked.body_hash else await asyncio.shield(known[1])
        if asked.key_given and (row := await self._history.command(command_id)) is not None:
            return self._remembered(row, asked)
        if self._owner.full:
            refusal = Refusal(Code.NOT_SENT, "too many commands are under way; nothing was sent, try again")
            return Done(command_id=command_id, outcome="denied", refusal=refusal)
        if (known := self._running.get(command_id)) is not None:
            return _reused(command_id) if known[0] != asked.body_hash else await asyncio.shield(known[1])
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

    def _remembered(self, row: CommandRow, asked: Asked) -> Done:
        if row.body_hash != asked.body_hash:
            return _reused(row.command_id)
        answer = msgspec.json.decode(row.answer, type=Answered | CameToNothing) if row.answer else None
        refusal = answer.refusal if isinstance(answer, CameToNothing) else None
        order = self._live.order(answer.order_id) if answer is not None and answer.order_id else None
        outcome = "in_doubt" if row.outcome == "pending" else row.outcome
        return Done(command_id=row.command_id, outcome=outcome, refusal=refusal, order=order)

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
        """Write the intent, let the log's order judge it, act, and write down what came of it."""
        place = await self._writer.intend(account, asked.principal, intent)
        await self._live.read_to(Stream.ORDER_INTENTS, place)
        denial = judge(place) if judge else None
        if denial is not None:
            return self._nothing(account, asked, intent, order_id, Nothing.DENIED, denial)
        answer = await act()
        match answer.said:
            case Said.REJECTED:
                refusal = Refusal(
                    Code.EXCHANGE_REJECTED,
                    "the exchange refused the command",
                    exchange_code=answer.code,
                    exchange_message=answer.message,
                )
                return self._nothing(account, asked, intent, order_id, Nothing.REJECTED, refusal)
            case Said.NOT_SENT:
                refusal = Refusal(Code.NOT_SENT, answer.message or "the command never left the desk")
                return self._nothing(account, asked, intent, order_id, Nothing.NOT_SENT, refusal)
            case Said.ACCEPTED | Said.IN_DOUBT:
                return self._answered(account, asked, intent, order_id, answer)

    async def declare(self, account: str, asked: Asked, intent: CommandIntended) -> Done:
        """A command that is done once it is journaled: limits, trading state, the head of a group."""
        place = await self._writer.intend(account, asked.principal, intent)
        await self._live.read_to(Stream.ORDER_INTENTS, place)
        body = Answered(command_id=intent.command_id, command=_kind(intent), outcome=Outcome.ACCEPTED)
        self._owner.adopt(self._journaled(account, asked, body, Stream.ORDERS_EXECUTED))
        return Done(command_id=intent.command_id, outcome="accepted")

    def _answered(
        self, account: str, asked: Asked, intent: CommandIntended, order_id: str | None, answer: Answer
    ) -> Done:
        accepted = answer.said is Said.ACCEPTED
        body = Answered(
            command_id=intent.command_id,
            command=_kind(intent),
            outcome=Outcome.ACCEPTED if accepted else Outcome.IN_DOUBT,
            order_id=order_id,
            exchange_order_id=answer.exchange_order_id,
            detail=None if accepted else ": ".join(part for part in (answer.code, answer.message) if part),
            sent_ms=answer.sent_ms,
            answered_ms=answer.answered_ms,
        )
        self._live.note_answer(body)
        self._owner.adopt(self._journaled(account, asked, body, Stream.ORDERS_EXECUTED))
        order = self._live.order(order_id) if order_id else None
        return Done(command_id=intent.command_id, outcome=body.outcome, order=order)

    def _nothing(
        self, account: str, asked: Asked, intent: CommandIntended, order_id: str | None, how: Nothing, refusal: Refusal
    ) -> Done:
        body = CameToNothing(command_id=intent.command_id, how=how, refusal=refusal, order_id=order_id)
        self._live.note_nothing(body)
        self._owner.adopt(self._journaled(account, asked, body, Stream.ORDER_INTENTS))
        order = self._live.order(order_id) if order_id else None
        return Done(command_id=intent.command_id, outcome=how, refusal=refusal, order=order)

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
    refusal = Refusal(
        Code.KEY_REUSED,
        "this Idempotency-Key was used for another request; nothing was sent",
        field="Idempotency-Key",
    )
    return Done(command_id=command_id, outcome="denied", refusal=refusal)
