from __future__ import annotations

import socket
from pathlib import Path

import msgspec
import pytest

from hedgerow.cli.commands.doctor import _mended
from hedgerow.core.refusals import Code, Refusal
from hedgerow.order_manager.schemas import AccountCheck, CheckFinding, Health, PartHealth
from tests.cli.desk import FakeDesk
from tests.cli.shell import Ran, Shell


def found(ran: Ran) -> dict[str, tuple[bool, str]]:
    return {row["subject"]: (row["well"], row["message"]) for row in msgspec.json.decode(ran.out)}


def test_a_machine_without_a_desk(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        shell.environment["HEDGEROW_PORT"] = str(listener.getsockname()[1])
        findings = found(shell.run("doctor", "--json"))
    assert findings["python"][0]
    assert findings["sqlite"][0]
    assert findings["data folder"] == (True, f"{shell.data_dir}, yours alone")
    assert "GiB free" in findings["disk"][1]
    assert findings["desk"][0]
    assert findings["port"] == (False, f"{shell.environment['HEDGEROW_PORT']} is taken by another program")
    assert "vault" not in findings


def test_a_folder_that_is_open_to_others(shell: Shell) -> None:
    shell.data_dir.chmod(0o755)
    ran = shell.run("doctor")
    assert ran.code == 1
    assert f"BAD  data folder: {shell.data_dir} is open to others: chmod 700 {shell.data_dir}\n" in ran.out
    assert "checks failed" in ran.err


def test_a_folder_that_is_not_there_yet(shell: Shell, tmp_path: Path) -> None:
    findings = found(shell.run("doctor", "--json", "--data", str(tmp_path / "new")))
    assert findings["data folder"] == (True, f"{tmp_path / 'new'} is not there yet; the desk makes it")


def test_a_running_desk_and_its_accounts(desk: FakeDesk, shell: Shell) -> None:
    parts = [
        PartHealth(name="journal", state="up", message="written and read"),
        PartHealth(name="sim: following", state="degraded", message="quiet", age_ms=65_000),
    ]
    desk.answer("GET", "/api/health", Health(state="degraded", version="1.2", parts=parts))
    clock = CheckFinding(subject="clock", well=True, message="+3 ms from ours")
    desk.answer("POST", "/api/accounts/sim/check", AccountCheck(name="sim", well=True, findings=[clock]))
    ran = shell.run("doctor")
    assert ran.code == 1
    assert f"BAD  desk: degraded at {desk.url}, version 1.2\n" in ran.out
    assert "ok   journal: up: written and read\n" in ran.out
    assert "BAD  sim: following: degraded: quiet, heard of 1 min ago\n" in ran.out
    assert "ok   sim clock: +3 ms from ours\n" in ran.out


def test_a_desk_that_is_down_is_still_read(desk: FakeDesk, shell: Shell) -> None:
    parts = [PartHealth(name="journal", state="down", message="disk full")]
    desk.answer("GET", "/api/health", Health(state="down", version="1.2", parts=parts), 503)
    desk.refuse("POST", "/api/accounts/sim/check", Refusal(Code.ACCOUNT_NOT_READY, "It is not ready."), 503)
    findings = found(shell.run("doctor", "--json"))
    assert findings["journal"] == (False, "down: disk full")
    assert findings["sim"] == (False, "It is not ready.")


@pytest.mark.parametrize(
    ("version", "mended"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
    ],
)
def test_which_sqlite_has_the_wal_reset_race(version: tuple[int, ...], mended: bool) -> None:
    assert _mended(version) is mended
