"""What a live view is, and the three places it may be shown: a person's terminal, a pipe, a program."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from rich.console import Group, RenderableType
from rich.text import Text

from hedgerow.cli import words
from hedgerow.cli.client import Client
from hedgerow.cli.links import Link, LinkState
from hedgerow.cli.terminal import Terminal
from hedgerow.exchange import Ticker
from hedgerow.journal.envelope import Envelope

if TYPE_CHECKING:
    from rich.live import Live

_NEWS_S: Final = 10.0  # how long "missed nothing" stands


class Start(NamedTuple):
    """Where a view begins: the cursor of its snapshot, and the snapshot as JSON lines."""

    cursor: str
    json: Sequence[bytes]


class View(Protocol):
    """What is looked at. It folds events, and knows how it reads in each kind of terminal."""

    path: str
    priced: bool  # whether it wants live prices

    def begin(self, client: Client) -> Start:
        """Take a new snapshot, in place of what was known."""
        ...

    def take(self, envelope: Envelope) -> bool:
        """Fold one event; whether it concerns this view."""
        ...

    @property
    def finished(self) -> bool: ...

    def opening_lines(self) -> Iterable[str]:
        """The snapshot, for a terminal that cannot redraw."""
        ...

    def line(self, envelope: Envelope) -> str:
        """One event, for a terminal that cannot redraw."""
        ...

    def json_line(self, envelope: Envelope, raw: bytes) -> bytes: ...

    def picture(self, width: int, height: int) -> RenderableType: ...

    def prices_wanted(self) -> Iterable[tuple[str, str]]:
        """Account and symbol of every price that the picture needs."""
        ...

    def take_mark(self, account: str, ticker: Ticker) -> None: ...


class Standing(NamedTuple):
    """How the feeds behind a view stand. `news`: what just happened; `prices`: the market's feed, if there is one."""

    stream: Link
    news: str = ""
    prices: Link | None = None
    changed_s: float | None = None


class Screen(Protocol):
    """Where a view is shown."""

    def begin(self, view: View, start: Start) -> None: ...

    def event(self, view: View, envelope: Envelope, raw: bytes) -> None: ...

    def standing(self, standing: Standing) -> None: ...

    def redraw(self, view: View, standing: Standing) -> None: ...


class JsonScreen:
    """For a program: the desk's JSON, a line each."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def begin(self, view: View, start: Start) -> None:
        for line in start.json:
            self._terminal.give_line(line)

    def event(self, view: View, envelope: Envelope, raw: bytes) -> None:
        self._terminal.give_line(view.json_line(envelope, raw))

    def standing(self, standing: Standing) -> None:
        pass

    def redraw(self, view: View, standing: Standing) -> None:
        pass


class LineScreen:
    """For a pipe: a line for each event; breaks of the stream are told on standard error."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._broke = False

    def begin(self, view: View, start: Start) -> None:
        for line in view.opening_lines():
            self._terminal.say(line)

    def event(self, view: View, envelope: Envelope, raw: bytes) -> None:
        self._terminal.say(view.line(envelope))

    def standing(self, standing: Standing) -> None:
        if standing.stream.state is LinkState.RECONNECTING and not self._broke:
            self._broke = True
            self._terminal.complain("reconnecting")
        elif standing.stream.state is LinkState.LIVE and self._broke:
            self._broke = False
            self._terminal.complain(standing.news or "live")

    def redraw(self, view: View, standing: Standing) -> None:
        pass


class TableScreen:
    """For a person: drawn again in place."""

    def __init__(self, terminal: Terminal, live: Live) -> None:
        self._terminal = terminal
        self._live = live

    def begin(self, view: View, start: Start) -> None:
        pass

    def event(self, view: View, envelope: Envelope, raw: bytes) -> None:
        pass

    def standing(self, standing: Standing) -> None:
        pass

    def redraw(self, view: View, standing: Standing) -> None:
        size = self._terminal.out.size
        footer = stream_line(standing, time.monotonic())
        self._live.update(Group(view.picture(size.width, size.height - 3), footer), refresh=True)


def stream_line(standing: Standing, now_s: float) -> Text:
    """`live, last change 3 s ago`; `reconnecting 3 s`; `live, resumed: missed nothing`."""
    link = standing.stream
    if link.state is not LinkState.LIVE:
        return Text(f"{link.state} {words.age(now_s - link.since_s)}", style="bold yellow")
    parts = ["live"]
    if standing.news and now_s - link.since_s < _NEWS_S:
        parts.append(standing.news)
    elif standing.changed_s is not None:
        parts.append(f"last change {words.age(now_s - standing.changed_s)} ago")
    if standing.prices is not None and standing.prices.state is not LinkState.LIVE:
        parts.append(f"prices {standing.prices.state} {words.age(now_s - standing.prices.since_s)}")
    return Text(", ".join(parts), style="dim")
