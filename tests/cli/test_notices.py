"""`hedgerow notices`, with a running desk and without one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from hedgerow.config import Settings
from hedgerow.core.refusals import Code, Refusal
from hedgerow.notices import SHIPPED, Kind
from hedgerow.order_manager.notice_schemas import DeliveryView, DestinationView
from hedgerow.vault import Vault
from hedgerow.vault.sql import SqlVault
from tests.cli import samples
from tests.cli.desk import FakeDesk
from tests.cli.shell import Shell, Tty
from tests.notices.json_service import Service

PHONE = DestinationView(name="phone", scheme="ntfy", kinds=SHIPPED, enabled=True, created_ms=samples.NOW_MS)
SECRET = "ntfy://canary-user:canary-pass@ntfy.lan/canary-topic"


@asynccontextmanager
async def _vault(settings: Settings) -> AsyncIterator[Vault]:
    vault = await SqlVault.open(settings.vault_path, settings.key_path)
    try:
        yield vault
    finally:
        await vault.close()


@pytest.fixture
def at_rest(shell: Shell) -> Shell:
    """A user whose desk does not run, with a real vault in the data folder."""
    shell.open_vault = _vault
    return shell


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.close()


def test_the_address_is_asked_for_without_echo(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("POST", "/api/notices", PHONE, 201)
    shell.secrets = {"url": SECRET}
    ran = shell.run("notices", "add", "phone", "--kind", "stop", "--kind", "fill", stdin=Tty())
    assert ran == (0, "It is added: try it with `hedgerow notices test phone`.\n", "")
    assert desk.asked("POST", "/api/notices")[0].json == {"name": "phone", "url": SECRET, "kinds": ["stop", "fill"]}


def test_the_address_may_come_by_standard_input(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("POST", "/api/notices", PHONE, 201)
    assert shell.run("notices", "add", "phone", "--stdin", stdin=f" {SECRET}\n").code == 0
    assert desk.asked("POST", "/api/notices")[0].json["url"] == SECRET
    for wrong in ("", "\n", "one\ntwo", "x" * 5_000):
        ran = shell.run("notices", "add", "phone", "--stdin", stdin=wrong)
        assert (ran.code, ran.err.partition(":")[0]) == (2, "url")


def test_a_refusal_stands_at_its_field(desk: FakeDesk, shell: Shell) -> None:
    desk.refuse("POST", "/api/notices", Refusal(Code.NOT_SUPPORTED, "url must lead away from this machine", "url"))
    ran = shell.run("notices", "add", "phone", "--stdin", stdin="syslog://canary")
    assert (ran.code, ran.err) == (2, "url must lead away from this machine\n")


def test_destinations_are_listed_by_their_scheme(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("GET", "/api/notices", [PHONE])
    ran = shell.run("notices", "list")
    assert ran.code == 0
    assert [word in ran.out for word in ("phone", "ntfy", "on", "liquidation")] == [True] * 4
    desk.answer("GET", "/api/notices", [])
    assert shell.run("notices", "list").out == "No destinations yet.\n"


def test_a_test_says_whether_it_arrived(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("POST", "/api/notices/phone/test", DeliveryView(delivered=True))
    assert shell.run("notices", "test", "phone") == (0, "It was delivered.\n", "")
    desk.answer("POST", "/api/notices/phone/test", DeliveryView(delivered=False, reason="no such chat"))
    assert shell.run("notices", "test", "phone") == (1, "", "It was not delivered: no such chat\n")


def test_a_destination_is_removed(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("DELETE", "/api/notices/phone", PHONE)
    assert shell.run("notices", "remove", "phone") == (0, "phone is removed.\n", "")


def test_without_a_desk_the_vault_is_used(at_rest: Shell, service: Service) -> None:
    url = f"json://127.0.0.1:{service.port}/canary"
    assert at_rest.run("notices", "add", "phone", "--stdin", stdin=url).code == 0
    again = at_rest.run("notices", "add", "phone", "--stdin", stdin=url)
    assert (again.code, again.err.partition(":")[0]) == (2, "name")
    listed = at_rest.run("notices", "list")
    assert "json" in listed.out
    assert "canary" not in listed.out + listed.err
    assert at_rest.run("notices", "test", "phone") == (0, "It was delivered.\n", "")
    assert service.got[0][1]["title"] == "Hedgerow: test"
    service.status = 500
    refused = at_rest.run("notices", "test", "phone")
    assert refused.code == 1
    assert "canary" not in refused.err
    assert at_rest.run("notices", "remove", "phone").code == 0
    for gone in (at_rest.run("notices", "remove", "phone"), at_rest.run("notices", "test", "phone")):
        assert (gone.code, gone.err.partition(":")[0]) == (2, "name")


def test_without_a_desk_what_cannot_be_is_refused_too(at_rest: Shell) -> None:
    for url in ("syslog://", "topic", "nosuch://canary"):
        ran = at_rest.run("notices", "add", "phone", "--stdin", stdin=url)
        assert (ran.code, ran.err.partition(":")[0]) == (2, "url")
    assert at_rest.run("notices", "add", "phone", "--kind", "weather", "--stdin", stdin=SECRET).code == 2
    assert {kind.value for kind in SHIPPED} < {kind.value for kind in Kind}
