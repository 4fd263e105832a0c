from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hedgerow.journal.partitions import murmur2, partition_of

# https://github.com/apache/kafka/blob/trunk/clients/src/test/java/org/apache/kafka/common/utils/UtilsTest.java
PUBLISHED = {
    "21": -973932308,
    "foobar": -790332482,
    "a-little-bit-long-string": -985981536,
    "a-little-bit-longer-string": -1486304829,
    "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    "abc": 479470107,
}


def test_the_hash_is_kafkas() -> None:
    for text, signed in PUBLISHED.items():
        assert murmur2(text.encode()) == signed % 2**32


def test_the_partition_is_the_positive_hash_modulo_the_count() -> None:
    for text, signed in PUBLISHED.items():
        assert partition_of(text, 7) == (signed & 0x7FFFFFFF) % 7


@given(st.text(), st.integers(1, 1_000))
def test_every_account_has_one_partition(account: str, partitions: int) -> None:
    assert 0 <= partition_of(account, partitions) < partitions
    assert partition_of(account, partitions) == partition_of(account, partitions)
