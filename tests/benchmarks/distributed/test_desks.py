"""Accounts where a benchmark needs them, and what a process tells of itself."""

from __future__ import annotations

from benchmarks.distributed.costs import Spent
from benchmarks.distributed.desks import PARTITIONS, Unflushed, labelled, spread_keys
from hedgerow.journal.kafka_topics import TopicSettings
from hedgerow.journal.partitions import partition_of


def test_accounts_lie_on_each_partition_in_turn() -> None:
    keys = spread_keys("many", 2 * PARTITIONS + 1)
    assert [partition_of(key.name, PARTITIONS) for key in keys] == [*range(PARTITIONS), *range(PARTITIONS), 0]
    assert len({key.name for key in keys}) == len(keys)


def test_a_figure_is_read_by_its_label() -> None:
    told = [
        'other_figure{account="x"} 9.0',
        'figure{account="x"} 1.0',
        'figure{account="y z"} 0.0',
        'figure_more{a="b"} 3',
    ]
    assert labelled("\n".join(told), "figure") == {"x": 1.0, "y z": 0.0}


def test_topics_that_are_not_flushed_differ_in_nothing_else() -> None:
    flushed = TopicSettings(partitions=1, replication=1, min_insync=1).configuration()
    assert flushed.pop("flush.messages") == "1"
    assert Unflushed(partitions=1, replication=1, min_insync=1).configuration() == flushed


def test_what_is_spent_at_rest_is_taken_off() -> None:
    spent = Spent(10_000, 5_000).minus(Spent(2_000, 500).times(2))
    assert spent == (6_000, 4_000)
    assert spent.times(1 / 100) == (60, 40)
