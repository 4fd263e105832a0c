"""What is the Kafka journal's own: how it stands in the topics, what it promises beside others, and its bounds."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from hedgerow.journal import Entry, JournalFault, Record, RecordsGone
from hedgerow.journal.gathering import CALM_S
from hedgerow.journal.kafka import KafkaJournal
from hedgerow.journal.kafka_client import KafkaSettings
from hedgerow.journal.kafka_follower import Follower
from hedgerow.journal.kafka_message import MOST_BYTES, last_offset
from hedgerow.journal.kafka_topics import create_topics
from hedgerow.journal.partitions import partition_of
from onemachine.servers.kafka import Kafka
from onemachine.servers.kafka_jars import jars
from tests.contracts.streams import everything, records, taken
from tests.journal.kafka_journals import ALONE, STREAM, STREAMS, opened

ACCOUNTS = [f"account{number}" for number in range(40)] + ["", "ä€😀", "x" * 99]


def seen_by_a_plain_consumer(settings: KafkaSettings, count: int, partitions: int = 3) -> list[Any]:
    """The first messages of the stream, as somebody reads them who knows nothing of us."""
    consumer = Consumer({"bootstrap.servers": settings.servers, "group.id": "anybody", "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(settings.topic(STREAM), number, 0) for number in range(partitions)])
    messages = [message for _ in range(count) if (message := consumer.poll(10)) is not None]
    consumer.close()
    return messages


async def test_a_plain_consumer_reads_envelopes_by_account(kafka_settings: KafkaSettings) -> None:
    async with opened(kafka_settings) as journal:
        await journal.append(STREAM, "sim", [Record(7, b'{"v":1,"body":"alone"}')])
        await journal.append(STREAM, "sim", [Record(7, b'{"v":1,"body":"a"}'), Record(7, b'{"v":1,"body":"b"}')])
    alone, several = await asyncio.to_thread(seen_by_a_plain_consumer, kafka_settings, 2)
    assert json.loads(alone.value()) == {"v": 1, "body": "alone"}
    assert [each["body"] for each in json.loads(several.value())] == ["a", "b"]
    assert (alone.key(), several.key()) == (b"sim", b"sim")
    assert dict(alone.headers())["epoch"] == b"7"
    assert {alone.partition(), several.partition()} == {partition_of("sim", 3)}


async def test_librdkafkas_partitioner_chooses_the_same_partitions(kafka_settings: KafkaSettings) -> None:
    chosen: dict[str, int] = {}
    async with opened(kafka_settings):
        client = Producer({"bootstrap.servers": kafka_settings.servers, "partitioner": "murmur2_random"})
        for account in filter(None, ACCOUNTS):  # an empty key is none to it: it takes any partition

            def note(_error: object, message: Any) -> None:
                chosen[message.key().decode()] = message.partition()

            client.produce(kafka_settings.topic(STREAM), b"{}", account, on_delivery=note)
        assert await asyncio.to_thread(client.flush, 10) == 0
    assert chosen == {account: partition_of(account, 3) for account in ACCOUNTS if account}


@pytest.mark.skipif(shutil.which("javac") is None, reason="javac is not on this machine: install a JDK")
def test_javas_default_partitioner_chooses_the_same_partitions(tmp_path: Path) -> None:
    program = tmp_path / "Chosen.java"
    program.write_text(
        """
        import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
        class Chosen {
            public static void main(String[] keys) throws Exception {
                for (String key : keys)
                    System.out.println(BuiltInPartitioner.partitionForKey(key.getBytes("UTF-8"), 12));
            }
        }
        """
    )
    command = ["java", "-Dfile.encoding=UTF-8", "-Dsun.jnu.encoding=UTF-8", "-cp", f"{jars()}/*", str(program)]
    keys = [account for account in ACCOUNTS if account.isascii()]
    told = subprocess.run([*command, *keys], capture_output=True, text=True, check=True, timeout=60).stdout
    assert [int(line) for line in told.split()] == [partition_of(key, 12) for key in keys]


def delete_topic(settings: KafkaSettings) -> None:
    """Delete the stream's topic; returns once it is gone."""
    gone = settings.topic(STREAM)
    client = AdminClient({"bootstrap.servers": settings.servers})
    client.delete_topics([gone])[gone].result(10)
    until = time.monotonic() + 20
    while gone in client.list_topics(timeout=5).topics:
        assert time.monotonic() < until
        time.sleep(0.02)


async def test_topics_that_were_made_anew_are_another_journal(kafka_settings: KafkaSettings) -> None:
    async with opened(kafka_settings) as journal:
        first = journal.journal_id
    async with opened(kafka_settings) as journal:
        assert journal.journal_id == first
    await asyncio.to_thread(delete_topic, kafka_settings)
    async with opened(kafka_settings) as journal:
        assert journal.journal_id != first


async def test_what_another_process_writes_arrives(kafka_settings: KafkaSettings) -> None:
    async with opened(kafka_settings) as here, opened(kafka_settings) as there:
        tail = here.tail(STREAM, {})
        for number in range(20):
            await there.append(STREAM, "sim", records(f"there {number}"))
            place = await here.append(STREAM, "sim", records(f"here {number}", f"again {number}"))
            assert tail.take()[-1][:2] == place, "one's own record is at hand, and all before it"
        assert [entry.payload for entry in await taken(tail, 0) + await everything(here)] == [
            text.encode() for n in range(20) for text in (f"there {n}", f"here {n}", f"again {n}")
        ]


async def test_reading_goes_on_in_the_middle_of_an_append(kafka_settings: KafkaSettings) -> None:
    async with opened(kafka_settings, ring=1) as journal:
        await journal.append(STREAM, "sim", records("a", "b", "c"))
        place = await journal.append(STREAM, "sim", records("d", "e", "f"))
        whole = await everything(journal)
        for cut in range(7):
            after = {place.partition: whole[cut - 1].offset} if cut else {}
            assert await everything(journal, after) == whole[cut:]
            assert await taken(journal.tail(STREAM, after), 6 - cut) == whole[cut:]


async def test_a_follower_that_starts_late_begins_near_the_end(kafka_settings: KafkaSettings) -> None:
    async with opened(kafka_settings, ring=5) as here, opened(kafka_settings) as there:
        for number in range(30):
            await there.append(STREAM, "sim", records(str(number)))
        tail = here.tail(STREAM, {})
        entries = await taken(tail, 30)
        await there.append(STREAM, "sim", records("30"))
        entries += await taken(tail, 1)
        assert [int(entry.payload) for entry in entries] == list(range(31))


async def test_a_place_from_beyond_the_end_is_gone(kafka_settings: KafkaSettings) -> None:
    async with opened(kafka_settings) as journal:
        place = await journal.append(STREAM, "sim", records("a"))
        beyond = {place.partition: last_offset(5)}
        with pytest.raises(RecordsGone, match="its newest records were lost"):
            await journal.tail(STREAM, beyond).next()
        with pytest.raises(RecordsGone, match="its newest records were lost"):
            await everything(journal, beyond)


async def test_what_one_message_does_not_hold_is_refused_at_once(kafka_settings: KafkaSettings) -> None:
    async with opened(kafka_settings) as journal:
        with pytest.raises(JournalFault, match="more than one message holds"):
            await journal.append(STREAM, "sim", [Record(1, b"x" * (MOST_BYTES + 1))])
        place = await journal.append(STREAM, "sim", [Record(1, b"x" * (MOST_BYTES - 100))])
        (entry,) = await everything(journal)
        assert (entry.offset, len(entry.payload)) == (place.offset, MOST_BYTES - 100)


async def test_what_others_wrote_into_a_topic_does_no_harm(kafka_settings: KafkaSettings) -> None:
    async with opened(kafka_settings) as journal:
        tail = journal.tail(STREAM, {})
        stranger = Producer({"bootstrap.servers": kafka_settings.servers})
        topic, partition = kafka_settings.topic(STREAM), journal.partition_of("sim")
        stranger.produce(topic, b"no key", partition=partition)
        stranger.produce(topic, None, b"no value", partition)
        stranger.produce(topic, b"[]", b"sim", partition, headers=[("sizes", b"one")])
        assert await asyncio.to_thread(stranger.flush, 10) == 0
        await journal.append(STREAM, "sim", records("ours"))
        assert [entry.payload for entry in await taken(tail, 1)] == [b"ours"]
        assert [entry.payload for entry in await everything(journal)] == [b"ours"]


async def test_appends_wait_their_turn_for_room(kafka_settings: KafkaSettings) -> None:
    async with opened(kafka_settings) as journal:
        appends = [journal.append(STREAM, "sim", records(str(number))) for number in range(5_000)]
        places = await asyncio.gather(*appends)
        assert [place.offset for place in places] == sorted({place.offset for place in places})
        assert [int(entry.payload) for entry in await everything(journal)] == list(range(5_000))


class _FailingProducer:
    """A producer that turns out to have failed for good, once it has sent something."""

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        self._producer = Producer(dict(configuration))
        self._sent = 0

    def produce(self, *arguments: Any, **more: Any) -> None:
        if self._sent == 1:
            raise KafkaException(KafkaError(KafkaError._FATAL, "fenced", fatal=True))
        self._sent += 1
        self._producer.produce(*arguments, **more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._producer, name)

    def __len__(self) -> int:
        return len(self._producer)


async def test_after_an_error_that_no_producer_survives_another_takes_over(kafka_settings: KafkaSettings) -> None:
    made: list[object] = []

    def make(configuration: dict[str, Any]) -> Any:
        made.append(configuration)
        return _FailingProducer(configuration) if len(made) == 1 else Producer(configuration)

    async with opened(kafka_settings, make_producer=make) as journal:
        tail = journal.tail(STREAM, {})
        await journal.append(STREAM, "sim", records("before"))
        with pytest.raises(JournalFault, match="Nobody knows whether"):
            await journal.append(STREAM, "sim", records("in doubt"))
        await _written_at_last(journal, "after")
        entries = await taken(tail, 2)
        assert [entry.payload for entry in entries] == [b"before", b"after"]
        assert len(made) == 2


async def _written_at_last(journal: KafkaJournal, text: str) -> Entry:
    """Append until it is confirmed; a repeat is what a writer in doubt risks."""
    async with asyncio.timeout(40):
        while True:
            try:
                place = await journal.append(STREAM, "sim", records(text))
                return Entry(*place, 1, "sim", text.encode())
            except JournalFault:
                await asyncio.sleep(0.05)


async def test_the_only_broker_stopped_and_started(kafka_server: Kafka, kafka_settings: KafkaSettings) -> None:
    """Nothing that was confirmed is lost, faults come in time, tails wait, and all goes on by itself."""
    settings = replace(kafka_settings, deadline_s=2)
    async with opened(settings, ring=5) as journal, opened(settings) as other:
        tail, away = journal.tail(STREAM, {}), other.tail(STREAM, {})
        confirmed = [(await journal.append(STREAM, "sim", records(f"{number}"))).offset for number in range(10)]
        read = await taken(tail, 10)
        behind = journal.tail(STREAM, {})
        waiting, reading_old = asyncio.ensure_future(tail.next()), None
        await asyncio.to_thread(kafka_server.stop)
        try:
            reading_old = asyncio.ensure_future(behind.next())
            began = asyncio.get_running_loop().time()
            with pytest.raises(JournalFault):
                await journal.append(STREAM, "sim", records("in doubt"))
            with pytest.raises(JournalFault):
                await journal.end(STREAM)
            assert asyncio.get_running_loop().time() - began < 2 * settings.deadline_s + 1
            assert not waiting.done()
            assert not reading_old.done()
        finally:
            await asyncio.to_thread(kafka_server.start)
        last = await _written_at_last(journal, "after")
        async with asyncio.timeout(20):
            seen = read + await waiting
            while seen[-1].offset < last.offset:
                seen += await tail.next()
            old = await reading_old
            while old[-1].offset < last.offset:
                old += await behind.next()
            elsewhere = await taken(away, len(old))
        assert old == seen == elsewhere
        assert {entry.offset for entry in seen} >= {*confirmed, last.offset}
        assert {entry.payload for entry in seen[10:]} <= {b"in doubt", b"after"}


async def test_a_broker_that_hangs_is_a_fault_in_time(kafka_server: Kafka, kafka_settings: KafkaSettings) -> None:
    settings = replace(kafka_settings, deadline_s=2)
    async with opened(settings) as journal:
        await journal.append(STREAM, "sim", records("before"))
        kafka_server.pause()
        try:
            async with asyncio.timeout(settings.deadline_s + 1):
                with pytest.raises(JournalFault):
                    await journal.append(STREAM, "sim", records("in doubt"))
            async with asyncio.timeout(settings.deadline_s + 1):
                with pytest.raises(JournalFault):
                    await journal.end(STREAM)
            async with asyncio.timeout(settings.deadline_s + 1):
                with pytest.raises(JournalFault):
                    await everything(journal)
        finally:
            kafka_server.resume()
        await _written_at_last(journal, "after")


async def test_tails_of_a_topic_that_was_made_anew_have_lost_their_records(kafka_settings: KafkaSettings) -> None:
    async with opened(kafka_settings) as journal:
        tail = journal.tail(STREAM, {})
        for number in range(5):
            await journal.append(STREAM, "sim", records(str(number)))
        await taken(tail, 5)
        waiting = asyncio.ensure_future(tail.next())
        await asyncio.to_thread(delete_topic, kafka_settings)
        await create_topics(kafka_settings, ALONE, STREAMS)
        with pytest.raises(RecordsGone, match="given up, or lost"):
            await asyncio.wait_for(waiting, 30)


async def test_a_first_tail_long_after_the_opening_follows_from_the_end(kafka_settings: KafkaSettings) -> None:
    """What came meanwhile is not even kept any more: that is no reason to refuse a place at the end."""
    async with opened(kafka_settings) as journal, opened(kafka_settings) as other:
        last = [await other.append(STREAM, "sim", records(str(number))) for number in range(5)][-1]
        await other.trim(STREAM, dict([last]))
        tail = journal.tail(STREAM, dict([last]))
        await other.append(STREAM, "sim", records("new"))
        assert [entry.payload for entry in await asyncio.wait_for(taken(tail, 1), 10)] == [b"new"]


async def test_a_follower_whose_place_was_given_up_says_so(kafka_settings: KafkaSettings) -> None:
    """Retention went past it while it could not read."""
    lost: asyncio.Queue[str] = asyncio.Queue()
    async with opened(kafka_settings) as journal:
        place = await journal.append(STREAM, "sim", records("a", "b"))
        await journal.trim(STREAM, dict([place]))
        topic = kafka_settings.topic(STREAM)
        follower = Follower(
            kafka_settings, topic, {place.partition: 0}, {}, lambda _: None, lost.put_nowait, wanted=threading.Event()
        )
        try:
            assert "out of range" in await asyncio.wait_for(lost.get(), 10)
        finally:
            follower.stop()
            await asyncio.to_thread(follower.join)


class Wanted(threading.Event):
    """Remembers for how long it was waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.waited_s: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waited_s.append(timeout)
        return super().wait(timeout)


@pytest.mark.parametrize(("calm", "waited_s"), [(True, [CALM_S]), (False, [])])
async def test_a_lone_record_is_held_back_in_a_calm_stream_alone(
    kafka_settings: KafkaSettings, calm: bool, waited_s: list[float]
) -> None:
    arrived: asyncio.Queue[list[Entry]] = asyncio.Queue()
    wanted = Wanted()
    async with opened(kafka_settings) as journal:
        place = await journal.append(STREAM, "sim", records("a"))
        topic = kafka_settings.topic(STREAM)
        starts = {place.partition: 0}
        follower = Follower(kafka_settings, topic, starts, {}, arrived.put_nowait, print, wanted=wanted, calm=calm)
        try:
            assert [entry.payload for entry in await asyncio.wait_for(arrived.get(), 10)] == [b"a"]
        finally:
            follower.stop()
            await asyncio.to_thread(follower.join)
    assert wanted.waited_s == waited_s


async def test_an_own_write_in_a_calm_stream_comes_after_what_others_wrote(kafka_settings: KafkaSettings) -> None:
    async with opened(kafka_settings, calm=[STREAM]) as journal, opened(kafka_settings) as other:
        tail = journal.tail(STREAM, {})
        for number in range(10):
            await other.append(STREAM, "sim", records(f"other {number}"))
            await journal.append(STREAM, "sim", records(f"own {number}"))
        told = [entry.payload.decode() for entry in tail.take()]
    assert told == [f"{whose} {number}" for number in range(10) for whose in ("other", "own")]
