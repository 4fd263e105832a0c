"""Three brokers, of which one dies and comes back."""

from __future__ import annotations

import asyncio
import secrets

import pytest

from hedgerow.journal import JournalFault
from hedgerow.journal.kafka import KafkaJournal
from hedgerow.journal.kafka_client import KafkaSettings
from hedgerow.journal.partitions import partition_of
from onemachine.servers.kafka import Kafka
from tests.contracts.streams import everything, once, records, rises, taken
from tests.journal.kafka_journals import STREAM, THRICE, opened

ACCOUNTS = [f"sim{number}" for number in range(8)]


async def write(journal: KafkaJournal, account: str, stop: asyncio.Event, confirmed: dict[tuple[int, int], str]) -> int:
    """Append until told to stop; how many of the last were confirmed one after the other."""
    number = run = 0
    while not stop.is_set() or run < 3:
        text = f"{account} {number}"
        number += 1
        try:
            place = await journal.append(STREAM, account, records(text))
        except JournalFault:
            run = 0
        else:
            confirmed[place] = text
            run += 1
    return run


async def read_back(journal: KafkaJournal) -> dict[tuple[int, int], str]:
    return {entry[:2]: entry.payload.decode() for entry in await everything(journal)}


@pytest.mark.timeout(180)
async def test_one_of_three_brokers_killed_loses_nothing_that_was_confirmed(kafka_cluster: Kafka) -> None:
    settings = KafkaSettings(kafka_cluster.address, prefix=f"{secrets.token_hex(6)}.")
    confirmed: dict[tuple[int, int], str] = {}
    stop = asyncio.Event()
    assert {partition_of(account, THRICE.partitions) for account in ACCOUNTS} == set(range(THRICE.partitions))
    async with opened(settings, THRICE) as journal, opened(settings, THRICE) as other:
        tail = other.tail(STREAM, {})
        async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            for account in ACCOUNTS:
                tasks.create_task(write(journal, account, stop, confirmed))
            seen = await taken(tail, 100)
            await asyncio.to_thread(kafka_cluster.kill, 0)
            after: set[int] = set()
            while len(after) < THRICE.partitions:  # every partition has a leader that takes records
                fresh = await tail.next()
                seen += fresh
                after |= {entry.partition for entry in fresh} if len(seen) > 1_000 else set()
            until_now = dict(confirmed)
            assert until_now.items() <= (await read_back(journal)).items(), "a broker is away"
            assert (await journal.end(STREAM)).keys() == after
            stop.set()
        async with asyncio.timeout(60):
            await asyncio.to_thread(kafka_cluster.start_broker, 0)
            missing = confirmed.keys() - {entry[:2] for entry in seen}
            while missing:
                fresh = await tail.next()
                seen += fresh
                missing -= {entry[:2] for entry in fresh}
        held = await read_back(journal)
    assert confirmed.items() <= held.items()
    assert rises(seen)
    assert len(once(seen)) == len(seen), "a broker's death made a reader see something twice"
    assert {entry[:2]: entry.payload.decode() for entry in seen}.items() <= held.items()
    texts = list(held.values())
    assert len(set(texts)) == len(texts), "an append was written twice"
