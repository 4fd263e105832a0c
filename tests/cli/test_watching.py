"""Live views against real sockets: what breaks is resumed, and nothing is missed or told twice."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

import msgspec
import pytest

from hedgerow.cli.main import main
from hedgerow.core.commands import PositionSide
from hedgerow.core.orders import Status
from tests.cli import samples
from tests.cli.desk import TOKEN, FakeDesk
from tests.cli.shell import Shell, Tty

Until = Callable[[Callable[[], object]], None]
ENDS = samples.order(status=Status.CANCELED, version=50)


class Watching:
    """A live view on a thread of its own. It ends as the desk takes away its token: a test cannot press Ctrl-C."""

    def __init__(self, shell: Shell, arguments: tuple[str, ...], out: io.StringIO, width: int | None) -> None:
        self.out = out
        self.err = io.StringIO()
        self.code: int | None = None
        outside = shell.outside(self.out, self.err, width=width)
        self._thread = threading.Thread(target=lambda: self._run(arguments, outside), daemon=True)
        self._thread.start()

    def _run(self, arguments: tuple[str, ...], outside: object) -> None:
        self.code = main(arguments, outside)  # type: ignore[arg-type]

    @property
    def lines(self) -> list[str]:
        return self.out.getvalue().splitlines()

    def join(self) -> None:
        self._thread.join(5)
        assert not self._thread.is_alive()


@pytest.fixture
def watching(desk: FakeDesk, shell: Shell) -> Iterator[Callable[..., Watching]]:
    started: list[Watching] = []

    def start(*arguments: str, tty: bool = False, width: int | None = None) -> Watching:
        view = Watching(shell, arguments, Tty() if tty else io.StringIO(), width)
        started.append(view)
        return view

    yield start
    with _signed_out(desk):
        for view in started:
            view.join()


@contextmanager
def _signed_out(desk: FakeDesk) -> Iterator[None]:
    desk.token = "another"
    desk.cut()
    try:
        yield
    finally:
        desk.token = TOKEN


def test_a_cut_socket_is_resumed_after_its_cursor(
    desk: FakeDesk, watching: Callable[..., Watching], until: Until
) -> None:
    desk.answer("GET", "/api/orders", samples.orders_page(samples.order(), cursor="c0"))
    view = watching("orders", "--watch", "--json")
    desk.push("/ws/orders", samples.updated(samples.order(version=3)))
    until(lambda: len(view.lines) == 2)
    desk.cut()
    desk.push("/ws/orders", samples.updated(samples.order(version=4)))
    until(lambda: len(view.lines) == 3)
    desk.push("/ws/orders", samples.updated(samples.order(version=5)), samples.updated(samples.order(version=5)))
    desk.push("/ws/orders", samples.updated(samples.order(version=6)))
    until(lambda: len(view.lines) == 5)
    page, *events = (msgspec.json.decode(line) for line in view.lines)
    assert page["cursor"] == "c0"
    assert [event["body"]["order"]["version"] for event in events] == [3, 4, 5, 6]
    assert [query["after"] for _, query, _ in desk.connects] == [["c0"], ["c1"]]
    assert all(headers["authorization"] == f"Bearer {TOKEN}" for _, _, headers in desk.connects)
    assert all("token" not in query for _, query, _ in desk.connects)


def test_a_pipe_is_told_of_the_break_on_standard_error(
    desk: FakeDesk, watching: Callable[..., Watching], until: Until
) -> None:
    desk.answer("GET", "/api/orders", samples.orders_page(samples.order()))
    view = watching("orders", "--watch")
    until(lambda: desk.connects)
    desk.push("/ws/orders", samples.updated(samples.order(version=3, filled=Decimal("0.004"))))
    until(lambda: len(view.lines) == 2)
    desk.cut()
    until(lambda: "resumed: missed nothing" in view.err.getvalue())
    assert view.lines == [
        "13:59:56  b7k2m9xa  sim  buy 0.01 BTC/USDT:USDT at 60000: open, filled 0 of 0.01",
        "13:59:56  b7k2m9xa  sim  buy 0.01 BTC/USDT:USDT at 60000: open, filled 0.004 of 0.01",
    ]
    assert view.err.getvalue() == "reconnecting\nresumed: missed nothing\n"


def test_a_cursor_that_is_no_longer_kept_means_a_new_snapshot(
    desk: FakeDesk, watching: Callable[..., Watching], until: Until
) -> None:
    pages = iter([samples.orders_page(samples.order(), cursor="c9"), samples.orders_page(ENDS, cursor="c0")])
    desk.handle("GET", "/api/orders", lambda _: (200, msgspec.json.encode(next(pages))))
    desk.refuse_cursor.add("c9")
    view = watching("orders", "--watch", "--json")
    until(lambda: len(view.lines) == 2)
    desk.push("/ws/orders", samples.updated(samples.order(version=51)))
    until(lambda: len(view.lines) == 3)
    assert [query["after"] for _, query, _ in desk.connects] == [["c9"], ["c0"]]


def test_a_desk_that_was_started_again_elsewhere_is_found_again(
    desk: FakeDesk, shell: Shell, watching: Callable[..., Watching], until: Until
) -> None:
    desk.answer("GET", "/api/orders", samples.orders_page())
    view = watching("orders", "--watch", "--json")
    until(lambda: desk.connects)
    another = FakeDesk()
    another.start()
    another.token = "another-token"
    another.push("/ws/orders", samples.updated(samples.order()))
    shell.open_door(another.url, another.token)
    desk.cut()
    until(lambda: len(view.lines) == 2)
    shell.open_door(desk.url, "a-token-that-is-not-known")
    another.stop()
    view.join()
    assert view.code == 1
    assert another.connects[0][2]["authorization"] == "Bearer another-token"


def test_a_revoked_token_ends_the_view(desk: FakeDesk, watching: Callable[..., Watching], until: Until) -> None:
    desk.answer("GET", "/api/orders", samples.orders_page())
    view = watching("orders", "--watch")
    until(lambda: desk.connects)
    with _signed_out(desk):
        view.join()
    assert view.code == 1
    assert view.err.getvalue().endswith("The token is not known.\n")


def test_the_filter_holds_for_events_too(desk: FakeDesk, watching: Callable[..., Watching], until: Until) -> None:
    desk.answer("GET", "/api/orders", samples.orders_page())
    view = watching("orders", "--watch", "--symbol", "ETH/USDT:USDT", "--json")
    desk.push("/ws/orders", samples.updated(samples.order()))
    desk.push("/ws/orders", samples.updated(samples.order(order_id="e" * 26, symbol="ETH/USDT:USDT")))
    until(lambda: len(view.lines) == 2)
    assert msgspec.json.decode(view.lines[1])["body"]["order"]["symbol"] == "ETH/USDT:USDT"


def test_every_page_of_the_snapshot_is_read(desk: FakeDesk, watching: Callable[..., Watching], until: Until) -> None:
    older = samples.order(order_id="a" * 26, created_ms=1)
    pages = {
        None: samples.orders_page(samples.order(), cursor="c0", following="p2"),
        "p2": samples.orders_page(older, cursor="c7"),
    }
    desk.handle(
        "GET",
        "/api/orders",
        lambda request: (200, msgspec.json.encode(pages[request.query.get("page", [None])[0]])),
    )
    view = watching("orders", "--watch")
    until(lambda: desk.connects)
    assert [line.split()[1] for line in view.lines] == ["b7k2m9xa", "aaaaaaaa"]
    assert desk.connects[0][1] == {"after": ["c0"]}


def test_the_table_shows_the_streams_state(desk: FakeDesk, watching: Callable[..., Watching], until: Until) -> None:
    desk.answer("GET", "/api/orders", samples.orders_page(samples.order()))
    view = watching("orders", "--watch", tty=True, width=80)
    desk.push("/ws/orders", samples.updated(samples.order(version=3, status=Status.PARTIALLY_FILLED)))
    until(lambda: "partially filled" in view.out.getvalue())
    assert "live" in view.out.getvalue()
    desk.cut()
    until(lambda: "live, resumed: missed nothing" in view.out.getvalue())
    assert "reconnecting 0 s" in view.out.getvalue()


def test_positions_move_with_the_mark(desk: FakeDesk, watching: Callable[..., Watching], until: Until) -> None:
    desk.answer("GET", "/api/positions", {"cursor": "c0", "positions": [samples.position_view()]})
    desk.answer("GET", "/api/instruments", [samples.instrument()])
    view = watching("positions", "--watch", tty=True, width=100)
    subscribed = {"subscribe": {"account": "sim", "channel": "ticker", "symbol": samples.SYMBOL}}
    until(lambda: subscribed in desk.said)
    desk.push_quotes(samples.quote("1", "ETH/USDT:USDT"), samples.quote("60123.45"))
    until(lambda: "+1.23" in view.out.getvalue())
    desk.push("/ws/positions", samples.position_updated(samples.position()))
    until(lambda: "+2.47" in view.out.getvalue())
    desk.push_market({"problem": {"detail": "an answer to something else"}})
    desk.push("/ws/positions", samples.position_updated(samples.position(version=5, amount=Decimal(0))))
    until(lambda: "No positions." in view.out.getvalue())


def test_a_new_position_is_priced_too(desk: FakeDesk, watching: Callable[..., Watching], until: Until) -> None:
    desk.answer("GET", "/api/positions", {"cursor": "c0", "positions": []})
    desk.answer("GET", "/api/instruments", [samples.instrument()])
    view = watching("positions", "--watch", tty=True, width=100)
    until(lambda: len(desk.connects) == 2)
    desk.push("/ws/positions", samples.position_updated(samples.position(side=PositionSide.SHORT)))
    until(lambda: desk.said)
    desk.push_quotes(samples.quote("59000"))
    until(lambda: "+20.00" in view.out.getvalue())


def test_positions_as_json_lines_are_the_events(
    desk: FakeDesk, watching: Callable[..., Watching], until: Until
) -> None:
    desk.answer("GET", "/api/positions", {"cursor": "c0", "positions": []})
    desk.answer("GET", "/api/instruments", [samples.instrument()])
    view = watching("positions", "--watch", "--json")
    desk.push("/ws/positions", samples.position_updated(samples.position()))
    until(lambda: len(view.lines) == 2)
    assert msgspec.json.decode(view.lines[1])["body"]["kind"] == "position_updated"
    assert [path for path, _, _ in desk.connects] == ["/ws/positions"]
