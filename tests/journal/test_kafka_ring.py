"""A ring that is fed by a consumer and by one's own writes at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from hedgerow.journal import Entry, JournalClosed, JournalFault, Record, RecordsGone
from hedgerow.journal.kafka_message import last_offset, numbered
from hedgerow.journal.kafka_ring import LiveRing, LiveTail, Own, heads_of


def entries(message: int, partition: int = 0) -> list[Entry]:
    return numbered(partition, message, "sim", [Record(1, b"%d" % message)])


def messages(ring: LiveRing) -> list[int]:
    return [int(entry.payload) for entry in ring.slice(ring.start, 100)]


class Writes:
    """Hands own writes to a ring, and remembers which were at hand."""

    def __init__(self, ring: LiveRing) -> None:
        self.at_hand: list[int] = []
        self._ring = ring

    def write(self, message: int, *, lazy: bool = False) -> Own:
        own = Own(message, entries(message), lambda: self.at_hand.append(message), lazy)
        self._ring.take_own(own)
        return own


async def fetch_nothing(_partition: int, _after: int, _limit: int) -> list[Entry]:
    return []


def tail_of(ring: LiveRing, after: Mapping[int, int], ends: Mapping[int, int] | None = None) -> LiveTail:
    async def ask() -> Mapping[int, int]:
        return ring.heads if ends is None else ends

    return LiveTail(ring, after, [0, 1], fetch_nothing, ask)


def test_an_own_write_that_is_next_is_at_hand_at_once() -> None:
    ring = LiveRing(10, {})
    writes = Writes(ring)
    writes.write(0)
    writes.write(1)
    assert (messages(ring), writes.at_hand) == ([0, 1], [0, 1])


def test_what_comes_back_is_dropped() -> None:
    ring = LiveRing(10, {})
    Writes(ring).write(0)
    ring.arrive([*entries(0), *entries(1)])
    ring.arrive(entries(1))
    assert messages(ring) == [0, 1]


def test_an_own_write_waits_for_what_others_wrote_before_it() -> None:
    ring = LiveRing(10, heads_of({0: 3}))
    writes = Writes(ring)
    writes.write(4)
    writes.write(5)
    assert (messages(ring), writes.at_hand) == ([], [])
    ring.arrive(entries(3))
    assert (messages(ring), writes.at_hand) == ([3, 4, 5], [4, 5])


def test_what_others_wrote_is_wanted_until_it_is_here() -> None:
    ring = LiveRing(10, heads_of({0: 3}))
    writes = Writes(ring)
    writes.write(5)
    assert ring.wanted.is_set()
    ring.arrive(entries(3))
    assert ring.wanted.is_set()
    ring.arrive(entries(4))
    assert (writes.at_hand, ring.wanted.is_set()) == ([5], False)


def test_what_is_next_wants_nothing() -> None:
    ring = LiveRing(10, {})
    Writes(ring).write(0)
    assert not ring.wanted.is_set()


def test_a_lazy_write_wants_nothing_in_haste() -> None:
    ring = LiveRing(10, heads_of({0: 3}))
    writes = Writes(ring)
    writes.write(4, lazy=True)
    assert not ring.wanted.is_set()
    ring.arrive(entries(3))
    assert writes.at_hand == [4]


def test_what_nobody_waits_for_any_more_is_not_wanted() -> None:
    ring = LiveRing(10, heads_of({0: 3}))
    ring.forget(Writes(ring).write(4))
    assert not ring.wanted.is_set()


def test_a_new_beginning_answers_what_was_wanted() -> None:
    ring = LiveRing(10, heads_of({0: 3}))
    Writes(ring).write(4)
    ring.skip_to(heads_of({0: 8}))
    assert not ring.wanted.is_set()


def test_an_own_write_that_came_by_the_consumer_is_at_hand() -> None:
    ring = LiveRing(10, {})
    writes = Writes(ring)
    writes.write(1)
    ring.arrive([*entries(0), *entries(1), *entries(2)])
    assert (messages(ring), writes.at_hand) == ([0, 1, 2], [1])
    writes.write(2)
    assert (messages(ring), writes.at_hand) == ([0, 1, 2], [1, 2])


def test_what_nobody_waits_for_any_more_is_forgotten() -> None:
    ring = LiveRing(10, {})
    writes = Writes(ring)
    ring.forget(writes.write(1))
    ring.arrive([*entries(0), *entries(1)])
    assert (messages(ring), writes.at_hand) == ([0, 1], [])


def test_after_a_failure_nobody_waits_to_find_his_own() -> None:
    ring = LiveRing(10, {})
    writes = Writes(ring)
    writes.write(1)
    ring.fail(RecordsGone("gone"))
    writes.write(2)
    assert writes.at_hand == [1, 2]


async def test_a_tail_in_a_ring_that_skips_ahead_reads_what_was_skipped_from_the_broker() -> None:
    ring = LiveRing(10, {})
    asked = []

    async def fetch(partition: int, after: int, _limit: int) -> list[Entry]:
        asked.append((partition, after))
        return entries(0) + entries(1)

    tail = LiveTail(ring, {}, [0], fetch, lambda: asyncio.sleep(0, {}))
    assert tail.take() == []  # it stands at the end
    ring.skip_to(heads_of({0: 2}))
    ring.arrive(entries(2))
    taken: list[Entry] = []
    while len(taken) < 3:
        taken += await tail.next()
    assert [int(entry.payload) for entry in taken] == [0, 1, 2]
    assert asked == [(0, -1)]


async def test_a_tail_from_a_process_that_has_read_further_waits_until_this_one_has() -> None:
    ring = LiveRing(10, {})
    tail = tail_of(ring, heads_of({0: 2}), ends=heads_of({0: 3}))
    waiting = asyncio.ensure_future(tail.next())
    await asyncio.sleep(0)
    ring.arrive([*entries(0), *entries(1)])
    ring.wake()
    await asyncio.sleep(0)
    assert not waiting.done()
    ring.arrive(entries(2))
    ring.wake()
    assert [entry.offset for entry in await waiting] == [last_offset(2)]


async def test_a_tail_from_beyond_the_brokers_end_has_lost_its_records() -> None:
    tail = tail_of(LiveRing(10, {}), heads_of({0: 2}), ends=heads_of({0: 1}))
    with pytest.raises(RecordsGone, match="its newest records were lost"):
        await tail.next()


async def test_a_tail_that_waits_for_silent_brokers_can_be_closed() -> None:
    silent = asyncio.Event()

    async def ask() -> Mapping[int, int]:
        silent.set()
        raise JournalFault("nobody answers")

    tail = LiveTail(LiveRing(10, {}), heads_of({0: 2}), [0], fetch_nothing, ask)
    waiting = asyncio.ensure_future(tail.next())
    await silent.wait()
    tail.close()
    with pytest.raises(JournalClosed):
        await waiting
