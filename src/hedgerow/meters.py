"""What a running desk counts and times: plain numbers in memory, written by the services, read by whoever shows them.

Everything here is touched from one event loop only, so nothing is locked, and a count costs a fraction of
a microsecond.
Label values are few by nature: streams, outcomes, partitions, accounts; never an order's id.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping

Labels = tuple[str, ...]
"""The values of a meter's labels, in the order of its `labels`."""

QUICK_S = (0.0005, 0.001, 0.0015, 0.002, 0.003, 0.004, 0.006, 0.008, 0.012, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Upper bounds of buckets, in seconds: fine where an order's way is decided, coarse where something is wrong."""


class Meter:
    """A name in Prometheus's manner (unit last), a sentence, and the names of its labels."""

    def __init__(self, name: str, help_text: str, *labels: str) -> None:
        self.name = name
        self.help_text = help_text
        self.labels = labels


class Tally(Meter):
    """A count that only rises; its name ends in `_total`."""

    def __init__(self, name: str, help_text: str, *labels: str) -> None:
        super().__init__(name, help_text, *labels)
        self.counts: dict[Labels, int] = {} if labels else {(): 0}

    def add(self, *labels: str, by: int = 1) -> None:
        self.counts[labels] = self.counts.get(labels, 0) + by


class Level(Meter):
    """A number that moves both ways, as it was when somebody last looked."""

    def __init__(self, name: str, help_text: str, *labels: str) -> None:
        super().__init__(name, help_text, *labels)
        self.values: dict[Labels, float] = {}

    def put(self, number: float, *labels: str) -> None:
        self.values[labels] = number

    def replace(self, values: Mapping[Labels, float]) -> None:
        """Put all anew: what is not named is not there any more."""
        self.values = dict(values)


class Buckets:
    """Durations counted by the first bound that holds them; the last count is of those beyond every bound."""

    def __init__(self) -> None:
        self.counts = [0] * (len(QUICK_S) + 1)
        self.sum_s = 0.0


class Spread(Meter):
    """How long something took, by buckets; its name ends in `_seconds`."""

    def __init__(self, name: str, help_text: str, *labels: str) -> None:
        super().__init__(name, help_text, *labels)
        self.buckets: dict[Labels, Buckets] = {} if labels else {(): Buckets()}

    def add(self, seconds: float, *labels: str) -> None:
        buckets = self.buckets.get(labels)
        if buckets is None:
            buckets = self.buckets[labels] = Buckets()
        buckets.counts[bisect_left(QUICK_S, seconds)] += 1
        buckets.sum_s += seconds


class Meters:
    """All meters of one process. Those of a part that a process lacks stay empty."""

    def __init__(self, now_s: Callable[[], float] = time.perf_counter) -> None:
        """`now_s`: a clock that only goes forward, for durations."""
        self.now_s = now_s

        self.orders = Tally("hedgerow_orders_total", "Orders that were asked for here, by what came of it.", "outcome")
        self.order_handed = Spread(
            "hedgerow_order_handed_seconds",
            "From an order's request to its hand-over to the exchange's connection, its intent durable by then.",
        )
        self.order_answered = Spread(
            "hedgerow_order_answered_seconds", "From an order's request to what is known of it, by outcome.", "outcome"
        )
        self.journal_append = Spread(
            "hedgerow_journal_append_seconds", "From handing records to the journal to their being durable.", "writer"
        )
        self.stream_behind = Level(
            "hedgerow_stream_behind_seconds",
            "For how long this order_manager has not reached a stream's end.",
            "stream",
        )
        self.commands_under_way = Level("hedgerow_commands_under_way", "Commands that have not come to their ends.")

        self.sockets = Level("hedgerow_sockets", "WebSockets open, by path.", "path")
        self.sockets_slow = Tally(
            "hedgerow_sockets_too_slow_total", "WebSockets closed because their client took nothing for long.", "stream"
        )
        self.feeds_begun = Tally(
            "hedgerow_feeds_begun_total",
            "Feeds by where they began: a snapshot, or a cursor whose place is in memory, or in the store alone.",
            "stream",
            "begun",
        )

        self.account_trading = Level(
            "hedgerow_account_trading", "1 where this order_manager is connected to the account's exchange.", "account"
        )
        self.account_followed = Level(
            "hedgerow_account_followed", "1 where a resolver is heard of and its private stream is up.", "account"
        )
        self.account_reconciled = Level(
            "hedgerow_account_reconciled_age_seconds", "Since the last complete read of the account.", "account"
        )

        self.partition_epoch = Level(
            "hedgerow_partition_epoch", "The epoch of each partition that this resolver follows.", "partition"
        )
        self.takeovers = Tally("hedgerow_takeovers_total", "Partitions taken over, each time a resolver begins one.")
        self.published = Tally("hedgerow_events_published_total", "Events written by this resolver.", "stream")
        self.doubts = Level("hedgerow_orders_in_doubt", "Orders of which nobody can say yet.", "account")
        self.doubt_age = Level(
            "hedgerow_orders_in_doubt_age_seconds", "Age of the oldest order that is in doubt; 0 for none.", "account"
        )
        self.discrepancies = Level(
            "hedgerow_position_discrepancies", "Positions that differ from the exchange's, unexplained.", "account"
        )
        self.history_fold = Spread("hedgerow_history_fold_seconds", "One transaction of history.")
        self.history_behind = Level(
            "hedgerow_history_behind_seconds",
            "For how long history has not reached a stream's end in this resolver's partitions.",
            "stream",
        )
        self.cache_available = Level("hedgerow_cache_available", "1 where the cache answered when it was last asked.")

    def all(self) -> Iterator[Meter]:
        """Every meter, in the order in which they are shown."""
        return (meter for meter in vars(self).values() if isinstance(meter, Meter))
