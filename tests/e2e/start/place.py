"""Where a desk cannot stand: a port or a folder that is taken, an address or a setting that cannot be meant."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys

from tests.certificates import make_certificate
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


async def addresses_that_others_can_reach_without_tls(desk: DeskProcess, _: Running) -> None:
    for host in ("::", "192.0.2.1"):
        said = (host, "--tls-cert FILE", "--tls-key FILE", "--behind-proxy")
        await refuses_to_start(desk, *said, arguments=("--host", host))


async def certificates_that_cannot_be_used(desk: DeskProcess, _: Running) -> None:
    folder = desk.data.parent
    cert, key = make_certificate(folder / "one", "desk.example")
    _, other = make_certificate(folder / "two", "desk.example")
    sealed_cert, sealed = make_certificate(folder / "three", "desk.example", password=b"secret")
    gone, text = folder / "gone.pem", folder / "text.pem"
    text.write_text("no certificate")
    for said, given in (
        (f"the certificate {gone} cannot be read", (gone, key)),
        (f"the key {gone} cannot be read", (cert, gone)),
        (f"{text} is no PEM file with a certificate", (text, key)),
        (f"the key {text} cannot be used", (cert, text)),
        ("does not belong to", (cert, other)),
        ("the key has no password", (sealed_cert, sealed)),
    ):
        arguments = ("--tls-cert", str(given[0]), "--tls-key", str(given[1]))
        await refuses_to_start(desk, said, arguments=arguments)
    await refuses_to_start(desk, "give both", arguments=("--tls-cert", str(cert)))


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
    addresses_that_others_can_reach_without_tls,
    certificates_that_cannot_be_used,
    an_address_that_is_none,
    a_folder_that_a_desk_holds,
    settings_that_cannot_be_meant,
)
