"""The loop behind every live view: a snapshot, then the events after its cursor, until the user stops looking."""

from __future__ import annotations

import queue
import time
from contextlib import ExitStack
from typing import Final

import msgspec
from rich.live import Live

from hedgerow.cli.command import Invocation
from hedgerow.cli.exits import FailedError, UnreachableError
from hedgerow.cli.feeds import (
    CursorLost,
    Feed,
    Frame,
    Inbox,
    Item,
    MarketRoute,
    Quote,
    Quotes,
    Refused,
    StreamRoute,
    back_off,
    inbox,
)
from hedgerow.cli.links import Link, LinkState
from hedgerow.cli.screens import JsonScreen, LineScreen, Screen, Standing, Start, TableScreen, View
from hedgerow.exchange import Ticker
from hedgerow.journal import envelope as envelopes

_TICK_S: Final = 0.5  # how often ages are drawn again
_REDRAW_S: Final = 0.1


def watch(here: Invocation, view: View) -> None:
    """Show a view until it is finished or the user stops looking.

    Raises:
        KeyboardInterrupt: the user stopped looking.
        CommandFault: the first snapshot failed, or the desk does not let us in.
    """
    terminal = here.terminal
    if terminal.json:
        _Watch(here, view, JsonScreen(terminal), priced=False).run()
    elif not terminal.interactive:
        _Watch(here, view, LineScreen(terminal), priced=False).run()
    else:
        with Live(console=terminal.out, auto_refresh=False, vertical_overflow="crop") as live:
            _Watch(here, view, TableScreen(terminal, live), priced=view.priced).run()


class _Watch:
    def __init__(self, here: Invocation, view: View, screen: Screen, *, priced: bool) -> None:
        self._here = here
        self._view = view
        self._screen = screen
        self._market = MarketRoute() if priced else None
        self._standing = Standing(Link(LinkState.CONNECTING, time.monotonic()))
        self._drawn_s = 0.0
        self._lost = 0

    def run(self) -> None:
        into = inbox()
        start = self._view.begin(self._here.client)
        self._screen.begin(self._view, start)
        with ExitStack() as owned:
            prices = None
            if self._market is not None:
                prices = owned.enter_context(Feed(self._here.desk, self._market, into))
            while (lost := self._follow(start, into, prices)) is not None:
                start = self._begin_anew(lost)
        self._screen.redraw(self._view, self._standing)

    def _follow(self, start: Start, into: Inbox, prices: Feed | None) -> CursorLost | None:
        """Until the view is finished (`None`), or the desk will not go on from our cursor."""
        with Feed(self._here.desk, StreamRoute(self._view.path, start.cursor), into):
            while not self._view.finished:
                if prices is not None:
                    self._want_prices(prices)
                item = _next(into)
                if isinstance(item, CursorLost):
                    return item
                if item is not None:
                    self._take(item)
                self._redraw(busy=not into.empty())
        return None

    def _begin_anew(self, lost: CursorLost) -> Start:
        """A new snapshot, as soon as there is one to be had."""
        while True:
            self._standing = Standing(Link(LinkState.RECONNECTING, time.monotonic()), f"new snapshot: {lost.reason}")
            self._screen.standing(self._standing)
            self._redraw(busy=False)
            time.sleep(back_off(self._lost))
            self._lost += 1
            try:
                start = self._view.begin(self._here.client)
            except UnreachableError:
                continue
            self._screen.begin(self._view, start)
            return start

    def _take(self, item: Item) -> None:
        if isinstance(item, Frame):
            self._lost = 0
            for raw in item.events:
                self._event(bytes(raw))
        elif isinstance(item, Quotes):
            for quote in item.items:
                self._quote(quote)
        elif isinstance(item, Link):
            self._link(item)
        elif isinstance(item, Refused) and item.path == MarketRoute.path:
            self._standing = self._standing._replace(prices=Link(LinkState.REFUSED, time.monotonic()))
        elif isinstance(item, Refused):
            raise FailedError(item.reason)

    def _event(self, raw: bytes) -> None:
        try:
            envelope = envelopes.decode(raw)
        except msgspec.DecodeError as error:
            raise FailedError(f"An event cannot be read ({error}): is the desk of another version?") from None
        if self._view.take(envelope):
            self._standing = self._standing._replace(changed_s=time.monotonic())
            self._screen.event(self._view, envelope, raw)

    def _quote(self, quote: Quote) -> None:
        if quote.channel == "ticker":
            self._view.take_mark(quote.account, msgspec.json.decode(quote.item, type=Ticker))

    def _link(self, link: Link) -> None:
        if link.path == MarketRoute.path:
            self._standing = self._standing._replace(prices=link)
            return
        news = "resumed: missed nothing" if link.resumed else self._standing.news
        self._standing = self._standing._replace(stream=link, news=news)
        self._screen.standing(self._standing)

    def _want_prices(self, prices: Feed) -> None:
        assert self._market is not None
        for account, symbol in self._view.prices_wanted():
            if (message := self._market.want(account, symbol)) is not None:
                prices.send(message)

    def _redraw(self, *, busy: bool) -> None:
        """Not for every event of a burst."""
        now_s = time.monotonic()
        if not busy or now_s - self._drawn_s > _REDRAW_S:
            self._drawn_s = now_s
            self._screen.redraw(self._view, self._standing)


def _next(into: Inbox) -> Item | None:
    try:
        return into.get(timeout=_TICK_S)
    except queue.Empty:
        return None
