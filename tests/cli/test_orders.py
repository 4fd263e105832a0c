from __future__ import annotations

from decimal import Decimal

import pytest

from hedgerow.core import records
from hedgerow.core.codec import to_json
from hedgerow.core.commands import OrderTerms, OrderType, Side
from hedgerow.core.orders import Status
from hedgerow.core.refusals import Code, Refusal
from hedgerow.order_manager.schemas import FillsPage, OrderStory, TimelineLine
from tests.cli import samples
from tests.cli.desk import FakeDesk
from tests.cli.shell import Shell

TWO = samples.orders_page(
    samples.order(),
    samples.order(
        order_id="c8k2m9xaqqqqqqqqqqqqqqqqqq",
        symbol="ETH/USDT:USDT",
        side=Side.SELL,
        type=OrderType.MARKET,
        price=None,
        amount=Decimal("1.5"),
        filled=Decimal("0.5"),
        average=Decimal("3000.25"),
        status=Status.PARTIALLY_FILLED,
        cancel_requested=True,
        updated_ms=samples.NOW_MS - 86_400_000,
    ),
)

WIDE = """\
ID        SYMBOL         SIDE  AMOUNT   PRICE  FILLED  AVERAGE  STATUS                       ACCOUNT  UPDATED
b7k2m9xa  BTC/USDT:USDT  buy     0.01   60000       0        -  open                         sim      13:59:56
c8k2m9xa  ETH/USDT:USDT  sell     1.5  market     0.5  3000.25  partially filled, canceling  sim      2024-12-31 14:00:00
"""  # noqa: E501
AT_80 = """\
ID        SYMBOL         SIDE  AMOUNT   PRICE  STATUS
b7k2m9xa  BTC/USDT:USDT  buy     0.01   60000  open
c8k2m9xa  ETH/USDT:USDT  sell     1.5  market  partially filled, canceling
"""
ON_A_PHONE = """\
BTC/USDT:USDT buy 0.01 60000 open
  id b7k2m9xa · filled 0 · account sim ·
updated 13:59:56
ETH/USDT:USDT sell 1.5 market partially
filled, canceling
  id c8k2m9xa · filled 0.5 · average
3000.25 · account sim · updated
2024-12-31 14:00:00
"""


def trimmed(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


@pytest.mark.parametrize(("width", "expected"), [(130, WIDE), (80, AT_80), (40, ON_A_PHONE)])
def test_orders_fit_the_terminal(desk: FakeDesk, shell: Shell, width: int, expected: str) -> None:
    desk.answer("GET", "/api/orders", TWO)
    ran = shell.run("orders", width=width)
    assert (ran.code, trimmed(ran.out), ran.err) == (0, expected, "")


def test_a_pipe_gets_every_column(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("GET", "/api/orders", TWO)
    assert trimmed(shell.run("orders").out) == WIDE


def test_orders_asks_for_the_living_unless_told_otherwise(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("GET", "/api/orders", samples.orders_page(following="p2"))
    assert shell.run("orders").out == "No orders.\nThere are older ones: --page p2\n"
    shell.run("orders", "--all", "--since", "2h", "--symbol", samples.SYMBOL, "-a", "sim", "--page", "p2", "-n", "7")
    shell.run("orders", "--status", "in_doubt", "--status", "open")
    living, everything, chosen = (request.query for request in desk.asked("GET", "/api/orders"))
    assert living == {"status": ["living"], "limit": ["50"]}
    assert everything == {
        "account": ["sim"],
        "symbol": [samples.SYMBOL],
        "since": [str(samples.NOW_MS - 7_200_000)],
        "limit": ["7"],
        "page": ["p2"],
    }
    assert chosen["status"] == ["in_doubt", "open"]


def test_json_is_the_desks_own(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("GET", "/api/orders", TWO)
    ran = shell.run("orders", "--json")
    assert ran.out == to_json(TWO).decode() + "\n"


def test_an_order_tells_its_story(desk: FakeDesk, shell: Shell) -> None:
    ended = samples.filled(
        exchange_order_id="x-1", client_order_id="hgb7k2", principal="token laptop", take_profit=Decimal(66_000)
    )
    desk.answer("GET", f"/api/orders/{samples.ORDER_ID}", OrderStory(order=ended, timeline=_timeline()))
    ran = shell.run("order", samples.ORDER_ID)
    assert ran.code == 0
    assert ran.out == STORY


def test_the_story_as_json(desk: FakeDesk, shell: Shell) -> None:
    story = OrderStory(order=samples.filled(), timeline=_timeline())
    desk.answer("GET", f"/api/orders/{samples.ORDER_ID}", story)
    assert shell.run("order", samples.ORDER_ID, "--json").out.encode() == to_json(story) + b"\n"


def _timeline() -> list[TimelineLine]:
    terms = OrderTerms(
        account="sim",
        symbol=samples.SYMBOL,
        side=Side.BUY,
        type=OrderType.LIMIT,
        amount=Decimal("0.01"),
        price=Decimal(60_000),
    )
    start = samples.NOW_MS - 5_000
    asked = {"command_id": samples.ORDER_ID, "body_hash": "h", "timestamp_ms": start, "deadline_ms": start + 5_000}
    change = {**asked, "command_id": "cmd", "client_order_id": "hg", "exchange_order_id": "x-1"}
    opened = samples.order()
    bodies: list[tuple[str, records.Body]] = [
        (
            "order_intents",
            records.OrderIntended(
                **asked,
                terms=terms,
                client_order_id="hg",
                transport=records.Transport.WEBSOCKET,
                notional=Decimal(600),
            ),
        ),
        (
            "orders_executed",
            records.Answered(
                command_id=samples.ORDER_ID,
                command="order_intended",
                outcome=records.Outcome.ACCEPTED,
                order_id=samples.ORDER_ID,
                exchange_order_id="x-1",
                sent_ms=start + 1,
                answered_ms=start + 13,
            ),
        ),
        ("orders_updated", _update(samples.order(status=Status.ACCEPTED, version=1), "answer", "journal")),
        ("orders_updated", _update(opened, "report", "stream")),
        (
            "order_intents",
            records.AmendIntended(**change, order_id=samples.ORDER_ID, symbol="s", price=Decimal(61_000)),
        ),
        (
            "order_intents",
            records.CameToNothing(
                command_id="cmd",
                how=records.Nothing.REJECTED,
                refusal=Refusal(Code.EXCHANGE_REJECTED, "It was not changed.", None, "110001", "order not exists"),
                order_id=samples.ORDER_ID,
            ),
        ),
        ("fills", records.FillBooked(fill=samples.fill())),
        ("orders_updated", _update(samples.filled(), "fill", "stream")),
    ]
    lines = [
        TimelineLine(time_ms=start + 7 * index, stream=stream, kind="k", body=_raw(body))
        for index, (stream, body) in enumerate(bodies)
    ]
    return [*lines, TimelineLine(time_ms=start + 99, stream="orders_updated", kind="of_tomorrow", body=_raw({"a": 1}))]


def _update(order: object, kind: str, source: str) -> records.OrderUpdated:
    return records.OrderUpdated(order=order, cause=records.Cause(kind=kind, source=source))  # type: ignore[arg-type]


def _raw(body: object) -> object:
    import msgspec

    return msgspec.Raw(to_json(body))


STORY = """\
order     b7k2m9xaqqqqqqqqqqqqqqqqqq
terms     buy 0.01 BTC/USDT:USDT at 60000, take profit 66000
status    filled
filled    0.01 of 0.01, average 59999.9
fees      0.33 USDT
account   sim
exchange  x-1
client id hgb7k2
asked by  token laptop
created   13:59:55.000
updated   13:59:56.000

13:59:55.000  asked for: buy 0.01 BTC/USDT:USDT at 60000, to go by websocket
13:59:55.007  the exchange took it as x-1 after 12 ms
13:59:55.014  accepted (the exchange's answer)
13:59:55.021  open (the exchange reported it live)
13:59:55.028  asked to amend: price 61000
13:59:55.035  the command was rejected by the exchange: It was not changed. (exchange: 110001 order not exists)
13:59:55.042  filled 0.01 at 59999.9, fee 0.33 USDT, taker
13:59:55.049  filled, filled 0.01 of 0.01, average 59999.9, fees 0.33 USDT (a fill came in live)
13:59:55.099  of tomorrow
"""


def test_the_beginning_of_an_id_is_enough(desk: FakeDesk, shell: Shell) -> None:
    pages = {None: samples.orders_page(following="p2"), "p2": TWO}
    desk.handle("GET", "/api/orders", lambda request: (200, to_json(pages[request.query.get("page", [None])[0]])))
    desk.answer("GET", f"/api/orders/{samples.ORDER_ID}", OrderStory(order=samples.order(), timeline=[]))
    ran = shell.run("order", "B7K2M9")
    assert (ran.code, ran.err) == (0, "")
    assert samples.ORDER_ID in ran.out


def test_an_ambiguous_or_unknown_beginning_is_said(desk: FakeDesk, shell: Shell) -> None:
    twin = "b7k2m9zzqqqqqqqqqqqqqqqqqq"
    desk.answer("GET", "/api/orders", samples.orders_page(samples.order(), samples.order(order_id=twin)))
    ambiguous, unknown = shell.run("order", "b7k2m9"), shell.run("order", "zzzzzz")
    assert (ambiguous.code, unknown.code) == (2, 2)
    assert samples.ORDER_ID in ambiguous.err
    assert twin in ambiguous.err
    assert unknown.err == "order_id: no order's id begins with zzzzzz\n"


@pytest.mark.parametrize("order_id", ["b7k2", "b7k2m9/../x", "", "b" * 27, "b7k2m9xä"])
def test_what_is_no_order_id_asks_nothing(desk: FakeDesk, shell: Shell, order_id: str) -> None:
    ran = shell.run("order", order_id)
    assert ran.code == 2
    assert ran.err.startswith("order_id: ")
    assert desk.requests == []


def test_fills(desk: FakeDesk, shell: Shell) -> None:
    page = FillsPage(fills=[samples.fill(realised_pnl=Decimal("-2.5"))], next="older")
    desk.answer("GET", "/api/fills", page)
    ran = shell.run("fills", "--order", samples.ORDER_ID, "--since", "2025-01-01", width=80)
    assert trimmed(ran.out) == (
        "TIME      SYMBOL         SIDE  AMOUNT    PRICE        FEE    PNL  ORDER\n"
        "13:59:57  BTC/USDT:USDT  buy     0.01  59999.9  0.33 USDT  -2.50  b7k2m9xa\n"
        "There are older ones: --page older\n"
    )
    assert desk.asked("GET", "/api/fills")[0].query == {
        "order_id": [samples.ORDER_ID],
        "since": ["1735689600000"],
        "limit": ["50"],
    }
    assert shell.run("fills", "--json").out.encode() == to_json(page) + b"\n"
