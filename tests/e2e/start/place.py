"""Where a desk cannot stand: a port or a folder that is taken, an address or a setting that cannot be meant."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys

from tests.e2e.desk_process import COMMAND, SOURCE, DeskProcess
from tests.e2e.side_by_side import named
from tests.e2e.start.refusals import digests, refuses_to_start, up
from tests.simulator.running import Running


async def a_port_that_is_taken(desk: DeskProcess, _: Running) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        arguments = ("--port", port)
        await refuses_to_start(desk, port, "--port", arguments=arguments)
        await refuses_to_start(desk, port, "--port", arguments=arguments, prepare=lambda: None)


async def a_port_of_the_simulator_that_is_taken(desk: DeskProcess, _: Running) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        await refuses_to_start(desk, port, arguments=("--with-simulator", "--simulator-port", port))


async def an_address_that_others_can_reach(desk: DeskProcess, _: Running) -> None:
    await refuses_to_start(desk, "0.0.0.0", "127.0.0.1", arguments=("--host", "0.0.0.0"))


async def an_address_that_is_none(desk: DeskProcess, _: Running) -> None:
    await refuses_to_start(desk, "nonsense.invalid", "127.0.0.1", arguments=("--host", "nonsense.invalid"))


async def a_folder_that_a_desk_holds(desk: DeskProcess, _: Running) -> None:
    await desk.start()
    ended = await up(desk.data)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1), ended
    assert str(desk.data) in ended.err
    assert f"process {desk.pid}" in ended.err
    assert desk.code is None
    assert desk.door.pid == desk.pid, "the first desk's door is as it was"
    assert await desk.stop() == 0


async def settings_that_cannot_be_meant(desk: DeskProcess, _: Running) -> None:
    before = digests(desk.data)
    for text in ("abc", ""):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("HEDGEROW_")}
        environment |= {"PYTHONPATH": str(SOURCE), "HEDGEROW_DATA": str(desk.data), "HEDGEROW_PORT": text}
        command = [sys.executable, *COMMAND[:3]]
        ran = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, env=environment, timeout=30, check=False
        )
        assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1), ran
        assert "HEDGEROW_PORT" in ran.stderr
    assert digests(desk.data) == before


SCENES = named(
    a_port_that_is_taken,
    a_port_of_the_simulator_that_is_taken,
    an_address_that_others_can_reach,
    an_address_that_is_none,
    a_folder_that_a_desk_holds,
    settings_that_cannot_be_meant,
)
