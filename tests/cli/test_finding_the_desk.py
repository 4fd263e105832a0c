from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hedgerow.cli.client import Client
from hedgerow.cli.door import Desk
from hedgerow.cli.exits import InDoubtError, UnreachableError
from hedgerow.order_manager.schemas import FlattenBody
from tests.cli import samples
from tests.cli.desk import TOKEN, FakeDesk
from tests.cli.shell import Shell

FLATTEN = FlattenBody(account="sim")


def test_no_desk_says_how_to_start_one(shell: Shell) -> None:
    ran = shell.run("orders")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == (f"No desk is running on {shell.data_dir}: start one with `make run`, or with `hedgerow up`.\n")


def test_a_door_of_a_desk_that_ended_gets_no_token(desk: FakeDesk, shell: Shell) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    shell.open_door(desk.url, TOKEN, pid=ended.pid)
    ran = shell.run("orders")
    assert ran.code == 3
    assert "has ended" in ran.err
    assert desk.requests == []


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606, 0o660])
def test_a_door_that_others_can_read_is_refused(desk: FakeDesk, shell: Shell, mode: int) -> None:
    shell.open_door(desk.url, TOKEN, mode=mode)
    ran = shell.run("orders")
    assert ran.code == 3
    assert "is open to others" in ran.err
    assert TOKEN not in ran.err
    assert desk.requests == []


def test_a_door_that_is_a_link_or_damaged_is_refused(desk: FakeDesk, shell: Shell) -> None:
    door = shell.open_door(desk.url, TOKEN)
    door.rename(shell.data_dir / "real.json")
    door.symlink_to(shell.data_dir / "real.json")
    assert shell.run("orders").code == 3
    door.unlink()
    door.write_text("{")
    door.chmod(0o600)
    ran = shell.run("orders")
    assert (ran.code, "is damaged" in ran.err) == (3, True)
    assert desk.requests == []


def test_another_desk_by_environment_or_flags(desk: FakeDesk, shell: Shell, tmp_path: Path) -> None:
    desk.answer("GET", "/api/orders", samples.orders_page())
    (shell.data_dir / "desk.json").unlink()
    shell.environment |= {"HEDGEROW_URL": desk.url + "/", "HEDGEROW_TOKEN": TOKEN}
    assert shell.run("orders").code == 0
    shell.environment |= {"HEDGEROW_URL": "http://127.0.0.1:1", "HEDGEROW_TOKEN": "wrong"}
    assert shell.run("orders", "--url", desk.url, "--token", TOKEN).code == 0
    wrong = shell.run("orders", "--url", desk.url)
    assert (wrong.code, wrong.err) == (1, "The token is not known.\n")
    assert shell.run("orders").code == 3


def test_another_data_folder(desk: FakeDesk, shell: Shell, tmp_path: Path) -> None:
    desk.answer("GET", "/api/orders", samples.orders_page())
    shell.environment["HEDGEROW_DATA"] = str(tmp_path / "elsewhere")
    assert shell.run("orders").code == 3
    assert shell.run("orders", "--data", str(shell.data_dir)).code == 0


@contextmanager
def _server(answer: bytes, *, hold: bool = False) -> Iterator[tuple[str, list[bytes]]]:
    """A server that reads one request, says these bytes, and hangs up, or holds the line."""
    asked: list[bytes] = []
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                asked.append(connection.recv(65_536))
                connection.sendall(answer)
                if hold:
                    done.wait(5)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
        done.set()
        thread.join(5)


BROKEN = [
    b"",
    b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
    b"nonsense\r\n\r\n",
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>",
]


@pytest.mark.parametrize("answer", BROKEN)
def test_a_command_without_a_whole_answer_is_in_doubt(answer: bytes) -> None:
    with _server(answer) as (url, asked), pytest.raises(InDoubtError, match="--key my-key"):
        Client(Desk(url, "t")).command("POST", "/api/flatten", FLATTEN, key="my-key")
    assert len(asked) == 1


@pytest.mark.parametrize("answer", BROKEN)
def test_a_question_without_a_whole_answer_is_unreachable(answer: bytes) -> None:
    with _server(answer) as (url, _), pytest.raises(UnreachableError):
        Client(Desk(url, "t")).get("/api/orders")


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"])
def test_an_answer_that_does_not_come_has_a_deadline(answer: bytes) -> None:
    with _server(answer, hold=True) as (url, _), pytest.raises(InDoubtError, match=r"no answer within 0.2 s"):
        Client(Desk(url, "t"), answer_timeout_s=0.2).command("POST", "/api/flatten", FLATTEN, key="k")


def test_nothing_listens_means_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(UnreachableError, match="No desk answers"):
        Client(Desk(url, "t")).command("POST", "/api/flatten", FLATTEN, key="k")


def test_a_fault_of_the_desk_decides_nothing(desk: FakeDesk, shell: Shell) -> None:
    problem = b'{"type":"p","title":"t","status":500,"detail":"the desk failed","code":"fault"}'
    desk.answer("POST", "/api/flatten", problem, 500)
    ran = shell.run("flatten", "--key", "k-9")
    assert ran.code == 4
    assert "the desk failed (500)" in ran.err
    assert "--key k-9" in ran.err
    not_ready = problem.replace(b"500", b"503").replace(b"fault", b"account_not_ready")
    desk.answer("POST", "/api/flatten", not_ready, 503)
    assert shell.run("flatten").code == 1


def test_an_answer_of_another_version_is_a_clear_line(desk: FakeDesk, shell: Shell) -> None:
    desk.answer("GET", "/api/orders", {"rows": []})
    ran = shell.run("orders")
    assert ran.code == 1
    assert "another version" in ran.err
