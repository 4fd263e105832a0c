"""The command line as a process: how fast it starts, how it takes signals and closed pipes, what starts a desk."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hedgerow import __version__
from tests.cli import samples
from tests.cli.desk import FakeDesk
from tests.cli.shell import Shell

RUN = [sys.executable, "-c", "from hedgerow.cli.main import main; raise SystemExit(main())"]
COMMANDS = [
    *("up", "place", "orders", "order", "fills", "amend", "cancel", "positions", "protect", "close", "flatten"),
    *("leverage", "balances", "instruments", "candles", "limits", "doctor"),
    *("accounts add", "accounts list", "accounts check", "accounts remove"),
    *("tokens create", "tokens list", "tokens revoke"),
    *("pair", "devices list", "devices revoke", "devices revoke-others"),
]
Until = Callable[[Callable[[], object]], None]


def start(shell: Shell, *arguments: str, **more: object) -> subprocess.Popen[str]:
    environment = {**os.environ, **shell.environment, "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        [*RUN, *arguments], env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more
    )


def test_help_is_quick() -> None:
    """A third of a second here; measured against loading Typer alone, so that a busy machine does not matter."""

    def cpu_seconds(*command: str) -> float:
        before = os.times()
        subprocess.run(command, check=True, capture_output=True)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    least = min(cpu_seconds(sys.executable, "-c", "import typer") for _ in range(2))
    assert min(cpu_seconds(*RUN, "--help") for _ in range(2)) < 5 * least


def test_help_loads_no_machinery() -> None:
    code = (
        "import sys; from hedgerow.cli.main import main; main(['place', '--help']);"
        "print([m for m in ('websockets', 'litestar', 'ccxt', 'sqlalchemy', 'uvicorn') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(shell: Shell, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run(*command.split(), "--help").code == 0
    text = capsys.readouterr().out
    assert "Examples:" in text
    assert f"  hedgerow {command}" in text
    if command != "up":
        assert "--json" in text


def test_the_root_shows_the_commands_and_the_exit_codes(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run().code == 0
    text = capsys.readouterr().out
    assert "Exit codes: 0 done; 1 refused" in text
    assert all(f"\n  {command.split()[0]} " in text for command in COMMANDS)
    assert shell.run("--version").code == 0
    assert capsys.readouterr().out == f"hedgerow {__version__}\n"
    assert shell.run("tokens").code == 0


def test_up_passes_its_flags_on(shell: Shell, tmp_path: Path) -> None:
    shell.environment |= {"HEDGEROW_ALLOWED_HOSTS": "desk.example"}
    ran = shell.run("up", "--port", "0", "--host", "::1", "--allow-host", "a.example", "--data", str(tmp_path / "d"))
    with_simulator = shell.run("up", "--with-simulator", "--simulator-port", "0", "--seed", "7")
    assert (ran.code, with_simulator.code) == (7, 7)
    (settings, simulator), (defaults, paper) = shell.desks
    assert (settings.port, settings.host, settings.data_dir) == (0, "::1", tmp_path / "d")
    assert settings.allowed_hosts == ("desk.example", "a.example")
    assert (simulator, paper) == (None, (0, 7))
    assert (defaults.port, defaults.host, defaults.data_dir) == (8040, "127.0.0.1", shell.data_dir)
    assert (defaults.public_url, defaults.tls_cert, defaults.behind_proxy) == (None, None, False)


def test_up_is_told_how_it_is_reached_from_outside(shell: Shell) -> None:
    shell.environment |= {"HEDGEROW_TLS_CERT": "/a.pem", "HEDGEROW_TLS_KEY": "/a.key", "HEDGEROW_BEHIND_PROXY": "1"}
    shell.environment |= {"HEDGEROW_PUBLIC_URL": "https://a.example"}
    shell.run("up")
    shell.run("up", "--tls-cert", "b.pem", "--tls-key", "b.key", "--public-url", "https://b.example:8443/")
    (first, _), (second, _) = shell.desks
    assert (first.tls_cert, first.tls_key, first.public_url) == (Path("/a.pem"), Path("/a.key"), "https://a.example")
    assert first.behind_proxy
    assert (second.tls_cert, second.public_url) == (Path("b.pem"), "https://b.example:8443")


@pytest.mark.parametrize("url", ["desk.example", "ftp://a", "https://", "https://a/b", "https://u:p@a", "https://a?b"])
def test_a_public_address_that_is_none_is_refused(shell: Shell, url: str) -> None:
    ran = shell.run("up", "--public-url", url)
    assert (ran.code, shell.desks) == (2, [])
    assert "must be the page's address" in ran.err
    shell.environment["HEDGEROW_PUBLIC_URL"] = url
    ran = shell.run("up")
    assert (ran.code, shell.desks) == (2, [])
    assert "HEDGEROW_PUBLIC_URL must be the page's address" in ran.err


def test_the_simulator_has_its_own_flags(shell: Shell) -> None:
    assert shell.run("simulator", "--exchange", "bybit", "--port", "0", "--help").code == 0
    assert shell.simulators == [["--exchange", "bybit", "--port", "0", "--help"]]


def test_the_simulator_becomes_this_process(shell: Shell) -> None:
    with start(shell, "simulator", "--help") as process:
        out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "--seed" in out


@pytest.mark.parametrize("arguments", [["orders", "--watch"], ["positions", "--watch", "--json"]])
def test_ctrl_c_ends_a_view_quietly(desk: FakeDesk, shell: Shell, until: Until, arguments: list[str]) -> None:
    desk.answer("GET", "/api/orders", samples.orders_page())
    desk.answer("GET", "/api/positions", {"cursor": "c0", "positions": []})
    with start(shell, *arguments) as process:
        until(lambda: desk.connects)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=5)
    assert (process.returncode, err) == (0, "")


def test_ctrl_c_stops_the_looking_and_not_the_order(desk: FakeDesk, shell: Shell, until: Until) -> None:
    desk.answer("POST", "/api/orders", samples.order(), 201)
    desk.answer("GET", "/api/orders", samples.orders_page())
    desk.answer("GET", f"/api/orders/{samples.ORDER_ID}", {"order": samples.order(), "timeline": []})
    with start(shell, "place", "buy", samples.SYMBOL, "0.01", "--price", "60000") as process:
        until(lambda: desk.connects)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=5)
    assert process.returncode == 0
    assert "open, filled 0 of 0.01" in out
    assert err == "You stopped looking; the order lives on: hedgerow order b7k2m9xa\n"
    assert [request.method for request in desk.requests] == ["GET", "POST", "GET", "GET"]


def test_ctrl_c_while_a_command_is_under_way_is_in_doubt(desk: FakeDesk, shell: Shell, until: Until) -> None:
    desk.handle("POST", "/api/flatten", lambda _: (time.sleep(1.0), (200, b"{}"))[1])
    with start(shell, "flatten", "--key", "k-7") as process:
        until(lambda: desk.asked("POST", "/api/flatten"))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=5)
    assert process.returncode == 4
    assert "you stopped waiting" in err
    assert "--key k-7" in err
    assert "Traceback" not in err


def test_a_reader_that_leaves_is_no_fault(desk: FakeDesk, shell: Shell) -> None:
    many = [samples.order(order_id=f"{number:026d}") for number in range(800)]
    desk.answer("GET", "/api/orders", samples.orders_page(*many))
    for arguments in (["orders"], ["orders", "--json"]):
        with start(shell, *arguments) as process:
            assert process.stdout is not None
            process.stdout.read(10)
            process.stdout.close()
            assert process.stderr is not None
            err = process.stderr.read()
            assert process.wait(5) == 0
        assert err == ""
