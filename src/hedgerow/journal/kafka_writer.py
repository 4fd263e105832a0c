"""The journal's producer, and the thread that takes its delivery reports."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final, NamedTuple

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from hedgerow.journal import Position, Record
from hedgerow.journal.kafka_client import KafkaSettings, producer
from hedgerow.journal.kafka_message import Message as Packed

_POLL_S: Final = 0.1  # how soon it sees that it is to end, or to begin anew
_SHARE: Final = 0.8  # of the deadline, for a delivery: the rest is for its writer to hear of it

_log = structlog.get_logger()


class Append(NamedTuple):
    """Records of one account for one stream, as one message.

    Attributes:
        until: when its caller must have an answer.
        lazy: its caller need not have it soon.
    """

    stream: str
    topic: str
    partition: int
    account: str
    records: Sequence[Record]
    packed: Packed
    until: float
    done: asyncio.Future[Position]
    lazy: bool = False


class Delivery(NamedTuple):
    """What became of an append: its message's offset, or why nobody knows."""

    append: Append
    message: int
    error: str | None


class _Sent:
    """An append on its way, since when, and whether its report is here."""

    __slots__ = ("append", "reported", "since")

    def __init__(self, append: Append) -> None:
        self.append = append
        self.since = time.monotonic()
        self.reported = False


class Writer:
    """Owns the producer. `tell` is called on the thread, once for all deliveries at hand.

    A producer ends with the first append that is not delivered in time, or that fails: then all that it still held is
    in doubt, and the next one takes over. To let it go on could write something twice, or what came later and not what
    came before.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        tell: Callable[[list[Delivery]], None],
        make: Callable[[dict[str, Any]], Producer] = Producer,
    ) -> None:
        self._settings = settings
        self._tell = tell
        self._make = make
        self._broken = False
        self._deliveries: list[Delivery] = []
        self._sent: deque[_Sent] = deque()
        self._patience_s = _SHARE * settings.deadline_s
        self._producer = self._new()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kafka-writer", daemon=True)
        self._thread.start()

    def put(self, append: Append) -> str | None:
        """Hand an append to the producer, which sends it at once; says why not, where it takes none."""
        sent = _Sent(append)
        try:
            self._producer.produce(
                append.topic,
                append.packed.value,
                append.account,
                append.partition,
                on_delivery=partial(self._delivered, sent),
                headers=append.packed.headers,
            )
        except KafkaException as refusal:
            error = refusal.args[0]
            self._broken = self._broken or error.fatal() or error.code() == KafkaError._FATAL
            return str(error.str())
        except BufferError as refusal:
            return str(refusal)
        self._sent.append(sent)
        return None

    def close(self) -> None:
        """Deliver what is waiting, as long as the deadline allows; blocks until that is done."""
        self._stopping.set()
        self._thread.join()

    def _new(self) -> Producer:
        return self._make({**producer(self._settings), "error_cb": self._failed})

    def _failed(self, error: KafkaError) -> None:
        """Called in `poll`: what the producer survives is not worth a word, its own log has it."""
        self._broken = self._broken or error.fatal()

    def _delivered(self, sent: _Sent, error: KafkaError | None, message: Message) -> None:
        sent.reported = True
        offset = message.offset()
        if error is not None:
            self._broken = True
            self._deliveries.append(Delivery(sent.append, -1, error.str()))
        elif offset is None or offset < 0:  # a repeat whose first delivery the broker has forgotten
            self._deliveries.append(Delivery(sent.append, -1, "it was written, but nobody knows where"))
        else:
            self._deliveries.append(Delivery(sent.append, offset, None))

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._poll(_POLL_S)
            if self._broken or self._is_late():
                self._renew()
        until = time.monotonic() + self._settings.deadline_s
        while len(self._producer) and time.monotonic() < until and not self._broken:
            self._poll(_POLL_S)
        self._retire(self._producer)

    def _is_late(self) -> bool:
        """Whether the oldest append has waited too long."""
        while self._sent and self._sent[0].reported:
            self._sent.popleft()
        return bool(self._sent) and time.monotonic() - self._sent[0].since > self._patience_s

    def _poll(self, patience_s: float) -> None:
        self._producer.poll(patience_s)
        self._tell_all()

    def _tell_all(self) -> None:
        if self._deliveries:
            deliveries, self._deliveries = self._deliveries, []
            with suppress(RuntimeError):  # the loop has ended: nobody waits for the answer any more
                self._tell(deliveries)

    def _renew(self) -> None:
        _log.error("kafka does not take what is written, or not in time; another producer takes over")
        old, self._producer = self._producer, self._new()
        self._retire(old)
        self._broken = False

    def _retire(self, old: Producer) -> None:
        """Give up what it still holds: each of these is told that it is in doubt."""
        until = time.monotonic() + self._settings.deadline_s
        while len(old) and time.monotonic() < until:
            old.purge()  # again, for what the event loop's thread may just have put there
            old.poll(_POLL_S)
        self._tell_all()
