"""The client side of the measurements reads what servers say, however it is cut."""

from __future__ import annotations

import asyncio
import socket

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.wires import Frame, HttpWire, WebSocketTap, _bounds, request


@given(st.lists(st.binary(max_size=70_000), max_size=4), st.data())
def test_frames_are_found_where_they_are_whole(texts: list[bytes], data: st.DataObject) -> None:
    stream = bytearray().join(_frame(text) for text in texts)
    end = data.draw(st.integers(0, len(stream)))
    found, at = [], 0
    while (bounds := _bounds(stream[:end], at)) is not None:
        found.append(bytes(stream[bounds[0] : bounds[1]]))
        at = bounds[1]
    whole = [text for count, text in enumerate(texts, 1) if sum(len(_frame(each)) for each in texts[:count]) <= end]
    assert found == whole


def _frame(text: bytes) -> bytes:
    if len(text) < 126:
        return bytes([0x81, len(text)]) + text
    if len(text) < 1 << 16:
        return b"\x81\x7e" + len(text).to_bytes(2, "big") + text
    return b"\x81\x7f" + len(text).to_bytes(8, "big") + text


async def test_an_answer_in_pieces_is_one_answer() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        _, wire = await asyncio.get_running_loop().create_connection(HttpWire, sock=ours)
        asked = wire.ask(request("POST", "desk", "/orders", {"X": "y"}, b"{}"))
        assert theirs.recv(1000).endswith(b"Content-Length: 2\r\nContent-Type: application/json\r\nX: y\r\n\r\n{}")
        for piece in (b"HTTP/1.1 201 Created\r\ncontent-", b"length: 5\r\n\r\nhe", b"llo"):
            assert not asked.done()
            wire.data_received(piece)
        heard = await asyncio.wait_for(asked, 5)
        assert (heard.status, heard.body) == (201, b"hello")
        assert heard.sent_ns <= heard.heard_ns
        wire.close()


async def test_a_frame_bears_the_time_of_its_arrival() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + _frame(b"first"))
        await asyncio.wait_for(reader.readexactly(6 + 2), 5)
        writer.write(_frame(b"second"))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    heard: asyncio.Queue[Frame] = asyncio.Queue()
    port = server.sockets[0].getsockname()[1]
    tap = await WebSocketTap.connect("127.0.0.1", port, "/", {}, heard.put_nowait)
    assert (await asyncio.wait_for(heard.get(), 5)).text == b"first"
    tap.send(b"hi")
    frame = await asyncio.wait_for(heard.get(), 5)
    assert frame.text == b"second"
    assert 0 <= frame.heard_ns - frame.arrived_ns < 5_000_000_000
    tap.close()
    server.close()
