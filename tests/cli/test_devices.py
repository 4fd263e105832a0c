"""`pair` and `devices`, at a desk that runs."""

from __future__ import annotations

import io

import pytest

from hedgerow.cli.main import main
from hedgerow.cli.qr import qr_text
from hedgerow.order_manager.session_schemas import DeviceView, PairingView, RevokedView
from tests.cli.desk import FakeDesk
from tests.cli.samples import NOW_MS
from tests.cli.shell import Shell, Tty

LINK = "https://desk.example/#pair=canary-of-the-link"
PAIRING = PairingView(code="K7QM-3XPD", url=LINK, expires_ms=NOW_MS + 600_000, qr="<svg/>")


def device(name: str, number: int = 1) -> DeviceView:
    return DeviceView(
        device_id=f"{number:016x}",
        name=name,
        user_agent="Browser/1.0",
        created_ms=NOW_MS - 3_600_000,
        last_used_ms=NOW_MS,
        expires_ms=NOW_MS + 1,
        this=False,
    )


def test_a_pairing_is_a_link_and_a_code_and_in_a_terminal_a_picture(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("POST", "/api/pairings", PAIRING, 201)
    ran = shell.run("pair")
    assert ran == (0, f"link  {LINK}\ncode  K7QM-3XPD\nonce, until 14:10:00\n", "")
    screen = Tty()
    assert main(("pair",), shell.outside(screen, io.StringIO(), width=100)) == 0
    assert "█▀▀▀▀▀█" in screen.getvalue()
    assert ran.out in screen.getvalue()
    assert shell.run("pair", "--json").json == {
        "code": "K7QM-3XPD",
        "url": LINK,
        "expires_ms": NOW_MS + 600_000,
        "qr": "<svg/>",
    }


def test_a_link_to_this_machine_alone_is_said_to_be_one(desk: FakeDesk, shell: Shell) -> None:
    for url in ("http://localhost:8040/#pair=x", "http://127.0.0.1:8040/#pair=x"):
        desk.answer("POST", "/api/pairings", PairingView(code="K7QM-3XPD", url=url, expires_ms=NOW_MS, qr=""), 201)
        assert "on this machine alone" in shell.run("pair").err


def test_without_a_desk_nobody_is_paired(shell: Shell) -> None:
    assert shell.run("pair").code == 3


@pytest.mark.parametrize("colours", [True, False])
def test_a_picture_is_whole_whatever_the_terminal_can_do(colours: bool) -> None:
    """Read back from the blocks, it is the code's own modules, and light around them."""
    segno = pytest.importorskip("segno")
    lines = qr_text(LINK, colours=colours).plain.split("\n")
    upper, lower = ("▀█", "▄█") if colours else (" ▄", " ▀")
    read = [[char in which for char in line] for line in lines for which in (upper, lower)]
    wanted = [list(map(bool, row)) for row in segno.make(LINK, error="l", micro=False, boost_error=False).matrix]
    size = len(wanted)
    assert [row[2 : 2 + size] for row in read[2 : 2 + size]] == wanted
    edge = read[:2] + read[2 + size :] + [[*row[:2], *row[2 + size :]] for row in read]
    assert not any(any(row) for row in edge)


def test_devices_are_listed_and_signed_out_by_name_or_id(desk: FakeDesk, shell: Shell) -> None:
    phone, laptop = device("Phone", 1), device("Laptop", 2)
    desk.answer("GET", "/api/devices", [phone, laptop])
    desk.answer("DELETE", f"/api/devices/{phone.device_id}", phone)
    desk.answer("DELETE", "/api/devices", RevokedView(revoked=1))
    assert shell.run("devices", "list").out.splitlines()[1].split() == [
        *("Phone", "14:00:00", phone.device_id, "13:00:00", "Browser/1.0")
    ]
    for name in ("Phone", phone.device_id):
        assert shell.run("devices", "revoke", name) == (0, "Phone is signed out.\n", "")
    assert len(desk.asked("DELETE", f"/api/devices/{phone.device_id}")) == 2
    assert shell.run("devices", "revoke-others").out == "1 device is signed out.\n"


def test_a_name_that_two_devices_have_is_not_enough(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("GET", "/api/devices", [device("Phone", 1), device("Phone", 2)])
    ran = shell.run("devices", "revoke", "Phone")
    assert (ran.code, ran.err) == (2, f"device: 2 devices are called Phone; give an id: {1:016x}, {2:016x}\n")
    assert shell.run("devices", "revoke", "Nobody").code == 2
    assert not any(request.method == "DELETE" for request in desk.requests)
