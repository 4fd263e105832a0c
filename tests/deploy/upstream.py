"""Stand-ins for order_managers: they write down what reaches them, and answer or hang up."""

from __future__ import annotations

import asyncio
from typing import NamedTuple


class Request(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


class Upstreams:
    """Several servers with one notebook.

    Attributes:
        hang_ups: so many requests more are read whole and then left without an answer.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.hang_ups = 0
        self._servers: list[asyncio.Server] = []

    async def open(self) -> str:
        """Start one more; gives its `host:port`."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._servers.append(server)
        return f"127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        for server in self._servers:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await _read(reader):
                self.requests.append(request)
                if self.hang_ups > 0:
                    self.hang_ups -= 1
                    break
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-content-type-options: nosniff\r\n"
                    b"content-type: application/json\r\n\r\n{}"
                )
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    first = (await reader.readline()).decode().split()
    if not first:
        return None
    headers = {}
    while line := (await reader.readline()).decode().strip():
        name, _, value = line.partition(": ")
        headers[name.lower()] = value
    return Request(first[0], first[1], headers, await reader.readexactly(int(headers.get("content-length", 0))))


async def ask(
    port: int, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, host: str = "desk:8040"
) -> Answer:
    """One request over a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"{method} {path} HTTP/1.1", f"host: {host}", "connection: close", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    try:
        raw = await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.close()
    head, _, rest = raw.partition(b"\r\n\r\n")
    status, *given = head.decode().split("\r\n")
    pairs = [(name.lower(), value) for name, _, value in (line.partition(": ") for line in given)]
    return Answer(int(status.split()[1]), pairs, rest)
