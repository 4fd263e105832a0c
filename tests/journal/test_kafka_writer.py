"""What the writer makes of a producer's reports, by producers that report as they are told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from hedgerow.journal import Position
from hedgerow.journal.kafka_client import KafkaSettings
from hedgerow.journal.kafka_message import packed
from hedgerow.journal.kafka_writer import Append, Delivery, Writer
from tests.contracts.streams import records

Report = Callable[[KafkaError | None, Any], None]
SETTINGS = KafkaSettings("nowhere:1", deadline_s=1)


class Delivered:
    """A message as a delivery report shows it."""

    def __init__(self, offset: int | None) -> None:
        self._offset = offset

    def offset(self) -> int | None:
        return self._offset


class ScriptedProducer:
    """Keeps what it is given, until it is told to report or is purged."""

    def __init__(self, offset: int | None = None, error: KafkaError | None = None, *, silent: bool = False) -> None:
        self.kept: list[Report] = []
        self._answer = (error, Delivered(offset))
        self._silent = silent

    def produce(self, *_arguments: Any, on_delivery: Report, **_more: Any) -> None:
        self.kept.append(on_delivery)

    def poll(self, _patience_s: float) -> None:
        if not self._silent:
            self._report(*self._answer)

    def purge(self) -> None:
        self._report(KafkaError(KafkaError._PURGE_INFLIGHT), Delivered(None))

    def _report(self, error: KafkaError | None, message: Delivered) -> None:
        kept, self.kept = self.kept, []
        for report in kept:
            report(error, message)

    def __len__(self) -> int:
        return len(self.kept)


class RefusingProducer(ScriptedProducer):
    def produce(self, *_arguments: Any, **_more: Any) -> None:
        raise KafkaException(KafkaError(KafkaError._FATAL, "fenced", fatal=True))


class Desk:
    """A writer on producers in their order, and what it told."""

    def __init__(self, *producers: ScriptedProducer) -> None:
        self._loop = asyncio.get_running_loop()
        self._producers = list(producers)
        self._told: asyncio.Queue[Delivery] = asyncio.Queue()
        self.writer = Writer(SETTINGS, self._tell, lambda _configuration: self._producers.pop(0))  # type: ignore[arg-type,return-value]

    def _tell(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            self._loop.call_soon_threadsafe(self._told.put_nowait, delivery)

    def put(self) -> str | None:
        done: asyncio.Future[Position] = self._loop.create_future()
        written = records("a")
        return self.writer.put(Append("fills", "fills", 0, "sim", written, packed(written), 0.0, done))

    async def told(self) -> Delivery:
        return await asyncio.wait_for(self._told.get(), 5)

    async def close(self) -> None:
        await asyncio.to_thread(self.writer.close)


async def test_a_delivery_tells_its_place() -> None:
    desk = Desk(ScriptedProducer(offset=0))
    assert desk.put() is None
    assert (await desk.told())[1:] == (0, None)
    await desk.close()


@pytest.mark.parametrize("offset", [None, -1001])
async def test_a_delivery_without_a_place_is_in_doubt(offset: int | None) -> None:
    desk = Desk(ScriptedProducer(offset=offset))
    desk.put()
    assert (await desk.told()).error == "it was written, but nobody knows where"
    await desk.close()


async def test_what_is_not_delivered_in_time_is_in_doubt_and_all_beside_it_and_the_next_producer_serves() -> None:
    desk = Desk(ScriptedProducer(silent=True), ScriptedProducer(offset=5))
    began = asyncio.get_running_loop().time()
    desk.put()
    desk.put()
    assert [(await desk.told()).error is not None for _ in range(2)] == [True, True]
    assert asyncio.get_running_loop().time() - began < SETTINGS.deadline_s
    desk.put()
    assert (await desk.told())[1:] == (5, None)
    await desk.close()


async def test_after_an_error_nothing_more_comes_of_that_producer() -> None:
    """What it would send once more, the brokers might take for new."""
    failing = ScriptedProducer(error=KafkaError(KafkaError._MSG_TIMED_OUT))
    desk = Desk(failing, ScriptedProducer(offset=5))
    desk.put()
    assert (await desk.told()).error is not None
    async with asyncio.timeout(5):
        while True:
            desk.put()
            if (await desk.told())[1:] == (5, None):
                break
    assert not failing.kept
    await desk.close()


async def test_a_producer_that_refuses_is_replaced() -> None:
    desk = Desk(RefusingProducer(), ScriptedProducer(offset=5))
    async with asyncio.timeout(5):
        while desk.put() is not None:
            await asyncio.sleep(0.01)
    assert (await desk.told())[1:] == (5, None)
    await desk.close()


async def test_at_its_end_what_nobody_confirms_is_in_doubt() -> None:
    desk = Desk(ScriptedProducer(silent=True))
    desk.put()
    await desk.close()
    assert (await desk.told()).error is not None
