"""What every reader may build on, whatever a journal delivers twice, late, or interleaved.

A reader drops what the fence drops, and keeps the higher version of each thing: then all readers agree.
"""

from __future__ import annotations

from collections.abc import Iterable

from hedgerow.journal import Entry, Journal
from hedgerow.journal.fencing import Fence
from tests.contracts.streams import ACCOUNTS, STREAM, everything, once, records, taken


def fold(entries: Iterable[Entry], fence: Fence, state: dict[str, tuple[int, str]]) -> dict[str, tuple[int, str]]:
    """A reader: what the fence lets through, the higher version of each thing. Payloads are `name version text`."""
    for entry in fence.passed(entries):
        name, version, text = entry.payload.decode().split()
        if int(version) > state.get(name, (0, ""))[0]:
            state[name] = (int(version), text)
    return state


async def write_with_a_zombie(journal: Journal) -> None:
    """A resolver that was taken over goes on writing, with higher versions even, beside its successor."""
    for version in range(1, 6):
        for account in ACCOUNTS:
            await journal.append(STREAM, account, records(f"{account} {version} first", epoch=1))
    for version in range(6, 12):
        for account in ACCOUNTS:
            await journal.append(STREAM, account, records(f"{account} {version} second", epoch=2))
            await journal.append(STREAM, account, records(f"{account} {version + 20} zombie", epoch=1))


async def test_readers_that_fence_and_compare_versions_end_in_the_same_state(journal: Journal) -> None:
    await write_with_a_zombie(journal)
    expected = dict.fromkeys(ACCOUNTS, (11, "second"))
    assert fold(await everything(journal), Fence(), {}) == expected
    count = len(once(await everything(journal)))
    assert fold(await taken(journal.tail(STREAM, {}), count), Fence(), {}) == expected


async def test_a_reader_that_stops_anywhere_and_goes_on_ends_in_the_same_state(journal: Journal) -> None:
    await write_with_a_zombie(journal)
    whole = once(await everything(journal))
    expected = fold(whole, Fence(), {})
    for cut in range(0, len(whole), 11):
        fence = Fence()
        state = fold(whole[:cut], fence, {})
        places = {entry.partition: entry.offset for entry in whole[:cut]}
        assert fold(await everything(journal, places), Fence(fence.epochs), state) == expected
