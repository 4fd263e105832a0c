"""Notices of a desk on a virtual clock: what is told, once, through restarts and by one of several order_managers."""

from __future__ import annotations

import asyncio
from typing import Any

from hedgerow.core.commands import Side
from hedgerow.core.records import Stream
from hedgerow.notices import Delivery, Kind
from hedgerow.notices.apprise_messenger import AppriseMessenger
from hedgerow.vault import Scope, Secret
from hedgerow.vault.notices import Destination
from tests.notices.json_service import Service
from tests.services.desk import Desk, Manager

URL = "json://canary-user:canary-secret@example.invalid/canary-path"
ALL = tuple(kind.value for kind in Kind)


async def destination(desk: Desk, name: str = "phone", *, kinds: tuple[str, ...] = ALL, url: str = URL) -> None:
    now_ms = desk.clock.now_ms()
    await desk.vault.notices.add_destination(
        Destination(name=name, scheme="json", kinds=kinds, created_ms=now_ms, since_ms=now_ms), Secret(url)
    )


async def trading(desk: Desk, *managers: str) -> list[Manager]:
    """A desk with one destination, whose accounts are followed and whose notices are under way."""
    await desk.account()
    await desk.following()
    await destination(desk)
    started = [await desk.manager(name) for name in managers or ("a",)]
    await desk.clock.advance(2)
    return started


async def filled(desk: Desk, name: str, *amounts: str, **facts: Any) -> None:
    order = await desk.placed(name, **facts)
    for amount in amounts:
        desk.exchanges["sim"].fill(order, amount)
    await desk.clock.settle()


async def test_a_fill_is_told_once_and_says_what_was_traded(desk: Desk) -> None:
    await trading(desk)
    await filled(desk, "a", "1")
    await desk.clock.advance(10)
    assert desk.messenger.bodies == ["Bybit sim (simulation): bought 1 BTC at 60 000 (limit, filled)"]
    assert (desk.messenger.sent[0].url, desk.messenger.sent[0].title) == (URL, "Hedgerow: fill")


async def test_fills_of_one_order_within_seconds_are_one_notice(desk: Desk) -> None:
    await trading(desk)
    order = await desk.placed("a", amount="3")
    for _ in range(2):
        desk.exchanges["sim"].fill(order, "1")
        await desk.clock.advance(0.5)
    assert desk.messenger.bodies == []
    await desk.clock.advance(4)
    assert desk.messenger.bodies == ["Bybit sim (simulation): bought 2 BTC at 60 000 (limit, 2 of 3 filled)"]
    desk.exchanges["sim"].fill(order, "1")
    await desk.clock.advance(4)
    assert desk.messenger.bodies[1:] == ["Bybit sim (simulation): bought 3 BTC at 60 000 (limit, filled)"]


async def test_an_order_that_is_filled_within_seconds_is_one_notice(desk: Desk) -> None:
    await trading(desk)
    await filled(desk, "a", "1", "1", "1", amount="3")
    await desk.clock.advance(10)
    assert desk.messenger.bodies == ["Bybit sim (simulation): bought 3 BTC at 60 000 (limit, filled)"]


async def test_a_restart_neither_loses_nor_repeats(desk: Desk) -> None:
    (first,) = await trading(desk)
    await filled(desk, "a", "1")
    await desk.clock.advance(1)
    await first.kill()
    await filled(desk, "b", "1", side=Side.SELL)
    await desk.clock.advance(60)
    assert len(desk.messenger.bodies) == 1
    await desk.manager("again")
    await desk.clock.advance(60)
    assert [text.split(": ")[1].split()[0] for text in desk.messenger.bodies] == ["bought", "sold"]


async def test_what_was_grouped_when_the_desk_was_killed_is_told_by_the_next(desk: Desk) -> None:
    (first,) = await trading(desk)
    await desk.clock.advance(40)
    await filled(desk, "a", "1", amount="2")
    await first.kill()
    await desk.clock.advance(5)
    assert desk.messenger.bodies == []
    await desk.manager("again")
    await desk.clock.advance(5)
    assert desk.messenger.bodies == ["Bybit sim (simulation): bought 1 BTC at 60 000 (limit, 1 of 2 filled)"]


async def test_what_is_older_than_a_quarter_of_an_hour_is_no_news(desk: Desk) -> None:
    (first,) = await trading(desk)
    await first.kill()
    await filled(desk, "a", "1")
    await desk.clock.advance(16 * 60)
    await desk.manager("again")
    await desk.clock.advance(60)
    assert desk.messenger.bodies == []


async def test_of_two_order_managers_one_tells(desk: Desk) -> None:
    await trading(desk, "a", "b")
    for number in range(5):
        await filled(desk, f"o{number}", "1")
    await desk.clock.advance(10)
    assert len(desk.messenger.bodies) == 5


async def test_nobody_is_told_of_what_was_before(desk: Desk) -> None:
    await desk.account()
    await desk.following()
    manager = await desk.manager()
    await filled(desk, "a", "1")
    await desk.clock.advance(1)
    await destination(desk)
    await desk.clock.advance(10)
    await filled(desk, "b", "1", side=Side.SELL)
    await desk.clock.advance(10)
    assert len(desk.messenger.bodies) == 1
    changed = await desk.clock.run(manager.browser.request("PATCH", "/api/notices/phone", {"enabled": False}))
    assert changed.status == 200
    await filled(desk, "c", "1")
    await desk.clock.advance(1)
    await desk.clock.run(manager.browser.request("PATCH", "/api/notices/phone", {"enabled": True}))
    await desk.clock.advance(10)
    assert len(desk.messenger.bodies) == 1


async def test_each_destination_gets_the_kinds_that_it_chose(desk: Desk) -> None:
    await trading(desk)
    await destination(desk, "stops", kinds=("stop",))
    await desk.clock.advance(6)
    await filled(desk, "a", "1")
    await desk.clock.advance(5)
    assert len(desk.messenger.sent) == 1


async def test_an_order_in_doubt_is_told(desk: Desk) -> None:
    await trading(desk)
    await desk.intend("a")
    await desk.clock.advance(30)
    assert desk.messenger.bodies[0] == (
        "Bybit sim (simulation): in doubt: buy 1 BTC at 60 000 (limit)."
        " The desk is finding out whether the exchange has it"
    )
    assert any("was never placed" in text for text in desk.messenger.bodies)


async def test_a_stream_that_stays_away_is_told_after_the_grace_and_when_it_is_back(desk: Desk) -> None:
    (first,) = await trading(desk)
    await desk.clock.advance(20)
    await desk.processes[0].kill()
    await desk.clock.advance(35)
    assert desk.messenger.bodies == []
    await desk.clock.advance(15)
    assert desk.messenger.bodies == [
        "Bybit sim (simulation) is not followed: nothing at the desk follows it. Orders at the exchange work on"
    ]
    await first.kill()
    await desk.manager("again")
    await desk.clock.advance(60)
    assert len(desk.messenger.bodies) == 1
    await desk.following()
    await desk.clock.advance(20)
    assert desk.messenger.bodies[1:] == ["Bybit sim (simulation) is followed again"]


async def test_a_short_break_is_not_told(desk: Desk) -> None:
    await trading(desk)
    await desk.processes[0].kill()
    await desk.clock.advance(25)
    await desk.following()
    await desk.clock.advance(60)
    assert desk.messenger.bodies == []


async def test_a_failure_is_tried_again_and_a_refusal_is_not(desk: Desk) -> None:
    await trading(desk)
    desk.messenger.failures = [Delivery(False, "away", again=True)] * 2
    await filled(desk, "a", "1")
    await desk.clock.advance(10)
    assert (len(desk.messenger.attempts), len(desk.messenger.sent)) == (3, 1)
    desk.messenger.failures = [Delivery(False, "no such chat")]
    await filled(desk, "b", "1", side=Side.SELL)
    await desk.clock.advance(60)
    assert (len(desk.messenger.attempts), len(desk.messenger.sent)) == (4, 1)


async def test_what_happens_before_a_destination_of_another_process_is_noticed_is_told_too(desk: Desk) -> None:
    await desk.account()
    await desk.following()
    await desk.manager()
    await filled(desk, "a", "1")  # before there was anybody to tell
    await desk.clock.advance(11.9)
    await destination(desk)
    await filled(desk, "b", "1", side=Side.SELL)
    await desk.clock.advance(10)
    assert desk.messenger.bodies == ["Bybit sim (simulation): sold 1 BTC at 60 000 (limit, filled)"]


async def test_whoever_tells_one_destination_tells_those_too_that_it_has_not_noticed_yet(desk: Desk) -> None:
    await trading(desk)
    await filled(desk, "a", amount="2")
    await destination(desk, "desktop", url="json://desktop.invalid")
    await filled(desk, "b", "1")
    await desk.clock.advance(4)
    assert {sent.url for sent in desk.messenger.sent} == {URL, "json://desktop.invalid"}


async def test_while_nobody_wants_notices_no_place_is_kept(desk: Desk) -> None:
    await desk.account()
    await desk.following()
    await desk.manager()
    await desk.clock.advance(60)
    assert await desk.vault.place("notices", "notices", Stream.ORDERS_UPDATED) is None


# over HTTP


async def asked(desk: Desk, manager: Manager, method: str, path: str, body: Any = None, **more: Any) -> Any:
    return await desk.clock.run(manager.browser.request(method, path, body, **more))


async def test_a_destination_is_added_changed_tested_and_removed_and_its_address_never_shown(desk: Desk) -> None:
    manager = await desk.manager()
    added = await asked(desk, manager, "POST", "/api/notices", {"name": "phone", "url": URL, "kinds": ["stop", "fill"]})
    view = {"name": "phone", "scheme": "json", "kinds": ["fill", "stop"], "enabled": True}
    view["created_ms"] = added.body["created_ms"]
    assert (added.status, added.body) == (201, view)
    listed = await asked(desk, manager, "GET", "/api/notices")
    assert listed.body == [view]
    changed = await asked(desk, manager, "PATCH", "/api/notices/phone", {"kinds": ["liquidation"], "enabled": False})
    assert changed.body == view | {"kinds": ["liquidation"], "enabled": False}
    tested = await asked(desk, manager, "POST", "/api/notices/phone/test")
    assert (tested.status, tested.body) == (200, {"delivered": True, "reason": None})
    assert desk.messenger.sent[0].url == URL
    desk.messenger.failures = [Delivery(False, "no such chat")]
    tested = await asked(desk, manager, "POST", "/api/notices/phone/test")
    assert tested.body == {"delivered": False, "reason": "no such chat"}
    removed = await asked(desk, manager, "DELETE", "/api/notices/phone")
    assert (removed.status, removed.body["name"]) == (200, "phone")
    assert (await asked(desk, manager, "GET", "/api/notices")).body == []
    assert "canary" not in repr((added, listed, changed, tested, removed))


async def test_what_is_wrong_is_said_at_its_field(desk: Desk) -> None:
    manager = await desk.manager()
    good = {"name": "phone", "url": URL}
    for change, status, field in (
        ({"url": "topic"}, 422, "url"),
        ({"url": "syslog://canary"}, 422, "url"),
        ({"name": "My Phone"}, 400, "name"),
        ({"kinds": []}, 400, "kinds"),
        ({"kinds": ["weather"]}, 400, "kinds"),
        ({"secret": "x"}, 400, "secret"),
    ):
        answer = await asked(desk, manager, "POST", "/api/notices", good | change)
        assert (answer.status, answer.body["field"]) == (status, field)
        assert "canary" not in repr(answer.body)
    assert (await asked(desk, manager, "POST", "/api/notices", good)).status == 201
    again = await asked(desk, manager, "POST", "/api/notices", good)
    assert (again.status, again.body["field"]) == (409, "name")
    for method, path, body in (
        ("PATCH", "/api/notices/mail", {"enabled": True}),
        ("DELETE", "/api/notices/mail", None),
        ("POST", "/api/notices/mail/test", None),
    ):
        answer = await asked(desk, manager, method, path, body)
        assert (answer.status, answer.body["code"]) == (404, "unknown_destination")


async def test_notices_are_the_owners_alone(desk: Desk) -> None:
    manager = await desk.manager()
    await destination(desk)
    _, text = await desk.vault.create_token("bot", Scope.TRADE, 1)
    for method, path, body in (
        ("GET", "/api/notices", None),
        ("POST", "/api/notices", {"name": "x", "url": URL}),
        ("PATCH", "/api/notices/phone", {"enabled": False}),
        ("DELETE", "/api/notices/phone", None),
        ("POST", "/api/notices/phone/test", None),
    ):
        answer = await asked(desk, manager, method, path, body, token=text.reveal())
        assert (answer.status, answer.body["code"]) == (403, "owner_only")
    assert desk.messenger.attempts == []


async def test_real_messages_go_out_by_apprise(desk: Desk) -> None:
    service = Service()
    desk.messenger = AppriseMessenger()
    (manager,) = await trading(desk)
    address = f"json://127.0.0.1:{service.port}/hook"
    added = await asked(desk, manager, "POST", "/api/notices", {"name": "real", "url": address})
    assert added.status == 201
    tested = await asked(desk, manager, "POST", "/api/notices/real/test")
    assert tested.body == {"delivered": True, "reason": None}
    await asked(desk, manager, "DELETE", "/api/notices/phone")
    await filled(desk, "a", "1")
    await desk.clock.until(lambda: len(service.got) == 2)
    assert service.got[1][1]["message"] == "Bybit sim (simulation): bought 1 BTC at 60 000 (limit, filled)"
    service.status = 401
    tested = await asked(desk, manager, "POST", "/api/notices/real/test")
    assert not tested.body["delivered"]
    assert "401" in tested.body["reason"]
    await manager.service.stop()
    service.close()


async def test_a_destination_that_hangs_keeps_no_other_waiting_and_nothing_without_end(desk: Desk) -> None:
    (manager,) = await trading(desk)
    await destination(desk, "other", url="json://other")
    await desk.clock.advance(6)
    held = desk.messenger.holding[URL] = asyncio.Event()
    for number in range(130):
        await filled(desk, f"o{number}", "1")
    await desk.clock.settle()
    assert {message.url for message in desk.messenger.sent} == {"json://other"}
    assert len(desk.messenger.bodies) == 130
    held.set()
    await desk.clock.advance(10)
    late = [message for message in desk.messenger.sent if message.url == URL]
    assert sum(len(message.body.splitlines()) for message in late) == 101  # one was under way, a hundred waited
    assert len(late) == 6
    await manager.service.stop()


async def test_what_was_claimed_and_not_sent_when_the_desk_was_killed_is_not_told_twice(desk: Desk) -> None:
    """At most once: whether the service had taken it nobody knows."""
    (manager,) = await trading(desk)
    desk.messenger.holding[URL] = asyncio.Event()
    await filled(desk, "a", "1")
    await desk.clock.until(lambda: len(desk.messenger.attempts) == 1)
    await manager.kill()
    desk.messenger.holding.clear()
    await desk.manager("again")
    await desk.clock.advance(60)
    assert len(desk.messenger.attempts) == 1
