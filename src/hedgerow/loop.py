"""The event loop of every process: uvloop, but for one fault of it.

`create_connection(sock=…)`, which is how aiohttp dials, closes the socket's file descriptor when it is canceled and
leaves the Python socket as its owner, which closes the same number again when it is collected. By then the number may
be another connection's: that one is cut, and what is written to it goes to whoever is given the number next.
https://github.com/MagicStack/uvloop/pull/646, https://github.com/aio-libs/aiohttp/issues/10506
"""

from __future__ import annotations

import os
import socket
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvloop

_T = TypeVar("_T")


class Loop(uvloop.Loop):
    async def create_connection(self, *given: Any, sock: socket.socket | None = None, **named: Any) -> Any:
        """As of any event loop; a socket whose descriptor is closed in a failure is left without one."""
        if sock is None:
            return await super().create_connection(*given, **named)
        before = os.fstat(sock.fileno())
        try:
            return await super().create_connection(*given, sock=sock, **named)
        except BaseException:
            if not _is_open_still(sock, before):
                sock.detach()
            raise


def run_process(main: Coroutine[Any, Any, _T]) -> _T:
    """Run a process's work to its end."""
    return uvloop.run(main, loop_factory=Loop)


def _is_open_still(sock: socket.socket, before: os.stat_result) -> bool:
    """Whether its number is what it was; another thread may have been given the same number meanwhile."""
    try:
        now = os.fstat(sock.fileno())
    except OSError:
        return False
    return (now.st_dev, now.st_ino) == (before.st_dev, before.st_ino)
