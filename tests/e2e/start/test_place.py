"""Where a desk cannot stand: a port or a folder that is taken, settings that cannot be meant."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.e2e.desk_process import COMMAND, SOURCE, DeskProcess
from tests.e2e.start.refusals import digests, refuses_to_start


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


async def test_a_port_that_is_taken(spoiled: DeskProcess, taken_port: int) -> None:
    await refuses_to_start(spoiled, f"port {taken_port}", "--port", arguments=("--port", str(taken_port)))


async def test_a_port_of_the_simulator_that_is_taken(spoiled: DeskProcess, taken_port: int) -> None:
    spoiled.launch("--with-simulator", "--simulator-port", str(taken_port))
    ended = await spoiled.ended()
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1), ended
    assert str(taken_port) in ended.err


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "nonsense.invalid", ""])
async def test_an_address_that_others_could_reach(spoiled: DeskProcess, host: str) -> None:
    await refuses_to_start(spoiled, "127.0.0.1", arguments=("--host", host))


async def test_a_second_desk_on_the_same_folder(spoiled: DeskProcess) -> None:
    await spoiled.start()
    second = DeskProcess(spoiled.data.parent / "second")
    second.data = spoiled.data
    try:
        second.launch()
        ended = await second.ended()
    finally:
        second.end()
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1), ended
    assert str(spoiled.data) in ended.err
    assert f"process {spoiled.pid}" in ended.err
    assert spoiled.code is None
    assert spoiled.door.pid == spoiled.pid, "the first desk's door is as it was"
    assert await spoiled.stop() == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [("HEDGEROW_PORT", "abc"), ("HEDGEROW_PORT", "-1"), ("HEDGEROW_PORT", "65536"), ("HEDGEROW_PORT", "")],
)
def test_settings_that_cannot_be_meant(spoiled: DeskProcess, name: str, text: str) -> None:
    before = digests(spoiled.data)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HEDGEROW_")}
    environment |= {"PYTHONPATH": str(SOURCE), "HEDGEROW_DATA": str(spoiled.data), name: text}
    ran = subprocess.run(
        [sys.executable, *COMMAND[:3]], capture_output=True, text=True, env=environment, timeout=30, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1), ran
    assert name in ran.stderr
    assert digests(spoiled.data) == before
