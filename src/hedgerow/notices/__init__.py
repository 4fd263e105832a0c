"""Notices: what the desk tells its owner wherever the owner is, and the ports that telling needs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

import msgspec

from hedgerow.core.instruments import Instrument
from hedgerow.core.records import Heartbeat, Stream
from hedgerow.journal.envelope import Environment

OLDEST_MS: Final = 15 * 60_000  # what is older is no news: the page and history have it


class Kind(StrEnum):
    """What a destination chooses by."""

    FILL = "fill"
    STOP = "stop"
    LIQUIDATION = "liquidation"
    IN_DOUBT = "in_doubt"
    REJECTED = "rejected"
    DISCREPANCY = "discrepancy"
    STREAM = "stream"


MEANING: Final[Mapping[Kind, str]] = {
    Kind.FILL: "an order was filled, all of it or part of it",
    Kind.STOP: "a take profit or a stop loss was filled, or the exchange refused it",
    Kind.LIQUIDATION: "the exchange liquidated or deleveraged a position",
    Kind.IN_DOUBT: "nobody can say whether the exchange has an order; and that it never had it",
    Kind.REJECTED: "the exchange refused an order",
    Kind.DISCREPANCY: "the desk and the exchange do not agree on a position or an order",
    Kind.STREAM: "an account has not been followed for half a minute, and is followed again",
}
SHIPPED: Final = tuple(kind for kind in Kind if kind is not Kind.REJECTED)
"""What a destination is told where nothing was chosen: whoever places an order is told of its refusal at once."""


TEST_MESSAGE: Final = ("Hedgerow: test", "This is what notices of your desk look like.")
"""Title and body of what proves that a destination works."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to tell.

    Attributes:
        key, state: what it is the news of, and what that came to: the same pair is told once.
        since_known: it is news only where another state of the key was told before.
        time_ms: when it happened.
        group: the order, of a fill: where more is to be expected within seconds, the last of a group is told for all.
        more: whether it is.
    """

    kind: Kind
    key: str
    text: str
    time_ms: int
    state: str = "told"
    since_known: bool = False
    group: str | None = None
    more: bool = False


class Account(NamedTuple):
    """How an account is called in a notice."""

    name: str
    exchange: str
    environment: Environment


class Accounts(Protocol):
    """What notices need to know of the accounts."""

    async def settled(self) -> None:
        """Wait until each was tried once: what they trade is known then, where it can be."""
        ...

    def account(self, name: str, environment: Environment) -> Account: ...

    def instrument(self, account: str, symbol: str) -> Instrument | None:
        """`None` while it is not known."""
        ...

    def followed(self) -> Sequence[tuple[Account, tuple[int, Heartbeat] | None]]:
        """Every account, when its resolver was last heard of, and what it said."""
        ...


class PlaceLost(Exception):  # noqa: N818
    """A stream cannot be followed from a place any more; `str()` says why."""


class EventFeed(Protocol):
    """Events of one stream, each once, from a place on."""

    @property
    def cursor(self) -> str:
        """The place after the last frame."""
        ...

    def frames(self) -> AsyncIterator[bytes]:
        """JSON objects whose `events` are envelopes, for ever. Raises PlaceLost."""
        ...

    def close(self) -> None: ...


class EventFeeds(Protocol):
    async def after(self, stream: Stream, place: str) -> EventFeed:
        """Raises PlaceLost."""
        ...

    async def from_now(self, stream: Stream) -> EventFeed: ...

    def now(self, stream: Stream) -> str:
        """The place after what was read of the stream by now."""
        ...


class Delivery(NamedTuple):
    """What became of a message.

    Attributes:
        reason: why it was not delivered, for a person; never shows the address.
        again: whether it may be delivered later.
    """

    delivered: bool
    reason: str = ""
    again: bool = False


class Messenger(Protocol):
    """Sends messages to addresses; each call ends within its own deadline."""

    async def unfit(self, url: str) -> str | None:
        """Why nothing can be sent to such an address: the rest of a sentence that begins with `url`."""
        ...

    async def send(self, url: str, title: str, body: str) -> Delivery: ...

    def close(self) -> None: ...
