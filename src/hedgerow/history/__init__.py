"""The History port: the resolver's fold of the streams in SQL, and the checkpoint from which a start goes on.

History answers every query into the past. Each commit holds, in one transaction, what was folded and the places in
the streams up to which it was folded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

import msgspec

from hedgerow.core.commands import Side
from hedgerow.core.days import DayKey, Result
from hedgerow.core.fills import Fill
from hedgerow.core.limits import AccountRules
from hedgerow.core.orders import Order, Status
from hedgerow.core.positions import Position
from hedgerow.core.records import LedgerEntry
from hedgerow.core.reports import Balance


class HistoryFault(Exception):  # noqa: N818
    """History could not be read or written."""


class StaleEpochError(HistoryFault):
    """Another resolver has taken the partition over: this one must stop writing."""


class Place(msgspec.Struct, frozen=True):
    """How far a partition of a stream is folded: the offset of the last record, and its writer's epoch."""

    stream: str
    partition: int
    offset: int
    epoch: int


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order's or a command's story.

    Attributes:
        stream, partition, offset: the record that it was read from; its key, so that a repeat adds nothing.
        subject: an order id, or the command id of a command that is about no order.
        kind: the record's kind, or for an `order_updated` the cause's.
        body: the record as journaled: its envelope as JSON text.
    """

    stream: str
    partition: int
    offset: int
    subject: str
    account: str
    time_ms: int
    kind: str
    body: str


class CommandRow(msgspec.Struct, frozen=True, kw_only=True):
    """A command remembered under its id, so that a repeat gets the same answer.

    `outcome` is `pending`, `accepted`, `in_doubt`, `denied`, `rejected`, `not_sent` or `repeat`; `body` is the intent
    as JSON text, `answer` the answer as JSON text.
    """

    command_id: str
    account: str
    kind: str
    body_hash: str
    time_ms: int
    outcome: str
    body: str
    answer: str | None = None


class Batch(msgspec.Struct, kw_only=True):
    """What one transaction folds. Upserts keep the higher version; inserts of a known key change nothing."""

    partition: int
    epoch: int
    places: Sequence[Place]
    orders: Sequence[Order] = ()
    fills: Sequence[Fill] = ()
    positions: Sequence[Position] = ()
    ledger: Sequence[tuple[str, LedgerEntry]] = ()  # (account, entry)
    balances: Sequence[tuple[str, Sequence[Balance], int]] = ()  # (account, balances, time in ms)
    rules: Mapping[str, AccountRules] = msgspec.field(default_factory=dict)
    since_ms: Mapping[str, int] = msgspec.field(default_factory=dict)
    fills_read_ms: Mapping[str, int] = msgspec.field(default_factory=dict)
    timeline: Sequence[TimelineEntry] = ()
    commands: Sequence[CommandRow] = ()


class PartitionState(msgspec.Struct, frozen=True, kw_only=True):
    """What a resolver starts from: all that lives in the accounts of one partition, and how far it was folded.

    `last_fill` is the highest fill sequence number of each account; `since_ms` when the account's opening balance was
    read, on the exchange's clock: fills up to then are part of it;
    `fills_read_ms` up to when, on the exchange's clock, every fill was read and counted.
    """

    epoch: int
    places: Mapping[str, Place]  # by stream
    orders: Sequence[Order]  # that have not ended, and those whose fills are not all counted
    positions: Sequence[Position]
    rules: Mapping[str, AccountRules]
    last_fill: Mapping[str, int]
    since_ms: Mapping[str, int]
    fills_read_ms: Mapping[str, int] = msgspec.field(default_factory=dict)


class LivingState(msgspec.Struct, frozen=True, kw_only=True):
    """What a cache holds of one partition, as of these places."""

    epoch: int  # of the partition's owner; 0 before the first take-over
    places: Mapping[str, Place]  # by stream
    orders: Sequence[Order]  # that have not ended, and those whose fills are not all counted
    positions: Sequence[Position]  # flat ones too
    balances: Mapping[str, tuple[Sequence[Balance], int]]  # by account: what it holds, and the time in ms


class OrderFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which orders: newest first; `before` is (created_ms, order_id) of the last one on the page before.

    Of one account, or of any of some `accounts`. Created at `since_ms` or later, before `until_ms`; `search` is what
    `searching.finds` takes.
    """

    account: str | None = None
    accounts: tuple[str, ...] | None = None
    symbol: str | None = None
    side: Side | None = None
    statuses: tuple[Status, ...] = ()
    since_ms: int | None = None
    until_ms: int | None = None
    search: str | None = None
    before: tuple[int, str] | None = None
    limit: int = 100


class FillFilter(msgspec.Struct, frozen=True, kw_only=True):
    account: str | None = None
    symbol: str | None = None
    order_id: str | None = None
    side: Side | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    search: str | None = None
    before: tuple[int, str] | None = None  # (time_ms, fill_id)
    limit: int = 100


class DayFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Days counted from the epoch, in UTC; both ends are included."""

    first: int
    last: int
    account: str | None = None


class Days(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of some days.

    Attributes:
        equity: as the exchange last told it on a day when it did, and the last of each account and currency before.
        results: of the days with fills.
    """

    equity: Mapping[DayKey, Decimal]
    results: Mapping[DayKey, Result]


class History(Protocol):
    """Every call raises `HistoryFault` when the database fails."""

    async def bind(self, journal_id: str) -> None:
        """Say at start which journal it is made from; the first one that is named stands for good.

        Raises:
            HistoryFault: it was made from another journal; `str()` says what to do.
        """
        ...

    # the resolver's side

    async def take_over(self, partition: int) -> PartitionState:
        """Raise the partition's epoch, in a transaction, and read what lives in it."""
        ...

    async def commit(self, batch: Batch) -> None:
        """Fold one batch.

        Raises:
            StaleEpochError: the partition has a higher epoch than the batch; nothing was written.
        """
        ...

    async def known_fills(self, fill_ids: Sequence[str]) -> set[str]:
        """Which of these fills were counted already."""
        ...

    async def find_orders(self, account: str, ids: Sequence[str]) -> dict[str, Order]:
        """Orders of an account by any client or exchange order id that they ever went by."""
        ...

    # queries; each snapshot comes with the places up to which it is folded, read in the same transaction

    async def order(self, order_id: str) -> Order | None: ...

    async def known_orders(self, order_ids: Sequence[str]) -> dict[str, Order]:
        """Those of these orders that it holds, by their ids."""
        ...

    async def orders(self, wanted: OrderFilter) -> tuple[list[Order], list[Place]]: ...

    async def living_orders(self) -> tuple[list[Order], list[Place]]: ...

    async def living_state(self, partition: int) -> LivingState: ...

    async def positions(self) -> tuple[list[Position], list[Place]]: ...

    async def fills(self, wanted: FillFilter) -> tuple[list[Fill], list[Place]]: ...

    async def days(self, wanted: DayFilter) -> Days: ...

    async def timeline(self, subject: str) -> list[TimelineEntry]: ...

    async def balances(self, account: str) -> tuple[list[Balance], int] | None: ...

    async def rules(self) -> dict[str, AccountRules]: ...

    async def command(self, command_id: str) -> CommandRow | None: ...

    async def command_ids(self, after: str, limit: int) -> list[str]:
        """The ids of orders and of other commands that come after one in the database's own order, so many at most."""
        ...

    async def epochs(self) -> dict[int, int]:
        """The epoch of each partition that was ever taken over."""
        ...

    async def places(self) -> list[Place]: ...

    async def close(self) -> None: ...
