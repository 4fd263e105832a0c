"""The client side of every measurement: the same for all servers, and cheap.

Times are `time.monotonic_ns()`, which all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import socket
import struct
import time
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, cast

_STAMP: Final = getattr(socket, "SO_TIMESTAMPNS", 35)  # the kernel's time of arrival, as an ancillary message
_CHUNK: Final = 1 << 18
_ROOM: Final = socket.CMSG_SPACE(16)
_TEXT: Final = 0x81
_PING, _PONG, _CLOSE = 0x89, 0x8A, 0x88


class Heard(NamedTuple):
    """One answer, and when its request was handed to the kernel and its last byte came."""

    status: int
    body: bytes
    sent_ns: int
    heard_ns: int


def request(method: str, host: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """The bytes of an HTTP request."""
    fields = {"Host": host, "Content-Length": str(len(body)), "Content-Type": "application/json", **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


class HttpWire(asyncio.Protocol):
    """A kept-alive connection: one request at a time; the answer must come with its length."""

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._buffer = b""
        self._whole = 0
        self._sent_ns = 0
        self._waiting: asyncio.Future[Heard] | None = None

    @classmethod
    async def connect(cls, host: str, port: int) -> HttpWire:
        _, wire = await asyncio.get_running_loop().create_connection(cls, host, port)
        return wire

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def ask(self, request: bytes) -> asyncio.Future[Heard]:
        assert self._transport is not None
        assert self._waiting is None, "one request at a time"
        self._waiting = asyncio.get_running_loop().create_future()
        self._sent_ns = time.monotonic_ns()
        self._transport.write(request)
        return self._waiting

    def data_received(self, data: bytes) -> None:
        heard_ns = time.monotonic_ns()
        self._buffer = self._buffer + data if self._buffer else data
        if not self._whole:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            at = self._buffer[:end].lower().find(b"content-length:")
            length = self._buffer[at + 15 : self._buffer.find(b"\r\n", at)] if at >= 0 else b"0"
            self._whole = end + 4 + int(length)
        if len(self._buffer) >= self._whole:
            self._answer(heard_ns)

    def _answer(self, heard_ns: int) -> None:
        answer, self._buffer, self._whole = self._buffer, b"", 0
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            body = answer[answer.index(b"\r\n\r\n") + 4 :]
            waiting.set_result(Heard(int(answer[9:12]), body, self._sent_ns, heard_ns))

    def connection_lost(self, exc: Exception | None) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_exception(ConnectionError("the server hung up"))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Frame(NamedTuple):
    """One text frame: when the kernel took its last bytes in, and when this process had it."""

    text: bytes
    arrived_ns: int
    heard_ns: int


class WebSocketTap:
    """A WebSocket that hands each text frame to `take`, with the kernel's own time of its arrival.

    On loopback that time is when the sender wrote the frame, however busy this process was.
    """

    def __init__(self, connected: socket.socket, take: Callable[[Frame], None]) -> None:
        self._socket = connected
        self._take = take
        self._buffer = bytearray()
        self.closed: str | None = None

    @classmethod
    async def connect(
        cls, host: str, port: int, path: str, headers: Mapping[str, str], take: Callable[[Frame], None]
    ) -> WebSocketTap:
        loop = asyncio.get_running_loop()
        connected = socket.socket()
        connected.setblocking(False)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.setsockopt(socket.SOL_SOCKET, _STAMP, 1)
        await loop.sock_connect(connected, (host, port))
        fields = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            **headers,
        }
        await loop.sock_sendall(connected, request("GET", f"{host}:{port}", path, fields))
        tap = cls(connected, take)
        await tap._upgraded(loop)
        loop.add_reader(connected.fileno(), tap._readable)
        return tap

    async def _upgraded(self, loop: asyncio.AbstractEventLoop) -> None:
        while b"\r\n\r\n" not in self._buffer:
            data = await loop.sock_recv(self._socket, 4096)
            if not data:
                raise ConnectionError("the server hung up")
            self._buffer += data
        head, _, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise ConnectionError(f"no WebSocket: {head.decode('latin-1')}")
        self._buffer = bytearray(rest)
        self._frames(time.monotonic_ns(), time.monotonic_ns())

    def send(self, text: bytes, kind: int = _TEXT) -> None:
        """A masked frame of less than 64 KiB; the mask is zero, which changes nothing."""
        length = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + struct.pack(">H", len(text))
        self._socket.send(bytes([kind]) + length + b"\0\0\0\0" + text)

    def _readable(self) -> None:
        with contextlib.suppress(BlockingIOError):
            data, ancillary, _, _ = self._socket.recvmsg(_CHUNK, _ROOM)
            heard_ns = time.monotonic_ns()
            if not data:
                self._end("the server hung up")
                return
            self._buffer += data
            self._frames(self._arrived_ns(ancillary, heard_ns), heard_ns)

    def _arrived_ns(self, ancillary: list[tuple[int, int, bytes]], heard_ns: int) -> int:
        for level, kind, stamp in ancillary:
            if level == socket.SOL_SOCKET and kind == _STAMP:
                seconds, nanoseconds = struct.unpack("qq", stamp[:16])
                realtime_ns = time.time_ns() - time.monotonic_ns()  # now: the wall clock is set right all the time
                return int(seconds * 1_000_000_000 + nanoseconds - realtime_ns)
        return heard_ns

    def _frames(self, arrived_ns: int, heard_ns: int) -> None:
        buffer, at = self._buffer, 0
        while (bounds := _bounds(buffer, at)) is not None:
            start, end = bounds
            kind, text = buffer[at], bytes(buffer[start:end])
            at = end
            if kind == _TEXT:
                self._take(Frame(text, arrived_ns, heard_ns))
            elif kind == _PING:
                self.send(text, _PONG)
            elif kind == _CLOSE:
                self._end(text[2:].decode(errors="replace"))
                return
        del buffer[:at]

    def _end(self, reason: str) -> None:
        self.closed = reason
        self.close()

    def close(self) -> None:
        if self._socket.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            self._socket.close()


def _bounds(buffer: bytearray, at: int) -> tuple[int, int] | None:
    """Where the payload of the frame that begins at `at` starts and ends; `None` until all of it is there."""
    have = len(buffer) - at
    if have < 2:
        return None
    length, head = buffer[at + 1] & 0x7F, 2
    if length == 126:
        head = 4
    elif length == 127:
        head = 10
    if have < head:
        return None
    if head > 2:
        length = int.from_bytes(buffer[at + 2 : at + head], "big")
    return (at + head, at + head + length) if have >= head + length else None
