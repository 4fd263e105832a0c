"""Writing to the command streams: every command before it acts, and what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping

from hedgerow.clock import Clock
from hedgerow.core.records import Body, Stream
from hedgerow.journal import Journal, Position, Record
from hedgerow.journal.envelope import Envelope, Environment, encode


class IntentWriter:
    """Stamps and appends this order_manager's records; its epoch is its start."""

    def __init__(
        self, journal: Journal, clock: Clock, writer: str, epoch: int, environments: Mapping[str, Environment]
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._writer = writer
        self._epoch = epoch
        self._environments = environments
        self._sequence = 0

    def intend(self, account: str, principal: str, body: Body) -> Awaitable[Position]:
        """Make an intent durable, at once under way; gives its place in `order_intents`.

        Raises:
            JournalFault: it is unknown whether it was written; nothing may be sent.
        """
        return self._journal.append(Stream.ORDER_INTENTS, account, [self._record(account, principal, body)])

    async def conclude(self, account: str, principal: str, body: Body, *, stream: Stream, lazy: bool = True) -> None:
        """Journal what came of an intent."""
        await self._journal.append(stream, account, [self._record(account, principal, body)], lazy=lazy)

    def _record(self, account: str, principal: str, body: Body) -> Record:
        self._sequence += 1
        envelope = Envelope(
            journal=self._journal.journal_id,
            account=account,
            environment=self._environments.get(account, Environment.LIVE),
            writer=self._writer,
            epoch=self._epoch,
            sequence=self._sequence,
            time_ms=self._clock.now_ms(),
            body=body,
            principal=principal,
        )
        return Record(self._epoch, encode(envelope))
