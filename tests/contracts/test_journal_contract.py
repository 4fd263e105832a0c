"""What every journal promises. Never that offsets have no gaps, nor that its partitions share one order."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from hedgerow.journal import Entry, Journal, JournalClosed, JournalFault, Position, Record, RecordsGone
from tests.contracts.appender import PAIR, WRITERS
from tests.contracts.canceling import cancel_at_every_step
from tests.contracts.streams import ACCOUNTS, STREAM, Open, by_account, everything, fill, once, records, rises, taken


async def test_an_append_is_read_back_as_it_was_written(journal: Journal) -> None:
    payload = bytes(range(256)) * 20
    place = await journal.append(STREAM, "sim", [Record(3, payload)])
    (entry,) = once(await everything(journal))
    assert entry == Entry(place.partition, place.offset, 3, "sim", payload)
    assert place.partition == journal.partition_of("sim")
    assert await journal.end(STREAM) == {place.partition: place.offset}


async def test_a_caller_that_is_canceled_is_canceled(journal: Journal) -> None:
    async def next_of_tail() -> list[Entry]:
        tail = journal.tail(STREAM, {})
        try:
            return await tail.next()
        finally:
            tail.close()

    await cancel_at_every_step(lambda: journal.append(STREAM, "sim", records("a")))
    await cancel_at_every_step(lambda: journal.end(STREAM))
    await cancel_at_every_step(lambda: everything(journal))
    await cancel_at_every_step(next_of_tail)
    await journal.append(STREAM, "sim", records("last"))
    assert (await everything(journal))[-1].payload == b"last"


async def test_a_stream_that_nobody_wrote_is_empty(journal: Journal) -> None:
    assert await journal.end("fills") == {}
    assert await everything(journal, stream="fills") == []
    assert journal.tail("fills", {}).take() == []


async def test_streams_are_apart(journal: Journal) -> None:
    await journal.append("order_intents", "sim", records("intent"))
    await journal.append(STREAM, "sim", records("update"))
    assert [entry.payload for entry in once(await everything(journal))] == [b"update"]


async def test_an_account_keeps_its_order_and_its_partition(journal: Journal) -> None:
    held = await fill(journal, 5)
    entries = await everything(journal)
    assert by_account(entries) == held
    assert rises(entries)
    for entry in entries:
        assert entry.partition == journal.partition_of(entry.account)
        assert 0 <= entry.partition < journal.partitions


async def test_several_partitions_are_used(journal: Journal) -> None:
    assert len({journal.partition_of(account) for account in ACCOUNTS}) > 1


async def test_appends_that_were_asked_for_in_order_are_written_in_order(journal: Journal) -> None:
    texts = [f"{number}" for number in range(60)]
    appends = [journal.append(STREAM, "sim", records(text), lazy=number % 3 == 0) for number, text in enumerate(texts)]
    places = await asyncio.gather(*appends)
    assert [entry.payload.decode() for entry in once(await everything(journal))] == texts
    assert [place.offset for place in places] == sorted({place.offset for place in places})


async def test_the_place_of_an_append_is_that_of_its_last_record(journal: Journal) -> None:
    place = await journal.append(STREAM, "sim", records("a", "b", "c"))
    last = once(await everything(journal))[-1]
    assert (last.payload, Position(last.partition, last.offset)) == (b"c", place)


async def test_parts_for_several_streams_are_written_in_order(journal: Journal) -> None:
    parts = [("fills", records("fill")), (STREAM, records("first", "second")), ("fills", records("another fill"))]
    places = await journal.append_in_order("sim", parts)
    assert [entry.payload for entry in once(await everything(journal))] == [b"first", b"second"]
    assert [entry.payload for entry in once(await everything(journal, stream="fills"))] == [b"fill", b"another fill"]
    assert [place.partition for place in places] == [journal.partition_of("sim")] * 3
    assert places[2] == once(await everything(journal, stream="fills"))[-1][:2]
    assert dict([places[1]]) == await journal.end(STREAM)


async def test_when_parts_are_written_every_one_of_them_is_at_hand(journal: Journal) -> None:
    tails = [journal.tail(stream, {}) for stream in ("fills", STREAM)]
    await journal.append_in_order("sim", [("fills", records("fill")), (STREAM, records("update"))])
    assert [{entry.payload for entry in tail.take()} for tail in tails] == [{b"fill"}, {b"update"}]


async def test_a_lazy_append_becomes_durable_by_itself(journal: Journal) -> None:
    await asyncio.wait_for(journal.append(STREAM, "sim", records("a"), lazy=True), 5)
    assert [entry.payload for entry in once(await everything(journal))] == [b"a"]


async def test_an_append_whose_caller_has_gone_is_whole_or_not_at_all(journal: Journal) -> None:
    append = asyncio.ensure_future(journal.append(STREAM, "sim", records("a", "b")))
    await asyncio.sleep(0)
    append.cancel()
    await journal.append(STREAM, "sim", records("c"))
    payloads = [entry.payload for entry in once(await everything(journal))]
    assert payloads in ([b"a", b"b", b"c"], [b"c"])


async def test_reading_goes_on_from_any_cursor(journal: Journal) -> None:
    await fill(journal, 4)
    whole = once(await everything(journal))
    for cut in range(len(whole) + 1):
        places = {entry.partition: entry.offset for entry in whole[:cut]}
        rest = await everything(journal, places)
        assert once(rest) == [entry for entry in whole if entry.offset > places.get(entry.partition, -1)]


async def test_some_partitions_are_read_alone(journal: Journal) -> None:
    await fill(journal, 3)
    whole = once(await everything(journal))
    partition = journal.partition_of("account0")
    some = [entry async for batch in journal.read(STREAM, {}, [partition]) for entry in batch]
    assert once(some) == [entry for entry in whole if entry.partition == partition]


async def test_a_read_ends_where_the_stream_ended_when_it_began(journal: Journal) -> None:
    await fill(journal, 2)
    whole = once(await everything(journal))
    seen: list[Entry] = []
    async for batch in journal.read(STREAM, {}, limit=4):
        seen += batch
        if len(seen) < 200:
            await journal.append(STREAM, "account0", records("later"))
    assert once(seen) == whole


async def test_two_readers_agree(journal: Journal) -> None:
    await fill(journal, 3)
    first, second = await everything(journal), await everything(journal)
    assert once(first) == once(second)


async def test_a_tail_hands_out_what_was_before_it_and_what_comes_after(journal: Journal) -> None:
    held = await fill(journal, 4)
    tail = journal.tail(STREAM, {})
    old = await taken(tail, 4 * len(ACCOUNTS))
    assert by_account(old) == held
    await journal.append(STREAM, "sim", records("new"))
    assert [entry.payload for entry in once(await tail.next()) if entry not in old] == [b"new"]
    tail.close()


async def test_a_writer_finds_its_own_record_at_hand(journal: Journal) -> None:
    await fill(journal, 3)
    tail = journal.tail(STREAM, await journal.end(STREAM))
    assert tail.take() == []
    for number in range(40):
        place = await journal.append(STREAM, "sim", records(str(number)))
        at_hand = tail.take()
        assert once(at_hand)[-1][:2] == place
        assert tail.offsets[place.partition] == place.offset


async def test_a_tail_that_waits_is_woken(journal: Journal) -> None:
    tail = journal.tail(STREAM, {})
    waiting = asyncio.ensure_future(tail.next())
    await asyncio.sleep(0)
    assert not waiting.done()
    await journal.append(STREAM, "sim", records("a"))
    assert [entry.payload for entry in once(await asyncio.wait_for(waiting, 5))] == [b"a"]


async def test_a_tail_takes_no_more_than_it_is_asked_for(journal: Journal) -> None:
    await fill(journal, 3)
    tail = journal.tail(STREAM, {})
    assert 1 <= len(await tail.next(2)) <= 2
    assert len(tail.take(3)) <= 3


async def test_a_tail_of_some_partitions_sees_only_those(journal: Journal) -> None:
    held = await fill(journal, 3)
    partition = journal.partition_of("account0")
    theirs = {account: texts for account, texts in held.items() if journal.partition_of(account) == partition}
    tail = journal.tail(STREAM, {}, [partition])
    entries = await taken(tail, sum(map(len, theirs.values())))
    assert by_account(entries) == theirs
    assert set(tail.offsets) == {partition}
    other = next(account for account in ACCOUNTS if journal.partition_of(account) != partition)
    await journal.append(STREAM, other, records("elsewhere"))
    await journal.append(STREAM, "account0", records("here"))
    assert {entry.payload for entry in await tail.next() if entry not in entries} == {b"here"}


async def test_tails_join_without_a_gap_while_others_append(journal: Journal) -> None:
    rounds = 30

    async def write(account: str) -> None:
        for number in range(rounds):
            await journal.append(STREAM, account, records(f"{account} {number}"), lazy=number % 4 == 0)

    async def follow(start: int) -> list[Entry]:
        while sum((await journal.end(STREAM)).values()) < start:
            await asyncio.sleep(0)
        return await taken(journal.tail(STREAM, {}), rounds * len(ACCOUNTS))

    async with asyncio.TaskGroup() as tasks:
        readers = [tasks.create_task(follow(start)) for start in (0, 20, 90, 150)]
        for account in ACCOUNTS:
            tasks.create_task(write(account))
    whole = once(await everything(journal))
    for reader in readers:
        assert once(reader.result()) == whole
        assert rises(reader.result())


async def test_a_tail_that_falls_behind_loses_nothing(journal: Journal) -> None:
    tail = journal.tail(STREAM, {})
    await journal.append(STREAM, "sim", records("first"))
    entries = await taken(tail, 1)
    await fill(journal, 12)  # more than a small ring holds
    entries += await taken(tail, 12 * len(ACCOUNTS))
    assert once(entries) == once(await everything(journal))
    assert rises(entries)


async def test_a_tail_goes_on_from_the_offsets_of_another(journal: Journal) -> None:
    await fill(journal, 4)
    first = journal.tail(STREAM, {})
    before = await taken(first, 17)
    second = journal.tail(STREAM, first.offsets)
    whole = once(await everything(journal))
    after = await taken(second, len(whole) - len(once(before)))
    assert once(before + after) == whole


async def test_offsets_and_the_journal_survive_a_restart(open_journal: Open) -> None:
    journal = await open_journal()
    held = await fill(journal, 2)
    named, end = journal.journal_id, await journal.end(STREAM)
    await journal.close()
    journal = await open_journal()
    assert (journal.journal_id, await journal.end(STREAM)) == (named, end)
    assert by_account(await everything(journal)) == held
    place = await journal.append(STREAM, "sim", records("after"))
    assert place.offset > end.get(place.partition, -1)


async def test_what_was_trimmed_is_gone_and_the_rest_is_not(journal: Journal) -> None:
    await fill(journal, 4)
    whole = once(await everything(journal))
    end = await journal.end(STREAM)
    cut = {entry.partition: entry.offset for entry in whole[: len(whole) // 2]}
    await journal.trim(STREAM, cut)
    with pytest.raises(RecordsGone):
        await everything(journal)
    with pytest.raises(RecordsGone):
        await journal.tail(STREAM, {}).next()
    rest = [entry for entry in whole if entry.offset > cut.get(entry.partition, -1)]
    assert once(await everything(journal, cut)) == rest
    assert once(await taken(journal.tail(STREAM, cut), len(rest))) == rest
    assert await journal.end(STREAM) == end


async def test_offsets_go_on_after_everything_was_trimmed(open_journal: Open) -> None:
    journal = await open_journal()
    last = await journal.append(STREAM, "sim", records("a", "b"))
    await journal.trim(STREAM, {last.partition: last.offset})
    await journal.close()
    journal = await open_journal()
    assert await journal.end(STREAM) == {last.partition: last.offset}
    place = await journal.append(STREAM, "sim", records("c"))
    assert place.offset > last.offset
    assert [entry.payload for entry in once(await everything(journal, dict([last])))] == [b"c"]


async def test_closing_a_tail_wakes_it(journal: Journal) -> None:
    tail = journal.tail(STREAM, {})
    waiting = asyncio.ensure_future(tail.next())
    await asyncio.sleep(0)
    tail.close()
    with pytest.raises(JournalClosed):
        await asyncio.wait_for(waiting, 5)
    assert tail.take() == []


async def test_closing_the_journal_wakes_its_tails_and_ends_its_appends(open_journal: Open) -> None:
    journal = await open_journal()
    tail = journal.tail(STREAM, {})
    waiting = asyncio.ensure_future(tail.next())
    late = asyncio.ensure_future(journal.append(STREAM, "sim", records("a"), lazy=True))
    await asyncio.sleep(0)
    await journal.close()
    assert [entry.payload for entry in once(await asyncio.wait_for(waiting, 5))] == [b"a"]
    assert (await late).offset >= 0  # what was asked for before is written
    while tail.take():
        pass  # a journal that repeats itself may have more of the old at hand
    with pytest.raises(JournalClosed):
        await asyncio.wait_for(tail.next(), 5)
    with pytest.raises(JournalFault):
        await journal.append(STREAM, "sim", records("b"))


async def test_a_crash_loses_nothing_that_was_acknowledged(
    journal_adapter: str, open_journal: Open, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "tests.contracts.appender", journal_adapter, str(tmp_path)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(400)]
        child.kill()
        lines += child.stdout.readlines()
    acknowledged = [line.split() for line in lines if line.endswith("\n")]
    assert len(acknowledged) >= 400
    journal = await open_journal()
    held = {entry[:2]: entry for entry in await everything(journal, stream="orders")}
    for account, number, partition, offset in acknowledged:
        entry = held[int(partition), int(offset)]
        assert entry.payload.decode() == f"{account} {number}"
    for account, payloads in by_account(held.values()).items():
        assert [payload.decode() for payload in payloads] == [f"{account} {n}" for n in range(len(payloads))]
        assert len(payloads) % PAIR == 0, "an append was written by half"
    assert len({account for account, *_ in acknowledged}) == WRITERS
    fills = {entry.payload for entry in await everything(journal, stream="fills")}
    assert fills <= {entry.payload for entry in held.values()}, "a later part was written, an earlier one was not"
    fifth = {f"{account} {number}".encode() for account, number, *_ in acknowledged if (int(number) - 1) % 5 == 0}
    assert fifth <= fills
