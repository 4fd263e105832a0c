"""Real Apprise against a service on loopback; and which addresses it may be given."""

from __future__ import annotations

import ast
import importlib.util
import io
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from hedgerow.notices.addresses import FILE_PARAMETERS, LOCAL, WITH_FILES, scheme_of, unfit_by_sight
from hedgerow.notices.apprise_messenger import AppriseMessenger
from tests.notices.json_service import Service


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    yield made
    made.close()


@pytest.fixture
async def messenger() -> AsyncIterator[AppriseMessenger]:
    made = AppriseMessenger()
    yield made
    made.close()


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What a process's log would have: libraries speak from warnings on."""
    handler = logging.StreamHandler(io.StringIO())
    handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(handler)
    yield handler.stream
    logging.getLogger().removeHandler(handler)


async def test_a_message_arrives_as_it_is(messenger: AppriseMessenger, service: Service) -> None:
    body = "Bybit main: bought 0.25 BTC at 59 556.4\n<b>&amp; *so on*\\n ä"
    assert await messenger.send(f"json://127.0.0.1:{service.port}/hook", "Hedgerow: fill", body) == (True, "", False)
    path, posted = service.got[0]
    assert (path.rstrip("/"), posted["title"], posted["message"]) == ("/hook", "Hedgerow: fill", body)


@pytest.mark.parametrize(("status", "again"), [(401, False), (404, False), (408, True), (429, True), (503, True)])
async def test_a_refusal_says_why_and_whether_to_try_again(
    messenger: AppriseMessenger, service: Service, status: int, again: bool
) -> None:
    service.status = status
    delivery = await messenger.send(f"json://127.0.0.1:{service.port}/", "t", "b")
    assert not delivery.delivered
    assert str(status) in delivery.reason
    assert delivery.again is again


async def test_nobody_there_is_worth_another_try(messenger: AppriseMessenger, service: Service) -> None:
    service.close()
    delivery = await messenger.send(f"json://127.0.0.1:{service.port}/", "t", "b")
    assert not delivery.delivered
    assert delivery.again
    assert "onnection" in delivery.reason


async def test_a_service_that_does_not_answer_is_not_waited_for(service: Service) -> None:
    service.held.clear()
    messenger = AppriseMessenger(deadline_s=0.5)
    delivery = await messenger.send(f"json://127.0.0.1:{service.port}/?rto=600", "t", "b")
    assert (delivery.delivered, delivery.again) == (False, True)
    service.held.set()
    messenger.close()
    assert not (await messenger.send(f"json://127.0.0.1:{service.port}/", "t", "b")).delivered


async def test_no_secret_is_in_a_reason_or_a_log(
    messenger: AppriseMessenger, service: Service, logged: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    url = f"json://canary-user:canary-pass@127.0.0.1:{service.port}/canary-path?+canary-header=canary-value"
    service.status = 500
    refused = await messenger.send(url, "t", "b")
    service.close()
    away = await messenger.send(url, "t", "b")
    amiss = await messenger.unfit("slack://canary-token")
    assert amiss is not None
    assert service.got
    streams = capfd.readouterr()
    assert "canary" not in refused.reason + away.reason + amiss + logged.getvalue() + streams.out + streams.err


FIT = [
    "json://127.0.0.1:1/",
    "tgram://123456789:abcdefg_hijklmnop/12315544/",
    "ntfy://topic",
    "ntfys://user:pass@ntfy.lan/topic",
    "mailto://user:pass@example.com",
    "https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
]
UNFIT = [
    ("", "must be an Apprise address"),
    ("topic", "must be an Apprise address"),
    ("ntfy://to\npic", "must be an Apprise address"),
    ("json://h/" + "x" * 3_000, "at most"),
    ("syslog://", "away from this machine"),
    ("DBUS://", "away from this machine"),
    ("vapid://me@example.com/x", "needs files"),
    ("fcm://project@apikey/device?keyfile=/etc/passwd", "leave out keyfile"),
    ("mailto://u:p@example.com?pgp=yes&PGPPUB=/etc/passwd", "leave out pgp"),
    ("tgram://123456789:abcdefg_hijklmnop/12315544/?template=/etc/passwd", "is not whole"),
    ("nosuch://x", "no service that Apprise knows"),
    ("file:///etc/passwd", "no service that Apprise knows"),
    ("http://example.com/", "is not whole"),
    ("tgram://", "is not whole"),
    ("mqtt://host/topic", "needs a library"),
]


@pytest.mark.parametrize("url", FIT)
async def test_what_may_be_sent_to(messenger: AppriseMessenger, url: str) -> None:
    assert await messenger.unfit(url) is None


@pytest.mark.parametrize(("url", "reason"), UNFIT)
async def test_what_may_not_be_sent_to(messenger: AppriseMessenger, url: str, reason: str) -> None:
    amiss = await messenger.unfit(url)
    assert amiss is not None
    assert reason in amiss
    assert not (await messenger.send(url, "t", "b")).delivered


def test_a_scheme_is_all_that_is_shown() -> None:
    assert [scheme_of(url) for url in ("TGRAM://canary/1", "46elks://x", "x", "://x", "a b://x")] == [
        "tgram",
        "46elks",
        None,
        None,
        None,
    ]
    assert all(unfit_by_sight(f"{scheme}://x") for scheme in LOCAL | WITH_FILES)
    assert all(unfit_by_sight(f"json://x?{name}=1") for name in FILE_PARAMETERS)


def test_whatever_of_apprise_runs_programs_or_drivers_is_left_out() -> None:
    """Looks at the installed Apprise: a service that an update adds does not slip through."""
    from apprise.manager_plugins import NotificationManager

    services: Any = NotificationManager()
    local = {"subprocess", "dbus", "gi", "win32api", "win32gui", "syslog", "hid", "ctypes", "PyQt5", "serial", "usb"}
    offered = [scheme for scheme in services.schemas() if scheme not in LOCAL]
    assert len(offered) > 150
    for scheme in offered:
        module = importlib.util.find_spec(services[scheme].__module__)
        assert module is not None
        assert module.origin is not None
        found = _imported(Path(module.origin)) & local
        assert not found, f"{scheme}:// uses {found}"


def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
            found.add(node.module.split(".")[0])
    return found
