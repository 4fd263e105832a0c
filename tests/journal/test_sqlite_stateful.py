"""The SQLite journal against a plain model: lists in memory."""

from __future__ import annotations

import asyncio
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from hedgerow.journal import Entry, Record, RecordsGone, Tail
from hedgerow.journal.sqlite import SqliteJournal

STREAMS = ("order_intents", "orders_updated")
ACCOUNTS = ("a", "b", "c", "sim")
streams = st.sampled_from(STREAMS)
appends = st.tuples(st.sampled_from(ACCOUNTS), st.integers(1, 4), st.booleans())


class JournalMachine(RuleBasedStateMachine):
    tails = Bundle("tails")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.model: dict[tuple[str, int], list[Entry]] = defaultdict(list)
        self.trimmed: dict[tuple[str, int], int] = {}
        self.number = 0
        self.life = 0
        self.open()

    def open(self) -> None:
        path = Path(self.folder.name, "journal.db")
        self.journal = self.runner.run(SqliteJournal.open(path, partitions=2, ring=6))

    def teardown(self) -> None:
        self.runner.run(self.journal.close())
        self.runner.close()
        self.folder.cleanup()

    @initialize()
    def first(self) -> None:
        self.append(STREAMS[0], [("sim", 1, False)])

    @rule(stream=streams, asked=st.lists(appends, min_size=1, max_size=6))
    def append(self, stream: str, asked: list[tuple[str, int, bool]]) -> None:
        """Several at once, lazy ones and urgent ones; each account's stay in their order."""
        batches = []
        for account, count, lazy in asked:
            self.number += 1
            batches.append((account, [Record(self.number, b"%d.%d" % (self.number, i)) for i in range(count)], lazy))

        async def run() -> list[Any]:
            return await asyncio.gather(*(self.journal.append(stream, a, r, lazy=lazy) for a, r, lazy in batches))

        for (account, records, _), place in zip(batches, self.runner.run(run()), strict=True):
            partition = self.journal.partition_of(account)
            held = self.model[stream, partition]
            for record in records:
                held.append(Entry(partition, len(held), record.epoch, account, record.payload))
            assert place == held[-1][:2]

    def rest(self, stream: str, places: dict[int, int]) -> list[Entry]:
        return [
            entry
            for partition in range(2)
            for entry in self.model[stream, partition]
            if entry.offset > places.get(partition, -1)
        ]

    def is_gone(self, stream: str, places: dict[int, int]) -> bool:
        return any(places.get(partition, -1) < self.trimmed.get((stream, partition), -1) for partition in range(2))

    def places(self, stream: str, depth: int) -> dict[int, int]:
        """Some way before the end of each partition."""
        offsets = {partition: len(self.model[stream, partition]) - 1 - depth for partition in range(2)}
        return {partition: offset for partition, offset in offsets.items() if offset >= 0}

    @rule(stream=streams, depth=st.integers(0, 20))
    def read(self, stream: str, depth: int) -> None:
        places = self.places(stream, depth)

        async def run() -> list[Entry]:
            return [entry async for batch in self.journal.read(stream, places, limit=3) for entry in batch]

        try:
            entries = self.runner.run(run())
        except RecordsGone:
            assert self.is_gone(stream, places)
        else:
            assert not self.is_gone(stream, places)
            assert sorted(entries) == self.rest(stream, places)

    @rule(target=tails, stream=streams, depth=st.integers(0, 20))
    def begin(self, stream: str, depth: int) -> tuple[int, str, Tail]:
        return (self.life, stream, self.journal.tail(stream, self.places(stream, depth)))

    @rule(tail=tails, limit=st.integers(1, 9))
    def follow(self, tail: tuple[int, str, Tail], limit: int) -> None:
        life, stream, reader = tail
        if life != self.life:
            return  # of a journal that was closed
        places = reader.offsets
        rest = self.rest(stream, places)
        if not rest:
            assert reader.take(limit) == []
            return
        try:
            entries = self.runner.run(asyncio.wait_for(reader.next(limit), 10))
        except RecordsGone:
            assert self.is_gone(stream, places)
            return
        assert 1 <= len(entries) <= limit
        for entry in entries:  # each partition without gap or repeat
            assert entry == next(other for other in self.rest(stream, places) if other.partition == entry.partition)
            places[entry.partition] = entry.offset
        assert reader.offsets == places

    @rule(tail=consumes(tails))
    def end_tail(self, tail: tuple[int, str, Tail]) -> None:
        tail[2].close()
        assert tail[2].take() == []

    @rule(stream=streams, depth=st.integers(0, 8))
    def trim(self, stream: str, depth: int) -> None:
        before = self.places(stream, depth)
        self.runner.run(self.journal.trim(stream, before))
        for partition, offset in before.items():
            self.trimmed[stream, partition] = max(offset, self.trimmed.get((stream, partition), -1))

    @rule()
    def restart(self) -> None:
        self.runner.run(self.journal.close())
        self.life += 1
        self.open()

    @invariant()
    def ends_agree(self) -> None:
        for stream in STREAMS:
            ends = {partition: held[-1].offset for (of, partition), held in self.model.items() if of == stream and held}
            assert self.runner.run(self.journal.end(stream)) == ends


TestJournal = JournalMachine.TestCase
TestJournal.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
