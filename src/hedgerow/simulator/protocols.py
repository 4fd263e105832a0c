"""uvicorn's HTTP and WebSocket protocols, with three things added.

The moment the bytes of a request arrived; a `push` that sends a frame at once, without a task and a queue for each
socket; and `abort`, for the faults that cut a connection.
"""

from __future__ import annotations

import time
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

MOST_UNREAD_BYTES = 16 * 1024 * 1024  # a reader further behind is cut off


class StampedHttp(HttpToolsProtocol):
    arrived_ns = 0

    def data_received(self, data: bytes) -> None:
        self.arrived_ns = time.monotonic_ns()
        super().data_received(data)


class PushSocket(WebSocketsSansIOProtocol):
    arrived_ns = 0

    def data_received(self, data: bytes) -> None:
        self.arrived_ns = time.monotonic_ns()
        super().data_received(data)

    def push(self, frame: bytes) -> None:
        """A text frame; a socket that is closing takes none."""
        transport = self.transport
        if self.disconnected or self.close_sent or transport.is_closing():
            return
        if transport.get_write_buffer_size() > MOST_UNREAD_BYTES:
            transport.abort()
            return
        self.conn.send_text(frame)
        transport.write(b"".join(self.conn.data_to_send()))

    def abort(self) -> None:
        self.transport.abort()


def socket_of(send: Any) -> PushSocket:
    """The protocol behind an ASGI WebSocket's `send`, which is a method of it."""
    owner = send.__self__
    assert isinstance(owner, PushSocket), owner
    return owner


def http_of(send: Any) -> StampedHttp:
    """The protocol behind an ASGI request's `send`, which is a method of its cycle."""
    owner = send.__self__.transport.get_protocol()
    assert isinstance(owner, StampedHttp), owner
    return owner
