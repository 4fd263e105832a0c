from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli import samples
from tests.cli.desk import TOKEN, FakeDesk
from tests.cli.shell import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A user without a desk."""
    tmp_path.chmod(0o700)
    return Shell(tmp_path)


@pytest.fixture(scope="session")
def server() -> Iterator[FakeDesk]:
    running = FakeDesk()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def desk(server: FakeDesk, shell: Shell) -> FakeDesk:
    """A desk that runs on the user's data folder, with one account."""
    server.forget()
    shell.open_door(server.url, TOKEN)
    server.answer("GET", "/api/accounts", [samples.account()])
    return server


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """Wait for a condition, at most five seconds."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 5
        while not condition():
            assert time.monotonic() < deadline, "it did not come true in time"
            time.sleep(0.005)

    return wait
