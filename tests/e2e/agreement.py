"""Whether desk, journal and exchange tell the same story: what a restart or a fault must not have broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from hedgerow.core.codec import to_json
from hedgerow.core.records import FillBooked, Nothing, OrderIntended, OrderUpdated, PositionUpdated
from hedgerow.history import FillFilter, History, OrderFilter
from hedgerow.history.sql import SqlHistory
from hedgerow.journal.envelope import Envelope, decode
from hedgerow.journal.sqlite_file import connect_reader
from tests.e2e.desk_client import ENDS, DeskClient
from tests.e2e.desk_process import until
from tests.simulator.running import Controls

STATUS = {
    "New": "open",
    "PartiallyFilled": "partially_filled",
    "Filled": "filled",
    "Cancelled": "canceled",
    "Deactivated": "canceled",
    "PartiallyFilledCanceled": "canceled",
    "Rejected": "rejected",
    "Untriggered": "untriggered",
    "Triggered": "open",
}
Journaled = Callable[[str], list[Envelope]]
"""The records of a stream, by its name."""
UNSETTLED = {"pending", "in_doubt", "accepted"}


def creates(exchange: Controls, account: str) -> dict[str, int]:
    """Create requests that arrived at the exchange, by client order id."""
    found: dict[str, int] = exchange.control("GET", f"orders?account={account}")["create_requests"]
    return found


def held_orders(exchange: Controls, account: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = exchange.control("GET", f"orders?account={account}")["orders"]
    return found


def executions(exchange: Controls, account: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = exchange.control("GET", f"executions?account={account}")["executions"]
    return found


def requests(exchange: Controls, account: str, kind: str) -> list[dict[str, Any]]:
    """Order requests of one kind that reached the engine: PlaceOrder, AmendOrder, CancelOrder …"""
    found = exchange.control("GET", "requests")["requests"]
    return [each for each in found if each["account"] == account and each["kind"] == kind]


class Past(NamedTuple):
    """What an account did before a desk followed it, by the exchange's ids: no desk ever shows it."""

    orders: frozenset[str] = frozenset()
    fills: frozenset[str] = frozenset()


NO_PAST = Past()


def past(exchange: Controls, account: str) -> Past:
    ended = [each["order_id"] for each in held_orders(exchange, account) if STATUS[each["status"]] in ENDS]
    return Past(frozenset(ended), frozenset(each["execId"] for each in executions(exchange, account)))


async def agree(desk: DeskClient, exchange: Controls, *, before: Past = NO_PAST, within_s: float = 60.0) -> None:
    """Wait until the desk shows exactly what the exchange has; no order may ever have been sent twice."""
    last: list[str] = []

    async def settled() -> bool:
        last[:] = await differences(desk, exchange, before)
        return not last

    try:
        await until(settled, within_s)
    except AssertionError:
        if not last:
            raise
        raise AssertionError("desk and exchange differ:\n" + "\n".join(last)) from None


async def differences(desk: DeskClient, exchange: Controls, before: Past = NO_PAST) -> list[str]:
    """What the desk shows of its account that the exchange does not, and the other way round."""
    sent = creates(exchange, desk.account)
    assert all(count == 1 for count in sent.values()), f"an order was sent twice: {sent}"
    shown = await desk.orders()
    held = [each for each in held_orders(exchange, desk.account) if each["order_id"] not in before.orders]
    made = executions(exchange, desk.account)
    return [
        *_of_orders(shown, held, sent),
        *_of_fills(await desk.fills(), [each for each in made if each["execId"] not in before.fills]),
        *_of_positions(await desk.positions(), made),
    ]


def _of_orders(shown: list[dict[str, Any]], held: list[dict[str, Any]], sent: dict[str, int]) -> Iterator[str]:
    by_exchange_id = {name: order for order in shown for name in order["exchange_order_ids"]}
    known = {name for order in shown for name in order["client_order_ids"]}
    yield from (f"create of {name} that no order explains" for name in sent if name not in known)
    for theirs in held:
        ours = by_exchange_id.get(theirs["order_id"])
        if ours is None:
            yield f"only the exchange has {theirs}"
        elif (STATUS[theirs["status"]], Decimal(theirs["cum_exec_qty"])) != (ours["status"], Decimal(ours["filled"])):
            yield f"{ours['status']} {ours['filled']} here, there {theirs}"
    there = {each["order_id"] for each in held}
    for ours in shown:
        if ours["status"] in UNSETTLED:
            yield f"unsettled: {ours['order_id']} {ours['status']}"
        elif ours["status"] not in ENDS and ours["exchange_order_id"] not in there:
            yield f"only the desk has {ours}"
        elif ours["quarantined"] or ours["amend_requested"] or ours["cancel_requested"]:
            yield f"not at rest: {ours}"


def _of_fills(shown: list[dict[str, Any]], made: list[dict[str, Any]]) -> Iterator[str]:
    ours = Counter((fill["trade_id"], Decimal(fill["amount"]), Decimal(fill["price"])) for fill in shown)
    theirs = Counter((fill["execId"], Decimal(fill["execQty"]), Decimal(fill["execPrice"])) for fill in made)
    yield from (f"fill only here: {fill}" for fill in ours - theirs)
    yield from (f"fill only there: {fill}" for fill in theirs - ours)


def _of_positions(shown: list[dict[str, Any]], made: list[dict[str, Any]]) -> Iterator[str]:
    sums: Counter[str] = Counter()
    for fill in made:
        base = fill["symbol"].removesuffix("USDT")
        amount = Decimal(fill["execQty"])
        sums[f"{base}/USDT:USDT"] += amount if fill["side"] == "Buy" else -amount  # type: ignore[assignment]
    theirs = {symbol: amount for symbol, amount in sums.items() if amount}
    ours = {
        each["symbol"]: Decimal(each["amount"]) * (1 if each["side"] == "long" else -1)
        for each in shown
        if Decimal(each["amount"])
    }
    if ours != theirs:
        yield f"positions {ours} here, {theirs} there"
    yield from (f"discrepancy {each}" for each in shown if each["discrepancy"] is not None)


# the journal


def journaled(path: Path, stream: str) -> list[Envelope]:
    """Every record of a stream, in order, of a journal that may be in use."""
    with closing(connect_reader(path)) as connection:
        slots = connection.execute("SELECT slot FROM slots WHERE stream = ? ORDER BY partition", (stream,)).fetchall()
        return [
            decode(payload)
            for (slot,) in slots
            for (payload,) in connection.execute(f"SELECT payload FROM slot_{slot} ORDER BY offset")
        ]


def journal_is_sound(path: Path, account: str, exchange: Controls) -> None:
    """Each create has one intent, each fill is booked once, and no order ever goes back."""
    records_are_sound(lambda stream: journaled(path, stream), account, exchange)


def records_are_sound(journaled: Journaled, account: str, exchange: Controls) -> None:
    """As `journal_is_sound`, of records that count, from wherever they are kept."""
    mine = [each for each in journaled("order_intents") if each.account == account]
    intended = [each.body for each in mine if isinstance(each.body, OrderIntended)]
    repeats = sum(1 for each in mine if getattr(each.body, "how", None) is Nothing.REPEAT)
    once = Counter(body.command_id for body in intended)
    assert sum(once.values()) - len(once) == repeats, f"an order was intended twice: {once}"
    assert set(creates(exchange, account)) <= {body.client_order_id for body in intended}
    versions: dict[str, int] = {}
    filled: dict[str, Decimal] = {}
    for each in journaled("orders_updated"):
        if each.account == account and isinstance(each.body, OrderUpdated):
            order = each.body.order
            assert order.version > versions.get(order.order_id, 0), f"{order.order_id} went back to {order.version}"
            assert order.filled >= filled.get(order.order_id, 0), f"{order.order_id} lost fills"
            versions[order.order_id], filled[order.order_id] = order.version, order.filled
    booked = Counter(
        each.body.fill.fill_id
        for each in journaled("fills")
        if each.account == account and isinstance(each.body, FillBooked)
    )
    assert all(count == 1 for count in booked.values()), f"a fill was booked twice: {booked}"


async def history_is_the_fold(data: Path, account: str) -> None:
    """Of a desk that has stopped: history holds the last word of the journal on every order, fill and position."""
    history = await SqlHistory.open(data / "history.sqlite")
    try:
        await is_the_fold(history, lambda stream: journaled(data / "journal.sqlite", stream), account)
    finally:
        await history.close()


async def is_the_fold(history: History, journaled: Journaled, account: str) -> None:
    """As `history_is_the_fold`, of records that count, from wherever they are kept."""
    orders, _ = await history.orders(OrderFilter(account=account, limit=10_000))
    fills, _ = await history.fills(FillFilter(account=account, limit=10_000))
    positions = [each for each in (await history.positions())[0] if each.account == account]
    last: dict[str, object] = {}
    legs: dict[tuple[str, str], object] = {}
    for each in [*journaled("orders_updated"), *journaled("positions_updated")]:
        match each.body:
            case OrderUpdated(order=order) if each.account == account:
                last[order.order_id] = order
            case PositionUpdated(position=position) if each.account == account:
                legs[position.symbol, position.side] = position
            case _:
                pass
    assert {order.order_id: to_json(order) for order in orders} == {name: to_json(each) for name, each in last.items()}
    booked = {each.body.fill.fill_id for each in journaled("fills") if each.account == account}  # type: ignore[union-attr]
    assert {fill.fill_id for fill in fills} == booked
    assert {(each.symbol, each.side): to_json(each) for each in positions} == {
        key: to_json(each) for key, each in legs.items()
    }


def no_secret_in(folder: Path, *secrets: str) -> None:
    """No file of a folder holds a secret in clear: not a journal, not a history, not a log."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            held = path.read_bytes()
            leaked = [secret for secret in secrets if secret.encode() in held]
            assert not leaked, f"{path} holds {leaked}"
