"""Commands that are no orders: remembered under their keys, sent once, and told as they stand."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from hedgerow.core.commands import Side
from hedgerow.core.reports import OrderReport, ReportedStatus
from tests.services.desk import Desk, Manager
from tests.services.scripted_exchange import ETH, LOST, REFUSED, SYMBOL, Script, ScriptedExchange
from tests.services.virtual_clock import VirtualClock

Call = tuple[str, str, Any]


class Book:
    """A desk with a living order `order_id` and a long position of 2, and a manager to command it."""

    def __init__(self, desk: Desk, exchange: ScriptedExchange, manager: Manager, order_id: str) -> None:
        self.desk = desk
        self.exchange = exchange
        self.manager = manager
        self.order_id = order_id

    def calls(self) -> dict[str, Call]:
        at = {"account": "sim", "symbol": SYMBOL}
        return {
            "amend": ("PATCH", f"/api/orders/{self.order_id}", {"price": "59000"}),
            "cancel": ("DELETE", f"/api/orders/{self.order_id}", None),
            "cancel_all": ("DELETE", "/api/orders?account=sim", None),
            "protect": ("PUT", "/api/positions/protection", at | {"stop_loss": "50000"}),
            "leverage": ("PUT", "/api/leverage", at | {"leverage": "5"}),
        }

    async def call(self, name: str, manager: Manager | None = None, **more: Any) -> Any:
        method, path, body = self.calls()[name]
        return await (manager or self.manager).browser.call(method, path, body, **more)

    @property
    def order(self) -> Any:
        return self.desk.witness.orders[self.order_id]


@pytest.fixture
async def book(desk: Desk, exchange: ScriptedExchange) -> Book:
    await desk.following()
    manager = await desk.manager()
    exchange.fill(exchange.place(amount=Decimal(2)), "2")
    body = {"account": "sim", "symbol": SYMBOL, "side": "buy", "type": "limit", "amount": "1", "price": "58000"}
    placed = await manager.browser.call("POST", "/api/orders", body)
    assert placed.status == 201
    await desk.clock.advance(1)
    return Book(desk, exchange, manager, placed.body["order_id"])


NAMES = ("amend", "cancel", "cancel_all", "protect", "leverage")


def count(book: Book, name: str) -> int:
    return sum(command[0] == name for command in book.exchange.commands)


@pytest.mark.parametrize("name", NAMES)
async def test_a_command_is_journaled_before_it_is_sent_and_once(name: str, book: Book) -> None:
    book.exchange.on_command = book.manager.life.effects.append
    book.manager.life.effects.clear()
    first = await book.call(name, key="k")
    again = await book.call(name, key="k")
    await book.desk.clock.settle()
    assert (first.status, again.status) == (200, 200)
    assert first.body["command_id"] == again.body["command_id"]
    assert book.manager.life.effects == ["journal order_intents", name, "journal orders_executed"]
    assert count(book, name) == 1


@pytest.mark.parametrize("name", NAMES)
async def test_a_repeat_after_a_restart_is_answered_from_the_log_and_from_history(name: str, book: Book) -> None:
    first = await book.call(name, key="k")
    await book.desk.clock.advance(1)
    await book.manager.kill()
    second = await book.desk.manager("b")
    again = await book.call(name, second, key="k")
    assert (again.status, again.body["outcome"]) == (200, "accepted")
    assert again.body["command_id"] == first.body["command_id"]
    assert count(book, name) == 1


@pytest.mark.parametrize("name", NAMES)
async def test_two_managers_with_the_same_key_send_a_command_once(name: str, book: Book) -> None:
    second = await book.desk.manager("b")
    managers = (book.manager, second)
    method, path, body = book.calls()[name]
    release = [m.life.hold("order_intents") for m in managers]
    asked = [asyncio.ensure_future(m.browser.request(method, path, body, key="k")) for m in managers]
    await book.desk.clock.advance(0.5)
    for let in release:
        let()
    await book.desk.clock.advance(1)
    assert {task.result().status for task in asked} <= {200, 202}
    assert count(book, name) == 1


DENIED: list[tuple[str, Any, str]] = [
    ("amend", {"price": "90000"}, "price_collar"),
    ("amend", {"amount": "1.00001"}, "amount_off_step"),
    ("protect", {"stop_loss": "70000"}, "trigger_on_wrong_side"),
]


@pytest.mark.parametrize(("name", "change", "code"), DENIED, ids=[code for _, _, code in DENIED])
async def test_a_denial_is_remembered_under_its_key_whatever_changes_meanwhile(
    name: str, change: Any, code: str, book: Book
) -> None:
    method, path, body = book.calls()[name]
    body = change if name == "amend" else {**body, **change}
    first = await book.manager.browser.call(method, path, body, key="k")
    assert (first.status, first.body["code"]) == (422, code), first.body
    await book.desk.clock.advance(1)
    assert not book.order.amend_requested
    book.exchange.tick("89000")
    again = await book.manager.browser.call(method, path, body, key="k")
    second = await book.desk.manager("b")
    there = await second.browser.call(method, path, body, key="k")
    await second.kill()
    ends = {stream: await book.desk.journal.end(stream) for stream in ("order_intents", "orders_executed")}
    for stream, end in ends.items():
        await book.desk.journal.trim(stream, end)
    third = await book.desk.manager("c")
    from_history = await third.browser.call(method, path, body, key="k")
    assert {answer.status for answer in (again, there, from_history)} == {422}
    assert {answer.body["code"] for answer in (again, there, from_history)} == {code}
    other = await third.browser.call(method, path, {**body, "stop_loss": "49000"}, key="k")
    assert other.status == 409
    assert count(book, name) == 0


async def test_two_managers_with_the_same_key_and_other_bodies_agree_on_the_first(book: Book) -> None:
    second = await book.desk.manager("b")
    managers = (book.manager, second)
    release = [m.life.hold("order_intents") for m in managers]
    path = f"/api/orders/{book.order_id}"
    asked = [
        asyncio.ensure_future(m.browser.request("PATCH", path, {"price": price}, key="k"))
        for m, price in zip(managers, ("57000", "56000"), strict=True)
    ]
    await book.desk.clock.advance(0.5)
    for let in release:
        let()
    await book.desk.clock.advance(1)
    assert sorted(task.result().status for task in asked) == [200, 409]
    assert count(book, "amend") == 1


async def test_a_repeat_of_old_limits_does_not_bring_them_back(book: Book) -> None:
    second = await book.desk.manager("b")
    release = second.life.hold("order_intents")
    old = {"account": "sim", "open_orders": 3}
    assert (await book.manager.browser.call("PUT", "/api/limits", old, key="old")).status == 200
    assert (await book.manager.browser.call("PUT", "/api/limits", {"account": "sim", "open_orders": 9})).status == 200
    repeat = asyncio.ensure_future(second.browser.request("PUT", "/api/limits", old, key="old"))
    await book.desk.clock.settle()
    release()
    await book.desk.clock.run(_of(repeat))
    await book.desk.clock.advance(1)
    for manager in (book.manager, second):
        rules = (await manager.browser.get("/api/limits")).body
        assert [rule["limits"]["open_orders"] for rule in rules] == [9]
    assert (await book.desk.history.rules())["sim"].limits.open_orders == 9


async def _of(task: asyncio.Future[Any]) -> Any:
    return await task


@pytest.mark.parametrize("name", NAMES)
async def test_a_command_in_doubt_says_so_and_a_refused_one_too(name: str, book: Book) -> None:
    book.exchange.scripts.append(LOST)
    doubt = await book.call(name)
    assert (doubt.status, doubt.body["outcome"]) == (202, "in_doubt")
    if name not in ("cancel", "cancel_all"):
        book.exchange.scripts.append(REFUSED)
        refused = await book.call(name, key="k")
        assert (refused.status, refused.body["exchange_code"]) == (422, "110007")
        await book.desk.clock.advance(1)
        again = await book.call(name, key="k")
        assert again.status == 422


async def test_an_amend_in_doubt_is_read_back(book: Book) -> None:
    book.exchange.pushes = False
    book.exchange.scripts.append(LOST)
    await book.call("amend")
    await book.desk.clock.settle()
    assert book.order.amend_requested
    await book.desk.clock.until(lambda: not book.order.amend_requested, within=15)
    assert book.order.price == 59_000


async def test_a_cancel_that_was_refused_takes_its_flag_back(book: Book) -> None:
    book.exchange.scripts.append(REFUSED)
    assert (await book.call("cancel")).status == 422
    await book.desk.clock.settle()
    assert not book.order.cancel_requested
    assert book.order.status == "open"


async def test_an_ended_order_is_neither_amended_nor_canceled(book: Book) -> None:
    assert (await book.call("cancel")).status == 200
    await book.desk.clock.settle()
    before = len(book.exchange.commands)
    for name in ("amend", "cancel"):
        answer = await book.call(name)
        assert (answer.status, answer.body["code"]) == (409, "order_ended")
    assert len(book.exchange.commands) == before


async def test_an_amend_that_would_break_a_limit_is_denied(book: Book) -> None:
    await book.manager.browser.call("PUT", "/api/limits", {"account": "sim", "position_notional": "200000"})
    path = f"/api/orders/{book.order_id}"
    larger = await book.manager.browser.call("PATCH", path, {"amount": "50"})
    assert (larger.status, larger.body["code"]) in (
        (422, "position_notional_limit"),
        (422, "order_notional_limit"),
    )
    smaller = await book.manager.browser.call("PATCH", path, {"amount": "0.5"})
    assert smaller.status == 200
    assert count(book, "amend") == 1


async def test_a_position_is_closed_reduce_only_and_once(book: Book) -> None:
    body = {"account": "sim", "symbol": SYMBOL}
    done = await book.manager.browser.call("POST", "/api/positions/close", body, key="k")
    again = await book.manager.browser.call("POST", "/api/positions/close", body, key="k")
    assert (done.status, again.status) == (200, 200)
    assert [o["order_id"] for o in done.body["orders"]] == [o["order_id"] for o in again.body["orders"]]
    [closing] = [o for o in book.exchange.orders.values() if o.reduce_only]
    assert (closing.side, closing.amount, closing.type) == ("sell", 2, "market")


class TestWhatWasJustBought:
    """The exchange answers an order before it tells of its fills: who closes at once meets no "there is nothing"."""

    CLOSE = ("POST", "/api/positions/close", {"account": "sim", "symbol": SYMBOL})

    @pytest.fixture
    async def manager(self, desk: Desk, exchange: ScriptedExchange) -> Manager:
        await desk.following()
        return await desk.manager()

    async def bought(self, manager: Manager, exchange: ScriptedExchange) -> OrderReport:
        """A market order that was answered, and whose fill nobody has told of yet."""
        exchange.pushes = False
        buy = {"account": "sim", "symbol": SYMBOL, "side": "buy", "type": "market", "amount": "2"}
        assert (await manager.browser.call("POST", "/api/orders", buy)).status == 201
        exchange.pushes = True
        [order] = exchange.orders.values()
        return order

    async def test_is_closed_once_its_fill_is_told(
        self, manager: Manager, exchange: ScriptedExchange, clock: VirtualClock
    ) -> None:
        order = await self.bought(manager, exchange)
        asked = asyncio.ensure_future(manager.browser.request(*self.CLOSE))
        await clock.advance(1)
        assert not asked.done()
        exchange.fill(order, "2")
        answer = await clock.run(_of(asked))
        assert (answer.status, [part["amount"] for part in answer.body["orders"]]) == (200, ["2"])

    @pytest.mark.parametrize("amount", ["2", "1"])
    async def test_is_closed_when_the_order_is_told_before_the_position(
        self, manager: Manager, exchange: ScriptedExchange, clock: VirtualClock, amount: str
    ) -> None:
        order = await self.bought(manager, exchange)
        release = manager.life.hold("positions_updated")
        exchange.fill(order, amount)
        asked = asyncio.ensure_future(manager.browser.request(*self.CLOSE))
        await clock.advance(0.5)
        assert not asked.done()
        release()
        assert (await clock.run(_of(asked))).status == 200

    async def test_is_not_waited_for_for_ever(
        self, manager: Manager, exchange: ScriptedExchange, clock: VirtualClock
    ) -> None:
        await self.bought(manager, exchange)
        asked = asyncio.ensure_future(manager.browser.request(*self.CLOSE))
        answer = await clock.run(_of(asked), within=3)
        assert (answer.status, answer.body["code"]) == (404, "unknown_position")

    async def test_keeps_nobody_waiting_where_nothing_was_bought(self, manager: Manager) -> None:
        before = manager.desk.clock.now_ms()
        answer = await manager.browser.call(*self.CLOSE)
        assert (answer.status, manager.desk.clock.now_ms() - before) == (404, 0)


async def test_a_repeated_close_shows_its_parts_as_they_stand_even_when_history_alone_knows_them(book: Book) -> None:
    body = {"account": "sim", "symbol": SYMBOL}
    done = await book.manager.browser.call("POST", "/api/positions/close", body, key="k")
    [closing] = [o for o in book.exchange.orders.values() if o.reduce_only]
    book.exchange.fill(closing, "2", "60000")
    await book.desk.clock.advance(1)
    again = await book.manager.browser.call("POST", "/api/positions/close", body, key="k")
    assert [o["status"] for o in again.body["orders"]] == ["filled"]
    assert done.body["command_id"] == again.body["command_id"]
    assert sum(o.reduce_only for o in book.exchange.orders.values()) == 1


@pytest.mark.parametrize(
    ("amount", "note"),
    [(None, "not flat yet: BTC/USDT:USDT; close what is left under another key"), ("40", "all of it was sent")],
)
async def test_a_close_whose_sender_died_on_the_way_says_how_far_it_came(
    amount: str | None, note: str, desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    exchange.hold(SYMBOL, Decimal(120))
    await desk.following()
    first, second = await desk.manager("a"), await desk.manager("b")
    exchange.usual = Script(answer_s=1)
    body = {"account": "sim", "symbol": SYMBOL} | ({} if amount is None else {"amount": amount})
    asking = asyncio.ensure_future(first.browser.request("POST", "/api/positions/close", body, key="k"))
    await clock.advance(0.5)
    await first.kill()
    asking.cancel()
    exchange.usual = Script()
    await clock.advance(15)
    again = await second.browser.call("POST", "/api/positions/close", body, key="k")
    assert (again.status, again.body["note"]) == (200, note)
    assert [part["amount"] for part in again.body["orders"]] == [amount or "50"]
    assert exchange.arrived.total() == 1
    rest = await second.browser.call("POST", "/api/positions/close", body | {"amount": "30"}, key="l")
    assert rest.status == 200
    assert exchange.arrived.total() == 2


async def test_two_managers_with_the_same_key_and_other_bodies_close_once(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    exchange.hold(SYMBOL, Decimal(120))
    await desk.following()
    managers = await desk.manager("a"), await desk.manager("b")
    release = [m.life.hold("order_intents") for m in managers]
    body = {"account": "sim", "symbol": SYMBOL}
    asked = [
        asyncio.ensure_future(m.browser.request("POST", "/api/positions/close", body | {"amount": amount}, key="k"))
        for m, amount in zip(managers, ("50", "120"), strict=True)
    ]
    await clock.advance(0.5)
    for let in release:
        let()
    await clock.advance(1)
    assert sorted(task.result().status for task in asked) == [200, 409]
    sent = {order.amount for order in exchange.orders.values()}
    assert sent in ({Decimal(50)}, {Decimal(50), Decimal(20)})
    assert exchange.arrived.total() == (1 if asked[0].result().status == 200 else 3)


async def test_flatten_cancels_closes_and_keeps_the_stop_until_it_is_flat(book: Book) -> None:
    stop = book.exchange.place(
        side=Side.SELL,
        status=ReportedStatus.UNTRIGGERED,
        trigger_price=Decimal(50_000),
        reduce_only=True,
        role="stop_loss",
    )
    await book.desk.clock.settle()
    body = {"account": "sim"}
    asking = asyncio.ensure_future(book.manager.browser.request("POST", "/api/flatten", body, key="k"))
    await book.desk.clock.advance(0.2)
    assert book.exchange.orders[stop.exchange_order_id].status == "untriggered"
    assert book.order.status == "canceled"
    [closing] = [o for o in book.exchange.orders.values() if o.reduce_only and o.type == "market"]
    book.exchange.fill(closing, "2", "60000")
    answer = await book.desk.clock.run(_of(asking))
    assert (answer.status, answer.body["note"]) == (200, "flat")
    assert book.exchange.orders[stop.exchange_order_id].status == "canceled"


async def test_flatten_says_when_it_is_not_flat_and_keeps_the_stop(book: Book) -> None:
    stop = book.exchange.place(
        side=Side.SELL,
        status=ReportedStatus.UNTRIGGERED,
        trigger_price=Decimal(50_000),
        reduce_only=True,
        role="stop_loss",
    )
    await book.desk.clock.settle()
    answer = await book.manager.browser.call("POST", "/api/flatten", {"account": "sim"})
    assert "not flat yet" in answer.body["note"]
    assert book.exchange.orders[stop.exchange_order_id].status == "untriggered"


@pytest.mark.parametrize(("state", "code"), [("reducing", "reducing_only"), ("halted", "halted")])
async def test_a_trading_state_binds_every_manager_and_lasts(state: str, code: str, book: Book) -> None:
    body = {"account": "sim", "state": state}
    assert (await book.manager.browser.call("PUT", "/api/trading-state", body)).status == 200
    await book.desk.clock.advance(1)
    await book.manager.kill()
    second = await book.desk.manager("b")
    order = {"account": "sim", "symbol": SYMBOL, "side": "buy", "type": "limit", "amount": "1", "price": "58000"}
    denied = await second.browser.call("POST", "/api/orders", order)
    assert (denied.status, denied.body["code"]) == (422, code)
    assert (await book.call("cancel", second)).status == 200
    out = order | {"side": "sell", "type": "market", "reduce_only": True}
    del out["price"]
    assert (await second.browser.call("POST", "/api/orders", out)).status == 201


async def test_the_answer_to_a_command_that_is_read_before_its_intent_is_remembered_under_its_key(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    """Two streams: the resolver may read the answer first."""
    resolver = await desk.following()
    manager = await desk.manager()
    release = resolver.life.hold("order_intents")
    body = {"account": "sim", "symbol": SYMBOL, "leverage": "5"}
    assert (await manager.browser.call("PUT", "/api/leverage", body, key="k")).status == 200
    await clock.advance(1)
    release()
    await clock.advance(1)
    await manager.kill()
    second = await desk.manager("b")
    again = await second.browser.call("PUT", "/api/leverage", body, key="k")
    assert (again.status, again.body.get("outcome")) == (200, "accepted")


@pytest.mark.parametrize("name", ["amend", "cancel", "protect", "close"])
async def test_a_command_on_what_is_listed_no_more_is_refused_in_words(name: str, book: Book) -> None:
    del book.exchange.instruments[SYMBOL]
    close = ("POST", "/api/positions/close", {"account": "sim", "symbol": SYMBOL})
    method, path, body = close if name == "close" else book.calls()[name]
    answer = await book.manager.browser.call(method, path, body)
    assert (answer.status, answer.body["code"]) == (404, "unknown_symbol")


async def test_flatten_goes_on_past_what_is_listed_no_more(book: Book) -> None:
    book.exchange.hold(ETH, Decimal(2))
    await book.desk.clock.advance(31)
    del book.exchange.instruments[SYMBOL]
    answer = await book.manager.browser.call("POST", "/api/flatten", {"account": "sim"})
    assert answer.status == 200
    assert {order.symbol for order in book.exchange.orders.values() if order.reduce_only} == {ETH}
    assert SYMBOL in answer.body["note"]


async def test_a_slow_exchange_does_not_hold_up_the_cancel(book: Book) -> None:
    book.exchange.scripts.append(Script(answer_s=8))
    slow = asyncio.ensure_future(book.manager.browser.request(*book.calls()["amend"]))
    await book.desk.clock.advance(0.1)
    assert (await book.call("cancel")).status == 200
    await book.desk.clock.run(_of(slow))
