"""A line to a server that can be cut at one moment: after what was said arrived, before the answer comes back."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

_CHUNK = 65_536


class CutLine:
    """A TCP relay. `url` is the server's own, by way of this line."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        self._server = (parts.hostname, parts.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        credentials, _, _ = parts.netloc.rpartition("@")
        self.url = urlunsplit(parts._replace(netloc=f"{credentials}@127.0.0.1:{self._listener.getsockname()[1]}"))
        self.was_cut = threading.Event()
        self._word: bytes | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_after(self, word: bytes) -> None:
        """Cut the connection over which this is said next, once the server has answered."""
        self.was_cut.clear()
        self._word = word

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                withheld = threading.Event()
                for one_way in (self._ask, self._answer):
                    threading.Thread(target=one_way, args=(client, server, withheld), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket, withheld: threading.Event) -> None:
        with suppress(OSError):
            while said := client.recv(_CHUNK):
                if self._word is not None and self._word in said:
                    self._word = None
                    withheld.set()
                server.sendall(said)
        _hang_up(client, server)

    def _answer(self, client: socket.socket, server: socket.socket, withheld: threading.Event) -> None:
        with suppress(OSError):
            while (said := server.recv(_CHUNK)) and not withheld.is_set():
                client.sendall(said)
        _hang_up(client, server)
        if withheld.is_set():
            self.was_cut.set()

    def close(self) -> None:
        self._listener.close()


def _hang_up(*sockets: socket.socket) -> None:
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@contextmanager
def line_to(url: str) -> Iterator[CutLine]:
    line = CutLine(url)
    try:
        yield line
    finally:
        line.close()
