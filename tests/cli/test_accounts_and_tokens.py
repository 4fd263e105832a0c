from __future__ import annotations

import os
import pty
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from hedgerow.config import Settings
from hedgerow.core.refusals import Code, Refusal
from hedgerow.order_manager.schemas import AccountCheck, CheckFinding, TokenView
from hedgerow.vault import Scope, Vault, VaultFault
from hedgerow.vault.sql import SqlVault
from tests.cli import samples
from tests.cli.desk import TOKEN, FakeDesk
from tests.cli.shell import Shell, Tty

ADD = ("accounts", "add", "main", "--exchange", "bybit", "--environment", "testnet")
SECRET = "canary-of-the-secret"
TOKEN_VIEW = TokenView(name="laptop", scope=Scope.READ, created_ms=samples.NOW_MS, token="the-text")


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


@pytest.mark.parametrize(
    "stdin",
    [f'{{"apiKey": "k", "secret": "{SECRET}"}}', f"apiKey=k\n\n secret = {SECRET} \n"],
)
def test_credentials_come_by_standard_input(desk: FakeDesk, shell: Shell, stdin: str) -> None:
    desk.answer("POST", "/api/accounts", samples.account("main"), 201)
    addresses = ("--url", "rest=https://h", "--url", "ws=wss://h/x")
    ran = shell.run(*ADD, *addresses, "--option", "order_entry=rest", "--stdin", stdin=stdin)
    assert ran == (0, "It is added.\n", "")
    assert desk.asked("POST", "/api/accounts")[0].json == {
        "name": "main",
        "exchange": "bybit",
        "environment": "testnet",
        "credentials": {"apiKey": "k", "secret": SECRET},
        "urls": {"rest": "https://h", "ws": "wss://h/x"},
        "options": {"order_entry": "rest"},
    }


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (("--exchange", "mtgox"), "exchange"),
        (("--option", "order_entry=fax"), "options"),
        (("--option", "maxRetriesOnFailure=3"), "options"),
        (("--option", "order_entry"), "option"),
        (("--option", "a=1", "--option", "a=2"), "option"),
    ],
)
def test_without_a_desk_what_cannot_be_is_refused_too(at_rest: Shell, change: tuple[str, ...], field: str) -> None:
    ran = at_rest.run(*ADD, *change, "--stdin", stdin=f"apiKey=k\nsecret={SECRET}")
    assert ran.code == 2
    assert ran.err.startswith(f"{field}: ")
    assert at_rest.run("accounts", "list").out == "No accounts yet.\n"


def test_an_account_keeps_its_option(at_rest: Shell) -> None:
    ran = at_rest.run(*ADD, "--option", "order_entry=rest", "--stdin", "--json", stdin=f"apiKey=k\nsecret={SECRET}")
    assert ran.code == 0, ran.err
    assert '"options":{"order_entry":"rest"}' in at_rest.run("accounts", "list", "--json").out


def test_credentials_are_asked_for_at_a_terminal(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("POST", "/api/accounts", samples.account("main", fault="not connected yet"), 201)
    shell.secrets = {"apiKey": "k", "secret": SECRET, "password": "p"}
    asked = [option for name in shell.secrets for option in ("--ask", name)]
    ran = shell.run(*ADD, *asked, stdin=Tty())
    assert ran.out == "It is added, but not ready: not connected yet\n"
    assert desk.asked("POST", "/api/accounts")[0].json["credentials"] == shell.secrets


@pytest.mark.parametrize(
    ("stdin", "sentence"),
    [
        ("", "credentials: must be a JSON object"),
        (f"{SECRET}\n", "credentials: must be a JSON object, or lines"),
        (f'{{"apiKey": "{SECRET}"', "credentials: must be a JSON object"),
        (f'{{"apiKey": ["{SECRET}"]}}', "credentials: must be a JSON object"),
        (f"{SECRET} x={SECRET}", "credentials: a name must be one of ccxt's"),
        ("apiKey=", "apiKey: must not be empty"),
        (f"apiKey={SECRET * 1000}", "apiKey: is too long"),
        (SECRET * 10_000, "credentials: standard input is too long"),
    ],
)
def test_bad_credentials_are_not_repeated(desk: FakeDesk, shell: Shell, stdin: str, sentence: str) -> None:
    ran = shell.run(*ADD, "--stdin", stdin=stdin)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(sentence)
    assert SECRET not in ran.err
    assert desk.asked("POST", "/api/accounts") == []


def test_without_a_terminal_nobody_is_asked(desk: FakeDesk, shell: Shell) -> None:
    ran = shell.run(*ADD)
    assert (ran.code, ran.err.split(":")[0]) == (2, "credentials")


def test_a_refusal_does_not_repeat_the_secret(desk: FakeDesk, shell: Shell) -> None:
    desk.refuse("POST", "/api/accounts", Refusal(Code.KEY_REUSED, "There is an account main.", "name"), 409)
    ran = shell.run(*ADD, "--stdin", stdin=f"apiKey=k\nsecret={SECRET}")
    assert (ran.code, ran.err) == (2, "name: There is an account main.\n")


def test_a_prompt_on_a_real_terminal_does_not_echo(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("POST", "/api/accounts", samples.account("main"), 201)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from hedgerow.cli.main import main; raise SystemExit(main())", *ADD]
    environment = {**os.environ, **shell.environment}
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    ) as process:
        os.close(theirs)
        seen = bytearray()
        reader = threading.Thread(target=_drain, args=(ours, seen), daemon=True)
        reader.start()
        for question, answer in ((b"apiKey: ", b"key-canary\n"), (b"secret: ", SECRET.encode() + b"\n")):
            _wait_for(seen, question)
            os.write(ours, answer)
        assert process.wait(10) == 0
        reader.join(5)
        arguments = " ".join(command)
    os.close(ours)
    assert b"It is added." in seen
    assert SECRET.encode() not in seen
    assert b"key-canary" not in seen
    assert SECRET not in arguments
    assert desk.asked("POST", "/api/accounts")[0].json["credentials"] == {"apiKey": "key-canary", "secret": SECRET}


def _drain(descriptor: int, seen: bytearray) -> None:
    while True:
        try:
            chunk = os.read(descriptor, 4096)
        except OSError:  # the other end is closed
            return
        if not chunk:
            return
        seen.extend(chunk)


def _wait_for(seen: bytearray, text: bytes) -> None:
    for _ in range(2_000):
        if text in seen:
            return
        threading.Event().wait(0.005)
    raise AssertionError(f"{text!r} was not asked: {bytes(seen)!r}")


def test_accounts_without_a_desk(at_rest: Shell) -> None:
    assert at_rest.run("accounts", "list").out == "No accounts yet.\n"
    assert at_rest.run(*ADD, "--stdin", stdin=f"apiKey=k\nsecret={SECRET}") == (0, "It is added.\n", "")
    again = at_rest.run(*ADD, "--stdin", stdin=f"apiKey=k\nsecret={SECRET}")
    assert again.code == 1
    assert SECRET not in again.err
    listed = at_rest.run("accounts", "list")
    assert listed.out.splitlines()[1].split() == ["main", "bybit", "testnet"]
    assert listed.err == "No desk is running: none of them is connected.\n"
    [row] = msgspec.json.decode(at_rest.run("accounts", "list", "--json").out)
    assert (row["name"], "credentials" in row) == ("main", False)
    assert SECRET.encode() not in b"".join(path.read_bytes() for path in at_rest.data_dir.iterdir())
    assert at_rest.run("accounts", "remove", "main").out == "main is removed.\n"
    assert at_rest.run("accounts", "remove", "main") == (2, "", "name: there is no account main\n")
    assert at_rest.run("accounts", "check", "main").code == 3


def test_tokens_without_a_desk(at_rest: Shell) -> None:
    made = at_rest.run("tokens", "create", "bot", "--scope", "trade")
    text = made.out.strip()
    assert (made.code, made.err) == (0, "The token bot (trade). It is shown this once:\n")
    assert len(text) >= 32
    listed = at_rest.run("tokens", "list")
    assert listed.out.splitlines()[1].split() == ["bot", "trade", "14:00:00"]
    assert text not in listed.out + at_rest.run("tokens", "list", "--json").out
    assert at_rest.run("tokens", "revoke", "bot").out == "bot is revoked.\n"
    assert at_rest.run("tokens", "revoke", "nobody") == (2, "", "name: there is no token nobody\n")
    assert "REVOKED" in at_rest.run("tokens", "list").out


def test_a_vault_that_cannot_be_opened_is_a_clear_line(shell: Shell) -> None:
    @asynccontextmanager
    async def broken(_: Settings) -> AsyncIterator[Vault]:
        raise VaultFault("The key file is missing: restore it.")
        yield

    shell.open_vault = broken
    assert shell.run("tokens", "list") == (1, "", "The key file is missing: restore it.\n")


def test_a_door_that_cannot_be_trusted_is_no_reason_to_open_the_vault(shell: Shell) -> None:
    shell.open_door("http://127.0.0.1:1", TOKEN, mode=0o644)
    ran = shell.run("tokens", "list")
    assert ran.code == 3


def test_tokens_at_a_desk(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("POST", "/api/tokens", TOKEN_VIEW, 201)
    made = shell.run("tokens", "create", "laptop")
    assert made == (0, "the-text\n", "The token laptop (read). It is shown this once:\n")
    assert desk.asked("POST", "/api/tokens")[0].json == {"name": "laptop", "scope": "read"}
    revoked = msgspec.structs.replace(TOKEN_VIEW, token=None, revoked_ms=samples.NOW_MS)
    desk.answer("DELETE", "/api/tokens/laptop", revoked)
    assert shell.run("tokens", "revoke", "laptop").out == "laptop is revoked.\n"
    assert msgspec.json.decode(shell.run("tokens", "revoke", "laptop", "--json").out)["revoked_ms"] == samples.NOW_MS
    desk.answer("GET", "/api/tokens", [revoked])
    assert shell.run("tokens", "list", width=80).out.splitlines()[1].split() == [
        "laptop",
        "read",
        "14:00:00",
        "14:00:00",
    ]


def test_accounts_at_a_desk(desk: FakeDesk, shell: Shell) -> None:
    broken = samples.account("main", ready=False, followed=False, followed_ms=0, fault="wrong key")
    desk.answer("GET", "/api/accounts", [samples.account(), samples.account("b", followed=False), broken])
    lines = [line.split() for line in shell.run("accounts", "list").out.splitlines()[1:]]
    assert lines == [
        ["sim", "bybit", "simulation", "ready", "active", "2", "s", "ago"],
        ["b", "bybit", "simulation", "not", "followed", "active", "2", "s", "ago"],
        ["main", "bybit", "simulation", "not", "ready", "active", "-", "wrong", "key"],
    ]
    desk.answer("DELETE", "/api/accounts/main", b"", 204)
    assert shell.run("accounts", "remove", "main").out == "main is removed.\n"


def test_checking_an_account(desk: FakeDesk, shell: Shell) -> None:
    findings = [
        CheckFinding(subject="credentials", well=True, message="accepted"),
        CheckFinding(subject="withdrawals", well=False, message="may withdraw"),
    ]
    desk.answer("POST", "/api/accounts/main/check", AccountCheck(name="main", well=False, findings=findings))
    assert shell.run("accounts", "check", "main") == (
        1,
        "ok   credentials: accepted\nBAD  withdrawals: may withdraw\n",
        "main is not well.\n",
    )


def test_the_token_is_in_no_sqlite_file_in_clear(at_rest: Shell, tmp_path: Path) -> None:
    text = at_rest.run("tokens", "create", "bot").out.strip()
    with sqlite3.connect(at_rest.data_dir / "vault.sqlite") as vault:
        assert text not in "\n".join(vault.iterdump())
