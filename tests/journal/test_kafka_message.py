from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.journal import Record
from hedgerow.journal.kafka_message import (
    MOST_BYTES,
    MOST_RECORDS,
    last_offset,
    message_of,
    next_message,
    numbered,
    packed,
    unpacked,
)

RECORDS = st.lists(st.builds(Record, st.integers(0, 2**53), st.binary(max_size=40)), min_size=1, max_size=30)
MESSAGES = st.integers(0, 2**40)


def headers_of(records: list[Record]) -> list[tuple[str, bytes]]:
    return [(name, content) for name, content in packed(records).headers if isinstance(content, bytes)]


@given(RECORDS, MESSAGES)
def test_what_was_packed_comes_out_as_it_went_in(records: list[Record], message: int) -> None:
    entries = unpacked(3, message, b"sim", packed(records).value, headers_of(records))
    assert [(entry.epoch, entry.payload) for entry in entries] == records
    assert {(entry.partition, entry.account) for entry in entries} == {(3, "sim")}
    assert entries == numbered(3, message, "sim", records)


@given(RECORDS, MESSAGES)
def test_offsets_of_one_message_have_no_gap_and_end_where_the_message_does(records: list[Record], message: int) -> None:
    offsets = [entry.offset for entry in numbered(0, message, "sim", records)]
    assert offsets == list(range(last_offset(message) - len(records) + 1, last_offset(message) + 1))
    assert {message_of(offset) for offset in offsets} == {message}
    assert last_offset(message - 1) < offsets[0]


@given(RECORDS, MESSAGES)
def test_reading_goes_on_in_the_message_that_has_more(records: list[Record], message: int) -> None:
    *inner, last = (entry.offset for entry in numbered(0, message, "sim", records))
    assert {next_message(offset) for offset in inner} <= {message}
    assert next_message(last) == message + 1


def test_before_everything_is_minus_one() -> None:
    assert (last_offset(-1), message_of(-1), next_message(-1)) == (-1, -1, 0)


def test_one_record_is_the_value_itself() -> None:
    assert packed([Record(7, b'{"a":1}')]) == (b'{"a":1}', [("epoch", b"7")])


def test_several_records_are_a_json_array() -> None:
    value, headers = packed([Record(7, b'{"a":1}'), Record(7, b'{"b":"2"}')])
    assert json.loads(value) == [{"a": 1}, {"b": "2"}]
    assert headers == [("epoch", b"7"), ("sizes", b"7,9")]


def test_epochs_that_differ_are_all_told() -> None:
    assert ("epoch", b"7,8") in packed([Record(7, b"1"), Record(8, b"2")]).headers


@pytest.mark.parametrize(
    "records", [[Record(1, b"x" * (MOST_BYTES + 1))], [Record(1, b"")] * (MOST_RECORDS + 1)], ids=["large", "many"]
)
def test_what_one_message_does_not_hold_is_refused_and_not_cut(records: list[Record]) -> None:
    with pytest.raises(ValueError, match="more than one message holds"):
        packed(records)


def test_what_no_journal_writes_has_no_entries() -> None:
    assert unpacked(0, 5, None, b"{}", []) == []
    assert unpacked(0, 5, b"sim", None, []) == []


def test_sizes_that_lie_are_found_out() -> None:
    with pytest.raises(ValueError):
        unpacked(0, 5, b"sim", b"[1,2]", [("epoch", b"1,2"), ("sizes", b"1,1,1")])
