"""Writing to a journal and reading it back, for the suites that judge journals and those who read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable

from hedgerow.journal import Entry, Journal, Record, Tail

STREAM = "orders_updated"
ACCOUNTS = tuple(f"account{number}" for number in range(9))  # more than partitions, so that some share one
Open = Callable[[], Awaitable[Journal]]


def records(*texts: str, epoch: int = 1) -> list[Record]:
    return [Record(epoch, text.encode()) for text in texts]


async def fill(journal: Journal, count: int, stream: str = STREAM) -> dict[str, list[bytes]]:
    """Append to every account; returns what each one holds."""
    held: dict[str, list[bytes]] = defaultdict(list)
    for number in range(count):
        for account in ACCOUNTS:
            payload = f"{account} {number}"
            await journal.append(stream, account, records(payload))
            held[account].append(payload.encode())
    return held


async def everything(journal: Journal, after: dict[int, int] | None = None, stream: str = STREAM) -> list[Entry]:
    return [entry async for batch in journal.read(stream, after or {}, limit=7) for entry in batch]


async def taken(tail: Tail, count: int) -> list[Entry]:
    """Read a tail until it has handed out so many different entries."""
    entries: list[Entry] = []
    while len({entry[:2] for entry in entries}) < count:
        entries += await tail.next(5)
    return entries


def once(entries: Iterable[Entry]) -> list[Entry]:
    """Each entry once, in its partition's order."""
    return [entry for _, entry in sorted({entry[:2]: entry for entry in entries}.items())]


def by_account(entries: Iterable[Entry]) -> dict[str, list[bytes]]:
    held: dict[str, list[bytes]] = defaultdict(list)
    for entry in once(entries):
        held[entry.account].append(entry.payload)
    return held


def rises(entries: list[Entry]) -> bool:
    """Whether no partition skips ahead: what is delivered for the first time comes in the order of its offsets."""
    highest: dict[int, int] = {}
    seen: set[tuple[int, int]] = set()
    for entry in entries:
        if entry[:2] not in seen and entry.offset < highest.get(entry.partition, -1):
            return False
        seen.add(entry[:2])
        highest[entry.partition] = max(entry.offset, highest.get(entry.partition, -1))
    return True
