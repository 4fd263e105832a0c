"""Live feeds over WebSocket: each on a thread of its own, resumed from its cursor for as long as someone looks."""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar, Final, NamedTuple, Protocol
from urllib.parse import quote

import msgspec
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from hedgerow.cli.door import Desk, trust
from hedgerow.cli.exits import UnreachableError
from hedgerow.cli.links import Link, LinkState

OPEN_TIMEOUT_S: Final = 5.0
_PING_S: Final = 5.0  # a socket that went quiet is given up after two of these
_POLL_S: Final = 0.2  # how soon a feed notices that nobody looks any more
_STEADY_S: Final = 5.0  # a connection that lived so long was no failed attempt
_MAX_FRAME: Final = 16 * 1024 * 1024
_INBOX: Final = 1_000

_CURSOR_STATUSES: Final = frozenset({400, 409, 410, 422})
_TRY_AGAIN_STATUSES: Final = frozenset({408, 425, 429})


class Frame(msgspec.Struct, frozen=True):
    """A frame of a stream, its events still as they came. A snapshot in it is left to the API's own."""

    cursor: str
    after: str | None = None
    events: list[msgspec.Raw] = []


class Quote(msgspec.Struct, frozen=True):
    """One item of a message of the market."""

    channel: str
    account: str
    symbol: str
    item: msgspec.Raw


class Quotes(msgspec.Struct, frozen=True):
    """A message of the market: all that is new since the last."""

    items: list[Quote]


class CursorLost(NamedTuple):
    """The desk does not continue from this cursor: a new snapshot is needed."""

    reason: str


class Refused(NamedTuple):
    """The desk does not let us in; no use in trying again."""

    reason: str
    path: str


Item = Frame | Quotes | Link | CursorLost | Refused
Inbox = queue.Queue[Item]


def inbox() -> Inbox:
    """Bounded: a reader that is too slow holds the socket back, is dropped by the desk, and resumes."""
    return queue.Queue(_INBOX)


class Route(Protocol):
    """What a feed asks for, and how it reads the answer. `resumable`: it goes on from a cursor."""

    resumable: ClassVar[bool]

    @property
    def path(self) -> str: ...

    def address(self) -> str: ...

    def hello(self) -> list[str]: ...

    def opened(self) -> None: ...

    def read(self, message: str | bytes) -> Item | None: ...


class StreamRoute:
    """Every event of a stream after a cursor, in order."""

    resumable: ClassVar[bool] = True

    def __init__(self, path: str, cursor: str) -> None:
        self.path = path
        self.cursor = cursor
        self._first = True

    def address(self) -> str:
        return f"{self.path}?after={quote(self.cursor, safe='')}"

    def hello(self) -> list[str]:
        return []

    def opened(self) -> None:
        self._first = True

    def read(self, message: str | bytes) -> Item | None:
        """The next frame; one that does not follow on the last makes the feed resume from what it has."""
        try:
            frame = msgspec.json.decode(message, type=Frame)
        except msgspec.ValidationError:
            return None  # why the desk is about to close; the close code says it too
        if not self._first and frame.after != self.cursor:
            raise OSError("a frame is missing")
        self._first = False
        self.cursor = frame.cursor
        return frame


class MarketRoute:
    """Tickers of some symbols; latest wins."""

    resumable: ClassVar[bool] = False
    path = "/ws/market"

    def __init__(self) -> None:
        self._wanted: dict[tuple[str, str], None] = {}

    def want(self, account: str, symbol: str) -> str | None:
        """The message that subscribes, where it was not wanted before."""
        if (account, symbol) in self._wanted:
            return None
        self._wanted[account, symbol] = None
        return _subscribe(account, symbol)

    def address(self) -> str:
        return self.path

    def hello(self) -> list[str]:
        return [_subscribe(account, symbol) for account, symbol in list(self._wanted)]

    def opened(self) -> None:
        pass

    def read(self, message: str | bytes) -> Item | None:
        try:
            return msgspec.json.decode(message, type=Quotes)
        except msgspec.ValidationError:
            return None  # an answer to a subscription


def _subscribe(account: str, symbol: str) -> str:
    wish: dict[str, Any] = {"subscribe": {"account": account, "channel": "ticker", "symbol": symbol}}
    return msgspec.json.encode(wish).decode()


def back_off(failures: int) -> float:
    """Seconds to wait before the next attempt: a quarter, doubling, at most two, spread by chance."""
    return float(min(2.0, 0.25 * 2 ** min(failures, 6)) * random.uniform(0.5, 1.0))  # noqa: S311


class Feed:
    """Keeps an inbox fed until it is closed: connects, reads, and connects again when the socket breaks."""

    def __init__(
        self, find_desk: Callable[[], Desk], route: Route, into: Inbox, delay_s: Callable[[int], float] = back_off
    ) -> None:
        self._find_desk = find_desk
        self._route = route
        self._into = into
        self._delay_s = delay_s
        self._closed = threading.Event()
        self._socket: ClientConnection | None = None
        self._state = LinkState.CONNECTING
        self._was_live = False
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name=f"feed {route.path}", daemon=True)

    def __enter__(self) -> Feed:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._thread.join(1.0)  # a daemon: one that still connects ends with the process

    def send(self, message: str) -> None:
        """Say something now, if the socket is up; what must not be lost belongs to the route's `hello`."""
        socket = self._socket
        if socket is not None:
            try:
                socket.send(message)
            except (ConnectionClosed, OSError):
                return

    def _run(self) -> None:
        self._tell(LinkState.CONNECTING)
        while not self._closed.is_set():
            opened_s = time.monotonic()
            try:
                self._converse()
            except (OSError, ConnectionClosed, InvalidHandshake, UnreachableError, msgspec.DecodeError) as error:
                if (end := _end(error, self._route)) is not None:
                    self._put(end)
                    return
            if self._state is not LinkState.RECONNECTING:
                self._tell(LinkState.RECONNECTING)
            if time.monotonic() - opened_s > _STEADY_S:
                self._failures = 0
            self._closed.wait(self._delay_s(self._failures))
            self._failures += 1

    def _converse(self) -> None:
        """One connection, until nobody looks; leaves by an exception when the socket breaks."""
        with self._open() as socket:
            self._route.opened()
            for message in self._route.hello():
                socket.send(message)
            self._socket = socket
            self._tell(LinkState.LIVE, resumed=self._was_live)
            self._was_live = True
            try:
                self._read(socket)
            finally:
                self._socket = None

    def _tell(self, state: LinkState, *, resumed: bool = False) -> None:
        self._state = state
        self._put(Link(state, time.monotonic(), resumed, self._route.path))

    def _open(self) -> ClientConnection:
        desk = self._find_desk()
        address = desk.url.replace("http", "ws", 1) + self._route.address()
        return connect(
            address,
            additional_headers={"Authorization": f"Bearer {desk.token}"},
            ssl=trust(desk),
            compression=None,
            proxy=None,
            open_timeout=OPEN_TIMEOUT_S,
            close_timeout=0.5,
            ping_interval=_PING_S,
            ping_timeout=_PING_S,
            max_size=_MAX_FRAME,
            legacy=True,
        )

    def _read(self, socket: ClientConnection) -> None:
        while not self._closed.is_set():
            try:
                message = socket.recv(timeout=_POLL_S)
            except TimeoutError:
                continue
            self._failures = 0
            item = self._route.read(message)
            if item is not None:
                self._put(item)

    def _put(self, item: Item) -> None:
        while not self._closed.is_set():
            try:
                self._into.put(item, timeout=_POLL_S)
            except queue.Full:
                continue
            return


def _end(error: Exception, route: Route) -> CursorLost | Refused | None:
    """What ends a feed for good; `None`: it broke, and may be tried again.

    Close codes from 4000 on are an HTTP status and 4000.
    """
    if isinstance(error, InvalidStatus):
        return _by_status(error.response.status_code, bytes(error.response.body or b""), route)
    if isinstance(error, ConnectionClosed) and error.rcvd is not None:
        code, reason = error.rcvd.code, error.rcvd.reason
        if code >= 4000:
            return _by_status(code - 4000, reason.encode(), route)
        if code == 1008:
            return Refused(reason or "the desk closed the stream", route.path)
    return None


def _by_status(status: int, body: bytes, route: Route) -> CursorLost | Refused | None:
    if status >= 500 or status in _TRY_AGAIN_STATUSES:
        return None
    reason = _detail(body) or f"the desk answered {status}"
    if route.resumable and status in _CURSOR_STATUSES:
        return CursorLost(reason)
    return Refused(reason, route.path)


def _detail(body: bytes) -> str:
    """The sentence of a problem, or the words themselves."""
    try:
        problem = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return body[:200].decode(errors="replace").strip()
    return str(problem.get("detail", ""))
