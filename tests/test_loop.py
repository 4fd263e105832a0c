"""The event loop closes what is its own, and nothing else."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

import pytest
import uvloop

from hedgerow import loop


async def _dial_and_give_up() -> bool:
    """Cancel a connection as it is made; whether a file that was opened next outlives the socket object."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    sock = socket.create_connection(server.sockets[0].getsockname())
    dialing = asyncio.ensure_future(asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=sock))
    await asyncio.sleep(0)  # it has handed the socket over, and is not connected yet
    dialing.cancel()
    with suppress(asyncio.CancelledError):
        await dialing
    number = sock.fileno()
    next_file = os.open(os.devnull, os.O_RDONLY)
    assert number in (-1, next_file)
    del sock, dialing
    gc.collect()
    server.close()
    with suppress(OSError):
        os.close(next_file)
        return True
    return False


@pytest.mark.parametrize(("run", "outlives"), [(loop.run_process, True), (uvloop.run, False)])
def test_a_connection_that_is_given_up_closes_its_socket_once(
    run: Callable[[Coroutine[Any, Any, bool]], bool], outlives: bool
) -> None:
    """With uvloop as it is the test shows the fault: once it does not, this loop has no reason any more."""
    assert run(_dial_and_give_up()) is outlives


async def _dial_what_cannot_be() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        with pytest.raises(ValueError, match="Stream Socket was expected"):
            await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=sock)
        return sock.fileno()


def test_a_socket_that_was_not_taken_stays_its_owners() -> None:
    assert loop.run_process(_dial_what_cannot_be()) >= 0


async def _talk() -> bytes:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(4))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    sock = socket.create_connection(server.sockets[0].getsockname())
    reader, writer = await asyncio.open_connection(sock=sock)
    writer.write(b"ping")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    server.close()
    return answer


def test_connections_are_made_as_ever() -> None:
    assert loop.run_process(_talk()) == b"ping"
