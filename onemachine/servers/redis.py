"""Redis from Debian's package `redis-server`: nothing on disk, as a cache is run."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

from onemachine.servers.server import HOST, MissingError, Server, free_port

_WITHIN_S = 10.0


class RedisServer:
    """One redis-server on a port of loopback: stopped, killed or paused, it can be started again; `with` stops it."""

    def __init__(self, folder: Path, *, port: int | None = None, more: Sequence[str] = ()) -> None:
        """`more` settings, as redis-server takes them on its command line."""
        self._folder = folder
        self._more = more
        self._server: Server | None = None
        self.port = port or free_port()

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    @property
    def server(self) -> Server:
        assert self._server is not None, "not started yet"
        return self._server

    def start(self) -> RedisServer:
        """Start it, empty, and wait until it answers. Raises MissingError and StartError."""
        program = shutil.which("redis-server")
        if program is None:
            raise MissingError("redis-server is not on this machine (Debian: apt-get install redis-server)")
        command = [program, "--port", str(self.port), "--bind", HOST, "--save", "", "--appendonly", "no"]
        command += ["--maxmemory-policy", "noeviction", *self._more]
        self._folder.mkdir(parents=True, exist_ok=True)
        self._server = Server.start("redis", command, folder=self._folder)
        self._server.wait_until(self._answers, _WITHIN_S)
        return self

    def _answers(self) -> bool:
        """Whether it is this server that answers, and it has loaded what it has to."""
        try:
            with socket.create_connection((HOST, self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def restart(self, *, kill: bool = False) -> RedisServer:
        """Begin another life on the same port, with nothing in it."""
        if kill:
            self.server.kill()
        else:
            self.server.stop()
        return self.start()

    def __enter__(self) -> RedisServer:
        return self if self._server is not None else self.start()

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.stop()
