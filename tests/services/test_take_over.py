"""What a take-over finds: late records of the owner before, records that retention took, an older copy of history."""

from __future__ import annotations

from typing import Any

import structlog
from msgspec.structs import replace

from hedgerow.core.orders import Status
from hedgerow.core.records import OrderUpdated, Stream
from hedgerow.journal import Record
from tests.services.asking import placed, seen
from tests.services.desk import Desk
from tests.services.scripted_exchange import ScriptedExchange
from tests.services.virtual_clock import VirtualClock


def changed(desk: Desk, name: str, **facts: Any) -> OrderUpdated:
    """The next state of an order, as the owner before would have told it."""
    last = next(update for update in reversed(desk.witness.updates) if update.order.order_id == name)
    return replace(last, order=replace(last.order, version=last.order.version + 1, **facts))


async def test_a_late_record_is_dropped_though_the_new_owner_has_published_nothing(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resolver = await desk.following()
    manager = await desk.manager()
    [name] = await placed(manager)
    socket = manager.browser.socket("/ws/orders")
    await clock.settle()
    await resolver.kill()
    await desk.resolver()
    end = await desk.journal.end("orders_updated")
    late = changed(desk, name, status=Status.CANCELED)
    await desk.journal.append("orders_updated", "sim", [Record(1, desk.record(late))])
    await clock.settle()
    assert (await desk.journal.end("orders_updated"))[0] == end[0] + 1, "nothing else was published"
    assert desk.witness.status(name) == "open"
    assert seen(socket) == []
    page = (await manager.browser.get("/api/orders")).body["orders"]
    assert [order["status"] for order in page] == ["open"]
    await clock.advance(40)
    assert (await desk.history.order(name)).status == "open"


async def test_a_late_record_that_was_written_before_the_mark_counts_for_everybody(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resolver = await desk.following()
    order = await desk.placed()
    await clock.advance(1)
    await resolver.kill()
    late = changed(desk, "a", reason="late")
    await desk.journal.append("orders_updated", "sim", [Record(1, desk.record(late))])
    await desk.following()
    exchange.fill(order, "1")
    await clock.advance(2)
    kept = await desk.history.order("a")
    assert kept == desk.witness.orders["a"]
    assert (kept.status, kept.reason) == ("filled", "late")


async def test_a_late_record_after_all_that_history_holds_is_dropped_by_the_next_owner_too(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    first = await desk.following()
    await desk.placed()
    await clock.advance(1)
    await first.kill()
    second = await desk.following()
    await clock.advance(1)
    late = changed(desk, "a", status=Status.CANCELED)
    await desk.journal.append("orders_updated", "sim", [Record(1, desk.record(late))])
    await second.kill()
    await desk.following()
    await clock.advance(1)
    assert desk.witness.status("a") == "open"
    assert (await desk.history.order("a")).status == "open"


async def test_the_mark_is_in_no_frame(desk: Desk, exchange: ScriptedExchange, clock: VirtualClock) -> None:
    resolver = await desk.following()
    manager = await desk.manager()
    await placed(manager)
    socket = manager.browser.socket("/ws/orders")
    await clock.settle()
    await resolver.kill()
    await desk.following()
    await placed(manager)
    assert {event["body"]["kind"] for event in socket.events} == {"order_updated"}
    assert [frame["after"] for frame in socket.frames[1:]] == [frame["cursor"] for frame in socket.frames[:-1]]


async def test_an_epoch_from_an_older_copy_of_history_is_raised_until_it_counts(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resolver = await desk.following()
    await desk.placed()
    await clock.advance(1)
    await resolver.kill()
    late = changed(desk, "a", reason="of a history that is gone")
    await desk.journal.append("orders_updated", "sim", [Record(5, desk.record(late))])
    await desk.following()
    exchange.end(exchange.by_client("hga"))
    await clock.advance(5)
    assert (await desk.history.epochs())[0] == 6
    assert desk.witness.status("a") == "canceled"
    assert (await desk.history.order("a")).status == "canceled"


async def test_records_that_retention_took_are_made_up_for_and_said_once(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    resolver = await desk.following()
    await desk.placed("a")
    await clock.advance(1)
    await resolver.kill()
    for name in "bcd":
        intent = await desk.intend(name)
        exchange.create(intent.terms, intent.client_order_id)
        await desk.answer(name)
    exchange.fill(exchange.by_client("hga"), "1")
    await desk.journal.append("orders_updated", "sim", [Record(1, desk.record(changed(desk, "a", reason="lost")))])
    await desk.journal.trim("orders_updated", await desk.journal.end("orders_updated"))
    intents = (await desk.journal.end("order_intents"))[0]
    await desk.journal.trim("order_intents", {0: intents - 1})  # that of `d` is kept
    with structlog.testing.capture_logs() as logs:
        again = await desk.following()
        await clock.advance(10)
    assert len([line for line in logs if "retention" in line["event"]]) == 2, "one for each stream"
    assert desk.witness.status("a") == "filled"
    assert desk.witness.status("d") == "open"
    living, _ = await desk.history.living_orders()
    assert {order.client_order_id for order in living} == {"hgb", "hgc", "hgd"}
    assert desk.witness.size() == "1"
    await again.kill()
    with structlog.testing.capture_logs() as logs:
        await desk.following()
    assert not [line for line in logs if line["log_level"] == "error"]


class Weighed:
    """A journal, and how many records each append to it had."""

    def __init__(self, journal: Any) -> None:
        self._journal = journal
        self.sizes: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    async def append_in_order(self, account: str, parts: Any, **more: Any) -> Any:
        self.sizes += [len(records) for _, records in parts]
        return await self._journal.append_in_order(account, parts, **more)


async def test_what_has_piled_up_is_published_in_appends_that_a_journal_takes(
    desk: Desk, exchange: ScriptedExchange, clock: VirtualClock
) -> None:
    first = await desk.following()
    await first.kill()
    await desk.write_all([desk.intent(f"n{number}") for number in range(1_200)], Stream.ORDER_INTENTS)
    desk.journal = weighed = Weighed(desk.journal)
    await desk.following()
    await clock.advance(1)
    assert max(weighed.sizes) <= 500 < sum(weighed.sizes)
    living, _ = await desk.history.living_orders()
    assert len(living) == 1_200
