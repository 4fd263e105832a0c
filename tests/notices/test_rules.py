"""Which record is worth which notice."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedgerow.core.commands import OrderType, PositionSide, Side
from hedgerow.core.instruments import Instrument
from hedgerow.core.orders import Order, Status
from hedgerow.core.positions import Position
from hedgerow.core.records import Body, Cause, Heartbeat, OrderUpdated, PositionUpdated
from hedgerow.core.refusals import Code, Refusal
from hedgerow.core.reports import Origin
from hedgerow.journal.envelope import Envelope, Environment
from hedgerow.notices import MEANING, Account, Kind, Notice, wording
from hedgerow.notices.rules import notice_of

SYMBOL = "BTC/USDT:USDT"
MAIN = Account("main", "bybit", Environment.LIVE)
FILL = Cause(kind="fill", source="stream", exchange_ms=990)
REPORT = Cause(kind="report", source="stream", exchange_ms=990)


def instrument(**facts: Any) -> Instrument:
    known: dict[str, Any] = dict.fromkeys(Instrument.__struct_fields__)
    known |= {"symbol": SYMBOL, "base": "BTC", "contract_size": Decimal(1), "linear": True}
    return Instrument(**(known | facts))


def order(**facts: Any) -> Order:
    known: dict[str, Any] = {
        "order_id": "o1",
        "account": "main",
        "symbol": SYMBOL,
        "side": Side.BUY,
        "type": OrderType.LIMIT,
        "amount": Decimal("0.25"),
        "price": Decimal("59556.4"),
        "status": Status.OPEN,
        "origin": Origin.DESK,
        "created_ms": 1,
        "updated_ms": 1,
    }
    return Order(**(known | facts))


def bought(amount: str, **facts: Any) -> Order:
    number = Decimal(amount)
    return order(
        filled=number, filled_by_fills=number, average=Decimal("59556.4"), last_fill=7, status=Status.FILLED, **facts
    )


def told(body: Body, account: Account = MAIN) -> Notice | None:
    envelope = Envelope(
        journal="j",
        account=account.name,
        environment=account.environment,
        writer="w",
        epoch=1,
        sequence=1,
        time_ms=1000,
        body=body,
    )
    return notice_of(envelope, account, lambda _account, _symbol: instrument())


STOP = {"origin": Origin.ATTACHED, "role": "stop_loss", "type": OrderType.MARKET, "side": Side.SELL, "price": None}
REFUSED = Refusal(Code.EXCHANGE_REJECTED, "not enough margin", exchange_code="110007")
TABLE = [
    (bought("0.25"), FILL, Kind.FILL, "bought 0.25 BTC at 59 556.4 (limit, filled)"),
    (bought("0.10"), FILL, Kind.FILL, "bought 0.1 BTC at 59 556.4 (limit, 0.1 of 0.25 filled)"),
    (bought("0.25", **STOP), FILL, Kind.STOP, "stop loss: sold 0.25 BTC at 59 556.4 (market, filled)"),
    (
        bought("0.25", side=Side.SELL, trigger_price=Decimal(5), reduce_only=True),
        FILL,
        Kind.STOP,
        "stop: sold 0.25 BTC at 59 556.4 (limit, filled)",
    ),
    (
        bought("0.25", origin=Origin.LIQUIDATION),
        FILL,
        Kind.LIQUIDATION,
        "liquidated: bought 0.25 BTC at 59 556.4 (limit, filled)",
    ),
    (
        bought("0.25", origin=Origin.ADL),
        FILL,
        Kind.LIQUIDATION,
        "auto-deleveraged: bought 0.25 BTC at 59 556.4 (limit, filled)",
    ),
    (
        order(status=Status.IN_DOUBT),
        REPORT,
        Kind.IN_DOUBT,
        "in doubt: buy 0.25 BTC at 59 556.4 (limit). The desk is finding out whether the exchange has it",
    ),
    (
        order(status=Status.NOT_PLACED),
        Cause(kind="proof", source="rest"),
        Kind.IN_DOUBT,
        "no longer in doubt: buy 0.25 BTC at 59 556.4 (limit) was never placed",
    ),
    (
        order(status=Status.REJECTED, refusal=REFUSED),
        REPORT,
        Kind.REJECTED,
        "order rejected: buy 0.25 BTC at 59 556.4 (limit). not enough margin",
    ),
    (
        order(status=Status.REJECTED, **STOP),
        REPORT,
        Kind.STOP,
        "stop loss rejected: sell 0.25 BTC (market). no reason given",
    ),
    (
        order(quarantined=True),
        REPORT,
        Kind.DISCREPANCY,
        "buy 0.25 BTC at 59 556.4 (limit): what the exchange says of it does not fit together. Look at it there",
    ),
]


@pytest.mark.parametrize(("about", "cause", "kind", "text"), TABLE)
def test_what_is_told_of_an_order(about: Order, cause: Cause, kind: Kind, text: str) -> None:
    notice = told(OrderUpdated(order=about, cause=cause))
    assert notice is not None
    assert (notice.kind, notice.text) == (kind, f"Bybit main: {text}")
    assert notice.time_ms <= 1000


@pytest.mark.parametrize(
    "body",
    [
        OrderUpdated(order=order(), cause=REPORT),
        OrderUpdated(order=order(status=Status.CANCELED), cause=REPORT),
        OrderUpdated(order=order(status=Status.DENIED), cause=REPORT),
        OrderUpdated(order=bought("0.1"), cause=REPORT),  # its fill has told it, or will
        OrderUpdated(order=order(status=Status.NOT_PLACED), cause=REPORT),  # it never left: whoever asked knows
        Heartbeat(stream_up=False, reconciled_ms=0, heard_ms=0),
    ],
)
def test_what_is_no_news(body: Body) -> None:
    assert told(body) is None


@given(st.sampled_from(list(Status)), st.sampled_from(list(Origin)), st.integers(1, 50))
def test_the_same_fill_is_the_same_news_whatever_else_changed(status: Status, origin: Origin, fill: int) -> None:
    """A repeat of a record, or another version of it, has its key; another fill has another."""
    facts: dict[str, Any] = {"filled_by_fills": Decimal("0.1"), "status": status, "origin": origin}
    one = told(OrderUpdated(order=order(**facts, last_fill=fill, version=3), cause=FILL))
    same = told(OrderUpdated(order=order(**facts, last_fill=fill, version=9), cause=Cause(kind="restart", source="j")))
    other = told(OrderUpdated(order=order(**facts, last_fill=fill + 1), cause=FILL))
    assert one is not None
    assert same is not None
    assert other is not None
    assert one.key == same.key != other.key


@given(st.decimals("0.001", 100, places=3), st.decimals("0.001", 100, places=3))
def test_only_part_of_an_order_waits_for_more(filled: Decimal, amount: Decimal) -> None:
    facts: dict[str, Any] = {"filled_by_fills": filled, "amount": amount, "last_fill": 1}
    notice = told(OrderUpdated(order=order(**facts), cause=FILL))
    assert notice is not None
    assert (notice.group, notice.more) == ("o1", filled < amount)


def test_a_fill_is_as_old_as_the_exchange_says() -> None:
    late = told(OrderUpdated(order=bought("0.25"), cause=Cause(kind="fill", source="rest", exchange_ms=3)))
    ahead = told(OrderUpdated(order=bought("0.25"), cause=Cause(kind="fill", source="rest", exchange_ms=5_000)))
    assert late is not None
    assert ahead is not None
    assert (late.time_ms, ahead.time_ms) == (3, 1000)


@pytest.mark.parametrize("environment", list(Environment))
def test_what_is_not_real_money_says_so(environment: Environment) -> None:
    notice = told(OrderUpdated(order=bought("0.25"), cause=FILL), Account("main", "bybit", environment))
    assert notice is not None
    assert (str(environment) in notice.text) is (environment is not Environment.LIVE)


def test_a_discrepancy_says_both_sizes() -> None:
    position = Position(
        account="main",
        symbol=SYMBOL,
        side=PositionSide.LONG,
        amount=Decimal("1.50"),
        updated_ms=1,
        version=4,
        discrepancy=Decimal("-0.5"),
    )
    notice = told(PositionUpdated(position=position, cause=REPORT))
    assert notice is not None
    assert notice.kind is Kind.DISCREPANCY
    assert notice.text == "Bybit main: the long position is 1.5 BTC by the fills and 1 BTC at the exchange"


def test_contracts_that_are_no_coins_are_called_contracts() -> None:
    assert wording.quantity(Decimal("3.0"), SYMBOL, instrument(contract_size=Decimal("0.01"))) == "0.03 BTC"
    assert wording.quantity(Decimal(3), "BTC/USD:BTC", instrument(linear=False)) == "3 contracts of BTC/USD:BTC"
    assert wording.quantity(Decimal(3), SYMBOL, None) == f"3 contracts of {SYMBOL}"


@given(st.decimals(-(10**12), 10**12, places=6))
def test_a_grouped_number_is_the_same_number(number: Decimal) -> None:
    text = wording.grouped(number)
    assert Decimal(text.replace(" ", "")) == number
    assert all(len(group.partition(".")[0].lstrip("-")) == 3 for group in text.split(" ")[1:])


def test_the_page_about_notices_says_what_each_kind_is() -> None:
    page = (Path(__file__).parents[2] / "docs" / "notices.md").read_text()
    for kind, meaning in MEANING.items():
        assert f"| `{kind}` | {meaning} |" in page
