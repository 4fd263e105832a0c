from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hedgerow.journal import Entry
from hedgerow.journal.fencing import Fence

logs = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), max_size=40).map(
    lambda rows: [Entry(partition, offset, epoch, "sim", b"") for offset, (partition, epoch) in enumerate(rows)]
)


@given(logs)
def test_epochs_never_fall_within_a_partition(log: list[Entry]) -> None:
    for partition in range(3):
        epochs = [entry.epoch for entry in Fence().passed(log) if entry.partition == partition]
        assert epochs == sorted(epochs)


@given(logs)
def test_only_what_an_earlier_epoch_wrote_is_dropped(log: list[Entry]) -> None:
    passed = Fence().passed(log)
    for entry in log:
        overtaken = any(
            other.partition == entry.partition and other.offset < entry.offset and other.epoch > entry.epoch
            for other in log
        )
        assert (entry not in passed) == overtaken


@given(logs, st.integers(0, 40))
def test_a_reader_that_goes_on_with_the_epochs_of_its_cursor_judges_as_one_that_never_stopped(
    log: list[Entry], cut: int
) -> None:
    first = Fence()
    before = first.passed(log[:cut])
    assert before + Fence(first.epochs).passed(log[cut:]) == Fence().passed(log)


@given(logs, st.randoms(use_true_random=False))
def test_partitions_do_not_touch_each_other(log: list[Entry], chance: object) -> None:
    apart = [entry for partition in range(3) for entry in log if entry.partition == partition]
    assert sorted(Fence().passed(apart)) == sorted(Fence().passed(log))
